"""The pages of an AOI's days: a handover sheet a day, and the list of all of them."""

from markupsafe import Markup

from pipeline.insight.facts import Facts
from pipeline.render.day_markdown import markdown
from pipeline.render.day_sheet import Listing, sheet
from pipeline.render.environment import at, page
from pipeline.render.mould import Mould
from pipeline.render.paths import url
from pipeline.render.plain import built, one_line
from pipeline.render.scene_page import status_badges

_ITEM = Mould(
    "aoi/day_item.html",
    ("status", "kind", "href", "id", "name", "acquired", "since", "notes", "message", "was"),
    "aoi/any/days/index.html",
)


def render_days(facts: Facts, folder: str) -> dict[str, bytes]:
    """`aoi/{aoi}/days/{date}.html` for each day with an event, and `index.html` beside them, the latest day first.

    An AOI without events has none of them.
    """
    here = f"aoi/{folder}"
    sheets = facts.sheets
    name = one_line(facts.board.name)
    files: dict[str, bytes] = {}
    for number, day in enumerate(sheets):
        path = f"{here}/days/{day.day}.html"
        made = sheet(day, facts.board)
        files[path] = page(
            "aoi/day.html",
            path,
            name=name,
            here=here,
            sheet=made,
            newly_failed=_items(made.newly_failed, made.day, path),
            settled=_items(made.settled, made.day, path, was=True),
            still_stuck=_items(made.still_stuck, made.day, path),
            markdown=markdown(made, facts.board.name),
            earlier=sheets[number - 1].day if number else None,
            later=sheets[number + 1].day if number + 1 < len(sheets) else None,
        )
    if sheets:
        path = f"{here}/days/index.html"
        files[path] = page("aoi/days.html", path, name=name, here=here, sheets=sheets[::-1])
    return files


def _items(of: Listing, day: str, path: str, *, was: bool = False) -> Markup:
    """The lines of a list. `was`: the messages are those of failures that are over."""
    badges = status_badges()
    lines = []
    for item in of.items:
        entity = item.entity
        values = (
            badges[item.status],
            entity.kind,
            url(entity.path, path) if entity.path else "",
            entity.id,
            item.name,
            item.acquired,
            at(item.since, parts=("time",) if item.since.startswith(day) else ("day", "time")),
            "; ".join(item.notes),
            item.message,
            was,
        )
        lines.append(_ITEM.fill(values))
    return built("\n".join(lines))
