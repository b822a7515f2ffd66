"""Reads the whole lines of a log file, plain or compressed, with their places."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, cast

from pipeline.log.files import Position, is_compressed

_CHUNK_BYTES = 4 * 1024 * 1024
_COMPRESSED_CHUNK_BYTES = 128 * 1024


class Line(NamedTuple):
    """A line without its end; its byte offset (uncompressed) and its number, from 1."""

    text: bytes
    offset: int
    number: int


class LineReader:
    """Iterates over the whole lines of a log file from a position; empty ones are left out.

    Afterwards `offset` and `line` say how far it got, `unfinished` holds what stands behind the last line's end, and
    `damage` says why a compressed file could not be read to its end.
    """

    def __init__(self, log_dir: Path, start: Position) -> None:
        self._path = log_dir / start.path
        self._compressed = is_compressed(start.path)
        self.offset = start.offset
        self.line = start.line
        self.unfinished = b""
        self.damage = ""

    def __iter__(self) -> Iterator[Line]:
        """Raises OSError if the file can't be read."""
        held: list[bytes] = []
        for chunk in self._compressed_chunks() if self._compressed else self._plain_chunks():
            end = chunk.rfind(b"\n") + 1
            if end:
                held.append(chunk[:end])
                yield from self._split(b"".join(held))
                held.clear()
            if end < len(chunk):
                held.append(chunk[end:])
        self.unfinished = b"".join(held)

    def _plain_chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(self.offset)
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    def _compressed_chunks(self) -> Iterator[bytes]:
        import zstandard

        with ExitStack() as stack:
            file = stack.enter_context(self._path.open("rb"))
            if self._path.name.endswith(".gz"):
                stream = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb")))
            else:
                reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
                stream = stack.enter_context(cast(IO[bytes], reader))
            try:
                while chunk := stream.read(_COMPRESSED_CHUNK_BYTES):
                    yield chunk
            except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
                self.damage = str(error)

    def _split(self, block: bytes) -> Iterator[Line]:
        for text in block.split(b"\n")[:-1]:
            offset = self.offset
            self.offset += len(text) + 1
            self.line += 1
            if text and not text.isspace():
                yield Line(text.removesuffix(b"\r"), offset, self.line)
