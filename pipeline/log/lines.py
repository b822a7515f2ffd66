"""Reads the whole lines of a log file, plain or compressed, with their places, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.event import MAX_LINE_BYTES
from pipeline.log.files import Position, is_compressed, open_inside
from pipeline.log.unpack import Damaged, unpack

_CHUNK_BYTES = 4 * 1024 * 1024
_START_BYTES = 128 * 1024
"""So much is kept of a line that is too long to be an event."""

MAX_RATIO = 200
"""A compressed file unpacks to at most so many times its own size (logs: 15 to 30 times) …"""
ANY_RATIO_BYTES = 16 * 1024 * 1024
"""… or to so many bytes, which is always allowed. What comes after that isn't read: it is a bomb."""


class Line(NamedTuple):
    """A line without its end; its byte offset (uncompressed), its number, from 1, and its length in bytes.

    Of a line longer than an event may be (MAX_LINE_BYTES) `text` is only the start.
    """

    text: bytes
    offset: int
    number: int
    length: int


class LineReader:
    """Iterates over the whole lines of a log file from a position; empty ones are left out.

    Afterwards `offset` and `line` say how far it got, `unfinished` holds what stands behind the last line's end (of a
    very long text the start), and `damage` says why a compressed file was not read to its end.
    """

    def __init__(self, log_dir: Path, start: Position) -> None:
        self._log_dir = log_dir
        self._file = start.path
        self._compressed = is_compressed(start.path)
        self.offset = start.offset
        self.line = start.line
        self.unfinished = b""
        self.damage = ""

    def __iter__(self) -> Iterator[Line]:
        """Raises OSError if the file can't be read."""
        held: list[bytes] = []
        held_bytes = 0
        skipped = 0
        """Of a line that is too long: the bytes that were read and not held."""
        for chunk in self._compressed_chunks() if self._compressed else self._plain_chunks():
            rest = chunk
            if skipped:
                end = chunk.find(b"\n")
                if end < 0:
                    skipped += len(chunk)
                    continue
                yield self._too_long(b"".join(held), held_bytes + skipped + end)
                held, held_bytes, skipped = [], 0, 0
                rest = chunk[end + 1 :]
            end = rest.rfind(b"\n") + 1
            if end:
                held.append(rest[:end])
                yield from self._split(b"".join(held))
                held, held_bytes = [], 0
            if end < len(rest):
                held.append(rest[end:])
                held_bytes += len(rest) - end
                if held_bytes > MAX_LINE_BYTES:
                    start = b"".join(held)[:_START_BYTES]
                    held, held_bytes, skipped = [start], len(start), held_bytes - len(start)
        self.unfinished = b"".join(held)

    def _plain_chunks(self) -> Iterator[bytes]:
        with open_inside(self._log_dir, self._file) as file:
            file.seek(self.offset)
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    def _compressed_chunks(self) -> Iterator[bytes]:
        with open_inside(self._log_dir, self._file) as file:
            left = max(ANY_RATIO_BYTES, MAX_RATIO * file.seek(0, 2))
            file.seek(0)
            try:
                for chunk in unpack(file, self._file):
                    yield chunk[:left]
                    left -= len(chunk)
                    if left < 0:
                        self.damage = f"it unpacks to more than {MAX_RATIO} times its size, and isn't read on"
                        return
            except Damaged as damaged:
                self.damage = str(damaged)

    def _split(self, block: bytes) -> Iterator[Line]:
        for text in block.split(b"\n")[:-1]:
            offset = self.offset
            if len(text) > MAX_LINE_BYTES:
                yield self._too_long(text[:_START_BYTES], len(text))
                continue
            self.offset += len(text) + 1
            self.line += 1
            if text and not text.isspace():
                text = text.removesuffix(b"\r")
                yield Line(text, offset, self.line, len(text))

    def _too_long(self, start: bytes, length: int) -> Line:
        offset = self.offset
        self.offset += length + 1
        self.line += 1
        return Line(start, offset, self.line, length)
