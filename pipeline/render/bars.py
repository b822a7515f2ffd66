"""Counts by status, as words and as the parts of a bar."""

from typing import NamedTuple

from pipeline.event import STATUSES, Status
from pipeline.insight.workload import Counts

_LEAST = 2
"""Percent of the bar that a part has at least: one failure among a million is seen too."""


class BarPart(NamedTuple):
    """A status' part of a bar: where it starts and how wide it is, in percent of the bar."""

    status: Status
    start: int
    width: int


def told(counts: Counts) -> str:
    """`10 NEW, 36 DONE`: the statuses that have a count, or `none`."""
    return ", ".join(f"{counts.of(status):,} {status}" for status in STATUSES if counts.of(status)) or "none"


def bar_parts(counts: Counts) -> list[BarPart]:
    """The parts of a bar, in the order of the statuses, those of no width left out. They fill it."""
    present = [status for status in STATUSES if counts.of(status)]
    widths = {status: max(_LEAST, 100 * counts.of(status) // counts.total) for status in present}
    if present:
        # The largest gives what the smallest got, and takes what rounding left.
        widths[max(present, key=lambda status: widths[status])] += 100 - sum(widths.values())
    parts, start = [], 0
    for status, width in widths.items():
        parts.append(BarPart(status, start, width))
        start += width
    return parts
