"""The stage that copies events that are routed already to further shards."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.shards.routed import FrameWriter, RoutedFile, read_frame
from pipeline.store.database import open_database

_FRAME_EVENTS = 4096


@dataclass(frozen=True, slots=True)
class CopyTask:
    """Events to copy. `wanted` is a Parquet file of their frames and places in these, by `file`: those numbers."""

    wanted: Path
    folder: Path
    """Of the routed files."""
    files: list[tuple[int, str]]
    """Number and name of those that are read."""
    memory_bytes: int | None = None

    @property
    def about(self) -> str:
        """Its files."""
        return "routed files " + ", ".join(name for _, name in self.files)

    def pieces(self) -> "list[CopyTask]":
        """A task for each file."""
        return [replace(self, files=[one]) for one in self.files]


def copy_events(task: CopyTask) -> RoutedFile:
    """The stage: a routed file of the copies. Raises OSError, StoreBroken."""
    heaps: dict[int, tuple[list[bytes], array[int]]] = {}
    with open_database(Path(":memory:"), memory_bytes=task.memory_bytes, bare=True) as database:
        for number, name in task.files:
            rows = database.rows(
                """
                SELECT start, line_bytes, place_bytes, list(nth ORDER BY nth, shard), list(shard ORDER BY nth, shard)
                FROM read_parquet(?) WHERE file = ? GROUP BY ALL ORDER BY start
                """,
                [str(task.wanted), number],
            )
            with (task.folder / name).open("rb") as file:
                for shard, line, place in _copies(file, rows):
                    lines, places = heaps.setdefault(shard, ([], array("q")))
                    lines.append(line)
                    places.append(place)
    writer = FrameWriter()
    for shard, (lines, places) in sorted(heaps.items()):
        for at in range(0, len(lines), _FRAME_EVENTS):
            writer.pack(shard, lines[at : at + _FRAME_EVENTS], places[at : at + _FRAME_EVENTS])
    return writer.write(task.folder)


def _copies(file: BinaryIO, rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, bytes, int]]:
    for frame, group in groupby(rows, key=lambda row: row[:3]):
        lines, places = read_frame(file, *frame)
        for *_, wanted, shards in group:
            for at, shard in zip(wanted, shards, strict=True):
                yield shard, lines[at], places[at]
