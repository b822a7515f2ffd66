"""By keyboard alone: from the front page to the command that settles the worst problem, past everything on the way."""

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from example_sites import Site
from visits import Visit

from pipeline.build import build
from pipeline.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

_MOST_TABS = 80
_LOOKS = 10
"""After so many keys it is asked whether the place was reached: to ask takes as long as to press."""
_FOCUS_IS_SEEN = """([element]) => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return (style.outlineStyle !== 'none' || style.boxShadow !== 'none') && box.bottom > 0 && box.top < innerHeight;
}"""


def tab_to(page: "Page", selector: str, key: str = "Tab") -> int:
    """Presses a key until what the selector names has the focus; gives how often. All that gets it shows it."""
    for pressed in range(1, _MOST_TABS):
        page.keyboard.press(key)
        focused = page.evaluate_handle("document.activeElement")
        assert page.evaluate(_FOCUS_IS_SEEN, [focused]), page.evaluate("document.activeElement.outerHTML")[:300]
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return pressed
    raise AssertionError(f"{_MOST_TABS} times {key} didn't lead to {selector}")


@pytest.fixture
def live(sample: Site, tmp_path: Path) -> Site:
    """The sample once more, to be changed."""
    shutil.copytree(sample.data, tmp_path / "data")
    shutil.copytree(sample.folder, tmp_path / "site")
    return Site(tmp_path / "data", tmp_path / "site")


def test_from_the_front_page_to_the_command_that_settles_the_worst_problem(live: Site, visit: Visit) -> None:
    visits = visit(live, "http", alone=True, permissions=["clipboard-read", "clipboard-write"])
    page = visits.open("index.html")
    tab_to(page, "#aois tbody tr:first-child a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    before = int(page.locator("#attention-title .count").inner_text())
    worst = page.locator(".unlock > li").first
    message, settled = worst.locator(".why").inner_text(), worst.locator(".members a").count()

    tab_to(page, "a[href='#attention']")
    page.keyboard.press("Enter")
    tab_to(page, ".unlock > li:first-child .offer .command button")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy").and_(page.get_by_text("Copied", exact=True)).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == worst.locator(".command").first.locator("code").all_inner_texts()

    for line in copied.splitlines():
        program, *words = shlex.split(line)
        assert program == "sceneboard"
        ran = CliRunner().invoke(main, ["--data", str(live.data), "--site", str(live.folder), *words])
        assert ran.exit_code == 0, ran.output
    build(live.data, live.folder)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as one who comes back to the page
    with page.expect_navigation():
        page.get_by_role("button", name="Reload").press("Enter")
    assert int(page.locator("#attention-title .count").inner_text()) == before - settled
    assert message not in page.locator(".unlock > li .why").all_inner_texts()[:1]
    assert not visits.complaints()


def test_the_first_tab_leads_past_the_head_of_a_page(sample: Site, visit: Visit) -> None:
    page = visit(sample).open("index.html")
    assert tab_to(page, "a.skip") == 1
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", ["index.html", "aoi/DenmarkDemoS2/index.html", "aoi/DenmarkDemoS2/graph.html"])
def test_no_place_of_a_page_keeps_the_focus(path: str, sample: Site, visit: Visit) -> None:
    """Tabbing on leads to the last link of the page, and back from there to the first."""
    page = visit(sample).open(path)
    places = page.locator("a[href]:not([tabindex='-1']):visible, button:visible, summary:visible")
    stops = places.count() + page.locator("[tabindex='0'], input:visible").count()
    for target, key in ((places.last, "Tab"), (places.first, "Shift+Tab")):
        target.evaluate("element => element.addEventListener('focus', () => { window.reached = true })")
        page.evaluate("window.reached = false")
        for pressed in range(1, stops + 1):
            page.keyboard.press(key)
            if (pressed % _LOOKS == 0 or pressed == stops) and page.evaluate("window.reached"):
                break
        else:
            pytest.fail(f"{key} never leads to the {'last' if key == 'Tab' else 'first'} link of {path}")
