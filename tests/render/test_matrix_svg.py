"""The matrix on the page: runs instead of cells, each track in words, and what the script may tell."""

import functools
import json
import re
from collections.abc import Iterable
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from pipeline.event import STATUSES, Status
from pipeline.insight.facts import Facts
from pipeline.insight.matrix import Matrix, Track, matrix
from pipeline.render.environment import environment
from pipeline.render.matrix import svg as matrix_svg
from pipeline.render.matrix.data import differences, matrix_data
from pipeline.render.matrix.svg import MatrixView, matrix_context, runs
from pipeline.render.paths import url
from pipeline.store.board import Board, BoardScene, BoardTile

SINCE = "2022-03-01T00:00:00.000000000"
PAGE = "aoi/Demo/index.html"
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e'\"&<b>"


def board_of(acquired: Iterable[tuple[str | None, dict[str, Status]]], message: str = "disk full") -> Board:
    """A scene for each day, with its tiles by name."""
    board = Board("Demo", "DONE", {}, {}, [])
    for number, (day, tiles) in enumerate(acquired, start=1):
        moment = None if day is None else f"{day}T05:40:00Z"
        scene = BoardScene(number, f"scene {number}", "DONE", "", 0, False, b"{}", None, None, SINCE, SINCE, moment)
        board.scenes[number] = scene
        for name, status in tiles.items():
            said = message if status in ("RETRY", "FAILED") else ""
            id = 1000 + len(board.tiles)
            tile = BoardTile(id, name, scene, status, said, 0, False, b"{}", None, None, SINCE, SINCE)
            scene.tiles.append(tile)
            board.tiles[id] = tile
    return board


def days(count: int, step: int = 6, first: str = "2022-01-01") -> list[str]:
    start = date.fromisoformat(first)
    return [(start + timedelta(days=step * number)).isoformat() for number in range(count)]


def fragment(board: Board, view: MatrixView | None = None) -> str:
    template = environment().get_template("aoi/matrix.html")
    return template.render(matrix=view or matrix_context(Facts(board)), link=functools.partial(url, base=PAGE))


def script_data(html: str) -> dict[str, object]:
    [text] = re.findall(r'<script type="application/json" id="matrix-data">(.*?)</script>', html, re.DOTALL)
    found: dict[str, object] = json.loads(text)
    return found


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


def strip(html: str, track: str) -> str:
    """A track's strip in words."""
    [cell] = re.findall(rf'<th scope="row" class="name">{track}</th><td>(.*?)</td>', html, re.DOTALL)
    return Elements(cell).words


# Runs


def test_a_run_of_days_is_one_stroke() -> None:
    assert runs(["DDDD", "..DD"], "D") == "M0 8h4M2 24h2"


def test_from_run_to_run_only_the_way_is_told() -> None:
    assert runs(["DDFDF"], "D") == "M0 8h2m1 0h1"
    assert runs(["DDFDF"], "F") == "M2 8h1m1 0h1"
    assert runs(["DDFDF"], "R") == ""


def test_every_cell_is_drawn_once_in_its_status() -> None:
    statuses: list[Status] = ["NEW", "PENDING", "DONE", "RETRY", "FAILED", "DONE", "DONE", "FAILED"]
    view = matrix_context(
        Facts(board_of([(day, {"A": status}) for day, status in zip(days(8), statuses, strict=True)]))
    )
    drawn = {name: sum(map(int, re.findall(r"h(\d+)", path))) for name, path in view.runs.items()}
    assert drawn == {"new": 1, "pending": 1, "done": 3, "retry": 1, "failed": 2, "absent": 0}


def test_what_never_came_is_drawn_too() -> None:
    came = [day for day in days(12) if day != "2022-01-25"]
    view = matrix_context(Facts(board_of([(day, {"A": "DONE"}) for day in came])))
    assert view.runs["absent"] == "M4 8h1"
    assert view.absent == 1


def test_a_bad_day_has_a_tick_as_high_as_its_share() -> None:
    view = matrix_context(
        Facts(board_of([("2022-01-01", {"A": "FAILED", "B": "DONE"}), ("2022-01-07", {"A": "RETRY"})]))
    )
    assert view.trouble == {"failed": "M0 100v-50h1v50z", "retry": "M1 100v-100h1v100z"}


# The axis


def test_the_axis_names_years_and_months_where_they_begin() -> None:
    view = matrix_context(Facts(board_of([(day, {"A": "DONE"}) for day in days(20, 6, "2021-11-02")])))
    assert [(label.x, label.text) for label in view.years] == [("0%", "2021"), ("50%", "2022")]
    assert [label.text for label in view.months] == ["Nov", "Dec", "Jan", "Feb"]


def test_labels_that_have_no_room_are_left_out() -> None:
    view = matrix_context(Facts(board_of([(day, {"A": "DONE"}) for day in days(200, 31)])))
    places = [float(label.x.rstrip("%")) * view.width_px / 100 for label in view.months]
    assert min(after - before for before, after in pairwise(places)) >= 28


# In words


def test_a_track_is_told_in_a_strip() -> None:
    statuses: list[Status] = ["DONE"] * 6 + ["FAILED", "RETRY", "NEW", "PENDING"]
    html = fragment(board_of([(day, {"A": status}) for day, status in zip(days(10), statuses, strict=True)]))
    assert strip(html, "A") == "6 DONE · 1 RETRY 2022-02-12 · 1 FAILED 2022-02-06 · 2 waiting"
    assert '<a href="../../scene/7.html#tile-1006">2022-02-06</a>' in html


def test_only_the_latest_days_have_links_and_the_others_are_counted() -> None:
    html = fragment(board_of([(day, {"A": "FAILED"}) for day in days(9)]))
    assert strip(html, "A") == "9 FAILED 2022-02-06 2022-02-12 2022-02-18 and 6 earlier"


def test_what_has_no_date_is_said_and_counted() -> None:
    html = fragment(board_of([(None, {"A": "RETRY"}), ("2022-01-01", {"A": "DONE"})]))
    assert "1 tile has no acquisition date" in html
    assert strip(html, "A") == "1 DONE · 1 RETRY no date"


def test_an_aoi_without_a_date_or_a_scene_says_so() -> None:
    assert "No scene has an acquisition date" in fragment(board_of([(None, {"A": "DONE"})]))
    assert "No scenes yet." in fragment(board_of([]))


def test_the_strips_sum_to_the_whole() -> None:
    board = board_of([(day, {"A": "DONE", "B": "FAILED", "C": "NEW"}) for day in days(5)])
    view = matrix_context(Facts(board))
    told = sum(one.done + one.waiting + sum(count for _, count, _, _ in one.wrong) for one in view.strips)
    assert told + sum(view.hidden.values()) == len(board.tiles)


# What the script tells


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([7], "7"), ([12, 18, 24, 30], "12 6*3"), ([5, 5, 4], "5 0 -1"), ([1, 2, 3, 10, 10, 10], "1*3 7 0*2")],
)
def test_series_are_told_by_their_differences(numbers: list[int], text: str) -> None:
    assert differences(numbers) == text


def undone(text: str) -> list[int]:
    """The series that differences came from."""
    found, last = [], 0
    for part in text.split():
        step, _, times = part.partition("*")
        for _ in range(int(times or 1)):
            last += int(step)
            found.append(last)
    return found


def test_each_cell_has_the_ids_of_its_tile_and_scene() -> None:
    board = board_of(
        [("2022-01-01", {"A": "DONE", "B": "DONE"}), ("2022-01-07", {"B": "FAILED"}), ("2022-01-13", {"A": "NEW"})]
    )
    data = script_data(fragment(board))
    assert data["days"] == ["2022-01-01", "2022-01-07", "2022-01-13"]
    assert data["linked"] == "NPDRF"
    rows = data["rows"]
    assert isinstance(rows, list)
    assert [(name, letters) for name, letters, *_ in rows] == [("A", "D.N"), ("B", "DF.")]
    tiles = [undone(row[2]) for row in rows]
    assert tiles == [[1000, 1003], [1001, 1002]]
    assert [
        [id + less for id, less in zip(ids, undone(row[3]), strict=True)] for ids, row in zip(tiles, rows, strict=True)
    ] == [[1, 3], [1, 2]]


def test_each_cell_that_is_not_done_has_its_reason() -> None:
    data = script_data(fragment(board_of([("2022-01-01", {"A": "DONE"}), ("2022-01-07", {"A": "RETRY"})])))
    [row] = data["rows"]  # type: ignore[misc]
    assert row[4] == [1, 1, 0]
    [reason] = data["reasons"]  # type: ignore[misc]
    assert reason.startswith("in RETRY since 2022-03-01 00:00:00 UTC: disk full")


def test_the_tiles_of_a_cell_that_has_several_are_named() -> None:
    data = script_data(fragment(board_of([("2022-01-01", {"A": "DONE"}), ("2022-01-01", {"A": "FAILED"})])))
    assert data["several"] == {"0,0": [2, 1001, 2, "F", 1000, 1, "D"]}


def test_ids_that_are_too_many_are_left_out_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.render.matrix.data._IDS_BYTES", 10)
    board = board_of([(day, {"A": "DONE" if number else "RETRY"}) for number, day in enumerate(days(9))])
    found = matrix(board)
    data = matrix_data(found.tracks, found.days, ["RDDDDDDDD"], Facts(board).waiting)
    assert data["linked"] == "NPRF"
    assert data["rows"][0][2] == "1000"  # type: ignore[index]


def test_many_different_reasons_get_shorter_and_then_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.render.matrix.data._WRONG_BYTES", 2_000)
    board = board_of([(day, {"A": "RETRY"}) for day in days(300)])
    for number, tile in enumerate(board.tiles.values()):
        tile.message = f"disk {number} is full, and so is {number + 1}"
    data = script_data(fragment(board))
    texts = data["reasons"]
    assert isinstance(texts, list)
    assert sum(map(len, texts)) < 2_500
    assert texts[-1] == "disk <n> is full, and so is <n>"


# Size, strangers


def test_400_days_by_120_tracks_fit_into_250_kilobytes_and_few_elements() -> None:
    names = [f"A44_IW{number % 3 + 1}_{8979 + 27 * number}" for number in range(120)]
    board = board_of(
        (
            day,
            {name: STATUSES[4] if (at * 7 + place * 13) % 61 == 0 else STATUSES[2] for place, name in enumerate(names)},
        )
        for at, day in enumerate(days(400))
    )
    html = fragment(board)
    assert len(board.tiles) == 48_000
    assert len(html.encode()) <= 250_000
    assert len(Elements(html).names) <= 1_800


def test_of_a_larger_matrix_the_latest_days_and_the_worst_tracks_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_svg, "MOST_TRACKS", 2)
    monkeypatch.setattr(matrix_svg, "MOST_CELLS", 6)
    tiles: dict[str, Status] = {"A": "DONE", "B": "RETRY", "C": "DONE", "D": "FAILED"}
    board = board_of([(day, tiles) for day in days(5)])
    view = matrix_context(Facts(board))
    assert [one.name for one in view.strips] == ["B", "D"]
    assert view.data["days"] == days(5)[-3:]
    assert view.hidden["DONE"] == 10
    html = fragment(board, view)
    assert "The latest 3 days are drawn." in html
    assert "2 tracks are shown, those with the most in RETRY or FAILED; the others have 10 DONE." in html
    assert view.strips[0].wrong[0][1] == 5, "the strips count all days"


def test_nothing_from_the_log_becomes_markup() -> None:
    html = fragment(board_of([("2022-01-01", {HOSTILE: "RETRY"})], message=HOSTILE))
    found = Elements(html)
    assert "img" not in found.names
    assert found.names.count("b") == 1, "the count in the track's strip"
    assert not any(name.startswith("on") or name == "style" for name in found.attributes)
    assert found.names.count("script") == 1
    [row] = script_data(html)["rows"]  # type: ignore[misc]
    assert row[0] == HOSTILE.replace("\u202e", "\N{REPLACEMENT CHARACTER}")


def test_a_matrix_is_the_same_whatever_the_order_in_which_its_tracks_were_found() -> None:
    found = matrix(board_of([(day, {"B": "DONE", "A": "FAILED"}) for day in days(5)]))
    other = matrix(board_of([(day, {"A": "FAILED", "B": "DONE"}) for day in days(5)]))
    shape = [[(one.name, one.counts, list(one.cells)) for one in each.tracks] for each in (found, other)]
    assert shape[0] == shape[1]


def test_an_empty_matrix_has_a_view() -> None:
    view = matrix_svg.view(Matrix([Track("A")], [], []), Facts(board_of([])).waiting)
    assert (view.columns, view.width_px, view.years) == (0, 0, [])
