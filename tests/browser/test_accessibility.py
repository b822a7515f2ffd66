"""axe-core finds nothing wrong, at a phone's and a desk's width, light and dark."""

from typing import Any

import pytest
from example_sites import KINDS, Site
from visits import Visit, ways

_ROWS = 6
"""Rows and list items alike take axe minutes: of each table and list it sees so many."""
_FEWER = f"""() => {{
    for (const rows of document.querySelectorAll('tbody, ol.history, .tiles'))
        while (rows.children.length > {_ROWS}) rows.lastElementChild.remove();
}}"""
_RUN = "() => axe.run(document, {resultTypes: ['violations'], preload: false})"
_MOST_PAGES = {"list": 3, "scene": 4, "day": 2, "graph": 2, "AOI": 2}


def _told(violation: dict[str, Any]) -> str:
    first = violation["nodes"][0]
    return f"{violation['id']}, {len(violation['nodes'])} times, first {first['html'][:200]}: {first['failureSummary']}"


def _spread(paths: list[str], most: int) -> list[str]:
    """So many of them, spread evenly, the last one too."""
    step = max(1, len(paths) // most)
    return paths[::-1][::step][:most]


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(kind: str, sample: Site, visit: Visit) -> None:
    script = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    visits = visit(sample, still=True)
    wrong = []
    every = _spread(sample.chosen(kind), _MOST_PAGES.get(kind, 5))
    for place, path in enumerate(every):
        page = visits.open(path)
        page.evaluate(_FEWER)
        page.evaluate(script)
        for width, scheme in ways(place, len(every)):
            visits.show(width, scheme)
            found = page.evaluate(_RUN)["violations"]
            wrong += [f"{path} at {width} px, {scheme}: {_told(one)}" for one in found]
    assert not wrong, "\n".join(wrong)
