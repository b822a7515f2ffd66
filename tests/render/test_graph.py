"""The drawings of the dependency graph: windows of dates, places, links, and what hostile texts can't do to them."""

import math
import os
import re
import stat
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from counting_dot import CountingDot
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.event import STATUSES, Status
from pipeline.insight.workload import overview
from pipeline.render.graph import svg as graph_svg
from pipeline.render.graph.dot_layout import LayoutFailed, find_dot
from pipeline.render.graph.layout import WINDOW_NODES, Columns, Layout, Placed, Window, place, windows
from pipeline.render.graph.pages import DOT_NODES, PAGE_BYTES, graph
from pipeline.render.graph.svg import columns_of, shortened
from pipeline.render.section import made as made_sections
from pipeline.render.templates import templates_folder
from pipeline.store.board import Board, BoardScene, BoardTile

SINCE = "2022-03-01T00:00:00.000000000"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;]]><!--"
    "\x00\n\x1b\ud800\u202e\uffff\N{CRAB}"
)


def render_graph(
    board: Board, folder: str, why: Mapping[tuple[str, int], str], **choices: Any
) -> tuple[dict[str, bytes], list[str]]:
    """All files of the graph, and warnings."""
    found = graph(board, folder, why, **choices)
    return {**found.files, **made_sections(found.sections)}, found.warnings


class Boards:
    """Makes a board scene by scene; a tile comes after the last one of its name that didn't fail."""

    def __init__(self, name: str = "Demo") -> None:
        self.board = Board(name, "DONE", {}, {}, [])
        self._last: dict[str, BoardTile] = {}

    def scene(
        self,
        day: str | None,
        tiles: Iterable[str],
        status: Status = "DONE",
        tile_status: Status = "DONE",
        name: str | None = None,
        message: str = "",
    ) -> BoardScene:
        board = self.board
        id = len(board.scenes) + 1
        acquired = None if day is None else f"{day}T05:40:00Z"
        scene = BoardScene(
            id, name or f"scene {id}", status, message, 0, False, b"{}", None, None, SINCE, SINCE, acquired
        )
        board.scenes[id] = scene
        for tile_name in tiles:
            tile_id = 1001 + len(board.tiles)
            tile = BoardTile(tile_id, tile_name, scene, tile_status, message, 0, False, b"{}", None, None, SINCE, SINCE)
            before = self._last.get(tile_name)
            if tile_status != "FAILED":
                self._last[tile_name] = tile
                if before is not None:
                    tile.prev, tile.ref = before, before.ref or before
                    before.next.append(tile)
            board.tiles[tile.id] = tile
            scene.tiles.append(tile)
        return scene


def stack(scenes: int, tiles: int, first: str = "2020-01-04", step_days: int = 6) -> Boards:
    """A track of bursts over many dates."""
    made = Boards()
    for n in range(scenes):
        day = date.fromisoformat(first) + timedelta(days=step_days * n)
        made.scene(day.isoformat(), [f"D37_IW{1 + k % 3}_{21184 + 28 * (k // 3)}" for k in range(tiles)])
    return made


def pages_of(files: dict[str, bytes]) -> dict[str, str]:
    return {path: text.decode() for path, text in files.items() if path.endswith(".html")}


def drawing(page: str) -> ET.Element:
    """The drawing on a page. It has to be XML as well, so that no browser reads it in a way of its own."""
    [svg] = re.findall(r'<svg class="graph-drawing" [^>]*role="group".*?</svg>', page, re.DOTALL)
    return ET.fromstring(svg)  # noqa: S314 (our own)


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', page)


def resolved(link: str, base: str) -> tuple[str, str]:
    path, _, fragment = link.partition("#")
    return os.path.normpath(os.path.join(os.path.dirname(base), path)) if path else base, fragment  # noqa: PTH118, PTH120


# Windows


def contents(found: list[Window]) -> dict[str, tuple[list[int], list[int]]]:
    return {w.name: ([scene.id for scene in w.scenes], [tile.id for tile in w.tiles]) for w in found}


days = st.one_of(st.none(), st.dates(date(1999, 1, 1), date(2031, 1, 1)).map(date.isoformat))


@given(st.lists(st.tuples(days, st.integers(0, 30)), max_size=60), st.integers(2, 40))
@settings(max_examples=examples(20, at_length=60), deadline=None)
def test_each_scene_and_tile_is_in_one_window_and_no_window_has_too_many(
    scenes: list[tuple[str | None, int]], most: int
) -> None:
    made = Boards()
    for day, count in scenes:
        made.scene(day, [f"A{n}" for n in range(count)])
    found = windows(made.board, most)
    assert sorted(scene.id for window in found for scene in window.scenes) == sorted(made.board.scenes)
    assert sorted(tile.id for window in found for tile in window.tiles) == sorted(made.board.tiles)
    assert len({window.name for window in found}) == len(found)
    for window in found:
        drawn = sum(1 + len(strip.tiles) for _, strips in window.days for strip in strips)
        assert 0 < drawn <= most
        assert window.last is None or window.name[:10] <= (window.first or "") <= window.last
    dated = [window for window in found if window.first is not None]
    assert all((one.last or "") <= (other.first or "") for one, other in pairwise(dated))


def test_a_small_aoi_is_one_window() -> None:
    [window] = windows(stack(46, 1).board)
    assert (window.name, window.first, window.last) == ("1984-01-01", "2020-01-04", "2020-09-30")


def test_a_window_is_a_stretch_of_the_calendar() -> None:
    """60 dates a year with 9 things each: 600 have room for a year, 300 for half of one, 200 for a quarter."""
    board = stack(122, 8).board
    assert [w.name for w in windows(board, 600)] == ["2020-01-01", "2021-01-01"]
    assert [w.name for w in windows(board, 300)] == ["2020-01-01", "2020-07-01", "2021-01-01", "2021-07-01"]
    assert [w.name for w in windows(board, 200)][:4] == ["2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01"]


def test_what_comes_later_changes_no_window_of_earlier_dates() -> None:
    made = stack(122, 8)
    before = contents(windows(made.board, 300))
    made.scene("2022-06-01", ["D37_IW1_21184"])
    made.scene("2024-06-01", ["D37_IW1_21184"])
    after = contents(windows(made.board, 300))
    assert {name: after[name] for name in list(before)[:-1]} == dict(list(before.items())[:-1])


def test_a_late_scene_changes_only_the_window_it_falls_into() -> None:
    made = stack(122, 8)
    before = contents(windows(made.board, 300))
    made.scene("2020-08-02", [f"B{n}" for n in range(100)])
    after = contents(windows(made.board, 300))
    assert {name for name in before if after.get(name) != before[name]} == {"2020-07-01"}
    assert set(after) - set(before) == {"2020-10-01"}


def test_a_day_with_too_many_is_cut_between_scenes_and_a_scene_only_if_it_alone_is_too_many() -> None:
    made = Boards()
    made.scene("2022-01-04", ["A", "B"])
    made.scene("2022-01-04", [f"C{n}" for n in range(25)])
    made.scene("2022-01-04", ["D"])
    found = windows(made.board, 10)
    assert [(w.name, [s.id for s in w.scenes], len(w.tiles)) for w in found] == [
        ("2022-01-04", [1], 2), ("2022-01-04.2", [2], 9), ("2022-01-04.3", [], 9), ("2022-01-04.4", [3], 8)
    ]  # fmt: skip
    files, _ = render_graph(made.board, "Demo", {}, most=10)
    assert "2022-01-04, part 3" in files["aoi/Demo/graph/2022-01-04.3.html"].decode()


def test_scenes_without_a_date_have_windows_of_their_own_before_the_others() -> None:
    made = Boards()
    made.scene("2022-01-04", ["A"])
    made.scene(None, ["A"])
    assert [(w.name, w.first) for w in windows(made.board)] == [("undated", None), ("1984-01-01", "2022-01-04")]


# Places


def laid_out(board: Board) -> tuple[Layout, dict[tuple[str, int], Placed]]:
    layout = place([day for window in windows(board) for day in window.days], Columns(board))
    kinds = {BoardScene: "scene", BoardTile: "tile"}
    return layout, {(kinds[type(thing)], thing.id): at for thing, at in layout.nodes}


def test_a_track_is_a_column_and_dates_run_down() -> None:
    board = stack(10, 6).board
    _, at = laid_out(board)
    for tile in board.tiles.values():
        if tile.prev is not None:
            assert at["tile", tile.id].x == at["tile", tile.prev.id].x
            assert at["tile", tile.id].y > at["tile", tile.prev.id].y
            assert re.fullmatch(r"M0 -\d+V-17", at["tile", tile.id].line), "a chain is straight"
    assert len({at["tile", tile.id].x for tile in board.tiles.values()}) == 6
    for scene in board.scenes.values():
        assert all(at["tile", tile.id].x > at["scene", scene.id].x for tile in scene.tiles)
        assert all(at["tile", tile.id].y > at["scene", scene.id].y for tile in scene.tiles)
        assert len(at["scene", scene.id].heads) == 6


def test_columns_are_in_the_order_of_the_numbers_in_their_names() -> None:
    made = Boards()
    for day in ("2022-01-04", "2022-01-10"):
        scene = made.scene(day, ["A44_IW1_10003", "A44_IW1_8979", "A44_IW2_8960", "A5_IW1_1"])
    _, at = laid_out(made.board)
    in_order = sorted(scene.tiles, key=lambda tile: at["tile", tile.id].x)
    assert [tile.source_id for tile in in_order] == ["A5_IW1_1", "A44_IW1_8979", "A44_IW1_10003", "A44_IW2_8960"]


def test_a_chain_is_straight_where_names_tell_no_track() -> None:
    made = Boards()
    before = None
    for n, name in enumerate(["pear", "quince", "medlar"]):
        [tile] = made.scene(f"2022-01-0{n + 1}", [name]).tiles
        if before is not None:
            tile.prev, tile.ref = before, before.ref or before
            before.next.append(tile)
        before = tile
    _, at = laid_out(made.board)
    assert len({at["tile", id].x for id in made.board.tiles}) == 1


def test_a_line_goes_round_a_tile_that_is_no_part_of_the_chain() -> None:
    made = Boards()
    made.scene("2022-01-04", ["A"])
    made.scene("2022-01-10", ["A"], tile_status="FAILED")
    [last] = made.scene("2022-01-16", ["A"]).tiles
    _, at = laid_out(made.board)
    reached = [float(x) for x in re.findall(r"H(-?[\d.]+)", at["tile", last.id].line)]
    assert max(reached) > at["tile", last.id].width / 2


@given(st.lists(st.tuples(days, st.lists(st.sampled_from("ABCDEFGH"), max_size=12)), min_size=1, max_size=12))
@settings(max_examples=examples(20, at_length=60), deadline=None)
def test_nothing_stands_on_anything_else(scenes: list[tuple[str | None, list[str]]]) -> None:
    made = Boards()
    for day, tiles in scenes:
        made.scene(day, tiles)
    for day in ("2022-01-04", "2022-01-05"):
        made.scene(day, [f"alone {day[-1]}{'x' * n}" for n in range(30)])
    layout, at = laid_out(made.board)
    boxes = [(p.x - p.width / 2, p.y - p.height / 2, p.x + p.width / 2, p.y + p.height / 2) for p in at.values()]
    for n, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= layout.width
        assert 0 <= top < bottom <= layout.height
        for other in boxes[:n]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


# Pages


def test_a_node_is_a_link_with_a_tooltip() -> None:
    made = Boards()
    made.scene("2022-01-04", ["A"], tile_status="RETRY", message="disk full", name="S1A first")
    made.scene("2022-01-10", ["A"], tile_status="NEW")
    why = {("tile", 1002): "waits for tile 1001 of 2022-01-04, in RETRY (disk full)"}
    files, warnings = render_graph(made.board, "Demo", why)
    assert set(files) == {"aoi/Demo/graph.dot", "aoi/Demo/graph.svg", "aoi/Demo/graph.html"}
    assert warnings == []
    for svg in (drawing(pages_of(files)["aoi/Demo/graph.html"]), ET.fromstring(files["aoi/Demo/graph.svg"])):  # noqa: S314
        nodes = {}
        for a in svg.iter():
            if a.tag.removeprefix(SVG) == "a":
                title = next(child.text or "" for child in a if child.tag.removeprefix(SVG) == "title")
                shapes = [
                    child.tag.removeprefix(SVG) for child in a if child.tag.removeprefix(SVG) in ("rect", "ellipse")
                ]
                nodes[a.get("id")] = a.get("class"), a.get("href"), title.split("\n"), shapes
        assert nodes == {
            "scene-1": (
                "scene done", "../../scene/1.html", ["scene S1A first (id=1), 2022-01-04", "DONE: disk full"], ["rect"]
            ),
            "tile-1001": (
                "tile retry", "../../scene/1.html#tile-1001", ["tile A (id=1001), 2022-01-04", "RETRY: disk full"],
                ["ellipse"],
            ),
            "scene-2": ("scene done", "../../scene/2.html", ["scene scene 2 (id=2), 2022-01-10", "DONE"], ["rect"]),
            "tile-1002": (
                "tile new", "../../scene/2.html#tile-1002",
                ["tile A (id=1002), 2022-01-10", "NEW", "waits for tile 1001 of 2022-01-04, in RETRY (disk full)"],
                ["ellipse"],
            ),
        }  # fmt: skip


def test_the_status_is_told_in_words_too() -> None:
    made = Boards()
    for n, status in enumerate(STATUSES):
        made.scene(f"2022-01-0{n + 1}", ["A"], status=status, tile_status=status)
    svg = drawing(pages_of(render_graph(made.board, "Demo", {})[0])["aoi/Demo/graph.html"])
    words = [texts[-1].text or "" for texts in (list(a.iter("text")) for a in svg.iter("a"))]
    assert Counter(word.partition(" ")[2] for word in words) == dict.fromkeys(STATUSES, 2)


def test_windows_link_to_each_other_and_every_link_arrives() -> None:
    files, _ = render_graph(stack(122, 4).board, "De%20mo", {}, most=150)
    pages = pages_of(files)
    ids = {path: set(re.findall(r' id="([^"]*)"', page)) for path, page in pages.items()}
    names = sorted(path for path in pages if "/graph/" in path)
    assert len(names) > 4
    for path, page in pages.items():
        for link in links(page):
            target, fragment = resolved(link.replace("%25", "%"), path)
            if "/graph" in target and target.endswith(".html"):
                assert target in pages, f"{link} on {path}"
                assert not fragment or fragment in ids[target], f"{link} on {path}"
    turns = {path: re.findall(r'rel="(prev|next)" href="([^"]*)"', pages[path]) for path in names}
    for earlier, later in pairwise(names):
        assert ("next", Path(later).name) in turns[earlier]
        assert ("prev", Path(earlier).name) in turns[later]


def test_a_line_that_leaves_the_window_is_a_stub_that_leads_on() -> None:
    board = stack(180, 2).board
    files, _ = render_graph(board, "Demo", {}, most=200)
    page = pages_of(files)["aoi/Demo/graph/2021-01-01.html"]
    first = next(tile for tile in board.tiles.values() if (tile.scene.day or "") >= "2021-01-01")
    last = [tile for tile in board.tiles.values() if (tile.scene.day or "") < "2022-01-01"][-1]
    assert first.prev is not None
    stubs = [a for a in drawing(page).iter("a") if "away" in (a.get("class") or "")]
    assert [stub.get("href") for stub in stubs] == [
        f"2020-01-01.html#tile-{first.prev.id}", f"2020-01-01.html#tile-{first.prev.id + 1}",
        f"2022-01-01.html#tile-{last.next[0].id - 1}", f"2022-01-01.html#tile-{last.next[0].id}",
    ]  # fmt: skip
    assert [next(stub.iter("text")).text for stub in stubs][:2] == [first.prev.scene.day] * 2


def test_the_latest_window_is_the_first_page_which_lists_all_whose_counts_sum_to_the_whole() -> None:
    made = stack(60, 3)
    made.scene("2020-03-01", ["X"], status="RETRY", tile_status="NEW")
    made.scene(None, ["Y", "Z"], tile_status="FAILED")
    files, _ = render_graph(made.board, "Demo", {}, most=40)
    page = pages_of(files)["aoi/Demo/graph.html"]
    rows = re.findall(r'<tr><th scope="row"><a href="([^"]*)">(.*?)</tr>', page)
    numbers = [[int(n) for n in re.findall(r'class="number">(\d+)<', row)] for _, row in rows]
    counts = overview(made.board)
    assert [sum(column) for column in zip(*numbers, strict=True)] == [counts.scenes.total, counts.tiles.total, 1, 2]
    assert {f"aoi/Demo/{path}" for path, _ in rows} == {path for path in files if "/graph/" in path}
    latest = pages_of(files)[f"aoi/Demo/{rows[0][0]}"]
    assert [a.get("id") for a in drawing(latest).iter("a")] == [a.get("id") for a in drawing(page).iter("a")]
    assert "All windows" not in latest, "a page doesn't change when another window does"


def test_an_aoi_without_scenes_has_a_page_that_says_so() -> None:
    files, warnings = render_graph(Boards().board, "Demo", {})
    assert "has no scenes yet" in files["aoi/Demo/graph.html"].decode()
    assert ET.fromstring(files["aoi/Demo/graph.svg"]).findall(f".//{SVG}a") == []  # noqa: S314
    assert warnings == []


def test_names_that_do_not_fit_lose_their_middle() -> None:
    name = "S1A_IW_SLC__1SDV_20200103T054950_20200103T055017_030639_03821C_4441"
    assert shortened(name, 28) == "S1A_IW_SLC__1SDV_2…821C_4441"
    assert shortened("D37_IW1_21184", 14) == "D37_IW1_21184"
    for text in (name, "日本語の名前" * 10, "a" + "\N{CRAB}" * 300, "日本語", ""):
        for most in (14, 28):
            assert columns_of(shortened(text, most)) <= most


# Weight


def test_no_page_is_too_heavy_and_the_usual_ones_have_all_their_tooltips() -> None:
    made = Boards()
    sentence = "waits for tile 153637 of 2020-04-21, in RETRY since 2024-05-03 09:56 (no space left; 3 tries)"
    for n in range(300):
        made.scene(
            (date(2020, 1, 4) + timedelta(days=n)).isoformat(), [f"D37_IW1_{k}" for k in range(8)], tile_status="NEW"
        )
    files, _ = render_graph(made.board, "Demo", {("tile", id): sentence for id in made.board.tiles})
    pages = pages_of(files)
    assert max(len(files[path]) for path in pages) <= PAGE_BYTES
    assert sum(page.count(sentence) for path, page in pages.items() if "/graph/" in path) == len(made.board.tiles)


@pytest.mark.parametrize("days_between", [0, 1])
def test_the_worst_texts_make_no_page_too_heavy(days_between: int) -> None:
    """Long names that grow when they are escaped, the highest ids, chains that leave their window at both ends."""
    worst = "&\N{CRAB}" * 300
    made = Boards(worst)
    for n in range(3):
        for k in range(66):
            day = date(2022, 1, 4) + timedelta(days=n * days_between)
            made.scene(day.isoformat(), [f"{worst}{k}/{tile}" for tile in range(8)], name=worst, message=worst)
    board = made.board
    board.scenes = {2**63 - 1 - id: scene for id, scene in sorted(board.scenes.items(), reverse=True)}
    board.tiles = {2**63 - 1 - id: tile for id, tile in sorted(board.tiles.items(), reverse=True)}
    for things in (board.scenes, board.tiles):
        for id, thing in things.items():
            thing.id = id
    files, _ = render_graph(board, "Demo", {("tile", id): worst for id in board.tiles})
    pages = pages_of(files)
    assert len(pages) == 4
    assert [path for path in pages if len(files[path]) > PAGE_BYTES] == []
    drawn = [a.get("id") for path, page in pages.items() if "/graph/" in path for a in drawing(page).iter("a")]
    assert Counter(id for id in drawn if id) == dict.fromkeys(
        [f"scene-{id}" for id in board.scenes] + [f"tile-{id}" for id in board.tiles], 1
    )


def test_very_many_windows_are_listed_by_year() -> None:
    board = stack(300, 1).board
    files, _ = render_graph(board, "Demo", {}, most=4)
    page = pages_of(files)["aoi/Demo/graph.html"]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td class="number">(\d+)</td><td class="number">(\d+)', page)
    assert [heading.partition(" ")[0] for heading, _, _ in rows] == ["2024", "2023", "2022", "2021", "2020"]
    assert sum(int(scenes) for _, scenes, _ in rows) == 300
    listed = [f"aoi/Demo/{link}" for heading, _, _ in rows for link in links(heading)]
    assert sorted(listed) == sorted(path for path in files if "/graph/" in path)
    assert len(listed) > 120


def test_a_scene_with_very_many_tiles_is_drawn_in_time_that_grows_with_it() -> None:
    made = Boards()
    made.scene("2022-01-04", ["A"] * 20_000)
    found = windows(made.board)
    assert len(found) == math.ceil(20_000 / (WINDOW_NODES - 1))
    columns = Columns(made.board)
    assert sum(len(place(window.days, columns).nodes) for window in found) == 20_000 + len(found)


# Hostile texts


def hostile_board() -> Board:
    made = Boards(HOSTILE)
    for day in ("2022-01-04", "2022-01-10"):
        made.scene(day, [HOSTILE, "x" * 300, "\\N"], name=HOSTILE, message=HOSTILE, status="RETRY", tile_status="RETRY")
    return made.board


def test_texts_of_the_log_are_text_and_nothing_else() -> None:
    board = hostile_board()
    files, _ = render_graph(board, "Demo", {("tile", id): HOSTILE for id in board.tiles})
    inline = drawing(pages_of(files)["aoi/Demo/graph.html"])
    alone = ET.fromstring(files["aoi/Demo/graph.svg"])  # noqa: S314
    for svg in (inline, alone):
        tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
        assert tags <= {"svg", "g", "a", "title", "style", "rect", "ellipse", "path", "text"}
        attributes = {name for element in svg.iter() for name in element.attrib}
        assert not [name for name in attributes if name.startswith("on") or "}" in name or name == "style"]
        targets = [element.get("href") or "" for element in svg.iter() if element.tag.removeprefix(SVG) == "a"]
        assert len(targets) == 8
        assert all(target.startswith("../../scene/") for target in targets)
        assert sum("<script>alert(1)" in (element.text or "") for element in svg.iter()) > 0
        assert not re.search("[\x00\x1b\u202e\uffff]", "".join(svg.itertext()))
    assert b"<script>alert" not in files["aoi/Demo/graph.html"]


def test_the_file_asks_for_nothing_from_outside() -> None:
    text = render_graph(hostile_board(), "Demo", {})[0]["aoi/Demo/graph.svg"].decode()
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "<!" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("://") == 1


def program(folder: Path, script: str) -> str:
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_no_text_of_the_log_reaches_dot(tmp_path: Path) -> None:
    render_graph(hostile_board(), "Demo", {}, dot_choice=program(tmp_path, f"cat > {tmp_path}/given"))
    given = (tmp_path / "given").read_text()
    assert re.fullmatch(r"[\x0a\x20-\x7e]+", given)
    words = set(re.findall("[a-zA-Z]+", given))
    assert not words & {"script", "alert", "title", "x", "N"}


# dot, or not


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'no such thing' >&2; exit 3", "dot failed with 3: no such thing"),
        ("echo 'graph 1 2 3'", "dot answered with something else than a layout"),
        ("echo 'graph 1 x y'", "dot answered with something else than a layout"),
        ("echo 'node'", "dot answered with something else than a layout"),
        ("exec sleep 60", "dot took longer than 0.2 s"),
    ],
)
def test_without_a_dot_that_works_the_drawing_is_ours_and_a_warning_says_so(
    tmp_path: Path, script: str, reason: str
) -> None:
    board = stack(3, 2).board
    files, warnings = render_graph(board, "Demo", {}, dot_choice=program(tmp_path, script), timeout_s=0.2)
    assert warnings == [f"Demo: graph.svg is placed by date and track, not by dot: {reason}"]
    drawn = ET.fromstring(files["aoi/Demo/graph.svg"])  # noqa: S314
    assert len(drawn.findall(f".//{SVG}ellipse")) == 6
    assert "2020-01-10" in "".join(drawn.itertext())


def test_a_dot_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    _, warnings = render_graph(stack(1, 1).board, "Demo", {}, dot_choice=str(tmp_path / "nodot"))
    assert len(warnings) == 1
    assert str(tmp_path / "nodot") in warnings[0]


def test_the_installed_dot_is_used_unless_another_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = program(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_dot().stem == "graphviz-pure"
    assert find_dot("auto") == Path(on_path)
    assert find_dot(on_path) == Path(on_path)
    monkeypatch.setenv("PATH", "")
    assert find_dot("auto").stem == "graphviz-pure"
    with pytest.raises(LayoutFailed, match="there is no program /no/dot"):
        find_dot("/no/dot")


def test_dot_places_what_we_draw() -> None:
    board = stack(12, 6).board
    drawn = ET.fromstring(render_graph(board, "Demo", {})[0]["aoi/Demo/graph.svg"])  # noqa: S314
    at = {}
    for a in drawn.iter(f"{SVG}a"):
        found = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", a.get("transform") or "")
        assert found is not None
        at[a.get("id")] = float(found[1]), float(found[2])
    assert len(at) == 12 * 7
    for tile in board.tiles.values():
        x, y = at[f"tile-{tile.id}"]
        assert y > at[f"scene-{tile.scene.id}"][1]
        if tile.prev is not None:
            assert abs(x - at[f"tile-{tile.prev.id}"][0]) < 1
            assert y > at[f"tile-{tile.prev.id}"][1]
    lines = [a.findall(f"{SVG}path")[0].get("d") or "" for a in drawn.iter(f"{SVG}a") if a.findall(f"{SVG}path")]
    assert sum(line.count("M") for line in lines) == 72 + 66, (
        "a line for each tile of a scene, and for each previous tile"
    )


def test_dot_is_not_asked_again_while_the_graph_has_the_same_shape(tmp_path: Path) -> None:
    """A result changes statuses: what is drawn, not where it stands."""
    dot = CountingDot(tmp_path)
    before = graph(stack(3, 2).board, "Demo", {}, dot_choice=dot.choice)
    changed = stack(3, 2).board
    max(changed.tiles.values(), key=lambda tile: tile.id).status = "FAILED"
    after = graph(changed, "Demo", {}, dot_choice=dot.choice, layout=before.layout)
    assert dot.asked == 1
    assert after.layout == before.layout
    assert after.files != before.files
    assert after.files == graph(changed, "Demo", {}, dot_choice=dot.choice).files


@pytest.mark.parametrize("scenes", [2, 4])
def test_dot_is_asked_again_for_another_shape(tmp_path: Path, scenes: int) -> None:
    dot = CountingDot(tmp_path)
    before = graph(stack(3, 2).board, "Demo", {}, dot_choice=dot.choice)
    other = stack(scenes, 2).board
    after = graph(other, "Demo", {}, dot_choice=dot.choice, layout=before.layout)
    assert dot.asked == 2
    assert after.layout != before.layout
    assert after.files == graph(other, "Demo", {}, dot_choice=dot.choice).files


def test_another_dot_is_asked(tmp_path: Path) -> None:
    board = stack(3, 2).board
    dot = CountingDot(tmp_path)
    known = graph(board, "Demo", {}).layout
    graph(board, "Demo", {}, dot_choice=dot.choice, layout=known)
    assert dot.asked == 1
    replaced = graph(board, "Demo", {}, dot_choice=dot.choice, layout=known).layout
    with dot.path.open("a") as script:
        script.write("# a new version\n")
    graph(board, "Demo", {}, dot_choice=dot.choice, layout=replaced)
    assert dot.asked == 3


@pytest.mark.parametrize("harm", [lambda kept: kept[:-7], lambda kept: kept[:40], lambda kept: kept[:40] + "\x7f" * 9])
def test_a_layout_that_was_harmed_is_asked_for_again(tmp_path: Path, harm: Callable[[str], str]) -> None:
    board = stack(3, 2).board
    dot = CountingDot(tmp_path)
    before = graph(board, "Demo", {}, dot_choice=dot.choice)
    after = graph(board, "Demo", {}, dot_choice=dot.choice, layout=harm(before.layout))
    assert (after.files, after.layout) == (before.files, before.layout)
    assert dot.asked == 2


def test_where_dot_fails_there_is_no_layout_to_keep(tmp_path: Path) -> None:
    assert graph(stack(3, 2).board, "Demo", {}, dot_choice=program(tmp_path, "exit 1")).layout == ""


def test_a_large_graph_is_drawn_from_its_latest_dates_and_links_to_the_rest() -> None:
    board = stack(300, 8).board
    assert len(board.scenes) + len(board.tiles) > DOT_NODES
    files, warnings = render_graph(board, "Demo", {}, dot_choice="/no/dot")
    text = files["aoi/Demo/graph.svg"].decode()
    assert warnings == [], "dot isn't asked"
    assert '<a href="graph.html"><text class="note"' in text
    assert f'id="tile-{max(board.tiles)}"' in text
    assert 'id="tile-1001"' not in text


# One truth


def test_the_same_board_gives_the_same_bytes() -> None:
    assert render_graph(stack(130, 4).board, "Demo", {}) == render_graph(stack(130, 4).board, "Demo", {})


def test_the_file_has_the_sites_colours() -> None:
    tokens = (templates_folder() / "assets" / "style" / "00-tokens.css").read_text()
    light, dark = tokens.partition("@media (prefers-color-scheme: dark)")[::2]
    dark = dark.partition("@media print")[0]
    for text, palette in ((light, graph_svg._LIGHT), (dark, graph_svg._DARK)):
        token = dict(re.findall(r"--([a-z]+): (#[0-9a-f]+)", text))
        assert palette.statuses == tuple(token[status.lower()] for status in STATUSES)
        assert (palette.ink, palette.quiet, palette.line, palette.link) == (
            token["ink"], token["quiet"], token["line"], token["link"]
        )  # fmt: skip
