"""The matrix on an AOI's page: a drawing of runs, not of cells, and each track in words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.event import STATUSES, Status
from pipeline.insight.facts import Facts
from pipeline.insight.matrix import Matrix, Track, matrix, natural
from pipeline.insight.waiting import Waiting
from pipeline.render.matrix.data import ABSENT, LETTERS, LONGEST_NAME, letters, matrix_data
from pipeline.render.plain import one_line
from pipeline.store.board import BoardTile

MOST_CELLS = 60_000
MOST_TRACKS = 240
MOST_DAYS = 1_200
"""What is drawn at most; the words beside it count the rest."""
_LINKS = 3
"""Days with a link, for each track and status."""

ROW_UNITS = 16
"""A row's height in the drawing's own units. A column is one unit wide; both are stretched."""
_ROOMY_TRACKS = 24
_ROW_PX, _ROOMY_ROW_PX = 16, 24
_WIDTH_PX, _NARROWEST_PX, _WIDEST_PX = 1_000, 6, 20
_YEAR_LABEL_PX, _MONTH_LABEL_PX = 44, 30

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Label(NamedTuple):
    """A text at a place from the left, in percent."""

    x: str
    text: str


class Place(NamedTuple):
    """A day, and the tile to look at."""

    day: str
    tile: BoardTile


@dataclass(frozen=True, slots=True)
class Strip:
    """A track in words: how many of its tiles are in a status, and the latest days of those that went wrong."""

    name: str
    done: int
    waiting: int
    wrong: list[tuple[Status, int, list[Place], int]]
    """RETRY and FAILED: how many tiles, some days, and how many earlier days there are."""
    absent: int
    last_absent: str
    revisit_days: int | None


@dataclass(frozen=True, slots=True)
class MatrixView:
    """What the template `aoi/matrix.html` needs, as `matrix`."""

    tracks: int
    days: int
    first: str
    last: str
    absent: int
    undated: int
    pauses: list[tuple[str, str]]
    shown_tracks: int
    shown_days: int
    hidden: dict[Status, int]
    """Tiles of the tracks that aren't shown."""
    roomy: bool
    width_px: int
    height_px: int
    columns: int
    units: int
    """The drawing's height in its own units."""
    runs: dict[str, str]
    """Path data by status in small letters, and of what is absent."""
    grid: str
    month_lines: str
    year_lines: str
    pause_lines: str
    years: list[Label]
    months: list[Label]
    trouble: dict[str, str]
    """Path data of a tick for each day: its share of tiles in RETRY or FAILED."""
    strips: list[Strip]
    data: dict[str, object]
    """What the script tells about a cell (see `matrix_data`)."""


def matrix_context(facts: Facts) -> MatrixView:
    """The context of the template `aoi/matrix.html`, as `matrix`."""
    return view(matrix(facts.board), facts.waiting)


def view(found: Matrix, waiting: Waiting) -> MatrixView:
    """The drawing of a matrix: its latest days, and if there are too many tracks, those with the most trouble."""
    tracks = _shown_tracks(found.tracks)
    most_days = min(MOST_DAYS, MOST_CELLS // max(len(tracks), 1))
    days = found.days[-most_days:]
    rows = [letters(track, days) for track in tracks]
    columns, units = len(days), ROW_UNITS * len(tracks)
    cell_px = min(max(_WIDTH_PX // max(columns, 1), _NARROWEST_PX), _WIDEST_PX)
    roomy = len(tracks) <= _ROOMY_TRACKS
    month_starts = [0, *(at for at in range(1, columns) if days[at][:7] != days[at - 1][:7])] if days else []
    year_starts = [at for at in month_starts if at == 0 or days[at][:4] != days[at - 1][:4]]
    pause_ends = {after for _, after in found.pauses}
    shown = {track.name for track in tracks}
    return MatrixView(
        tracks=len(found.tracks),
        days=len(found.days),
        first=found.days[0] if found.days else "",
        last=found.days[-1] if found.days else "",
        absent=found.absent,
        undated=sum(len(track.undated) for track in found.tracks),
        pauses=found.pauses,
        shown_tracks=len(tracks),
        shown_days=columns,
        hidden=_sum(track.counts for track in found.tracks if track.name not in shown),
        roomy=roomy,
        width_px=columns * cell_px,
        height_px=len(tracks) * (_ROOMY_ROW_PX if roomy else _ROW_PX),
        columns=columns,
        units=units,
        runs={name: runs(rows, letter) for name, letter in _RUNS.items()},
        grid=_lines(range(1, columns), units),
        # Where a month has but a day or two, lines between months would be a second grid.
        month_lines=_lines([at for at in month_starts if at], units) if columns >= 4 * len(month_starts) else "",
        year_lines=_lines([at for at in year_starts if at], units),
        pause_lines=_lines([at for at in range(1, columns) if days[at] in pause_ends], units),
        years=_labels(year_starts, [days[at][:4] for at in year_starts], columns, _YEAR_LABEL_PX / cell_px),
        months=_labels(
            month_starts, [_MONTHS[int(days[at][5:7]) - 1] for at in month_starts], columns, _MONTH_LABEL_PX / cell_px
        ),
        trouble=_trouble(tracks, days),
        strips=[_strip(track) for track in tracks],
        data=matrix_data(tracks, days, rows, waiting),
    )


_RUNS = {**{status.lower(): letter for status, letter in LETTERS.items()}, "absent": ABSENT}


def runs(rows: Sequence[str], letter: str) -> str:
    """Path data that draws one line for each run of a letter in the rows, along their middles."""
    pattern = re.compile(f"{re.escape(letter)}+")
    parts: list[str] = []
    for number, row in enumerate(rows):
        end = -1
        for run in pattern.finditer(row):
            start = run.start()
            parts.append(f"M{start} {number * ROW_UNITS + ROW_UNITS // 2}" if end < 0 else f"m{start - end} 0")
            end = run.end()
            parts.append(f"h{end - start}")
    return "".join(parts)


def _shown_tracks(tracks: list[Track]) -> list[Track]:
    if len(tracks) <= MOST_TRACKS:
        return tracks
    by_trouble = sorted(tracks, key=lambda one: (-one.counts["RETRY"] - one.counts["FAILED"], -len(one.absent)))
    return sorted(by_trouble[:MOST_TRACKS], key=lambda one: natural(one.name))


def _lines(places: Iterable[int], units: int) -> str:
    return "".join(f"M{at} 0v{units}" for at in places)


def _labels(places: Sequence[int], texts: Sequence[str], columns: int, apart: float) -> list[Label]:
    """The labels that have room: so many columns apart."""
    labels: list[Label] = []
    free = 0.0
    for at, text in zip(places, texts, strict=True):
        if at >= free:
            labels.append(Label(f"{100 * at / columns:.4g}%", text))
            free = at + apart
    return labels


def _trouble(tracks: Sequence[Track], days: Sequence[str]) -> dict[str, str]:
    ticks: dict[str, list[str]] = {"retry": [], "failed": []}
    for at, day in enumerate(days):
        statuses = [tile.status for track in tracks for tile in track.cells.get(day, ())]
        base = 100
        for status in ("FAILED", "RETRY"):
            number = statuses.count(status)
            if number:
                # A single failure among many tracks must be seen too.
                height = max(100 * number // len(statuses), 12)
                ticks[status.lower()].append(f"M{at} {base}v-{height}h1v{height}z")
                base -= height
    return {name: "".join(parts) for name, parts in ticks.items()}


def _sum(counts: Iterable[dict[Status, int]]) -> dict[Status, int]:
    total = dict.fromkeys(STATUSES, 0)
    for one in counts:
        for status, number in one.items():
            total[status] += number
    return total


def _strip(track: Track) -> Strip:
    wrong: list[tuple[Status, int, list[Place], int]] = []
    statuses: tuple[Status, ...] = ("RETRY", "FAILED")
    for status in statuses:
        if track.counts[status]:
            places = [Place("no date", tile) for tile in track.undated if tile.status == status]
            places += [Place(day, tile) for day, tile in track.days_in(status)]
            wrong.append((status, track.counts[status], places[-_LINKS:], max(len(places) - _LINKS, 0)))
    return Strip(
        one_line(track.name, LONGEST_NAME),
        track.counts["DONE"],
        track.waiting,
        wrong,
        len(track.absent),
        track.absent[-1] if track.absent else "",
        track.revisit_days,
    )
