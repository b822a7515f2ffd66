"""What the matrix's script tells about a cell, small enough to stand in the page: 48,000 cells in about 60 KB."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeline.event import Status
from pipeline.insight.cause import cause
from pipeline.insight.matrix import Track
from pipeline.insight.waiting import Waiting
from pipeline.render.plain import one_line
from pipeline.store.board import BoardTile

LONGEST_NAME = 120
ABSENT, NOTHING = "o", "."
LETTERS: dict[Status, str] = {"NEW": "N", "PENDING": "P", "DONE": "D", "RETRY": "R", "FAILED": "F"}

_IDS_BYTES = 120_000
_WRONG_BYTES, _WAITING_BYTES = 40_000, 20_000
"""Of the sentences about what went wrong, and about what waits. Then they get shorter, and after as much again end."""
_SEVERAL_CELLS, _SEVERAL_TILES = 1_000, 8

_Row: TypeAlias = list[tuple[int, list[BoardTile]]]
"""By column: the tiles of the cells that have some."""


def letters(track: Track, days: Sequence[str]) -> str:
    """A track as a text: for each day the letter of its cell's status, `o` where it is absent, `.` where nothing is."""
    absent = set(track.absent)
    return "".join(
        LETTERS[tiles[0].status]
        if (tiles := track.cells.get(day)) is not None
        else (ABSENT if day in absent else NOTHING)
        for day in days
    )


def matrix_data(
    tracks: Sequence[Track], days: Sequence[str], rows: Sequence[str], waiting: Waiting
) -> dict[str, object]:
    """For the script, as plain data.

    - `days`, of the columns.
    - `rows`: name, letters (see `letters`), ids of the tiles, ids of their scenes less those (both as `differences`, of
      the cells whose letter is in `linked`), and where each reason is told: first and last column, number, and so on.
    - `reasons`: texts by number.
    - `several`: for `row,column` how many tiles the cell has, then id, id of the scene and letter of the first ones.
    """
    reasons = _Reasons(waiting)
    cells: list[_Row] = [
        [(at, tiles) for at, day in enumerate(days) if (tiles := track.cells.get(day)) is not None] for track in tracks
    ]
    linked, ids = _ids(cells)
    return {
        "days": list(days),
        "linked": linked,
        "rows": [
            [one_line(track.name, LONGEST_NAME), row, *pair, reasons.told(its_cells)]
            for track, row, pair, its_cells in zip(tracks, rows, ids, cells, strict=True)
        ],
        "reasons": reasons.texts,
        "several": _several(cells),
    }


def _ids(cells: Sequence[_Row]) -> tuple[str, list[tuple[str, str]]]:
    """The ids of tiles and scenes by row, and the letters of the statuses that have them.

    Ids in no order may be too many: then those of what is DONE are left out, or of all that didn't go wrong.
    """
    for linked in ("NPDRF", "NPRF"):
        found = [_ids_of_row(row, linked) for row in cells]
        if sum(len(tiles) + len(scenes) for tiles, scenes in found) <= _IDS_BYTES:
            return linked, found
    return "RF", [_ids_of_row(row, "RF") for row in cells]


def _ids_of_row(row: _Row, linked: str) -> tuple[str, str]:
    tiles = [tiles[0] for _, tiles in row if LETTERS[tiles[0].status] in linked]
    return differences(tile.id for tile in tiles), differences(tile.scene.id - tile.id for tile in tiles)


def differences(numbers: Iterable[int]) -> str:
    """A series as the differences from one to the next, the first from 0: `12 6*3` is 12, 18, 24, 30."""
    parts: list[str] = []
    last, step, times = 0, 0, 0
    for number in numbers:
        if times and number - last == step:
            times += 1
        else:
            if times:
                parts.append(f"{step}*{times}" if times > 1 else str(step))
            step, times = number - last, 1
        last = number
    if times:
        parts.append(f"{step}*{times}" if times > 1 else str(step))
    return " ".join(parts)


def _several(cells: Sequence[_Row]) -> dict[str, list[int | str]]:
    found: dict[str, list[int | str]] = {}
    for number, row in enumerate(cells):
        for at, tiles in row:
            if len(tiles) > 1 and len(found) < _SEVERAL_CELLS:
                entry = found[f"{number},{at}"] = [len(tiles)]
                for tile in tiles[:_SEVERAL_TILES]:
                    entry += [tile.id, tile.scene.id, LETTERS[tile.status]]
    return found


class _Reasons:
    """Each reason once."""

    def __init__(self, waiting: Waiting) -> None:
        self.texts: list[str] = []
        self._waiting = waiting
        self._numbers: dict[str, int] = {}
        self._bytes = {True: 0, False: 0}

    def told(self, row: _Row) -> list[int]:
        """First column, last column and number of the reason, for each run of cells with the same one."""
        found: list[int] = []
        running = False
        for at, tiles in row:
            tile = tiles[0]
            number = None if tile.status == "DONE" and not tile.by_hand else self._number(tile)
            if number is None:
                running = False
            elif running and found[-1] == number:
                found[-2] = at
            else:
                found += [at, at, number]
                running = True
        return found

    def _number(self, tile: BoardTile) -> int | None:
        wrong = tile.status in ("RETRY", "FAILED")
        most = _WRONG_BYTES if wrong else _WAITING_BYTES
        reason = self._waiting.tile(tile.id)
        text = reason.sentence
        if text not in self._numbers and self._bytes[wrong] > most:
            if wrong:
                text = cause(self._waiting.failures.message(tile))
            elif reason.root_id is None:
                text = reason.kind
            else:
                text = f"{reason.kind}: {reason.root_kind} {reason.root_id}"
            if text not in self._numbers and self._bytes[wrong] > 2 * most:
                return None
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
            self._bytes[wrong] += len(text.encode("utf-8", "backslashreplace"))
        return self._numbers[text]
