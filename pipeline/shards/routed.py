"""Routed files: lines of the log by shard, and a log of those that a shard has to take in.

A routed file is a row of frames, each some lines that go to one shard, with their places in the log, packed as in
bundle.py. What is where in it is kept by whoever had it made.
"""

import io
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

import zstandard

from pipeline.bundle import pack_lines, pack_numbers, unpack_lines, unpack_numbers
from pipeline.disk import Folder
from pipeline.log.files import Found, Position
from pipeline.stages import own_name


class Frame(NamedTuple):
    """Lines of a routed file: from which byte on, and in how many, they and their places stand there."""

    bundle: int
    """As what the events were numbered; 0 of copies."""
    shard: int
    start: int
    line_bytes: int
    place_bytes: int
    text_bytes: int
    """The lines with their ends, unpacked."""


class RoutedFile(NamedTuple):
    """A routed file and its frames, by shard."""

    name: str
    frames: list[Frame]


class FrameWriter:
    """Puts frames together. They have to come by shard."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._bytes = 0
        self.frames: list[Frame] = []

    def add(self, bundle: int, shard: int, lines: bytes, places: bytes) -> None:
        """Adds a frame of packed lines and places."""
        text_bytes = zstandard.frame_content_size(lines) + 1
        self.frames.append(Frame(bundle, shard, self._bytes, len(lines), len(places), text_bytes))
        self._parts += (lines, places)
        self._bytes += len(lines) + len(places)

    def pack(self, shard: int, lines: Sequence[bytes], places: "array[int]") -> None:
        """Adds a frame of copies."""
        self.add(0, shard, pack_lines(lines), pack_numbers(places))

    def write(self, folder: Path) -> RoutedFile:
        """Writes the file, whole and durably, under a name of its own. Raises OSError."""
        name = f"{own_name('routed')}.frames"
        with Folder(folder) as into:
            into.replace(name, b"".join(self._parts), durable=True)
        return RoutedFile(name, self.frames)


class Slice(NamedTuple):
    """The frames of a routed file that go to one shard, as a file of its log."""

    path: str
    file: Path
    frames: list[tuple[int, int]]
    """The first byte of each, and how many its lines are."""
    text_bytes: int


class RoutedLog:
    """What a shard has to take in, as a log (`Log`). A slice never changes, and none is ever gone."""

    opening_bytes = 0

    def __init__(self, slices: Iterable[Slice]) -> None:
        self._slices = {one.path: one for one in slices}
        self._text: tuple[str, bytes] = "", b""

    def look(self, known: Mapping[str, Position]) -> Found:
        """As in `Log`."""
        new = [one for one in self._slices.values() if one.path not in known]
        return Found([Position(one.path, size_bytes=one.text_bytes) for one in new])

    def expecting(self, starts: Iterable[Position]) -> AbstractContextManager[None]:  # noqa: ARG002
        """As in `Log`."""
        return nullcontext()

    def open(self, start: Position) -> BinaryIO:
        """As in `Log`. Raises TextDamaged."""
        if self._text[0] != start.path:
            self._text = start.path, self._read(self._slices[start.path])
        return io.BytesIO(self._text[1])

    def _read(self, one: Slice) -> bytes:
        lines: list[bytes] = []
        with one.file.open("rb") as file:
            for start, size in one.frames:
                file.seek(start)
                lines += unpack_lines(file.read(size))
        lines.append(b"")
        return b"\n".join(lines)

    def proof(self, reached: Position) -> str:  # noqa: ARG002
        """As in `Log`."""
        return ""

    def append(self, lines: Sequence[bytes]) -> NoReturn:
        """Nobody appends to it."""
        raise NotImplementedError


def read_frame(file: BinaryIO, start: int, line_bytes: int, place_bytes: int) -> tuple[list[bytes], "array[int]"]:
    """The lines of a frame and their places. Raises TextDamaged, OSError."""
    file.seek(start)
    return unpack_lines(file.read(line_bytes)), unpack_numbers(file.read(place_bytes))
