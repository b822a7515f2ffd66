"""One process at a time has the store; the others wait, then say who has it."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


class StoreHeld(Exception):
    """Another process has the store, and kept it as long as was waited."""


@contextmanager
def held(path: Path, wait_seconds: float) -> Iterator[None]:
    """Holds the lock file while the block runs. Raises StoreHeld after `wait_seconds`, OSError if it doesn't open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise StoreHeld(_holder(file, path)) from None
                time.sleep(_POLL_SECONDS)
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(file)


def _holder(file: int, path: Path) -> str:
    holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another process"
    return f"the store is held by {holder} (lock file {path}); try again when it has finished, or wait longer (--wait)"
