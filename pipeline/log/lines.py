"""Reads the whole lines of a log file, plain or compressed, with their places, in bounded memory."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from pipeline.event import MAX_LINE_BYTES
from pipeline.log.files import Position, is_compressed
from pipeline.log.place import Log
from pipeline.log.unpack import Damaged, unpack

_CHUNK_BYTES = 256 * 1024
"""What is read at a time, and made of it, stays in a processor's cache."""
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


class TooLong(NamedTuple):
    """The start of a line that is longer than an event may be, and its length in bytes."""

    start: bytes
    length: int


Block: TypeAlias = bytes | TooLong
"""Some whole lines, each with its line feed."""


class LineReader:
    """Iterates over the whole lines of a log file from a position; empty ones are left out.

    With `end`, an offset at which a line begins, it goes no further. Afterwards `offset` and `line` say how far it got,
    `unfinished` holds what stands behind the last line's end (of a very long text the start), and `damage` says why a
    compressed file was not read to its end.
    """

    def __init__(self, log: Log, start: Position, end: int | None = None) -> None:
        self._log = log
        self._start = start
        self._compressed = is_compressed(start.path)
        self._end = end
        self.offset = start.offset
        self.line = start.line
        self.unfinished = b""
        self.damage = ""

    def __iter__(self) -> Iterator[Line]:
        """Raises OSError if the file can't be read."""
        for block in self.blocks():
            for text, length in [block] if isinstance(block, TooLong) else _split(block):
                offset = self.offset
                self.offset += length + 1
                self.line += 1
                if length > MAX_LINE_BYTES:
                    yield Line(text[:_START_BYTES], offset, self.line, length)
                elif text and not text.isspace():
                    text = text.removesuffix(b"\r")
                    yield Line(text, offset, self.line, len(text))

    def blocks(self) -> Iterator[Block]:
        """All whole lines, the empty ones too, some at a time.

        Whoever takes a block moves `offset` and `line` on behind it. Raises OSError if the file can't be read.
        """
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
                yield TooLong(b"".join(held), held_bytes + skipped + end)
                held, held_bytes, skipped = [], 0, 0
                rest = chunk[end + 1 :]
            end = rest.rfind(b"\n") + 1
            if end:
                held.append(rest[:end])
                yield b"".join(held)
                held, held_bytes = [], 0
            if end < len(rest):
                held.append(rest[end:])
                held_bytes += len(rest) - end
                if held_bytes > MAX_LINE_BYTES:
                    start = b"".join(held)[:_START_BYTES]
                    held, held_bytes, skipped = [start], len(start), held_bytes - len(start)
        self.unfinished = b"".join(held)

    def _plain_chunks(self) -> Iterator[bytes]:
        with self._log.open(self._start) as file:
            file.seek(self.offset)
            left = None if self._end is None else self._end - self.offset
            while chunk := file.read(_CHUNK_BYTES if left is None else min(_CHUNK_BYTES, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    def _compressed_chunks(self) -> Iterator[bytes]:
        with self._log.open(self._start) as file:
            left = max(ANY_RATIO_BYTES, MAX_RATIO * file.seek(0, 2))
            file.seek(0)
            try:
                for chunk in unpack(file, self._start.path):
                    yield chunk[:left]
                    left -= len(chunk)
                    if left < 0:
                        self.damage = f"it unpacks to more than {MAX_RATIO} times its size, and isn't read on"
                        return
            except Damaged as damaged:
                self.damage = str(damaged)


def _split(block: bytes) -> Iterator[tuple[bytes, int]]:
    """Lines without their line feeds, each with its length."""
    for text in block.split(b"\n")[:-1]:
        yield text, len(text)
