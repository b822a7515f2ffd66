"""The pages of an AOI's days: a handover sheet a day, and the list of all of them."""

from pipeline.insight.facts import Facts
from pipeline.render.day_markdown import markdown
from pipeline.render.day_sheet import sheet
from pipeline.render.environment import page
from pipeline.render.plain import one_line


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
            markdown=markdown(made, facts.board.name),
            earlier=sheets[number - 1].day if number else None,
            later=sheets[number + 1].day if number + 1 < len(sheets) else None,
        )
    if sheets:
        path = f"{here}/days/index.html"
        files[path] = page("aoi/days.html", path, name=name, here=here, sheets=sheets[::-1])
    return files
