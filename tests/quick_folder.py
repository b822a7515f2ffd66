"""Folders in memory, where there is room for them: quicker than any disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108


def made() -> Path:
    """A folder that whoever has it made removes."""
    return Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is removed in the end."""
    here = made()
    try:
        yield here
    finally:
        shutil.rmtree(here)
