"""The pages of an AOI's days: a handover sheet a day, and the list of all of them."""

from markupsafe import Markup

from pipeline.insight.days import Day
from pipeline.insight.facts import Facts
from pipeline.render.days.markdown import markdown
from pipeline.render.days.sheet import Listing, Sheet, sheet
from pipeline.render.environment import at, page, status_badges
from pipeline.render.mould import Mould
from pipeline.render.paths import url
from pipeline.render.plain import built, one_line
from pipeline.render.section import Section

_ITEM = Mould(
    "aoi/day_item.html",
    ("status", "kind", "href", "id", "name", "acquired", "since", "notes", "message", "was"),
    "aoi/any/days/index.html",
)


def day_sections(facts: Facts, folder: str) -> list[Section]:
    """`aoi/{aoi}/days/{date}.html` for each day with an event, and `index.html` beside them, the latest day first.

    An AOI without events has none of them. Days that are over stay as they are, mostly.
    """
    days = facts.sheets
    sections = [
        _day(
            sheet(day, facts.board),
            facts.board.name,
            folder,
            days[number - 1].day if number else None,
            days[number + 1].day if number + 1 < len(days) else None,
        )
        for number, day in enumerate(days)
    ]
    if days:
        sections.append(_all_days(days[::-1], facts.board.name, folder))
    return sections


def _day(made: Sheet, aoi: str, folder: str, earlier: str | None, later: str | None) -> Section:
    here = f"aoi/{folder}"
    path = f"{here}/days/{made.day}.html"

    def make() -> dict[str, bytes]:
        html = page(
            "aoi/day.html",
            path,
            name=one_line(aoi),
            here=here,
            sheet=made,
            newly_failed=_items(made.newly_failed, made.day, path),
            settled=_items(made.settled, made.day, path, was=True),
            still_stuck=_items(made.still_stuck, made.day, path),
            markdown=markdown(made, aoi),
            earlier=earlier,
            later=later,
        )
        return {path: html}

    return Section(f"days/{made.day}", (path,), lambda: (made, aoi, earlier, later), make)


def _all_days(days: list[Day], aoi: str, folder: str) -> Section:
    """The list of all days, the latest first."""
    here = f"aoi/{folder}"
    path = f"{here}/days/index.html"

    def make() -> dict[str, bytes]:
        return {path: page("aoi/days.html", path, name=one_line(aoi), here=here, sheets=days)}

    return Section("days", (path,), lambda: (days, aoi), make)


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
