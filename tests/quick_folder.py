"""Folders in memory, where there is room for them: quicker than any disk."""

import os
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
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)):
        return None
    there = os.statvfs(_MEMORY)
    has_room = there.f_bavail * there.f_frsize >= _ENOUGH_BYTES
    return _MEMORY if has_room and not there.f_flag & os.ST_NOEXEC else None  # tests run programs that they write


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
