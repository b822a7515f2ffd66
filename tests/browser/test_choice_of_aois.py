"""The front page under one's hands: filtered as one types, by the API's patterns, sorted, and kept in the address."""

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from example_sites import Site
from visits import Visit, Visits

from pipeline.operate.show import matches

if TYPE_CHECKING:
    from playwright.sync_api import Page

_NAMES = "rows => rows.filter(row => !row.hidden).map(row => row.cells[0].textContent)"


def names(page: "Page") -> list[str]:
    """The AOIs that are shown, from above."""
    found: list[str] = page.locator("#aois tbody tr").evaluate_all(_NAMES)
    return found


def every(site: Site) -> list[str]:
    return [one["ID"] for one in site.json("aoi/index.json")]


@pytest.fixture
def front(sample: Site, visit: Visit) -> Visits:
    found = visit(sample)
    found.open("index.html")
    return found


def test_a_slash_goes_to_the_filter_and_a_part_of_the_name_is_enough(front: Visits) -> None:
    front.page.keyboard.press("/")
    front.page.keyboard.type("mos2")
    assert names(front.page) == ["DenmarkDemoS2"]
    assert front.page.locator("#aoi-filters .shown").text_content() == "1 of 3 shown"


@pytest.mark.parametrize(
    "pattern", ["Denmark*", "*", "DenmarkDemo", "DenmarkDemo?", "DenmarkDemo??", "denmark*", "*D??", "B*3?", "[D]*", "*.", "*-*", "(*"]  # noqa: E501
)  # fmt: skip
def test_a_pattern_is_the_apis(pattern: str, sample: Site, front: Visits) -> None:
    front.page.fill("#aoi-name", pattern)
    expected = [name for name in every(sample) if matches(name, pattern)] if set(pattern) & set("*?") else None
    if expected is not None:
        assert sorted(names(front.page)) == sorted(expected)
    assert front.complaints() == []


def test_statuses_and_what_needs_attention(sample: Site, front: Visits) -> None:
    status = {one["ID"]: one["status"] for one in sample.json("aoi/index.json")}
    front.page.check("#aoi-filters input[value=PENDING]")
    assert names(front.page) == [name for name in status if status[name] == "PENDING"]
    front.page.check("#aoi-filters input[value=RETRY]")
    assert sorted(names(front.page)) == sorted(name for name in status if status[name] in ("PENDING", "RETRY"))
    front.page.check("#aoi-filters input[name=attention]")
    assert sorted(names(front.page)) == sorted(name for name in status if status[name] == "RETRY")


def test_nothing_fits_is_said(front: Visits) -> None:
    front.page.fill("#aoi-name", "nothing like it")
    assert front.page.get_by_text("No AOI is like that.").is_visible()
    assert not front.page.locator("#aois").is_visible()


def test_columns_are_sorted_by_a_press_and_back_by_another(sample: Site, front: Visits) -> None:
    page = front.page
    page.get_by_role("button", name="AOI", exact=True).press("Enter")
    assert names(page) == sorted(every(sample))
    assert page.locator("th[data-key=name]").get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="AOI", exact=True).press("Enter")
    assert names(page) == sorted(every(sample), reverse=True)
    page.get_by_role("button", name="Tiles done").click()
    share = {}
    for folder in sample.aoi_folders:
        counts = sample.json(f"aoi/{folder}/overview.json")
        share[counts["id"]] = counts["tiles"]["done"] / counts["tiles"]["total"]
    assert names(page) == sorted(share, key=share.__getitem__)


def test_the_choice_is_kept_in_the_address(sample: Site, front: Visits, visit: Visit) -> None:
    front.page.fill("#aoi-name", "Denmark*")
    front.page.check("#aoi-filters input[value=RETRY]")
    front.page.check("#aoi-filters input[value=PENDING]")
    front.page.get_by_role("button", name="Last event").click()
    chosen, address = names(front.page), front.page.evaluate("location.href")
    again = visit(sample)
    again.page.goto(address)
    assert names(again.page) == chosen
    assert again.page.input_value("#aoi-name") == "Denmark*"
    assert again.page.locator("th[data-key=event]").get_attribute("aria-sort") == "descending"


def test_no_choice_leaves_no_trace_in_the_address(front: Visits) -> None:
    address = "location.href"
    before = front.page.evaluate(address)
    front.page.fill("#aoi-name", "x")
    assert front.page.evaluate(address) == f"{before}#name=x"
    front.page.fill("#aoi-name", "")
    assert front.page.evaluate(address) == before


@pytest.mark.parametrize("hash", ["sort=nothing", "status=X,,RETRY", "name=%E0%A4%A", "sort=-", "=&=", "main"])
def test_an_odd_address_does_no_harm(hash: str, front: Visits) -> None:
    front.page.goto("about:blank")
    front.open(f"index.html#{quote(hash, safe='=&,%')}")
    assert front.page.locator("#aoi-filters").is_visible()
    assert front.complaints() == []
