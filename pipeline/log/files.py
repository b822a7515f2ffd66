"""The files of a log folder, and how far each was read."""

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")
OUTSIDE = "not a file of the log folder"
_PROOF_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log file was read. `offset` and `line` count what was taken, in the file's own, uncompressed bytes.

    The rest tells whether it is still the same file: its size in bytes on disk, its time in nanoseconds, its inode,
    and a hash of the first and of the last bytes that were taken.
    """

    path: str
    offset: int = 0
    line: int = 0
    size_bytes: int = 0
    modified_ns: int = 0
    inode: int = 0
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A log file that is there but can't be read, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Found:
    """What a look at the log folder gave."""

    to_read: list[Position] = field(default_factory=list)
    """New files, files that grew, and again from their start those that were replaced."""
    replaced: list[str] = field(default_factory=list)
    """Truncated, or another file by the same name."""
    gone: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def is_compressed(path: str) -> bool:
    """Whether a log file is a rotated one, which is read whole."""
    return not path.endswith(".jsonl")


def look(log_dir: Path, known: Mapping[str, Position]) -> Found:
    """Finds what has to be read of a log folder, given how far each file was read before.

    Symbolic links are followed only if they lead to a file inside the folder. Paths are relative, with `/`, ascending.
    """
    found = Found()
    paths = _walk(log_dir, found)
    for path in paths:
        try:
            now = (log_dir / path).stat()
        except OSError as error:
            found.unreadable.append(Unreadable(path, error.strerror or str(error)))
            continue
        before = known.get(path)
        if before is not None and _same(before, now):
            continue
        start = Position(path, 0, 0, now.st_size, now.st_mtime_ns, now.st_ino)
        if before is not None and _grew(log_dir, before, now):
            start = Position(path, before.offset, before.line, now.st_size, now.st_mtime_ns, now.st_ino)
        elif before is not None:
            found.replaced.append(path)
        found.to_read.append(start)
    found.gone = sorted(set(known).difference(paths))
    return found


def open_inside(log_dir: Path, path: str) -> BinaryIO:
    """Opens a log file by its relative path, to be read.

    Raises OSError if it can't be opened, or if it isn't a plain file of the log folder: one who may write there must
    not get the build to read, and show, another file, by a symbolic link put in its place after `look` has looked.
    """
    file = os.fdopen(os.open(log_dir / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        opened = os.fstat(file.fileno())
        target = (log_dir / path).resolve(strict=True)
        inside = target.is_relative_to(log_dir.resolve()) and os.path.samestat(opened, target.lstat())
        if not inside or not stat.S_ISREG(opened.st_mode):
            raise OSError(errno.EPERM, OUTSIDE, path)
    except BaseException:
        file.close()
        raise
    return file


def proof_of(log_dir: Path, path: str, offset: int) -> str:
    """A hash of the first and the last bytes before an offset: the same for a file that only grew since.

    Raises OSError if the file can't be read.
    """
    with open_inside(log_dir, path) as file:
        first = file.read(min(_PROOF_BYTES, offset))
        file.seek(max(0, offset - _PROOF_BYTES))
        last = file.read(min(_PROOF_BYTES, offset))
    return hashlib.blake2b(first + b"\0" + last, digest_size=16).hexdigest()


def _same(before: Position, now: os.stat_result) -> bool:
    return (before.size_bytes, before.modified_ns, before.inode) == (now.st_size, now.st_mtime_ns, now.st_ino)


def _grew(log_dir: Path, before: Position, now: os.stat_result) -> bool:
    if is_compressed(before.path) or now.st_size < before.size_bytes or now.st_ino != before.inode:
        return False
    if now.st_size == before.size_bytes and before.offset == before.size_bytes:
        return False  # the same size, another time: rewritten in place
    try:
        return proof_of(log_dir, before.path, before.offset) == before.proof
    except OSError:
        return False


def _walk(log_dir: Path, found: Found) -> list[str]:
    root = log_dir.resolve()
    paths: list[str] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root / folder))
        except FileNotFoundError:
            continue
        except OSError as error:
            found.unreadable.append(Unreadable(folder or ".", error.strerror or str(error)))
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.name.endswith(ENDINGS):
                if not _is_text(path):
                    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
                    found.unreadable.append(Unreadable(shown, "its name is not UTF-8: rename it"))
                elif _is_inside(entry, root):
                    paths.append(path)
                else:
                    found.unreadable.append(Unreadable(path, OUTSIDE))
    return sorted(paths)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_inside(entry: os.DirEntry[str], root: Path) -> bool:
    if not entry.is_symlink():
        return entry.is_file(follow_symlinks=False)
    try:
        target = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):  # links that lead in a circle are the latter before Python 3.13
        return False
    return target.is_relative_to(root) and stat.S_ISREG(target.stat().st_mode)
