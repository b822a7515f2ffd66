"""A log on object storage: every append is an object of its own, put where there is none; none ever grows.

Its objects have the names that files in a folder have: `{YYYY-MM}/{writer}-{time}-{random}.jsonl`. So a bucket that is
copied into a folder, or a folder into a bucket, is the same log.
"""

from __future__ import annotations

import errno
import io
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import BinaryIO

from pipeline.log.append import APPEND_AGAIN, AppendFailed, batch
from pipeline.log.files import ENDINGS, Found, Position, Unreadable
from pipeline.log.writer import StateUnavailable, locked_writer
from pipeline.objects import AT_A_TIME, Changed, Objects, Stat, StorageUnusable

_WHOLE_BYTES = 4 * 1024 * 1024
"""A larger object is read a part at a time …"""
_AHEAD_BYTES = 64 * 1024 * 1024
"""… the others whole, and ahead of their turn; so much is held at a time."""
_LISTED_TOGETHER = 4_000
"""So many objects that are known already are listed in one part of a listing."""
_PART_BYTES = 4 * 1024 * 1024
_OF_ONE_OBJECT = (errno.ENOENT, errno.EACCES, errno.ESTALE)
"""What may be wrong with one object, while the others can be read."""


class LogUnreachable(Exception):
    """The storage doesn't answer, or not as it should. Not an error of one object: the build can't go on."""


class BucketLog:
    """As `Log` says. An object is known by its size and entity tag."""

    opening_bytes = 128 * 1024

    def __init__(self, url: str) -> None:
        """Raises StorageUnusable."""
        if url.startswith(("file:", "local:")):
            raise StorageUnusable(f"{url} is a folder: give its path, without {url.partition(':')[0]}://")
        self._objects = Objects(url)
        self._ahead: _Ahead | None = None

    def look(self, known: Mapping[str, Position]) -> Found:
        found = Found()
        listed = self._objects.below_in_parts(sorted(known)[_LISTED_TOGETHER::_LISTED_TOGETHER])
        for path, seen in listed.items():
            if not path.endswith(ENDINGS):
                continue
            if not _could_be_a_file(path):
                found.unreadable.append(Unreadable(path, "no file could have that name: rename it"))
                continue
            before = known.get(path)
            if before is not None and _seen(before) == seen:
                continue
            if before is not None:
                found.replaced.append(path)
            found.to_read.append(Position(path, size_bytes=seen.size, proof=seen.etag))
        found.gone = sorted(known.keys() - listed.keys())
        return found

    @contextmanager
    def expecting(self, starts: Iterable[Position]) -> Iterator[None]:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            self._ahead = _Ahead(pool, self._read, starts)
            try:
                yield
            finally:
                self._ahead = None
                pool.shutdown(cancel_futures=True)

    def open(self, start: Position) -> BinaryIO:
        """Raises LogUnreachable, too."""
        if start.size_bytes > _WHOLE_BYTES:
            with _one_object(start.path):
                return _Parts(start.path, self._objects.open_seen(start.path, _seen(start)))
        ahead = None if self._ahead is None else self._ahead.take(start)
        return io.BytesIO(self._read(start) if ahead is None else ahead.result())

    def proof(self, reached: Position) -> str:
        return reached.proof

    def append(self, lines: Sequence[bytes]) -> str:
        data = batch(lines)
        try:
            with locked_writer() as writer:
                path = _new_name(writer.id)
            self._objects.create_own(path, data, content_type="application/x-ndjson")
        except StateUnavailable as problem:
            raise AppendFailed(f"Nothing was appended to the log {self._objects.url}. {problem}") from problem
        except OSError as problem:
            raise AppendFailed(
                f"The log {self._objects.url} could not be appended to: {_told(problem)}. "
                f"When that is over, {APPEND_AGAIN}"
            ) from problem
        return path

    def _read(self, start: Position) -> bytes:
        with _one_object(start.path):
            return self._objects.read_seen(start.path, _seen(start)) if start.size_bytes else b""


class _Ahead:
    """Reads objects ahead of their turn, some at a time, as many as may be held."""

    def __init__(self, pool: ThreadPoolExecutor, read: Callable[[Position], bytes], starts: Iterable[Position]) -> None:
        self._pool, self._read = pool, read
        small = {start.path: start for start in starts if start.size_bytes <= _WHOLE_BYTES}
        self._waiting = deque(small.values())
        self._under_way: dict[str, Future[bytes]] = {}
        self._held = 0

    def take(self, start: Position) -> Future[bytes] | None:
        """The object's bytes, when they are there; None if it isn't expected."""
        self._fill()
        found = self._under_way.pop(start.path, None)
        if found is not None:
            self._held -= start.size_bytes
        return found

    def _fill(self) -> None:
        while self._waiting and len(self._under_way) < 4 * AT_A_TIME and self._held < _AHEAD_BYTES:
            start = self._waiting.popleft()
            self._under_way[start.path] = self._pool.submit(self._read, start)
            self._held += start.size_bytes


class _Parts(io.BufferedReader):
    """A large object that is read a part at a time."""

    def __init__(self, path: str, raw: io.RawIOBase) -> None:
        super().__init__(raw, _PART_BYTES)
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        with _one_object(self._path):
            return super().read(size)


@contextmanager
def _one_object(path: str) -> Iterator[None]:
    """Makes what goes wrong with a single object an OSError, and everything else LogUnreachable."""
    try:
        yield
    except Changed:
        raise OSError(errno.ESTALE, "was replaced while it was read", path) from None
    except OSError as error:
        if error.errno in _OF_ONE_OBJECT:
            raise
        raise LogUnreachable(_told(error)) from error


def _seen(position: Position) -> Stat:
    return Stat(position.size_bytes, position.proof)


def _could_be_a_file(path: str) -> bool:
    return "\0" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def _new_name(writer: str) -> str:
    """A name that nobody has used: sorted by time among those of its writer."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    now = time.gmtime(seconds)
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', now)}{rest // 1000:06d}Z"
    return f"{time.strftime('%Y-%m', now)}/{writer}-{stamp}-{os.urandom(4).hex()}.jsonl"


def _told(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)
