"""The front page: a line for each AOI, and totals over all. Made from summaries alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts
from pipeline.render.environment import page
from pipeline.render.interchange.stac_paths import CATALOG
from pipeline.render.map.svg import WorldEntry, world_map
from pipeline.render.plain import one_line
from pipeline.render.summary import Summary

_PAGE = "index.html"
MOST_BYTES = 500_000
"""A heavier front page goes without the words on its bars. With more than a thousand AOIs it may still be."""
_LONGEST_NAME = 100


class AoiLine(NamedTuple):
    """An AOI on the front page: its summary, with the path of its page and a name that has room in a table."""

    path: str
    name: str
    status: str
    attention: int
    scenes: Counts
    tiles: Counts
    first: str | None
    last: str | None
    last_event: str | None


class Totals(NamedTuple):
    """All AOIs together."""

    of_status: Counts
    """How many AOIs are in each status."""
    scenes: Counts
    tiles: Counts
    attention: int
    troubled: int
    """How many AOIs have something that needs attention."""
    held_up: int
    last_event: str | None


def front_page(found: Iterable[Summary], folders: Mapping[str, str], *, stac: bool = False) -> bytes:
    """`index.html`: the AOIs by what needs attention, the most first, then by name. `stac`: with its catalogue."""
    every = sorted(found, key=lambda one: (-one.attention, one.name))
    paths = {one.name: f"aoi/{folders[one.name]}/index.html" for one in every}
    lines = [
        AoiLine(
            paths[one.name], one_line(one.name, _LONGEST_NAME), one.status, one.attention, one.scenes, one.tiles,
            one.first, one.last, one.last_event,
        )
        for one in every
    ]  # fmt: skip
    world = world_map((WorldEntry(one.name, paths[one.name], one.status, one.bounds) for one in every), _PAGE)
    total = totals(every)
    context = {"lines": lines, "total": total, "world": world, "catalog": CATALOG if stac else None}
    made = page("index.html", _PAGE, **context, titled=True)
    if len(made) > MOST_BYTES:
        made = page("index.html", _PAGE, **context, titled=False)
    return made


def totals(every: Iterable[Summary]) -> Totals:
    """Adds AOIs up."""
    found = list(every)
    statuses = Counter(one.status for one in found)
    return Totals(
        Counts(**{status.lower(): statuses[status] for status in STATUSES}, total=len(found)),
        _sum(one.scenes for one in found),
        _sum(one.tiles for one in found),
        sum(one.attention for one in found),
        sum(one.attention > 0 for one in found),
        sum(one.held_up for one in found),
        max((one.last_event for one in found if one.last_event), default=None),
    )


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return Counts(
        **{status.lower(): sum(one.of(status) for one in every) for status in STATUSES},
        total=sum(one.total for one in every),
    )
