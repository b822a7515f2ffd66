"""The stage that folds AOIs: packed pasts in, rows of the store out. Needs no database."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from pipeline.event import Status
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded, fold
from pipeline.fold.outcome import Verdict
from pipeline.stages import about_aois, no_collections, own_name, row_files
from pipeline.store.past import PackedPast, unpack


@dataclass(frozen=True, slots=True)
class FoldTask:
    """AOIs to fold. Rows are written to files in `spool` whose names begin with `name`."""

    pasts: list[PackedPast]
    spool: Path
    name: str

    @property
    def about(self) -> str:
        """Its AOIs."""
        return about_aois([past.name for past in self.pasts])

    def pieces(self) -> "list[FoldTask]":
        """A task for each AOI."""
        return [FoldTask([past], self.spool, f"{self.name}-{number}") for number, past in enumerate(self.pasts)]


class SceneRows(msgspec.Struct, gc=False):
    """The scenes of an AOI, column by column."""

    aoi: str
    id: list[int]
    tiles: list[list[int]]


@dataclass(slots=True)
class FoldedRows:
    """What the fold made of some AOIs: their names, and the rows of those that are worth one."""

    scene_rows: Path
    """A file of JSON Lines, each a SceneRows."""
    names: list[str] = field(default_factory=list)
    aois: list[tuple[str, bool, Status]] = field(default_factory=list)
    """Name, whether it is there, and status."""
    outcomes: list[tuple[int, str, Verdict, str, bytes | None]] = field(default_factory=list)
    """Of events that were not just applied: number, AOI, verdict and reason, and the line of one that was rejected."""


def fold_aois(task: FoldTask) -> FoldedRows:
    """The stage. Raises OSError if the rows can't be written."""
    rows = FoldedRows(task.spool / f"{own_name(task.name)}.scenes.jsonl")
    with no_collections(), row_files(rows.scene_rows) as (scenes,):
        for packed in task.pasts:
            _fold(packed, rows, scenes)
    return rows


def _fold(packed: PackedPast, rows: FoldedRows, scenes: IO[bytes]) -> None:
    found = unpack(packed)
    folded = fold(packed.name, found.in_log_order(), packed.taken)
    rows.names.append(packed.name)
    if packed.name:
        rows.aois.append((packed.name, folded.aoi.exists, aoi_status(folded.aoi)))
    lines = found.lines_of({event for event, verdict, _ in folded.outcomes if verdict == "rejected"})
    rows.outcomes += [
        (event, packed.name, verdict, reason, lines.get(event)) for event, verdict, reason in folded.outcomes
    ]
    scenes.write(_encoder.encode(_scene_rows(folded)) + b"\n")
    folded.aoi.clear()


def _scene_rows(folded: Folded) -> SceneRows:
    scenes = folded.aoi.scenes.values()
    tiles = [[tile.id for tile in scene.tiles.values()] for scene in scenes]
    return SceneRows(folded.aoi.name, [scene.id for scene in scenes], tiles)


_encoder = msgspec.json.Encoder()
