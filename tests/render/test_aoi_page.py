"""The page of an AOI: the answer first, what needs attention as an unlock list, and the way to everything else."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from examples import examples
from hypothesis import given, settings
from log_lines import Log, line
from strange_events import histories

from pipeline.event import STATUSES
from pipeline.insight.attention import attention
from pipeline.insight.facts import Facts
from pipeline.insight.progress import Progress
from pipeline.refresh import refresh
from pipeline.render.aoi.attention_view import MOST_GROUPS, MOST_MEMBERS, attention_view
from pipeline.render.aoi.files import AoiFiles, aoi_files
from pipeline.render.aoi.page import grouped, pace, percent
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

PAGE = "aoi/Demo/index.html"
DISK = "no space left on device"


def board_of(folder: Path, name: str = "Demo") -> Board:
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        return load_board(database, name)


def made(log: Log) -> AoiFiles:
    return aoi_files(Facts(board_of(log.folder)), "Demo")


def page(log: Log) -> Element:
    """The page; an error of its HTML fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(made(log).files[PAGE].decode())
    return tree


def words(of: Element) -> str:
    return " ".join("".join(of.itertext()).split())


def of_class(tree: Element, name: str) -> list[Element]:
    return [one for one in tree.iter() if name in (one.get("class") or "").split()]


def answer(log: Log) -> str:
    (found,) = of_class(page(log), "answer")
    return words(found)


def commands(group: Element) -> list[str]:
    return [words(one) for one in group.iter("code")]


@pytest.fixture
def stuck(log: Log) -> Log:
    """Two chains of three tiles. The first of one is in RETRY, the second of the other; scene 3 was given up."""
    log.aoi()
    log.scene(1, {11: None, 12: None}, date="2022-01-01T10:00:00Z")
    log.scene(2, {21: 11, 22: 12}, date="2022-01-07T10:00:00Z")
    log.scene(3, {31: 21, 32: 22}, date="2022-01-13T10:00:00Z")
    log.scene(4, {41: None})
    for scene in (1, 2, 3):
        log.says("scene", scene, "DONE")
    log.says("tile", 12, "DONE")
    log.says("tile", 11, "RETRY", f"write /scratch/a/11.tif: {DISK}")
    log.says("tile", 22, "RETRY", f"write /scratch/b/22.tif: {DISK}")
    log.says("scene", 4, "FAILED", "product not found")
    return log


class TestTheAnswer:
    def test_says_what_is_wrong_and_how_far_it_is(self, stuck: Log) -> None:
        assert answer(stuck).startswith(
            "2 failures need attention and hold up 3 tiles. 1 of 7 tiles is done (14%), 1 given up."
        )

    def test_the_last_event_is_told_with_its_time(self, stuck: Log) -> None:
        (said,) = [one for one in of_class(page(stuck), "ago") if "Last event" in words(one)]
        assert words(said) == "Last event 2022-03-01 00:00:12"

    def test_nothing_wrong(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None})
        log.says("scene", 1, "DONE")
        log.says("tile", 11, "DONE")
        assert answer(log) == "Nothing needs attention. All 1 tile is done. Last event 2022-03-01 00:00:04"

    def test_nothing_there(self, log: Log) -> None:
        log.aoi()
        assert answer(log) == "Nothing needs attention. No scenes yet. Last event 2022-03-01 00:00:01"

    def test_counts_lead_to_the_lists(self, stuck: Log) -> None:
        tree = page(stuck)
        (table,) = of_class(tree, "counts")
        links = [one.get("href") for one in table.iter("a")]
        assert links == [f"{kind}{end}" for kind in ("scenes", "tiles") for end in
                         [*[f"/{status}.html" for status in STATUSES], ".html"]]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "0%"), (0, 5, "0%"), (1, 1000, "< 1%"), (1, 3, "33%"), (2, 3, "66%"), (99, 100, "99%"), (9999, 10000, "99.9%"),  # noqa: E501
     (99_999, 100_000, "99.9%"), (5, 5, "100%")],
)  # fmt: skip
def test_a_share_is_never_rounded_up(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def moving(**other: Any) -> Progress:
    found: dict[str, Any] = {
        "pace": "moving", "total": 100, "done": 60, "failed": 0, "retry": 0, "left": 40,
        "last_event": "2022-03-10T12:00:00.000000000", "window": timedelta(days=7), "done_in_window": 35, "per_day": 5.0,  # noqa: E501
        "finish": "2022-03-18T12:00:00.000000000", "bins": [], "bin_days": 1,
    }  # fmt: skip
    return Progress(**(found | other))


class TestThePace:
    def test_tells_the_day_on_which_it_would_be_done(self) -> None:
        assert pace(moving()) == (
            "At 5.0 tiles a day, the rate of the 7 days up to the last event, the other 40 would be done on 2022-03-18."
        )

    def test_tells_the_hour_where_that_is_near(self) -> None:
        near = moving(per_day=1234.0, window=timedelta(hours=26), finish="2022-03-11T03:30:00.000000000")
        assert pace(near) == (
            "At 1,234 tiles a day, the rate of the 26 hours up to the last event, the other 40 would be done on "
            "2022-03-11 at 03:30."
        )

    def test_is_honest_about_standing_still_and_about_decades(self) -> None:
        assert pace(moving(pace="still", per_day=None)) == "No tile more was done in the 7 days up to the last event."
        assert pace(moving(finish=None)).endswith("would be done in more than ten years.")

    def test_says_nothing_without_a_rate(self) -> None:
        assert pace(moving(pace="unknown", per_day=None)) == ""


class TestWhatNeedsAttention:
    def test_what_holds_up_most_stands_first_with_its_commands(self, stuck: Log) -> None:
        first, given_up, with_it = of_class(page(stuck), "group")
        assert words(of_class(first, "held")[0]) == "3 tiles held up"
        assert words(of_class(first, "why")[0]) == f"write /scratch/a/11.tif: {DISK}"
        assert "2 tiles" in words(of_class(first, "facts-line")[0])
        retry, fail = commands(first)
        assert retry.startswith("sceneboard tile retry 11 22 --expect ")
        assert fail.startswith("sceneboard tile fail 11 22 --expect ")
        assert [words(of_class(one, "why")[0]) for one in (given_up, with_it)] == ["product not found"] * 2
        assert commands(given_up) == commands(with_it) == []

    def test_members_lead_to_their_places(self, stuck: Log) -> None:
        (members, *_) = of_class(page(stuck), "members")
        assert [one.get("href") for one in members.iter("a")] == [
            "../../scene/1.html#tile-11",
            "../../scene/2.html#tile-22",
        ]
        assert words(members) == "tile 11 of 2022-01-01 T11 tile 22 of 2022-01-07 T22"

    def test_what_was_given_up_and_holds_nothing_up_is_folded_away_but_there(self, stuck: Log) -> None:
        (settled,) = [one for one in page(stuck).iter("details") if of_class(one, "group")]
        assert words(settled.findall("summary")[0]) == "2 failures given up, which hold up nothing"

    def test_a_creation_that_was_rejected_is_work_that_will_never_come(self, log: Log) -> None:
        log.aoi()
        log.scene(2, {21: 11})
        assert answer(log).startswith("1 failure needs attention. No scenes yet.")
        (group,) = of_class(page(log), "group")
        assert "REJECTED 1 scene that was to be created" in words(of_class(group, "facts-line")[0])
        assert words(of_class(group, "members")[0]) == "S2"
        assert commands(group) == []

    def test_many_members_are_counted_and_the_list_is_linked(self, log: Log) -> None:
        log.aoi()
        tiles = range(11, 11 + MOST_MEMBERS + 3)
        log.scene(1, dict.fromkeys(tiles))
        log.says("scene", 1, "DONE")
        for tile in tiles:
            log.says("tile", tile, "RETRY", DISK)
        (members,) = of_class(page(log), "members")
        assert words(members).endswith("and 3 more: all tiles in RETRY")
        assert [one.get("href") for one in members.iter("a")][-1] == "tiles/RETRY.html"
        assert len(list(members.iter("a"))) == MOST_MEMBERS + 1

    def test_a_great_many_groups_are_cut_on_the_page_and_whole_in_the_file(self, log: Log) -> None:
        log.aoi()
        causes = ["".join(chr(97 + n // 26**place % 26) for place in range(3)) for n in range(MOST_GROUPS + 5)]
        log.scene(1, {11 + n: None for n in range(len(causes))})
        log.says("scene", 1, "DONE")
        for n, cause in enumerate(causes):
            log.says("tile", 11 + n, "RETRY", f"because of {cause}")
        tree = page(log)
        assert len(of_class(tree, "group")) == MOST_GROUPS
        assert any(
            words(one).startswith("5 more groups aren’t shown here: 5 failures") for one in of_class(tree, "note")
        )
        assert len(json.loads(made(log).files["aoi/Demo/attention.json"])["groups"]) == len(causes)

    def test_a_long_command_is_cut_on_the_page_and_whole_in_the_file(self, log: Log) -> None:
        log.aoi()
        tiles = range(11, 11 + 170)
        log.scene(1, dict.fromkeys(tiles))
        log.says("scene", 1, "DONE")
        for tile in tiles:
            log.says("tile", tile, "RETRY", DISK)
        (group,) = of_class(page(log), "group")
        assert len(commands(group)) == 4, "two lines to retry, two to fail"
        assert "and 2 more lines, for all of them: attention.json" in words(group)
        (told,) = json.loads(made(log).files["aoi/Demo/attention.json"])["groups"]
        assert len(told["retry"]) == len(told["fail"]) == 4


@settings(max_examples=examples(12, at_length=40))
@given(events=histories(1, 25))
def test_each_failure_stands_in_exactly_one_group_and_the_groups_sum_to_the_whole(
    events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for board in _boards(events, tmp_path_factory.mktemp("log")):
        facts = Facts(board)
        view = attention_view(board, attention(board, facts.waiting), PAGE)
        shown = [
            (one.group.kind, id) for part in (view.open, view.settled) for one in part.groups for id in one.group.ids
        ]
        failing = [("scene", one.id) for one in board.scenes.values() if one.status in ("RETRY", "FAILED")]
        failing += [("tile", one.id) for one in board.tiles.values() if one.status in ("RETRY", "FAILED")]
        assert sorted(one for one in shown if one[0] != "creation") == sorted(failing)
        assert view.count == len(shown) == view.open.count + view.settled.count
        made = aoi_files(facts, "x")
        assert made.summary.attention == view.open.count
        assert made.summary.held_up == view.open.held_up + view.settled.held_up
        counts = json.loads(made.files["aoi/x/overview.json"])
        assert made.summary.scenes.total == counts["scenes"]["total"] == len(board.scenes)


def _boards(events: Iterable[dict[str, Any]], folder: Path) -> list[Board]:
    (folder / "log.jsonl").write_bytes(b"".join(line(one) + b"\n" for one in events))
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present ORDER BY name")]
        return [load_board(database, name) for name in names]


class TestTheFiles:
    def test_every_file_that_isnt_for_browsers_is_linked_once(self, stuck: Log) -> None:
        files = [*made(stuck).files, *(path for section in made(stuck).sections for path in section.paths)]
        (listed,) = [one for one in of_class(page(stuck), "files") if one.tag == "dl"]
        links = [one.get("href") for one in listed.iter("a")]
        assert sorted(links) == sorted(
            path.removeprefix("aoi/Demo/") for path in files if not path.endswith((".html", ".js"))
        )

    def test_they_stand_in_groups(self) -> None:
        assert grouped(["a.bin", "feed.atom", "index.html", "scenes.json", "scenes/NEW.json", "tiles.qml"]) == {
            "Overview": ["feed.atom"],
            "Scenes": ["scenes.json", "scenes/NEW.json"],
            "Tiles": ["tiles.qml"],
            "Others": ["a.bin"],
        }


def test_texts_of_the_log_are_text(log: Log) -> None:
    log.aoi("<b>&</b>")
    log.scene(1, {11: None}, aoi="<b>&</b>", source_id="<i>S</i>")
    log.says("scene", 1, "RETRY", "<script>alert(1)</script>")
    board = board_of(log.folder, "<b>&</b>")
    html = aoi_files(Facts(board), "x").files["aoi/x/index.html"]
    assert b"<b>&</b>" not in html
    assert b"<i>S</i>" not in html
    assert b"<script>alert" not in html
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert words(of_class(tree, "aoi-name")[0]) == "<b>&</b>"
    assert words(of_class(tree, "why")[0]) == "<script>alert(1)</script>"


def test_the_latest_day_is_one_step_away(stuck: Log) -> None:
    (jump,) = of_class(page(stuck), "jump")
    assert "days/2022-03-01.html" in [one.get("href") for one in jump.iter("a")]
