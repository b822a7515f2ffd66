"""One process at a time has the store; the others wait, then say who has it."""

import errno
import fcntl
import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_POLL_SECONDS = 0.05
_MAY_NOT_WRITE = {errno.EACCES, errno.EPERM, errno.EROFS}


class StoreHeld(Exception):
    """Another process has the store, and kept it as long as was waited."""


class HolderGone(Exception):
    """The process that this one worked for has ended."""


@contextmanager
def held(path: Path, wait_seconds: float) -> Iterator[None]:
    """Holds the lock file while the block runs. Raises StoreHeld after `wait_seconds`, OSError if it doesn't open.

    Waits for the `working` processes of a holder that was killed, too.
    """
    deadline = time.monotonic() + wait_seconds
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _open(path)
    except OSError as error:
        if error.errno not in _MAY_NOT_WRITE:
            raise
        told = f"{error.strerror}: keep the store in a folder that may be written (--store)"
        raise OSError(error.errno, told, error.filename) from error
    try:
        if not _locked(file, fcntl.LOCK_EX, deadline):
            raise StoreHeld(_holder(file, path))
        _wait_for_workers(path, deadline)
        with suppress(OSError):  # who it is helps those who wait; on a full disk it can't be said
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(file)


@contextmanager
def working(path: Path) -> Iterator[None]:
    """Works for the process that holds the lock file, while the block runs: in that one, or in one that it started.

    What a killed build started must not write into the site when another build has begun. Raises HolderGone.
    """
    file = _open(_of_workers(path))
    try:
        fcntl.flock(file, fcntl.LOCK_SH)
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            raise HolderGone
        yield
    finally:
        os.close(file)


def wait_for_workers(path: Path, wait_seconds: float) -> None:
    """Waits until nobody is `working` any more for a holder before this one. Raises StoreHeld, OSError."""
    _wait_for_workers(path, time.monotonic() + wait_seconds)


def _wait_for_workers(path: Path, deadline: float) -> None:
    left = _open(_of_workers(path))
    try:
        if not _locked(left, fcntl.LOCK_EX, deadline):
            raise StoreHeld(f"processes of a build that was killed are at work still (lock file {path})")
    finally:
        os.close(left)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)


def _of_workers(path: Path) -> Path:
    return path.with_name(f"{path.name}-workers")


def _locked(file: int, how: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)


def _holder(file: int, path: Path) -> str:
    holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another process"
    return f"the store is held by {holder} (lock file {path}); try again when it has finished, or wait longer (--wait)"
