"""With JavaScript off everything can still be read."""

import re

import pytest
from example_sites import KINDS, Site
from visits import Visit, Visits


@pytest.fixture
def reading(sample: Site, visit: Visit) -> Visits:
    """A visit without scripts."""
    return visit(sample, java_script_enabled=False, still=True)


def numbers(texts: list[str]) -> list[int]:
    """The number in each text."""
    return [int("".join(re.findall(r"\d", text.split("\n")[0]))) for text in texts]


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_its_headings_and_asks_for_no_script(kind: str, sample: Site, reading: Visits) -> None:
    every = sample.chosen(kind)
    for path in {*every[:2], *every[-1:]}:
        page = reading.open(path)
        assert page.locator("h1:visible").count() == 1, path
        assert len(page.locator("main").inner_text()) > 40, path
        headings = page.locator("main h2:visible").all_inner_texts()
        assert all(headings), path
        assert page.locator("noscript").count() == 0, path
        assert page.locator("button:visible").count() == 0, f"{path} shows a button that does nothing"
        assert reading.complaints() == [], path


def test_the_front_page_has_a_line_for_each_aoi(sample: Site, reading: Visits) -> None:
    page = reading.open("index.html")
    names = page.locator("#aois tbody th:visible").all_inner_texts()
    assert sorted(names) == [one["ID"] for one in sample.json("aoi/index.json")]
    assert page.locator(".map-still:visible .marker").count() > 0


def test_an_aois_page_has_counts_problems_matrix_and_map(sample: Site, reading: Visits) -> None:
    for folder in sample.aoi_folders:
        page = reading.open(f"aoi/{folder}/index.html")
        counts = sample.json(f"aoi/{folder}/overview.json")
        for row, kind in enumerate(("scenes", "tiles")):
            shown = numbers(
                page.locator("table.counts")
                .first.locator("tbody tr")
                .nth(row)
                .locator("td:visible")
                .all_inner_texts()[:6]
            )
            assert shown == [counts[kind][status] for status in ("new", "pending", "done", "retry", "failed", "total")]
        assert page.locator(".matrix-runs path").count() > 0
        assert page.locator(".map-still:visible").count() == 1
        assert page.locator(".matrix-strips tbody tr").count() > 0
        problems = page.locator("#attention .unlock > li")
        if page.locator("#attention-title .count").inner_text() != "0":
            assert problems.first.locator("code:visible").count() > 0


@pytest.mark.parametrize("kind", ["scenes", "tiles"])
def test_a_list_has_a_row_for_each(kind: str, sample: Site, reading: Visits) -> None:
    for folder in sample.aoi_folders:
        every = sample.json(f"aoi/{folder}/{kind}.json")
        shown: list[int] = []
        pages = [path for path in sample.of_kind("list") if re.fullmatch(rf"aoi/{folder}/{kind}(-\d+)?\.html", path)]
        for path in sorted(pages, key=lambda path: (len(path), path)):
            shown += numbers(reading.open(path).locator("table.data tbody tr:visible td:first-child").all_inner_texts())
        assert shown == [one["id"] for one in every]


def test_a_scenes_page_has_each_tile_and_the_whole_history(sample: Site, reading: Visits) -> None:
    for path in sample.chosen("scene"):
        page = reading.open(path)
        tiles = sample.json(path.replace(".html", "/tiles.json"))
        assert page.locator("article:visible").count() == len(tiles), path
        assert page.locator("ol.history > li:visible").count() > 0, path
        assert page.locator(".why:visible").count() >= 1 + len(tiles), path


def test_a_graph_has_a_link_for_each_scene_and_tile(sample: Site, reading: Visits) -> None:
    for folder in sample.aoi_folders:
        named: set[str] = set()
        for path in sample.of_kind("graph"):
            if path.startswith(f"aoi/{folder}/"):
                named |= {
                    re.sub(r".*/scene/", "", href)
                    for href in reading.open(path)
                    .locator("#graph-view svg a")
                    .evaluate_all("nodes => nodes.map(node => node.getAttribute('href'))")
                }
        scenes = {f"{one['id']}.html" for one in sample.json(f"aoi/{folder}/scenes.json")}
        tiles = {f"{one['scene']['id']}.html#tile-{one['id']}" for one in sample.json(f"aoi/{folder}/tiles.json")}
        assert named >= scenes | tiles
