"""An AOI as a matrix: a row for each track, a column for each acquisition day, in each cell the tiles of both."""

import re
from dataclasses import dataclass, field
from datetime import date

from pipeline.event import STATUSES, Status
from pipeline.insight.revisit import AoiDays, visits
from pipeline.products import track
from pipeline.store.board import Board, BoardTile

WORST_FIRST: tuple[Status, ...] = ("FAILED", "RETRY", "NEW", "PENDING", "DONE")
"""The order in which a cell of several tiles shows them: what went wrong, then what is farthest from done."""
_BADNESS = {status: place for place, status in enumerate(WORST_FIRST)}
_DIGITS = re.compile(r"([0-9]+)")


@dataclass(slots=True)
class Track:
    """A row. Days are UTC, `2022-03-01`."""

    name: str
    cells: dict[str, list[BoardTile]] = field(default_factory=dict)
    """By acquisition day, ascending: its tiles of that day, the worst first, then in ascending id."""
    undated: list[BoardTile] = field(default_factory=list)
    """Tiles whose scene has no date: they are in no cell."""
    counts: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    """Of all its tiles, the undated too."""
    revisit_days: int | None = None
    """Its usual revisit, as learnt from its last days; None if it has none."""
    absent: list[str] = field(default_factory=list)
    """Days on which it was expected but didn't come, ascending."""

    @property
    def waiting(self) -> int:
        """How many of its tiles are NEW or PENDING."""
        return self.counts["NEW"] + self.counts["PENDING"]

    def days_in(self, status: Status) -> list[tuple[str, BoardTile]]:
        """The days on which a tile is in that status, ascending, each with the first such tile."""
        found = []
        for day, tiles in self.cells.items():
            # Of several tiles the worst is first: a cell of one, which most are, needs no search.
            if tiles[0].status == status:
                found.append((day, tiles[0]))
            elif len(tiles) > 1:
                found += [(day, tile) for tile in tiles if tile.status == status][:1]
        return found


@dataclass(slots=True)
class Matrix:
    """`tracks` by name, numbers in names by their value; `days` ascending: every day that has a tile or lacks one."""

    tracks: list[Track]
    days: list[str]
    pauses: list[tuple[str, str]]
    """Where the whole AOI was silent, for more than twelve revisits: the last day before and the first after."""

    @property
    def absent(self) -> int:
        """How many cells lack a tile that was expected."""
        return sum(len(one.absent) for one in self.tracks)


def matrix(board: Board) -> Matrix:
    """The matrix of an AOI. Each tile of the board is in exactly one cell, or among its track's `undated`."""
    tracks: dict[str, Track] = {}
    for scene in board.scenes.values():
        day = scene.day
        for tile in scene.tiles:
            name = track(tile.source_id, scene.source_id)
            row = tracks.get(name)
            if row is None:
                row = tracks[name] = Track(name)
            row.counts[tile.status] += 1
            if day is None:
                row.undated.append(tile)
            else:
                row.cells.setdefault(day, []).append(tile)
    rows = sorted(tracks.values(), key=lambda one: natural(one.name))
    came = sorted({day for row in rows for day in row.cells})
    number = {day: date.fromisoformat(day).toordinal() for day in came}
    aoi_days = AoiDays(list(number.values()))
    for row in rows:
        row.cells = dict(sorted(row.cells.items()))
        for tiles in row.cells.values():
            if len(tiles) > 1:
                tiles.sort(key=lambda tile: (_BADNESS[tile.status], tile.id))
        revisit, absent = visits([number[day] for day in row.cells], aoi_days)
        row.revisit_days = None if revisit is None else revisit.days
        row.absent = [_text(day) for day in absent]
    usual = min((row.revisit_days for row in rows if row.revisit_days is not None), default=None)
    return Matrix(
        rows,
        sorted({*came, *(day for row in rows for day in row.absent)}),
        [] if usual is None else [(_text(last), _text(first)) for last, first in aoi_days.pauses(usual)],
    )


def natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """A key that sorts names as people do: the numbers in them by their value, so that `IW1_99` is before `IW1_100`."""
    parts = _DIGITS.split(name)
    numbers = [one.lstrip("0") for one in [*parts[1::2], ""]]
    key = [(text, len(digits), digits) for text, digits in zip(parts[::2], numbers, strict=True)]
    return (*key, (name, 0, ""))


def _text(day: int) -> str:
    return date.fromordinal(day).isoformat()
