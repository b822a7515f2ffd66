"""Divides what is to be read of a log into stretches of its files, and these into parts of like size."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

from pipeline.log.files import Position, is_compressed
from pipeline.log.place import Log

_SMALLEST_BYTES = 8 * 1024 * 1024
_LARGEST_BYTES = 64 * 1024 * 1024
_PARTS = 8
"""As many parts as that, unless they became too small or too large: some for each of a few workers."""
_TIMES_COMPRESSED = 10
"""By what a compressed file grows, roughly."""
_SEARCH_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Stretch:
    """The whole lines of a log file from an offset on, up to another or, with None, to the file's end.

    Lines are counted from its start, if another stretch of the file is read before it: nobody knows yet how many that
    one has.
    """

    number: int
    start: Position
    end: int | None
    weight: int
    """About how many bytes that is."""


def stretches(log: Log, to_read: Iterable[Position], first_number: int) -> list[Stretch]:
    """What is to be read of log files, in their order. A large file is divided at ends of lines."""
    left = [(position, _bytes_left(position) + log.opening_bytes) for position in to_read]
    size = _part_size(sum(weight for _, weight in left))
    found: list[Stretch] = []
    for position, weight in left:
        starts = [position.offset, *_cuts(log, position, round(weight / size))]
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            number = first_number + len(found)
            line = position.line if start == position.offset else 0
            found.append(Stretch(number, replace(position, offset=start, line=line), end, weight // len(starts)))
    return found


def in_parts(found: Iterable[Stretch]) -> list[list[Stretch]]:
    """The same stretches, in parts of like size."""
    remaining = list(found)
    size = _part_size(sum(stretch.weight for stretch in remaining))
    parts: list[list[Stretch]] = []
    room = 0
    for stretch in remaining:
        if not parts or room < stretch.weight // 2:
            parts.append([])
            room = size
        parts[-1].append(stretch)
        room -= stretch.weight
    return parts


def _part_size(total: int) -> int:
    return min(max(total // _PARTS, _SMALLEST_BYTES), _LARGEST_BYTES)


def _bytes_left(position: Position) -> int:
    if is_compressed(position.path):
        return position.size_bytes * _TIMES_COMPRESSED
    return max(0, position.size_bytes - position.offset)


def _cuts(log: Log, position: Position, pieces: int) -> list[int]:
    """Where lines begin that divide the rest of a file into so many pieces, about; none if it doesn't open."""
    found: list[int] = []
    if pieces > 1 and not is_compressed(position.path):
        step = (position.size_bytes - position.offset) // pieces
        with suppress(OSError), log.open(position) as file:
            for piece in range(1, pieces):
                start = _line_start(file, max(position.offset + piece * step, *found[-1:], 0))
                if start is None:
                    break
                found.append(start)
    return found


def _line_start(file: IO[bytes], offset: int) -> int | None:
    """Where the first line begins behind an offset; None if none does."""
    file.seek(offset)
    while chunk := file.read(_SEARCH_BYTES):
        end = chunk.find(b"\n") + 1
        if end:
            return offset + end
        offset += len(chunk)
    return None
