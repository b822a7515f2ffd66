"""Appending to a log in a folder, safe with many processes, many machines, network shares, kills and failing disks.

The log's design: lines go to `{log}/{YYYY-MM}/{writer}-{n}.jsonl`, where only this machine writes. The month, by the
clock in UTC, says where the file stands and nothing else.

Which file is appended to is noted in the machine's state folder, one short record for each log folder. It says
`writing` before a byte is written, and `ready` again only when all is flushed. So a file whose write or flush failed
is never appended to again, even if the failure itself could not be noted; nor is one whose writer was killed half-way:
a retried flush can lie about what was lost before it, and the next lines would be joined to the hole.
A lost record costs nothing but a new file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pipeline.disk import Folder, advice, append_bytes, make_folders, overwrite, sync_file, sync_folder
from pipeline.log.writer import StateUnavailable, locked_writer

ROTATE_BYTES = 64 * 1024 * 1024
"""A file that has reached this size isn't appended to any more."""

LARGEST_BATCH = 1024 * 1024 * 1024
"""Bytes of a batch: Linux takes a little under 2 GiB in one write."""

APPEND_AGAIN = "append the same events again: by their ids they count once, however often they are in the log."


class AppendFailed(Exception):
    """The lines may not be in the log, or not all. The message, for people, says what was wrong and what to do."""


def append_lines(log_dir: Path, lines: Sequence[bytes]) -> Path:
    """Append `lines`, each without its newline, to the log in one write; return the file that now holds them.

    When it returns, the lines are flushed to disk, and so is the file's name if the file is new. Makes `log_dir` if it
    isn't there. Raises `AppendFailed` if that can't be promised: then none, some or all of the lines may be in the log,
    and the next call starts a new file. Raises `ValueError` for no lines, an empty line, or a newline within one.
    """
    data = batch(lines)
    try:
        make_folders(log_dir)
        with (
            locked_writer() as writer,
            Folder(log_dir) as log,
            writer.state.folder("logs") as records,
            _Record(records, log_dir) as record,
        ):
            return log_dir / _append(log, writer.id, record, data)
    except StateUnavailable as problem:
        raise AppendFailed(f"Nothing was appended to the log {log_dir}. {problem}") from problem
    except OSError as problem:
        raise AppendFailed(
            f"The log {log_dir} could not be appended to: {advice(problem)} Then {APPEND_AGAIN}"
        ) from problem


class _Place(NamedTuple):
    """The file that is appended to, as the record has it. `size` is what it had when all was well."""

    status: str
    month: str
    writer: str
    number: int
    size: int

    @property
    def name(self) -> str:
        return f"{self.writer}-{self.number}.jsonl"


_NOWHERE = _Place("none", "", "", 0, 0)


class _Record:
    """What the state folder knows about a log folder: one line of text, written over in place.

    Written in place, not renamed: it then needs no space on a full disk, and no flush. After a power cut it may be old
    or empty; the file's own size and last byte are then what counts.
    """

    _LINE = re.compile(rb"(ready|writing|failed) ([0-9]{4,}-[0-9]{2}) ([0-9a-f]{16}) ([0-9]{1,15}) ([0-9]{1,18}) *\n")
    _LENGTH = 128

    def __init__(self, records: Folder, log_dir: Path) -> None:
        key = hashlib.sha256(os.fsencode(log_dir.resolve())).hexdigest()[:32]
        self._path = records.path / key
        try:
            self._fd = records.open_in_place(key)
        except OSError as problem:
            raise StateUnavailable(advice(problem)) from problem

    def read(self) -> _Place:
        found = self._LINE.fullmatch(os.pread(self._fd, self._LENGTH, 0))
        if not found:
            return _NOWHERE
        status, month, writer = (found[n].decode() for n in (1, 2, 3))
        return _Place(status, month, writer, int(found[4]), int(found[5]))

    def write(self, place: _Place) -> None:
        line = f"{place.status} {place.month} {place.writer} {place.number} {place.size}"
        try:
            overwrite(self._fd, f"{line:{self._LENGTH - 1}}\n".encode())
        except OSError as problem:
            raise StateUnavailable(f"{self._path}: {advice(problem)}") from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def batch(lines: Sequence[bytes]) -> bytes:
    """The lines as they stand in a file. Raises ValueError for what are no lines."""
    if not lines:
        raise ValueError("no lines to append")
    data = b"\n".join(lines) + b"\n"
    if data.count(b"\n") != len(lines):
        raise ValueError("a line of the log has no newline in it")
    if not all(lines):
        raise ValueError("a line of the log is not empty")
    if len(data) > LARGEST_BATCH:
        raise ValueError(f"a batch has {LARGEST_BATCH} bytes at most: append the lines in parts")
    return data


def _append(log: Folder, writer: str, record: _Record, data: bytes) -> Path:
    last = record.read()
    month = time.strftime("%Y-%m", time.gmtime())
    if last.status == "writing" and last.writer == writer:
        _end_line(log, last)
    with log.folder(month) as folder:
        place = last._replace(status="writing")
        fd = _reopen(folder, last) if (last.status, last.writer, last.month) == ("ready", writer, month) else None
        new = fd is None
        if fd is None:
            number = max(last.number, _highest_number(folder, writer)) + 1
            fd, place = _start(folder, record, _Place("writing", month, writer, number, 0))
        else:
            try:
                record.write(place)
            except BaseException:
                os.close(fd)
                raise
        try:
            try:
                size = _write(fd, data)
                if new:
                    folder.sync()
                    log.sync()
                    sync_folder(log.path.absolute().parent)
            finally:
                os.close(fd)
            _look_again(folder, place.name, size)
        except BaseException:
            with suppress(StateUnavailable):  # it says `writing` already, which does as well
                record.write(place._replace(status="failed"))
            if new:
                _clear_away(folder, place.name)
            raise
    with suppress(StateUnavailable):  # then the next batch starts a new file
        record.write(place._replace(status="ready", size=size))
    return Path(month) / place.name


def _reopen(folder: Folder, last: _Place) -> int | None:
    """Open the file that was written last, or return None if a new one is to be started."""
    try:
        fd = folder.open_append(last.name, new=False)
    except FileNotFoundError:  # rotated, or cleared away
        return None
    size = os.fstat(fd).st_size
    if last.size <= size < ROTATE_BYTES:
        return fd
    os.close(fd)  # large enough, or an older copy was put in its place
    return None


def _start(folder: Folder, record: _Record, place: _Place) -> tuple[int, _Place]:
    """Create the file of `place`, or the first after it whose name is free; the record names it beforehand."""
    while True:
        record.write(place)
        try:
            return folder.open_append(place.name, new=True), place
        except FileExistsError:
            place = place._replace(number=place.number + 1)


def _highest_number(folder: Folder, writer: str) -> int:
    """The highest number among this writer's files, rotated and compressed ones too; 0 if there are none."""
    ours = re.compile(re.escape(writer) + r"-([0-9]{1,15})\.jsonl.*", re.DOTALL)
    return max((int(found[1]) for found in map(ours.fullmatch, folder.names()) if found), default=0)


def _write(fd: int, data: bytes) -> int:
    """Append and flush. A torn line at the end is ended first, in the same write. Return the file's size."""
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) != b"\n":
        data = b"\n" + data
    append_bytes(fd, data)
    sync_file(fd)
    return size + len(data)


def _look_again(folder: Folder, name: str, size: int) -> None:
    """Raise if the file was moved or removed while it was written: nobody might ever read what went into it."""
    try:
        now = os.stat(name, dir_fd=folder.fd, follow_symlinks=False).st_size
    except FileNotFoundError:
        now = -1
    if now < size:
        raise OSError(errno.ESTALE, "was moved, removed or cut while it was written", str(folder.path / name))


def _clear_away(folder: Folder, name: str) -> None:
    """Remove a new file that nothing came into: whoever tries again and again on a full disk would leave many."""
    with suppress(OSError):
        if not os.stat(name, dir_fd=folder.fd, follow_symlinks=False).st_size:
            folder.remove(name)


def _end_line(log: Folder, last: _Place) -> None:
    """End the line that a killed writer tore, so that readers see it as finished and bad; nothing depends on it."""
    with suppress(OSError), log.folder(last.month, create=False) as folder:
        fd = folder.open_append(last.name, new=False)
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                append_bytes(fd, b"\n")
        finally:
            os.close(fd)
