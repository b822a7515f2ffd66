"""Folders in memory, where there is room for them: quicker than any disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108
_ENOUGH_BYTES = 4 << 30
"""All tests together leave less than a quarter of it."""


def memory() -> Path | None:
    """The folder whose files are kept in memory, where there is one with room for all tests."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES else None


def made() -> Path:
    """A folder that whoever has it made removes."""
    return Path(tempfile.mkdtemp(dir=memory()))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is removed in the end."""
    here = made()
    try:
        yield here
    finally:
        shutil.rmtree(here)
