"""The page of a scene: what stands on it, where its links lead, and that nothing of the log gets out of its place."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import click
import html5lib
import pytest
from examples import examples
from hypothesis import given, settings
from log_lines import Log, at, event, line, scene_body
from strange_events import histories

from pipeline.cli import main
from pipeline.event import STATUSES
from pipeline.insight.guard import allowed
from pipeline.insight.waiting import reasons
from pipeline.refresh import refresh
from pipeline.render.commands import Commands, aoi_command, quoted
from pipeline.render.payload import laid_out
from pipeline.render.scene.files import Fingerprint, SceneFiles
from pipeline.store.board import Board, BoardScene, BoardTile
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></pre></svg><b>",
    "two\nlines\r\nand\ta tab",
    "\u202eevil\u2066 \u200bunseen",
    "x" * 300,
    "a\x00b\x1b[31m\x7f",
    "javascript:alert(1)",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&amp; &lt;",
    "😀 é \U0001f468\u200d\U0001f469",
]
SENTINEL_1 = "S1A_IW_SLC__1SDV_20220204T170123_20220204T170150_041766_04F863_D5BE"
SENTINEL_2 = "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507"
SVG = "{http://www.w3.org/2000/svg}"
SQUARE = {"type": "Polygon", "coordinates": [[[9, 54], [10, 54], [10, 55], [9, 55], [9, 54]]]}


CHANGES: list[tuple[str, Any]] = [
    *(("status", status) for status in STATUSES),
    ("source_id", SENTINEL_2),
    ("message", "another"),
    ("retry_countdown", 7),
    ("by_hand", True),
    ("data", b'{"another": 1}'),
    ("geometry", b'{"type": "Point", "coordinates": [1, 2]}'),
    ("tags", b'{"another": "1"}'),
    ("created", "2020-01-01T00:00:00.000000000"),
    ("since", "2031-01-01T00:00:00.000000000"),
    ("date", "2031-01-01T00:00:00Z"),
]


def board_of(folder: Path, name: str = "Demo") -> Board:
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        return load_board(database, name)


def boards_of(events: Iterable[dict[str, Any]], folder: Path) -> list[Board]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.jsonl").write_bytes(b"".join(line(one) + b"\n" for one in events))
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present ORDER BY name")]
        return [load_board(database, name) for name in names]


def _all_of(board: Board) -> dict[int, tuple[Fingerprint, dict[str, bytes], dict[str, bytes]]]:
    """By scene: fingerprint, answers with the STAC item among them, all files."""
    made = SceneFiles(board, "x", stac=True)
    return {id: (made.fingerprint(scene), made.answers(scene), made.files(scene)) for id, scene in board.scenes.items()}


def _step_by_step(events: Iterable[dict[str, Any]], folder: Path) -> Iterator[list[Board]]:
    """All boards after each event, in the order in which they come."""
    with open_database(Path(":memory:")) as database, (folder / "log.jsonl").open("ab") as log:
        for one in events:
            log.write(line(one) + b"\n")
            log.flush()
            refresh(database, folder)
            names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present ORDER BY name")]
            yield [load_board(database, name) for name in names]


def parsed(text: bytes) -> Element:
    """The page as a browser would understand it; an error of the HTML fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text.decode())
    return tree


_IN_A_LINE = frozenset(("a", "b", "code", "span", "time", "q", "h1", "h2", "h3"))


def words(of: Element | None) -> str:
    """The text as it is read: blocks have a gap between them."""
    assert of is not None
    return " ".join("".join(_texts(of)).split())


def _texts(of: Element) -> Iterable[str]:
    gap = "" if of.tag in _IN_A_LINE else " "
    yield gap + (of.text or "")
    for one in of:
        yield from _texts(one)
        yield one.tail or ""
    yield gap


def page(board: Board, id: int) -> Element:
    return parsed(SceneFiles(board, "Demo").files(board.scenes[id])[f"scene/{id}.html"])


def by_id(page: Element, id: str) -> Element:
    found = [one for one in page.iter() if one.get("id") == id]
    assert len(found) == 1, id
    return found[0]


def of_class(page: Element, name: str) -> list[Element]:
    return [one for one in page.iter() if isinstance(one.tag, str) and name in (one.get("class") or "").split()]


def history(page: Element) -> list[str]:
    (found,) = of_class(page, "history")
    return [words(one) for one in found]


def facts(of: Element) -> dict[str, str]:
    """The first list of facts of an element."""
    found = of_class(of, "facts")[0]
    return {words(name): words(value) for name, value in zip(found.findall("dt"), found.findall("dd"), strict=True)}


def commands(of: Element) -> list[str]:
    return [words(code) for one in of_class(of, "command") for code in one.iter("code")]


def chain(log: Log) -> None:
    """Tile 21 waits for 11, which is in RETRY after two tries; 31 waits for 21."""
    log.aoi()
    log.scene(1, {11: None}, retries=1, date="2022-01-01T10:00:00Z")
    log.scene(2, {21: 11}, date="2022-01-02T10:00:00Z")
    log.scene(3, {31: 21}, refs={31: 11}, date="2022-01-03T10:00:00Z")
    for scene in (1, 2, 3):
        log.says("scene", scene, "DONE")
    log.says("tile", 11, "RETRY", "no space left")
    log.says("tile", 11, "RETRY", "no space left")


class TestFacts:
    """What the name of the product tells."""

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            (SENTINEL_1, {"Satellite": "Sentinel-1A", "Mode": "IW", "Orbit": "41766", "Relative orbit": "44"}),
            (SENTINEL_2, {"Satellite": "Sentinel-2A", "MGRS square": "32UNG", "Relative orbit": "108"}),
        ],
    )
    def test_a_known_product(self, log: Log, name: str, told: dict[str, str]) -> None:
        log.aoi()
        log.scene(1, {11: None}, source_id=name)
        found = facts(page(board_of(log.folder), 1))
        assert {key: found.get(key) for key in told} == told

    def test_a_burst(self, log: Log) -> None:
        log.aoi()
        body = scene_body(1, {11: None})
        log.add("scene.created", json.loads(json.dumps(body).replace("T11", "A44_IW1_8979")))
        tile = by_id(page(board_of(log.folder), 1), "tile-11")
        assert "ascending, relative orbit 44, swath IW1, 897.9 s after the ascending node" in words(tile)

    def test_when_it_was_acquired(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None}, date="2022-01-02T12:00:00.5+02:00")
        log.scene(2, {21: None}, date="last week")
        board = board_of(log.folder)
        assert facts(page(board, 1))["Acquired"] == "2022-01-02 10:00:00"
        assert facts(page(board, 2))["Acquired"] == "unknown: its payload has no date"

    def test_payload_and_tags_are_laid_out_whole(self, log: Log) -> None:
        log.aoi()
        data = {"date": "2022-01-01T00:00:00Z", "tiles": {"T11": {}}, "deep": {"er": [{"a": 1}, {"b": None}]}, "n": ""}
        log.scene(1, {11: None}, data=data, tags={"area": "Denmark"})
        found = page(board_of(log.folder), 1)
        assert "deep er a 1 b null n empty" in words(found)
        assert "area Denmark" in words(found)


class TestPayload:
    """JSON laid out."""

    def test_numbers_stand_as_they_were_written(self) -> None:
        shown = laid_out(b'{"a":1.50,"b":1e400,"c":123456789012345678901234567890,"d":[-0.0,7]}')
        assert [words(one) for one in parsed(_whole(shown)).iter("dd")] == [
            "1.50", "1e400", "123456789012345678901234567890", "[-0.0, 7]",
        ]  # fmt: skip

    def test_alike_objects_are_a_table(self) -> None:
        shown = parsed(_whole(laid_out(b'{"tiles":{"A":{"swath":"IW1","nr":4},"B":{"swath":"IW2","nr":5}}}')))
        assert [words(row) for row in shown.iter("tr")] == ["swath nr", "A IW1 4", "B IW2 5"]

    @pytest.mark.parametrize("text", [b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"a":' * 900 + b"1" + b"}" * 900])
    def test_what_is_nested_too_deep_is_shown_as_it_is(self, text: bytes) -> None:
        assert len(laid_out(text)) < 70_000
        parsed(_whole(laid_out(text)))

    def test_a_very_long_one_is_cut_and_says_so(self) -> None:
        shown = laid_out(json.dumps({"a": "x" * 300_000}).encode())
        assert len(shown) < 100_000
        assert "(300,009 characters)" in shown


def _whole(body: str) -> bytes:
    return f"<!doctype html><html lang=en><head><title>t</title></head><body>{body}</body></html>".encode()


class TestWhy:
    """The sentence that names the root."""

    def test_it_is_the_one_that_insight_tells_with_the_root_as_a_link(self, log: Log) -> None:
        chain(log)
        board = board_of(log.folder)
        tile = by_id(page(board, 3), "tile-31")
        (why,) = of_class(tile, "why")
        assert words(why) == f"{reasons(board).tile(31).sentence}."
        assert words(why).startswith("waits for tile 11 of 2022-01-01, in RETRY since")
        assert [(words(link), link.get("href")) for link in why.iter("a")] == [("tile 11", "1.html#tile-11")]

    def test_a_root_on_the_same_page(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None})
        log.says("scene", 1, "RETRY", "no link")
        (why,) = of_class(by_id(page(board_of(log.folder), 1), "tile-11"), "why")
        assert [(words(link), link.get("href")) for link in why.iter("a")] == [("scene 1", "#main")]

    def test_an_id_that_begins_like_the_roots_is_not_taken_for_it(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None})
        log.scene(11, {111: 11})
        log.says("scene", 11, "DONE")
        log.says("scene", 1, "RETRY", "see tile 111 of scene 11")
        (why,) = of_class(by_id(page(board_of(log.folder), 11), "tile-111"), "why")
        assert [(words(link), link.get("href")) for link in why.iter("a")] == [("scene 1", "1.html")]

    def test_a_message_that_the_sentence_has_whole_stands_there_once(self, log: Log) -> None:
        chain(log)
        log.says("tile", 11, "FAILED", "first line\nsecond line")
        log.scene(4, {41: None})
        log.says("scene", 4, "RETRY", "no link")
        board = board_of(log.folder)
        assert [words(one) for one in of_class(by_id(page(board, 1), "tile-11"), "message")] == [
            "first line second line"
        ]
        assert of_class(by_id(page(board, 4), "main"), "message")[0] is not None
        assert len([one for one in of_class(page(board, 4), "message") if one.tag == "pre"]) == 1  # in the history


class TestTiles:
    """A tile is a part of its scene's page, with links to those it depends on."""

    def test_previous_next_and_reference_are_links(self, log: Log) -> None:
        chain(log)
        tile = by_id(page(board_of(log.folder), 2), "tile-21")
        assert facts(tile) == {
            "Previous": "tile 11 of 2022-01-01 RETRY",
            "Next": "tile 31 of 2022-01-03 NEW",
            "Reference": "tile 11 of 2022-01-01 RETRY",
            "Retries left": "0",
        }

    def test_all_links_between_scenes_resolve(self, log: Log) -> None:
        chain(log)
        board = board_of(log.folder)
        pages = {f"{id}.html": page(board, id) for id in board.scenes}
        links = [
            link for one in pages.values() for link in one.iter("a") if re.match(r"\d+\.html", link.get("href", ""))
        ]
        assert links
        for link in links:
            target, _, anchor = link.get("href", "").partition("#")
            by_id(pages[target], anchor or "main")

    def test_what_was_set_by_hand_says_so(self, log: Log) -> None:
        chain(log)
        log.add("tile.force", {"id": 11, "status": "DONE"})
        found = page(board_of(log.folder), 1)
        assert [words(one) for one in of_class(found, "by-hand")] == ["set by hand"]

    def test_of_very_many_tiles_each_has_its_anchor(self, log: Log) -> None:
        log.aoi()
        log.scene(1, dict.fromkeys(range(11, 11 + 201)))
        board = board_of(log.folder)
        found = page(board, 1)
        assert [words(by_id(found, f"tile-{id}").find("h3")) for id in board.tiles] == [
            f"Tile {id} NEW" for id in board.tiles
        ]
        assert not of_class(by_id(found, "tile-11"), "payload")


class TestFootprint:
    """Where the scene lies, where this is known from, and why it isn't."""

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({"geometry": SQUARE}, "9° E to 10° E, 54° N to 55° N from its event"),
            ({"source_id": SENTINEL_2}, "approximate: the MGRS square 32UNG in its name"),
            ({}, "Unknown: neither its event nor its name tells"),
            (
                {"geometry": {"type": "Polygon", "coordinates": [[[9, 54]]]}},
                "The geometry in its event can’t be used: coordinates[0] has 1 positions: a ring has four or more.",
            ),
            (
                {
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[179, 1], [-179, 1], [-179, 2], [179, 2], [179, 1]]],
                    }
                },
                "179° E to 179° W, 1° N to 2° N from its event",
            ),
        ],
    )
    def test_in_words(self, log: Log, body: dict[str, Any], told: str) -> None:
        log.aoi()
        log.scene(1, {11: None}, **body)
        assert told in words(by_id(page(board_of(log.folder), 1), "main"))

    def test_the_drawing_has_the_scene_and_its_tiles(self, log: Log) -> None:
        log.aoi()
        created = scene_body(1, {11: None, 12: None}, geometry=SQUARE)
        created["tiles"]["T12"]["geometry"] = SQUARE
        log.add("scene.created", created)
        (drawing,) = of_class(page(board_of(log.folder), 1), "outline")
        assert [words(title) for title in drawing.iter(f"{SVG}title")] == ["scene 1 PENDING", "tile 12 NEW"]

    @pytest.mark.parametrize("kind", ["Point", "LineString", "MultiPoint", "GeometryCollection"])
    def test_any_geometry_can_be_drawn(self, log: Log, kind: str) -> None:
        positions = {"Point": [9, 54], "LineString": [[9, 54], [10, 55]], "MultiPoint": [[9, 54], [10, 55]]}
        geometry: dict[str, Any] = {"type": kind, "coordinates": positions.get(kind)}
        if kind == "GeometryCollection":
            geometry = {"type": kind, "geometries": [{"type": "Point", "coordinates": [9, 54]}]}
        log.aoi()
        log.scene(1, {11: None}, geometry=geometry)
        (drawing,) = of_class(page(board_of(log.folder), 1), "outline")
        assert [words(title) for title in drawing.iter(f"{SVG}title")] == ["scene 1 PENDING"]


class TestHistory:
    """Every event that named the scene or one of its tiles, or changed one of them."""

    def test_the_latest_comes_first_with_what_it_changed(self, log: Log) -> None:
        chain(log)
        told = history(page(board_of(log.folder), 1))
        assert told == [
            "2022-03-01 00:00:09 Worker’s result for tile 11: RETRY no space left tests e0009 tile 11: PENDING → RETRY",
            "2022-03-01 00:00:08 Worker’s result for tile 11: RETRY no space left tests e0008 "
            "tile 11: PENDING again, retries left 1 → 0",
            "2022-03-01 00:00:05 Worker’s result for the scene: DONE tests e0005 "
            "the scene: PENDING → DONE tile 11: NEW → PENDING",
            "2022-03-01 00:00:02 Creation of the scene with 1 tile and 1 automatic retry of each tests e0002 "
            "the scene: PENDING its tiles: NEW",
        ]

    def test_what_was_ignored_or_rejected_says_why(self, log: Log) -> None:
        chain(log)
        log.says("tile", 11, "RETRY", "again")
        log.says("tile", 11, "NEW")
        rejected, ignored, *_ = history(page(board_of(log.folder), 1))
        assert "rejected: tile 11 is RETRY: a worker can't make it NEW" in rejected
        assert "ignored: there was nothing to do again" in ignored
        assert "→" not in rejected + ignored

    def test_who_gave_a_command_and_why(self, log: Log) -> None:
        chain(log)
        log.add("tile.fail", {"id": 11, "by": "anna", "reason": "cloudy", "force": True})
        assert "Giving up tile 11 by force, by anna cloudy" in history(page(board_of(log.folder), 1))[0]

    def test_changes_in_other_scenes_stand_on_both_pages(self, log: Log) -> None:
        chain(log)
        log.add("tile.fail", {"id": 11})
        board = board_of(log.folder)
        told = "tile 21 of scene 2: NEW → PENDING, retries left 0 → -1, previous 11 → none, reference 11 → none"
        assert told in history(page(board, 1))[0]
        here = history(page(board, 2))[0]
        assert here.startswith("2022-03-01 00:00:10 Giving up tile 11 of scene 1")
        assert told.replace("tile 21 of scene 2", "tile 21") in here

    def test_a_command_on_the_whole_aoi_tells_of_this_scene_and_counts_the_others(self, log: Log) -> None:
        log.aoi()
        for scene in range(1, 11):
            log.scene(scene, {10 * scene + 1: None})
            log.says("scene", scene, "RETRY")
        log.add("aoi.retry", {"id": "Demo"})
        assert history(page(board_of(log.folder), 3))[0] == (
            "2022-03-01 00:00:22 Retry of the whole AOI tests e0022 "
            "the scene: RETRY → PENDING, retries left 0 → -1 and 9 changes in other scenes"
        )

    def test_members_that_the_program_does_not_know_are_shown(self, log: Log) -> None:
        log.aoi()
        body = scene_body(1, {11: None}, colour="blue")
        body["tiles"]["T11"]["cloud"] = 0.5
        log.add("scene.created", body, traceparent="00-4bf9")
        log.add("tile.result", {"type": "tile", "id": 11, "status": "PENDING", "node": {"name": "n1"}})
        result, creation = history(page(board_of(log.folder), 1))
        assert "data.node name n1" in result
        assert "traceparent 00-4bf9 data.colour blue data.tiles.T11.cloud 0.5" in creation

    def test_a_new_payload_is_told_by_what_differs(self, log: Log) -> None:
        chain(log)
        log.add("scene.data", {"id": 1, "data": {"date": "2022-01-01T10:00:00Z", "tiles": {"T11": {}}, "uri": "a"}})
        log.add("scene.data", {"id": 1, "data": {"tiles": {"T11": {}}, "uri": "b"}})
        second, first, *_ = history(page(board_of(log.folder), 1))
        assert "the new payload uri none → a" in first
        assert "the new payload date 2022-01-01T10:00:00Z → none uri a → b" in second

    def test_a_second_creation_under_another_id_is_there_too(self, log: Log) -> None:
        chain(log)
        log.scene(77, {771: None}, source_id="S1")
        assert history(page(board_of(log.folder), 1))[0] == (
            "2022-03-01 00:00:10 Creation of the scene as scene 77 with 1 tile and 0 automatic retries of each "
            "ignored: there was nothing to do tests e0010"
        )

    def test_a_long_one_goes_on_in_pages_that_hold_each_event_once(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None})
        log.append(*(log.event("tile.result", {"type": "tile", "id": 11, "status": "NEW"}) for _ in range(1100)))
        board = board_of(log.folder)
        files = SceneFiles(board, "Demo").files(board.scenes[1])
        paths = ["scene/1.html", "scene/1/history-2.html", "scene/1/history-3.html"]
        assert [path for path in files if path.endswith(".html")] == paths
        pages = [parsed(files[path]) for path in paths]
        told = [one for found in pages for one in history(found)]
        assert [len(history(found)) for found in pages] == [500, 500, 101]
        assert told == sorted(told, reverse=True)
        assert len(set(told)) == 1101
        (pager,) = of_class(pages[1], "pager")
        assert [link.get("href") for link in pager] == ["../1.html#history", "history-2.html", "history-3.html"]
        assert "../1.html#tile-11" in {link.get("href") for link in of_class(pages[1], "history")[0].iter("a")}


class TestCommands:
    """What an operator may do now, and nothing else."""

    def test_a_tile_in_retry(self, log: Log) -> None:
        chain(log)
        tile = by_id(page(board_of(log.folder), 1), "tile-11")
        assert [re.sub(r"[0-9a-f]{10}$", "HASH", one) for one in commands(tile)] == [
            "sceneboard tile retry 11 --expect HASH",
            "sceneboard tile fail 11 --expect HASH",
            "sceneboard tile force 11 DONE --expect HASH",
            "sceneboard tile force 11 NEW --expect HASH",
        ]

    def test_a_failed_tile_has_none_but_by_hand(self, log: Log) -> None:
        chain(log)
        log.says("tile", 11, "FAILED")
        tile = by_id(page(board_of(log.folder), 1), "tile-11")
        assert not [one for one in commands(tile) if " force " not in one]

    def test_several_tiles_are_retried_by_one_command(self, log: Log) -> None:
        log.aoi()
        log.scene(1, {11: None, 12: None, 13: None})
        log.says("scene", 1, "DONE")
        for tile in (11, 13):
            log.says("tile", tile, "RETRY")
        assert commands(page(board_of(log.folder), 1))[0].startswith("sceneboard tile retry 11 13 --expect ")

    def test_the_command_line_takes_all_that_are_shown(self, log: Log) -> None:
        chain(log)
        log.says("scene", 3, "DONE")
        log.scene(4, {41: None})
        log.says("scene", 4, "RETRY")
        board = board_of(log.folder)
        shown = [one for id in board.scenes for one in commands(page(board, id))]
        assert {one.split()[2] for one in shown} == {"retry", "fail", "force"}
        for one in shown:
            _parse(one)

    @settings(max_examples=examples(7, at_length=20))
    @given(events=histories(5, 25))
    def test_they_are_those_that_the_rules_allow_on_any_board(
        self, events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        for board in boards_of(events, tmp_path_factory.mktemp("log")):
            known = Commands()
            entities: list[BoardScene | BoardTile] = [*board.scenes.values(), *board.tiles.values()]
            for entity in entities:
                offer = known.offer(entity)
                for command in (*offer.usual, *offer.by_hand):
                    verb, force, status = _asked(command.line)
                    assert allowed(verb, entity, force=force, status=status) is None, command
                assert {_asked(one.line)[0] for one in offer.usual} == {
                    verb for verb in ("retry", "fail") if allowed(verb, entity) is None
                }


def _asked(command: str) -> tuple[Any, bool, Any]:
    words = command.split()
    return words[2], "--force" in words, next((word for word in words if word in STATUSES), None)


def _parse(command: str) -> None:
    """Fails if the program wouldn't understand the command."""
    arguments = shlex.split(command)[1:]
    group: Any = main
    context = click.Context(main)
    while isinstance(group, click.Group):
        name, group, arguments = group.resolve_command(context, arguments)
        context = click.Context(group, info_name=name, parent=context)
    group.parse_args(context, arguments)


class TestShell:
    """Names become words of a shell that stand for themselves."""

    @pytest.mark.parametrize("name", ["Denmark", "a b", "$(id) `id` !! ~", "it's", '"', "a\\b", "-x", *HOSTILE])
    def test_a_name_is_one_word_without_control_characters(self, name: str) -> None:
        word = quoted(name)
        if "\0" in name:
            assert word is None
            assert aoi_command("retry", name) is None
            return
        assert word is not None
        assert word.isprintable() or "\u200d" in word
        if word.startswith("$'"):
            meant = re.sub(
                r"\\(\d{3}|.)", lambda found: chr(int(found[1], 8)) if found[1].isdigit() else found[1], word
            )
            assert meant[2:-1].encode("latin-1", "ignore") in (name.encode(), name.encode("latin-1", "ignore"))
        else:
            assert shlex.split(word) == [name]

    def test_a_name_that_looks_like_an_option(self) -> None:
        assert aoi_command("retry", "--force") == "sceneboard aoi retry -- --force"


class TestHostileText:
    """Whatever the log says, it is text."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_it_stays_where_it_belongs(self, log: Log, text: str) -> None:
        log.aoi()
        body = scene_body(
            1, {11: None}, source_id=text, data={"date": text, "tiles": {text: {}}, text: {text: [text]}},
            geometry={"type": text}, tags={text: text},
        )  # fmt: skip
        body["tiles"] = {text: {"id": 11, "data": {text: text}, "tags": {text: [{text: text}]}, "geometry": [text]}}
        log.add("scene.created", body, source=text, id=text, unknown=text)
        log.says("scene", 1, "DONE")
        log.says("tile", 11, "RETRY", text, source=text)
        log.add("tile.retry", {"id": 11, "by": text, "reason": text, text: text})
        log.add("tile.data", {"id": 11, "data": {text: {text: text}}})
        log.says("tile", 11, "RETRY", text)
        found = SceneFiles(board_of(log.folder), "Demo").files(board_of(log.folder).scenes[1])["scene/1.html"]
        tree = parsed(found)
        assert [one.get("src") for one in tree.iter("script")] == ["../assets/board.js"]
        assert not list(tree.iter("img"))
        for one in tree.iter():
            assert not [name for name in one.attrib if name.startswith("on") or name == "style"]
            assert not (one.get("href") or "").lower().startswith("javascript")
        shown = found.decode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", shown)
        pieces = re.split(r"[\x00-\x1f\x7f\u2028\u202a-\u202e\u2066-\u2069\u200b]", text)
        assert all(piece in "".join(tree.itertext()) for piece in pieces)


class TestFiles:
    """What the files are made from."""

    def test_a_typical_page_is_light(self, log: Log) -> None:
        log.aoi()
        for scene in (1, 2, 3):
            tags = {
                "constellation": "SENTINEL1",
                "orbitDirection": "ASCENDING",
                "relativeOrbit": "44",
                "sliceNumber": "17",
            }
            before = {tile: tile - 10 if scene > 1 else None for tile in range(10 * scene + 1, 10 * scene + 9)}
            log.scene(scene, before, source_id=None, tags=tags, geometry=SQUARE, retries=1)
        for scene in (1, 2, 3):
            log.says("scene", scene, "DONE")
        for tile in range(11, 19):
            log.says("tile", tile, "DONE")
        for tile in range(21, 29):
            log.says("tile", tile, "RETRY", "ProcessTile.Export: no space left on device")
        for tile in range(21, 24):
            log.says("tile", tile, "DONE")
        board = board_of(log.folder)
        files = SceneFiles(board, "Demo").files(board.scenes[2])
        assert len(history(parsed(files["scene/2.html"]))) >= 20
        assert len(files["scene/2.html"]) <= 40_000

    @pytest.mark.parametrize("kind", ["scene", "tile"])
    @pytest.mark.parametrize(("field", "value"), CHANGES)
    def test_whatever_changes_of_a_scene_or_tile_files_that_differ_have_another_fingerprint(
        self, log: Log, kind: str, field: str, value: Any
    ) -> None:
        """Each field for itself, of each scene and tile, also where no event could change it alone."""
        log.aoi()
        for number in (1, 2, 3):
            log.scene(number, {number * 10: number * 10 - 10 if number > 1 else None}, date=None)
            log.says("scene", number, "DONE")
        log.says("tile", 10, "RETRY", "full")
        board = board_of(log.folder)
        before = _all_of(board)
        for entity in (board.scenes if kind == "scene" else board.tiles).values():
            if hasattr(entity, field):
                was = getattr(entity, field)
                setattr(entity, field, value)
                for id, (fingerprint, answers, files) in _all_of(board).items():
                    assert answers == before[id][1] or fingerprint.answers != before[id][0].answers
                    assert files == before[id][2] or fingerprint.pages != before[id][0].pages
                setattr(entity, field, was)

    @settings(max_examples=examples(3, at_length=8))
    @given(events=histories(5, 25))
    def test_the_same_fingerprint_means_the_same_files(
        self, events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Taken in event by event: what of the events changes a scene's files changes its fingerprint."""
        known: dict[tuple[str, int, str], dict[str, bytes]] = {}
        for boards in _step_by_step(events, tmp_path_factory.mktemp("log")):
            for board in boards:
                made = SceneFiles(board, board.name)
                for scene in board.scenes.values():
                    fingerprint = made.fingerprint(scene)
                    for hash, files in zip(fingerprint, (made.answers(scene), made.files(scene)), strict=True):
                        assert known.setdefault((board.name, scene.id, hash), files) == files
                    assert made.answer_paths(scene) == list(made.answers(scene))

    @settings(max_examples=examples(4, at_length=10))
    @given(events=histories(1, 15))
    def test_the_order_in_which_events_arrived_cannot_be_seen(
        self, events: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        one, other = (boards_of(some, tmp_path_factory.mktemp("log")) for some in (events, events[::-1]))
        assert [board.name for board in one] == [board.name for board in other]
        for first, second in zip(one, other, strict=True):
            a, b = SceneFiles(first, "x"), SceneFiles(second, "x")
            for id in first.scenes:
                assert a.files(first.scenes[id]) == b.files(second.scenes[id])
                assert a.fingerprint(first.scenes[id]) == b.fingerprint(second.scenes[id])


def test_the_times_of_events_are_in_utc_with_all_their_digits(log: Log) -> None:
    log.append(event("aoi.created", {"id": "Demo"}, at(0), "a"))
    log.append(event("scene.created", scene_body(1, {11: None}), "2022-03-01T02:00:00.123456789+02:00", "b"))
    (time, *_) = of_class(page(board_of(log.folder), 1), "history")[0].iter("time")
    assert (time.get("datetime"), words(time)) == ("2022-03-01T00:00:00.123Z", "2022-03-01 00:00:00")
    assert time.get("title") == "2022-03-01T00:00:00.123456789Z"
