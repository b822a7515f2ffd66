"""Who writes: this machine's writer id, and the lock that its processes share.

A file of the log has one writing machine only, because on NFS and SMB neither shared append nor locks between machines
can be relied on. Its name carries a writer id, made at random once and kept in a state folder on a local disk, outside
the log:

    {state}/{machine}/lock      locked (`flock`) by one process of the machine at a time
    {state}/{machine}/writer    the writer id, and the inode number of the lock file

`{state}` is `$SCENEBOARD_STATE`; else `$XDG_STATE_HOME/sceneboard`; else `~/.local/state/sceneboard`; where no home can
be written, `/var/tmp/sceneboard-{uid}` or `/tmp/sceneboard-{uid}`. Losing it is harmless: a fresh id is made.

`{machine}` is a hash of what tells machines apart, so a cloned machine, or a second one that shares a home folder,
finds no id of its own there and makes one. A state folder that was copied or restored on the same machine is noticed
by the inode number, which doesn't come along.

The lock is `flock`, not `fcntl`: the latter goes as soon as any descriptor of the file is closed in the process.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pipeline.disk import Folder, advice, make_folders

_EVERYBODYS = (Path("/var/tmp"), Path("/tmp"))  # noqa: S108 (a stranger's folder there is refused)
_WRITER = re.compile(rb"([0-9a-f]{16}) ([0-9]+)\n")


class StateUnavailable(Exception):
    """There is no local folder to keep the writer id and its lock in. The message is for people."""


class Writer(NamedTuple):
    """This machine as a writer, while its lock is held."""

    id: str
    """16 hexadecimal digits, drawn at random."""
    state: Folder
    """The machine's own state folder."""


@contextmanager
def locked_writer() -> Iterator[Writer]:
    """Wait for the lock that this machine's processes share, and hold it for the `with` block.

    Not reentrant. A process that dies gives the lock back. Raises `StateUnavailable`.
    """
    writer, held = _enter()
    with held:
        yield writer


def machine_mark() -> str:
    """Return 16 hexadecimal digits that stay from boot to boot and differ on another machine and for another user.

    Made of the host name, `/etc/machine-id`, the mainboard's UUID where it can be read, and the addresses that network
    cards were made with: of a clone at least one of them is usually another. The user counts, as users of one machine
    can't write each other's state.
    """
    net = Path("/sys/class/net")
    cards = [
        _text(card / "address")
        for card in (sorted(net.iterdir()) if net.is_dir() else [])
        if (card / "device").exists() and _text(card / "addr_assign_type") == "0"
    ]
    known = [_text(Path("/etc/machine-id")), _text(Path("/sys/class/dmi/id/product_uuid"))]
    facts = [str(os.geteuid()), os.uname().nodename, *known, *cards]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _places() -> tuple[list[Path], list[Path]]:
    """The folders to try: those that are the user's own, and then the ones that everybody may write in."""
    if chosen := os.environ.get("SCENEBOARD_STATE"):
        return [Path(chosen)], []
    home = []
    if (state := os.environ.get("XDG_STATE_HOME", "")).startswith("/"):  # the XDG standard: else to be ignored
        home.append(Path(state) / "sceneboard")
    else:
        with suppress(RuntimeError):  # no home is known
            home.append(Path.home() / ".local/state/sceneboard")
    return home, [folder / f"sceneboard-{os.geteuid()}" for folder in _EVERYBODYS]


def _enter() -> tuple[Writer, ExitStack]:
    """Take the lock in the first state folder that can be used. Closing the second of the two gives it back."""
    own, shared = _places()
    problems = []
    for place in (*own, *shared):
        try:
            with ExitStack() as held:
                make_folders(place, 0o700)
                if place in shared:
                    _refuse_strangers(place)
                with Folder(place) as folder:
                    state = held.enter_context(folder.folder(machine_mark()))
                lock = _lock(state)
                held.callback(_unlock, lock)
                writer = Writer(_writer_id(state, lock), state)
                return writer, held.pop_all()
        except OSError as problem:
            told = advice(problem)
            problems.append(told if str(place) in told else f"{place}: {told}")
    tried = "\n  ".join(problems)
    raise StateUnavailable(
        "There is no folder to keep this machine's writer id and lock in. Set SCENEBOARD_STATE to a folder on a local "
        f"disk that you may write in. Tried:\n  {tried}"
    )


def _refuse_strangers(place: Path) -> None:
    """In a folder that everybody may write in, somebody else may have put something under our name."""
    status = place.lstat()
    if not place.is_dir() or place.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "belongs to somebody else, or others may write in it")


def _lock(state: Folder) -> int:
    while True:
        lock = state.open_in_place("lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _same_file(state, lock):
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # it was removed while we waited, and others now lock another one


def _unlock(lock: int) -> None:
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_UN)  # said aloud, as a child that was forked meanwhile has the lock open too
    os.close(lock)


def _same_file(state: Folder, lock: int) -> bool:
    try:
        now = os.stat("lock", dir_fd=state.fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return now.st_ino == os.fstat(lock).st_ino


def _writer_id(state: Folder, lock: int) -> str:
    inode = os.fstat(lock).st_ino
    kept = _WRITER.fullmatch(state.read("writer") or b"")
    if kept and int(kept[2]) == inode:
        return kept[1].decode()
    fresh = os.urandom(8).hex()
    # Not flushed: an id that is lost in a power cut is an id that nobody uses any more.
    state.replace("writer", f"{fresh} {inode}\n".encode())
    return fresh
