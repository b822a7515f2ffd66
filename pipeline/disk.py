"""All writing to disk goes through here: the event log's, the claims', the site's.

One small place, so that a test can record what is written and play power cuts and faults against it. The calls that
change a disk are `os.open` (with `O_CREAT`), `os.write`, `os.pwrite`, `os.fsync`, `os.rename`, `os.unlink`, `os.mkdir`
and `os.rmdir`; none of the package's other modules makes them for these files.

Names are reached through the descriptor of the open folder that holds them, so a folder that is moved meanwhile, or
a symbolic link put in its place, leads nothing astray; it is also the fastest way to write many small files. The last
part of a path is never followed if it is a symbolic link. POSIX only.

"Durable" means: the bytes, and the name they stand under, are flushed (`fsync`) before the call returns.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BOTH_WAYS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC

LONGEST_NAME = 255
"""Bytes that a file name may have: the limit of ext4, XFS, APFS and NTFS."""

_TEMPORARY = r"\..+\.[0-9a-f]{16}\.tmp"

_NO_FOLDER_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}
"""What network and FUSE file systems answer that cannot flush a folder; there is nothing more that could be done."""

_OTHER_KIND = {errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.ENXIO}


class ShortWrite(OSError):
    """The disk took fewer bytes than it was given (`errno` is ENOSPC, the usual cause)."""

    def __init__(self, written: int, wanted: int) -> None:
        super().__init__(errno.ENOSPC, f"only {written} of {wanted} bytes were written")
        self._counts = written, wanted

    def __reduce__(self) -> tuple[type[ShortWrite], tuple[int, int], dict[str, object]]:
        return ShortWrite, self._counts, {"filename": self.filename}  # so that it can come from another process


class WrongKind(OSError):
    """A symbolic link, or something else, stands where a plain file or folder is needed (`errno` is EEXIST)."""

    def __init__(self, path: str, wanted: str) -> None:
        super().__init__(errno.EEXIST, f"is not a {wanted} (symbolic links are not followed here)", path)
        self._wanted = path, wanted

    def __reduce__(self) -> tuple[type[WrongKind], tuple[str, str]]:
        return WrongKind, self._wanted  # so that it can come from another process


class Folder:
    """An open folder, in which files are written by name. Use it in a `with` block, or `close()` it.

    A name is one path component: anything with a slash, and `.` and `..`, is a `ValueError`, so nothing is ever
    written outside the folder. All methods raise `OSError`.
    """

    __slots__ = ("_where", "fd")

    def __init__(self, path: Path) -> None:
        """Open the folder at `path`, which may itself be a symbolic link to one."""
        self._where = str(path)
        self.fd = os.open(path, _FOLDER)

    @property
    def path(self) -> Path:
        """Where the folder was when it was opened."""
        return Path(self._where)

    def folder(self, name: str, *, create: bool = True) -> Folder:
        """Open the folder `name` in this one; make it first if it isn't there and `create` is true.

        Raises `WrongKind` if something else, or a symbolic link, has that name, and `FileNotFoundError`.
        """
        _check(name)
        try:
            fd = self._open_folder(name)
        except FileNotFoundError:
            if not create:
                raise
            try:
                os.mkdir(name, dir_fd=self.fd)
            except FileExistsError:
                pass
            except OSError as problem:
                raise self._at(name, problem) from None
            fd = self._open_folder(name)
        inner = Folder.__new__(Folder)
        inner._where = f"{self._where}/{name}"
        inner.fd = fd
        return inner

    def replace(self, name: str, data: bytes, *, durable: bool = False) -> None:
        """Write `data` beside its place and rename it to `name`: a reader sees the old file or the new one, whole.

        A symbolic link of that name is replaced, not followed. After a failure `name` still has its old content
        (or, if only the last flush of the folder failed, the new one), and nothing is left beside it.
        """
        _check(name)
        try:
            temporary, fd = self._new_beside()
            try:
                try:
                    _write_all(fd, data)
                    if durable:
                        os.fsync(fd)
                finally:
                    os.close(fd)  # before the rename: NFS tells of failed writes here
                self._rename(temporary, name, data)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=self.fd)
                raise
            if durable:
                self.sync()
        except OSError as problem:
            raise self._at(name, problem) from None

    def create(self, name: str, data: bytes) -> None:
        """Create `name` with `data`, or raise `FileExistsError` if that name is taken by anything at all.

        Holds between machines, on NFS too. Nothing is flushed: `sync()` makes the name durable, for many files at once.
        After another failure the name is free again, unless that failed too.
        """
        _check(name)
        try:
            fd = os.open(name, _NEW, 0o666, dir_fd=self.fd)
            try:
                try:
                    _write_all(fd, data)
                finally:
                    os.close(fd)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name, dir_fd=self.fd)
                raise
        except OSError as problem:
            raise self._at(name, problem) from None

    def open_append(self, name: str, *, new: bool) -> int:
        """Open the plain file `name` for `append_bytes`, also readable; the caller closes the descriptor.

        With `new` it is created, and `FileExistsError` raised if the name is taken; else it must be there.
        Raises `WrongKind` for a symbolic link and anything that isn't a plain file.
        """
        return self._open_plain(name, os.O_APPEND | (os.O_CREAT | os.O_EXCL if new else 0), 0o666)

    def open_in_place(self, name: str) -> int:
        """Open the plain file `name`, made empty and private if it isn't there, to be locked or written in place."""
        return self._open_plain(name, os.O_CREAT, 0o600)

    def read(self, name: str) -> bytes | None:
        """Return what the plain file `name` holds, or None if there is none. Raises `WrongKind` for anything else."""
        _check(name)
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.fd)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise self._at(name, problem, "plain file") from None
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise WrongKind(str(self.path / name), "plain file")
            parts = []
            while part := os.read(fd, max(status.st_size + 1, 1 << 16)):
                parts.append(part)
            return b"".join(parts)
        finally:
            os.close(fd)

    def has(self, name: str) -> bool:
        """Whether anything at all has that name, a symbolic link that leads nowhere too."""
        _check(name)
        try:
            os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def is_link(self, name: str) -> bool:
        """Whether `name` is a symbolic link."""
        _check(name)
        try:
            return stat.S_ISLNK(os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return False

    def names(self) -> list[str]:
        """Return the names of all that is in the folder, in no order, temporary files among them."""
        return os.listdir(self.fd)  # noqa: PTH208 (a Path has no descriptor)

    def remove(self, name: str) -> bool:
        """Remove the file or symbolic link `name`. Return whether it was there."""
        _check(name)
        try:
            os.unlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            return False
        return True

    def remove_folder(self, name: str) -> bool:
        """Remove the empty folder `name`. Return whether it was there."""
        _check(name)
        try:
            os.rmdir(name, dir_fd=self.fd)
        except FileNotFoundError:
            return False
        return True

    def sync_file(self, name: str) -> None:
        """Flush the plain file `name`, which may have been written by another process. Raises `WrongKind`."""
        _check(name)
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.fd)
        except OSError as problem:
            raise self._at(name, problem, "plain file") from None
        try:
            os.fsync(fd)
        except OSError as problem:
            raise self._at(name, problem) from None
        finally:
            os.close(fd)

    def sync(self) -> None:
        """Flush the names in this folder to disk (not the files' content)."""
        try:
            os.fsync(self.fd)
        except OSError as problem:
            if problem.errno not in _NO_FOLDER_FLUSH:
                problem.filename = self._where
                raise

    def close(self) -> None:
        """Give the descriptor back. The folder can't be used any more."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_folder(self, name: str) -> int:
        try:
            return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.fd)
        except OSError as problem:
            raise self._at(name, problem, "folder") from None

    def _open_plain(self, name: str, flags: int, mode: int) -> int:
        _check(name)
        try:
            fd = os.open(name, _BOTH_WAYS | flags, mode, dir_fd=self.fd)
        except OSError as problem:
            raise self._at(name, problem, "plain file") from None
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise WrongKind(str(self.path / name), "plain file")
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _at(self, name: str, problem: OSError, wanted: str = "") -> OSError:
        """The problem with the whole path in it; a `WrongKind` if it says that the name isn't what is `wanted`."""
        path = str(self.path / name)
        if wanted and problem.errno in _OTHER_KIND:
            return WrongKind(path, wanted)
        problem.filename, problem.filename2 = path, None
        return problem

    def _new_beside(self) -> tuple[str, int]:
        """The name of a new temporary file in this folder, and the file, open for writing.

        It is the same name again and again while nothing is in its way: a folder that many files are written to grows
        less by it, and takes them a quarter sooner (ext4).
        """
        try:
            return _own.name, os.open(_own.name, _NEW, 0o666, dir_fd=self.fd)
        except FileExistsError:  # left by a write that failed, and by its removal that failed too
            _own.name = _temporary_name()
            return _own.name, os.open(_own.name, _NEW, 0o666, dir_fd=self.fd)

    def _rename(self, temporary: str, name: str, data: bytes) -> None:
        try:
            os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except FileNotFoundError:
            # An NFS server whose answer was lost is asked again, and then says that the old name isn't there.
            if self.read(name) != data:
                raise


def replace_file(path: Path, data: bytes, *, durable: bool) -> None:
    """Write `data` beside `path` and rename it there; its folder must exist. As `Folder.replace`, for a single file."""
    with Folder(path.parent) as folder:
        folder.replace(path.name, data, durable=durable)


def make_folders(path: Path, mode: int = 0o777) -> None:
    """Make the folder `path` and those above it that are missing, each one's name flushed to disk.

    `mode` (less the umask) is for all that are made. Raises `OSError`; `FileExistsError` if a file is in the way.
    """
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode, exist_ok=True)
        sync_folder(folder.parent)


def append_bytes(fd: int, data: bytes) -> None:
    """Append `data` in one write. Raises `ShortWrite` if only a part of it was taken: the rest isn't tried again."""
    written = os.write(fd, data)
    if written != len(data):
        raise ShortWrite(written, len(data))


def overwrite(fd: int, data: bytes) -> None:
    """Write `data` over the start of the file, in one write, with no flush. Raises `OSError`, `ShortWrite`."""
    written = os.pwrite(fd, data, 0)
    if written != len(data):
        raise ShortWrite(written, len(data))


def sync_file(fd: int) -> None:
    """Flush an open file to disk. After a failure the data may be lost even if a second try says otherwise."""
    os.fsync(fd)


def sync_folder(path: Path) -> None:
    """Flush the names in the folder at `path`. One that may be entered but not read can't be flushed: passed over."""
    try:
        folder = Folder(path)
    except PermissionError:
        return
    with folder:
        folder.sync()


def is_temporary(name: str) -> bool:
    """Whether `name` is that of a file that `replace` writes before its rename: a leftover, when nobody is writing."""
    return re.fullmatch(_TEMPORARY, name, re.DOTALL) is not None


def advice(problem: OSError) -> str:
    """Say in words for people what was wrong with a write and, where that is known, what to do."""
    place = f"{os.fsdecode(problem.filename)}: " if isinstance(problem.filename, str | bytes) else ""
    match problem:
        case ShortWrite() | WrongKind():
            what = problem.strerror or ""
        case OSError(errno=errno.ENOSPC):
            what = "the disk is full"
        case OSError(errno=errno.EDQUOT):
            what = "the quota is used up"
        case OSError(errno=errno.EROFS):
            what = "the disk is read-only"
        case OSError(errno=errno.EACCES | errno.EPERM):
            what = "no permission"
        case _:
            what = problem.strerror or str(problem)
    todo = _TODO.get(problem.errno or 0)
    if isinstance(problem, WrongKind):
        todo = "Move it away."
    return f"{place}{what}. {todo}" if todo else f"{place}{what}."


_TODO = {
    errno.ENOSPC: "Free some space.",
    errno.EDQUOT: "Free some space, or ask for a larger quota.",
    errno.EROFS: "Mount it for writing, or name another folder.",
    errno.EACCES: "Have its owner let you write there; a folder shared by several people needs its group's write bit.",
    errno.EPERM: "Have its owner let you write there.",
    errno.EIO: "The disk, or the way to it, is failing: see the system's log.",
    errno.ESTALE: "The network share was taken away: mount it again.",
}


def _check(name: str) -> None:
    if "/" in name or name in ("", ".", "..") or "\0" in name:
        raise ValueError(f"not the name of a file in a folder: {name!r}")


def _temporary_name() -> str:
    return f".new.{os.urandom(8).hex()}.tmp"


class _Own(threading.local):
    """A thread's own name for the temporary file that it writes: no other thread or process has it."""

    def __init__(self) -> None:
        self.name = _temporary_name()


_own = _Own()
os.register_at_fork(after_in_child=_own.__init__)  # type: ignore[misc]


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        more = os.write(fd, memoryview(data)[written:])
        if not more:
            raise ShortWrite(written, len(data))
        written += more
