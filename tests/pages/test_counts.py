"""Every count on every page comes from the one fold: no two pages disagree, and parts sum to the whole."""

import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from example_sites import Site

from pipeline.event import STATUSES

COLUMNS = [*(status.lower() for status in STATUSES), "total"]


@functools.cache
def parsed(file: Path) -> Element:
    """A page as a tree."""
    tree: Element = html5lib.parse(file.read_bytes(), namespaceHTMLElements=False)
    return tree


def text(of: Element | None) -> str:
    """What stands in an element, on one line."""
    assert of is not None
    return " ".join("".join(of.itertext()).split())


def number(of: Element | str) -> int:
    """The first number of a text: `1,024 tiles NEW`."""
    found = re.search(r"\d[\d,]*", of if isinstance(of, str) else text(of))
    assert found, of
    return int(found[0].replace(",", ""))


def with_class(tree: Element, name: str, tag: str = "*") -> list[Element]:
    return [one for one in tree.iter() if (tag in ("*", one.tag)) and name in (one.get("class") or "").split()]


def rows(table: Element) -> list[list[Element]]:
    return [list(row) for row in table.findall("./tbody/tr")]


def counts(table: Element) -> dict[str, dict[str, int]]:
    """A table of counts by status: by its rows' titles."""
    found = {}
    for head, *cells in rows(table):
        shown = [cell for cell in cells if "of" not in (cell.get("class") or "").split()]
        found[text(head).lower()] = dict(zip(COLUMNS, map(number, shown), strict=True))
    return found


def front(site: Site) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """The totals of the front page, and the cells of its lines by AOI."""
    tree = parsed(site.folder / "index.html")
    (totals,) = with_class(tree, "counts", "table")
    (lines,) = [table for table in tree.iter("table") if table.get("id") == "aois"]
    return counts(totals), {text(row[0]): [text(cell) for cell in row[1:]] for row in rows(lines)}


def aois(site: Site) -> Iterator[tuple[str, Element]]:
    """The AOIs' folders and pages."""
    for folder in site.aoi_folders:
        yield folder, parsed(site.folder / f"aoi/{folder}/index.html")


@pytest.fixture(params=["sample", "hostile"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


def test_an_aois_page_agrees_with_its_overview(site: Site) -> None:
    for folder, tree in aois(site):
        overview = site.json(f"aoi/{folder}/overview.json")
        assert counts(with_class(tree, "counts", "table")[0]) == {kind: overview[kind] for kind in ("scenes", "tiles")}
        for kind in ("scenes", "tiles"):
            assert sum(overview[kind][status.lower()] for status in STATUSES) == overview[kind]["total"]


def test_the_front_page_sums_what_the_aois_pages_say(site: Site) -> None:
    totals, _ = front(site)
    every = [site.json(f"aoi/{folder}/overview.json") for folder in site.aoi_folders]
    for kind in ("scenes", "tiles"):
        assert totals[kind] == {column: sum(one[kind][column] for one in every) for column in COLUMNS}
    statuses = Counter(one["status"] for one in site.json("aoi/index.json"))
    assert totals["aois"] == {**{status.lower(): statuses[status] for status in STATUSES}, "total": len(every)}


def test_a_line_of_the_front_page_says_what_the_aois_page_says(sample: Site) -> None:
    _, lines = front(sample)
    for folder, tree in aois(sample):
        overview = sample.json(f"aoi/{folder}/overview.json")
        status, attention, scenes, tiles, *_ = lines[overview["id"]]
        assert status == overview["status"]
        for shown, kind in ((scenes, "scenes"), (tiles, "tiles")):
            assert shown.endswith(f"{overview[kind]['done']:,} / {overview[kind]['total']:,}")
        (heading,) = [one for one in tree.iter("h2") if one.get("id") == "attention-title"]
        assert int(attention) == number(heading)


@pytest.mark.parametrize("kind", ["scenes", "tiles"])
def test_the_lists_agree_with_the_overview_and_the_files(kind: str, site: Site) -> None:
    for folder in site.aoi_folders:
        here = f"aoi/{folder}"
        overview = site.json(f"{here}/overview.json")[kind]
        for status in (None, *STATUSES):
            name = f"{here}/{kind}/{status}" if status else f"{here}/{kind}"
            bodies = [one["id"] for one in site.json(f"{name}.json")]
            pages = [path for path in site.of_kind("list") if re.fullmatch(rf"{re.escape(name)}(-\d+)?\.html", path)]
            shown = []
            for path in sorted(pages, key=lambda path: (len(path), path)):
                tree = parsed(site.folder / path)
                (choices,) = with_class(tree, "filters", "nav")
                linked = [number(link) for link in choices.findall("./a")[:6]]
                assert linked == [overview["total"], *(overview[one.lower()] for one in STATUSES)], path
                shown += [number(row[0]) for table in with_class(tree, "data", "table") for row in rows(table)]
            assert shown == bodies, name
            assert len(bodies) == overview[(status or "total").lower()], name
            assert len(site.json(f"{name}.geojson")["features"]) == len(bodies), name


def test_each_failure_stands_in_exactly_one_group_and_the_groups_sum_to_the_whole(site: Site) -> None:
    for folder, tree in aois(site):
        found = site.json(f"aoi/{folder}/attention.json")
        for kind in ("scene", "tile"):
            grouped = [id for group in found["groups"] if group["kind"] == kind for id in group["ids"]]
            bodies = site.json(f"aoi/{folder}/{kind}s.json")
            assert sorted(grouped) == [one["id"] for one in bodies if one["status"] in ("RETRY", "FAILED")]
        assert found["count"] == sum(group["count"] for group in found["groups"])
        assert found["held_up"] == sum(group["held_up"] for group in found["groups"])
        settled = sum(one["count"] for one in found["groups"] if one["status"] == "FAILED" and not one["held_up"])
        (heading,) = [one for one in tree.iter("h2") if one.get("id") == "attention-title"]
        assert number(heading) == found["count"] - settled


def test_the_strips_of_the_matrix_sum_to_the_tiles(sample: Site) -> None:
    for folder, tree in aois(sample):
        found: Counter[str] = Counter()
        for strips in with_class(tree, "matrix-strips"):
            for row in rows(strips.findall(".//table")[0]):
                for part in text(row[1]).split(" · "):
                    if told := re.match(r"([\d,]+) (DONE|RETRY|FAILED|waiting)", part):
                        found[told[2]] += number(told[1])
        overview = sample.json(f"aoi/{folder}/overview.json")["tiles"]
        assert found["waiting"] == overview["new"] + overview["pending"]
        assert [found[status] for status in ("DONE", "RETRY", "FAILED")] == [
            overview[status] for status in ("done", "retry", "failed")
        ]


def test_the_latest_days_sheet_ends_where_the_aoi_is(sample: Site) -> None:
    for folder in sample.aoi_folders:
        days = [path for path in sample.of_kind("day") if path.startswith(f"aoi/{folder}/days/2")]
        assert days, f"{folder} has no days"
        (table,) = with_class(parsed(sample.folder / max(days)), "counts", "table")
        overview = sample.json(f"aoi/{folder}/overview.json")
        assert counts(table) == {kind: overview[kind] for kind in ("scenes", "tiles")}


def test_a_scenes_page_counts_its_tiles(sample: Site) -> None:
    for path in sample.of_kind("scene"):
        tree = parsed(sample.folder / path)
        tiles = Counter(one["status"] for one in sample.json(path.replace(".html", "/tiles.json")))
        (heading,) = [one for one in tree.iter("h2") if one.get("id") == "tiles"]
        assert number(heading) == tiles.total() == len(list(tree.iter("article")))
        for tally in with_class(tree, "tally"):
            told = {text(link).split()[0]: number(link) for link in tally.iter("a")}
            assert {status: count for status, count in told.items() if status in STATUSES} == dict(tiles), path


def test_the_page_of_events_counts_what_its_files_hold(site: Site) -> None:
    tree = parsed(site.folder / "events/index.html")
    for name in ("rejected", "quarantine"):
        (heading,) = [one for one in tree.iter("h2") if one.get("id") == name]
        assert number(heading) == len(site.json(f"events/{name}.json"))
        told = site.json("build.json")["rejected" if name == "rejected" else "quarantined"]
        assert number(heading) == told
