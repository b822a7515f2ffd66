"""Folders for what only one run needs, where the system keeps temporary files. They go with it, though it is killed.

A run holds a lock on its folder (`flock`), which goes when its process does. Whoever makes such a folder removes those
that nobody holds any more: a build that is killed every night would else fill the disk. Their names have the machine's
in them, as other machines may keep their temporary files in the same folder, and don't see who holds a lock there.
"""

import fcntl
import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder for the block, removed in the end. Raises OSError."""
    above = Path(tempfile.gettempdir())
    _remove_left(above)
    folder, lock = _new(above)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what can't be removed now, the next run removes
        os.close(lock)


def _prefix() -> str:
    machine = hashlib.blake2b(socket.gethostname().encode("utf-8", "surrogateescape"), digest_size=4)
    return f"sceneboard-scratch-{machine.hexdigest()}-"


def _new(above: Path) -> tuple[Path, int]:
    """A folder, and the descriptor that holds its lock.

    Another run may take it for one that was left, in the moment before the lock.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_prefix(), dir=above))
        with suppress(FileNotFoundError):
            lock = os.open(folder, _FOLDER)
            with suppress(OSError):  # where nothing can be locked, nobody finds a folder that isn't
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_left(above: Path) -> None:
    """Removes the folders of runs that were killed, as far as that can be done: they are in nobody's way."""
    ours = re.compile(_prefix() + "[a-z0-9_]{8}")  # what `tempfile` makes of the prefix
    with suppress(OSError), os.scandir(above) as entries:
        for name in [entry.name for entry in entries if ours.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove_if_left(above / name)


def _remove_if_left(folder: Path) -> None:
    lock = os.open(folder, _FOLDER)
    try:
        if os.fstat(lock).st_uid == os.geteuid():  # what another user has put there is none of ours
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
    finally:
        os.close(lock)
