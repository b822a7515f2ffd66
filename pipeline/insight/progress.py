"""How far an AOI is, how fast it went up to its last event, and when it would be done at that rate.

Everything is relative to the last event that changed the AOI, never to a clock: the same events tell the same.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from pipeline.insight.days import Day
from pipeline.store.board import Board
from pipeline.timestamp import of_datetime

RATE_WINDOW = timedelta(days=7)
_SHORTEST_WINDOW = timedelta(hours=1)
"""Less doesn't tell a rate."""
_MOST_BINS = 120
_BIN_DAYS = (1, 7, 28, 91, 364)
_LONGEST_FORECAST = timedelta(days=3653)

Pace: TypeAlias = Literal["empty", "finished", "unknown", "still", "moving"]
"""No tile; nothing left to do; too young to tell; nothing was done in the window; a rate is known."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Some days in a row (UTC, both included): the tiles done in them, and how all of them stood at their end."""

    first: str
    last: str
    done: int
    done_in_all: int
    failed_in_all: int
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Tiles only: they are what an AOI is for."""

    pace: Pace
    total: int
    done: int
    failed: int
    """Given up: they count as settled, not as done."""
    retry: int
    """Part of `left`: nothing but an operator moves them."""
    left: int
    """Neither DONE nor FAILED."""
    last_event: str | None
    """The instant of the last event that changed something."""
    window: timedelta
    """The time up to the last event over which the rate was measured: RATE_WINDOW, or less if the AOI is younger."""
    done_in_window: int
    """How many more tiles were DONE at its end than at its beginning."""
    per_day: float | None
    finish: str | None
    """The instant when what is left would be done at that rate; None without a rate, or if over ten years away."""
    bins: list[Bin]
    """From the first day with an event to the last, without gaps."""
    bin_days: int

    @property
    def share(self) -> float:
        """DONE of all, from 0 to 1."""
        return self.done / self.total if self.total else 0.0


def progress(board: Board, sheets: Sequence[Day]) -> Progress:
    """The progress of an AOI, given its sheets (see `days`)."""
    found = Counter(tile.status for tile in board.tiles.values())
    total, done, failed = len(board.tiles), found["DONE"], found["FAILED"]
    left = total - done - failed
    applied = [event.instant for event in board.events if event.verdict == "applied"]
    last = applied[-1] if applied else None
    window, gained = timedelta(), 0
    if last is not None:
        window = min(RATE_WINDOW, _datetime(last) - _datetime(applied[0]))
        gained = done - _done_before(board, of_datetime(_datetime(last) - window))
    per_day, finish = None, None
    pace: Pace = "unknown"
    if not total:
        pace = "empty"
    elif not left:
        pace = "finished"
    elif window >= _SHORTEST_WINDOW:
        pace = "moving" if gained > 0 else "still"
    if last is not None and window >= _SHORTEST_WINDOW and gained > 0:
        per_day = gained / (window / timedelta(days=1))
        finish = _finish(_datetime(last), left / per_day) if left else None
    bin_days = _bin_days(sheets)
    return Progress(
        pace, total, done, failed, found["RETRY"], left, last, window, gained, per_day, finish,
        _bins(sheets, bin_days), bin_days,
    )  # fmt: skip


def _done_before(board: Board, start: str) -> int:
    """How many of the board's tiles were DONE at an instant, found from its end backwards."""
    done = sum(tile.status == "DONE" for tile in board.tiles.values())
    for event in reversed(board.events):
        if event.instant <= start or event.type == "aoi.deleted":
            break
        for change in event.changes:
            if change.kind == "tile" and change.id in board.tiles:
                done += (change.status_before == "DONE") - (change.status_after == "DONE")
    return done


def _finish(last: datetime, days: float) -> str | None:
    if days > _LONGEST_FORECAST / timedelta(days=1):
        return None
    try:
        return of_datetime(last + timedelta(days=days))
    except OverflowError:
        return None


def _datetime(instant: str) -> datetime:
    """An instant to the microsecond; a leap second is the one before it."""
    return datetime.fromisoformat(
        f"{instant[:17]}{'59' if instant[17:19] == '60' else instant[17:19]}{instant[19:26]}+00:00"
    )


def _bin_days(sheets: Sequence[Day]) -> int:
    if not sheets:
        return 1
    span = _ordinal(sheets[-1].day) - _ordinal(sheets[0].day) + 1
    return next((width for width in _BIN_DAYS if span <= width * _MOST_BINS), math.ceil(span / _MOST_BINS))


def _bins(sheets: Sequence[Day], width: int) -> list[Bin]:
    if not sheets:
        return []
    first, last = _ordinal(sheets[0].day), _ordinal(sheets[-1].day)
    done = Counter[int]()
    ends: dict[int, Day] = {}
    for sheet in sheets:
        number = (_ordinal(sheet.day) - first) // width
        done[number] += sheet.done_tiles
        ends[number] = sheet
    bins: list[Bin] = []
    end = sheets[0]
    for number in range((last - first) // width + 1):
        end = ends.get(number, end)
        from_day = first + number * width
        bins.append(
            Bin(
                date.fromordinal(from_day).isoformat(), date.fromordinal(min(from_day + width - 1, last)).isoformat(),
                done[number], end.tiles["DONE"], end.tiles["FAILED"], end.total_tiles,
            )
        )  # fmt: skip
    return bins


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
