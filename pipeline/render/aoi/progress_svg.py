"""An AOI over time: tiles done by day, the burn-up of what is done against all, and the latest days' sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from pipeline.insight.days import Day
from pipeline.insight.facts import Facts
from pipeline.insight.progress import Bin, Progress
from pipeline.render.paths import url

_LEAST_BINS = 14
"""A chart has room for so many bars: those of a young AOI don't become walls."""
_SHEETS = 7
"""Days in the table beside the charts, the latest ones."""
_BAR_UNITS, _BURN_UNITS = 100, 100
"""The charts' heights in their own units. They are stretched; a bin is one unit wide."""
_BIN_NAMES = {1: "day", 7: "week", 28: "four weeks", 91: "quarter", 364: "year"}


class Mark(NamedTuple):
    """A date on the axis: its place from the left in percent, and which way the text goes from there."""

    x: str
    anchor: str
    text: str


class Row(NamedTuple):
    """A day in the table."""

    sheet: Day
    link: str


@dataclass(frozen=True, slots=True)
class ProgressView:
    """What the template `aoi/progress.html` needs, as `over_time`."""

    facts: Progress
    window: str
    """As `7 days`, `17 hours`."""
    columns: int
    bars: str
    """Path data: a bar for each bin."""
    most_done: int
    each: str
    """What a bar stands for: `day`, `week`, …"""
    done_area: str
    failed_area: str
    total_line: str
    marks: list[Mark]
    bars_told: str
    burn_told: str
    rows: list[Row]
    sheets: int
    all_days: str
    """Link to the list of all sheets; empty if there is none."""


def progress_context(facts: Facts, folder: str) -> ProgressView:
    """The context of the template `aoi/progress.html`, as `over_time`, on the AOI's own page."""
    found, page = facts.progress, f"aoi/{folder}/index.html"
    bins = found.bins
    columns = max(len(bins), _LEAST_BINS)
    most_done = max((one.done for one in bins), default=0)
    most = max((one.total for one in bins), default=0)
    latest = facts.sheets[-_SHEETS:][::-1]
    return ProgressView(
        facts=found,
        window=duration(found.window),
        columns=columns,
        bars=_bars([one.done for one in bins], most_done),
        most_done=most_done,
        each=_BIN_NAMES.get(found.bin_days, f"{found.bin_days:,} days"),
        done_area=_area([0] * len(bins), [one.done_in_all for one in bins], most),
        failed_area=_area(
            [one.done_in_all for one in bins], [one.done_in_all + one.failed_in_all for one in bins], most
        )
        if any(one.failed_in_all for one in bins)
        else "",
        total_line=_line([one.total for one in bins], most),
        marks=_marks(bins, columns),
        bars_told=_bars_told(found, most_done),
        burn_told=_burn_told(bins),
        rows=[Row(sheet, url(f"aoi/{folder}/days/{sheet.day}.html", page)) for sheet in latest],
        sheets=len(facts.sheets),
        all_days=url(f"aoi/{folder}/days/index.html", page) if facts.sheets else "",
    )


def duration(of: timedelta) -> str:
    """In the largest unit that gives at least two of it, or in minutes: `7 days`, `17 hours`, `1 minute`."""
    minutes = round(of / timedelta(minutes=1))
    for name, size in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * size:
            return f"{round(minutes / size):,} {name}s"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _bars(numbers: Sequence[int], most: int) -> str:
    parts = []
    for at, number in enumerate(numbers):
        if number:
            height = max(_scaled(number, most, _BAR_UNITS), 2)
            parts.append(f"M{at + 0.1:g} {_BAR_UNITS}v-{height:g}h.8v{height:g}z")
    return "".join(parts)


def _area(below: Sequence[int], above: Sequence[int], most: int) -> str:
    """Path data of steps: a flat piece for each bin, between two series."""
    if not above or not most:
        return ""
    there = _steps(above, most)
    back = "".join(f"V{_down(number, most):g}H{at}" for at, number in reversed(list(enumerate(below))))
    return f"{there}{back}z"


def _line(numbers: Sequence[int], most: int) -> str:
    return _steps(numbers, most) if most else ""


def _steps(numbers: Sequence[int], most: int) -> str:
    parts = [f"M0 {_down(numbers[0], most):g}"] if numbers else []
    last = None
    for at, number in enumerate(numbers):
        if last is not None and number != last:
            parts.append(f"H{at}V{_down(number, most):g}")
        last = number
    return "".join([*parts, f"H{len(numbers)}"])


def _scaled(number: int, most: int, units: int) -> float:
    return round(units * number / most, 1)


def _down(number: int, most: int) -> float:
    return round(_BURN_UNITS - _scaled(number, most, _BURN_UNITS), 1)


def _marks(bins: Sequence[Bin], columns: int) -> list[Mark]:
    """The first day, the last, and if there is room the middle one: three dates fit on a telephone."""
    if not bins:
        return []
    marks = [Mark("0%", "start", bins[0].first)]
    if len(bins) >= 2 and len(bins) < columns * 2 / 3:
        # Few bars, to the left: the last date goes on from its bar.
        if len(bins) > columns / 2:
            marks.append(Mark(_at(len(bins) - 0.5, columns), "middle", bins[-1].last))
        else:
            marks = [Mark("0%", "start", f"{bins[0].first} to {bins[-1].last}")]
    elif len(bins) >= 2:
        middle = len(bins) // 2
        marks.append(Mark(_at(middle + 0.5, columns), "middle", bins[middle].first))
        marks.append(Mark(_at(len(bins), columns), "end", bins[-1].last))
    return marks


def _at(place: float, columns: int) -> str:
    return f"{100 * place / columns:.4g}%"


def _bars_told(found: Progress, most_done: int) -> str:
    bins = found.bins
    if not bins:
        return "No events yet."
    span = _span(bins)
    if not most_done:
        return f"Tiles done, {span}: none."
    best = next(one for one in bins if one.done == most_done)
    on = f"on {best.first}" if best.first == best.last else f"from {best.first} to {best.last}"
    return f"Tiles done, {span}: {sum(one.done for one in bins):,} in all, most {on} ({most_done:,})."


def _burn_told(bins: Sequence[Bin]) -> str:
    if not bins:
        return "No events yet."
    last = bins[-1]
    stand = f"{last.done_in_all:,} DONE and {last.failed_in_all:,} FAILED of {last.total:,}"
    return f"Tiles, {_span(bins)}: at the end {stand}."


def _span(bins: Sequence[Bin]) -> str:
    return bins[0].first if bins[0].first == bins[-1].last else f"{bins[0].first} to {bins[-1].last}"
