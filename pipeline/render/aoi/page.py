"""The page of an AOI: the answer first, then what needs attention, then matrix, progress, map, days and files."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from pipeline.insight.facts import Facts
from pipeline.insight.progress import Progress
from pipeline.insight.workload import Overview
from pipeline.render.aoi.attention_view import attention_view
from pipeline.render.aoi.progress_svg import progress_context
from pipeline.render.environment import page
from pipeline.render.interchange.stac_paths import collection_path
from pipeline.render.map.places import AoiPlaces
from pipeline.render.map.svg import aoi_map
from pipeline.render.matrix.svg import matrix_context

_BY_DAY = timedelta(days=3)
"""A forecast that is farther away is told to the day."""


def aoi_page(facts: Facts, folder: str, workload: Overview, places: AoiPlaces, files: Collection[str]) -> bytes:
    """`aoi/{aoi}/index.html`. `files` are the paths of all other files of the AOI, which it links to."""
    path = f"aoi/{folder}/index.html"
    here = f"aoi/{folder}/"
    names = sorted(file.removeprefix(here) for file in files if file.startswith(here))
    return page(
        "aoi/index.html",
        path,
        board=facts.board,
        folder=folder,
        overview=workload,
        attention=attention_view(facts.board, facts.attention, path),
        held_up=facts.attention.held_up,
        progress=facts.progress,
        done=percent(facts.progress.done, facts.progress.total),
        pace=pace(facts.progress),
        last_event=facts.board.events[-1].instant if facts.board.events else None,
        matrix=matrix_context(facts),
        over_time=progress_context(facts, folder),
        map=aoi_map(facts.board, path, places),
        files=grouped(names),
        collection=collection if (collection := collection_path(folder)) in files else None,
    )


_FOR_BROWSERS = (".html", ".js")
_GROUPS = {
    "Overview": ("overview.", "badge.", "feed."),
    "What to do": ("attention.", "waiting.", "pending."),
    "Scenes": ("scenes.", "scenes/"),
    "Tiles": ("tiles.", "tiles/", "roottiles.", "leaftiles."),
    "Graph": ("graph.",),
    "Others": ("",),
}


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """The files that aren't for browsers, by what they are about; each in one group, groups without files left out."""
    found: dict[str, list[str]] = {title: [] for title in _GROUPS}
    for name in names:
        if not name.endswith(_FOR_BROWSERS):
            found[next(title for title, starts in _GROUPS.items() if name.startswith(starts))].append(name)
    return {title: some for title, some in found.items() if some}


def percent(part: int, whole: int) -> str:
    """A share in percent, never rounded up: `100%` is all, `0%` is none, and what is less than one is `< 1%`."""
    if not whole or not part:
        return "0%"
    if part * 100 < whole:
        return "< 1%"
    if part < whole and part * 100 > whole * 99:
        return f"{part * 1000 // whole / 10:.1f}%"
    return f"{part * 100 // whole}%"


def pace(found: Progress) -> str:
    """How fast it goes and when it would be done at that rate, as a sentence; empty where there is nothing to tell."""
    over = _span(found.window)
    if found.pace == "still":
        return f"No tile more was done in the {over} up to the last event."
    if found.pace != "moving" or found.per_day is None:
        return ""
    rate = f"{found.per_day:,.0f}" if found.per_day >= 10 else f"{found.per_day:.1f}"
    told = f"At {rate} tiles a day, the rate of the {over} up to the last event, the other {found.left:,} would be done"
    if found.finish is None or found.last_event is None:
        return f"{told} in more than ten years."
    soon = datetime.fromisoformat(found.finish[:19]) - datetime.fromisoformat(found.last_event[:17] + "00") < _BY_DAY
    return f"{told} on {found.finish[:10]} at {found.finish[11:16]}." if soon else f"{told} on {found.finish[:10]}."


def _span(window: timedelta) -> str:
    """`7 days`, `26 hours`."""
    hours = round(window / timedelta(hours=1))
    if hours < 48:
        return f"{hours} hours" if hours != 1 else "hour"
    return f"{round(window / timedelta(days=1))} days"
