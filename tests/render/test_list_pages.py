"""The lists of scenes and tiles: every row once, in pages; the data file says the same as the pages."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import pytest
from log_lines import Log

from pipeline.event import STATUSES
from pipeline.insight.waiting import reasons
from pipeline.refresh import refresh
from pipeline.render.aoi.list_pages import list_sections
from pipeline.render.paths import aoi_folders
from pipeline.render.section import made
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board


def board_of(folder: Path, name: str = "Demo") -> Board:
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        return load_board(database, name)


def made_lists(board: Board, folder: str) -> dict[str, bytes]:
    return made(list_sections(board, folder))


def parsed(text: bytes) -> Element:
    """The page as a browser would understand it; an error of the HTML fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text.decode())
    return tree


def words(of: Element) -> str:
    return " ".join("".join(of.itertext()).split())


def rows(page: bytes) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in parsed(page).iter("tr") if row.find("td") is not None]


def data(files: dict[str, bytes], kind: str, folder: str = "Demo") -> list[dict[str, Any]]:
    """The rows of a data file, with its texts in their places."""
    text = files[f"aoi/{folder}/{kind}-data.js"].decode()
    head, tail = f"window.sceneboard{kind.capitalize()} = ", ";\n"
    assert text.startswith(head)
    assert text.endswith(tail)
    found = json.loads(text[len(head) : -len(tail)])
    names = (
        "id", "scene", "name", "date", "status", "by_hand", "message", "whole", "retries",
        "before", "root_scene", "root_tile", "after",
    )  # fmt: skip
    texts = {"name", "date", "message", "whole", "before", "after"}
    return [
        {name: found["texts"][value] if name in texts else value for name, value in zip(names, row, strict=True)}
        for row in found["rows"]
    ]


def some(log: Log) -> None:
    """Scene 1 is DONE and its tile in RETRY; scene 2, whose tile waits for it, in RETRY; scene 3 FAILED by hand."""
    log.aoi()
    log.scene(1, {11: None}, date="2022-01-01T10:00:00Z", retries=1)
    log.scene(2, {21: 11}, date="2022-01-02T10:00:00Z")
    log.scene(3, {31: None})
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "first")
    log.says("tile", 11, "RETRY", "\n no space left\non node 7")
    log.says("scene", 2, "RETRY", "x" * 200)
    log.add("scene.fail", {"id": 3, "force": True})


def test_a_row_has_what_an_operator_needs(log: Log) -> None:
    some(log)
    board = board_of(log.folder)
    files = made_lists(board, "Demo")
    why = reasons(board)
    assert rows(files["aoi/Demo/tiles.html"]) == [
        ["11", "T11", "2022-01-01 10:00:00", "RETRY", "no space left", "0", why.tile(11).sentence],
        ["21", "T21", "2022-01-02 10:00:00", "NEW", "", "0", why.tile(21).sentence],
        ["31", "T31", "2022-01-02 10:00:00", "FAILED", "", "0", why.tile(31).sentence],
    ]
    assert rows(files["aoi/Demo/scenes.html"])[2] == [
        "3", "S3", "2022-01-02 10:00:00", "FAILED by hand", "", "0", why.scene(3).sentence,
    ]  # fmt: skip


def test_a_message_is_shortened_and_stands_whole_in_its_title(log: Log) -> None:
    some(log)
    files = made_lists(board_of(log.folder), "Demo")
    titles = {
        words(cell)[:10]: cell.get("title")
        for path in ("aoi/Demo/scenes.html", "aoi/Demo/tiles.html")
        for cell in parsed(files[path]).iter("td")
        if cell.get("title")
    }
    assert titles == {"no space l": "\n no space left\non node 7", "xxxxxxxxxx": "x" * 200}


def test_there_is_a_list_for_each_status_and_their_counts_sum_to_the_whole(log: Log) -> None:
    some(log)
    board = board_of(log.folder)
    files = made_lists(board, "Demo")
    for kind, entities in (("scenes", board.scenes), ("tiles", board.tiles)):
        whole = rows(files[f"aoi/Demo/{kind}.html"])
        parts = [row for status in STATUSES for row in rows(files[f"aoi/Demo/{kind}/{status}.html"])]
        assert sorted(parts) == sorted(whole)
        assert [int(row[0]) for row in whole] == list(entities)
        for status in STATUSES:
            assert all(row[3].startswith(status) for row in rows(files[f"aoi/Demo/{kind}/{status}.html"]))


def test_an_empty_list_says_so(log: Log) -> None:
    some(log)
    page = parsed(made_lists(board_of(log.folder), "Demo")["aoi/Demo/tiles/DONE.html"])
    assert [words(one) for one in page.iter("p") if one.get("class") == "nothing"] == ["No tiles in DONE."]


@pytest.mark.parametrize("name", ["Demo", "a/b", "../etc", "CON"])
def test_links_lead_to_pages_of_the_site(log: Log, name: str) -> None:
    log.aoi(name)
    log.scene(1, {11: None}, aoi=name)
    log.scene(2, {21: 11}, aoi=name)
    log.says("tile", 11, "DONE")
    folder = aoi_folders([name])[name]
    files = made_lists(board_of(log.folder, name), folder)
    made = {"index.html", "events/index.html", f"aoi/{folder}/index.html", "scene/1.html", "scene/2.html"}
    for kind in ("scenes", "tiles"):
        for status in ("", *(f"/{one}" for one in STATUSES)):
            made |= {f"aoi/{folder}/{kind}{status}.{ending}" for ending in ("json", "geojson")}
    for path, text in files.items():
        if not path.endswith(".html"):
            continue
        for link in parsed(text).iter("a"):
            href = link.get("href", "").partition("#")[0]
            if href:
                assert _resolved(path, href) in made | files.keys(), (path, href)


def _resolved(page: str, href: str) -> str:
    parts = page.split("/")[:-1]
    for part in unquote(href).split("/"):
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_the_root_of_a_sentence_is_a_link(log: Log) -> None:
    some(log)
    files = made_lists(board_of(log.folder), "Demo")
    for path, up in (("aoi/Demo/tiles.html", "../../"), ("aoi/Demo/tiles/NEW.html", "../../../")):
        links = [link.get("href") for link in parsed(files[path]).iter("a") if words(link) == "tile 11"]
        assert links == [f"{up}scene/1.html#tile-11"]


class TestPages:
    """Lists are cut into pages of 500 rows."""

    @pytest.fixture
    def files(self, log: Log) -> dict[str, bytes]:
        log.aoi()
        log.scene(1, dict.fromkeys(range(11, 11 + 1201)))
        log.says("scene", 1, "DONE")
        return made_lists(board_of(log.folder), "Demo")

    @pytest.mark.parametrize("list_", ["tiles", "tiles/PENDING"])
    def test_each_row_is_on_one_page(self, files: dict[str, bytes], list_: str) -> None:
        pages = [f"aoi/Demo/{list_}.html", f"aoi/Demo/{list_}-2.html", f"aoi/Demo/{list_}-3.html"]
        assert f"aoi/Demo/{list_}-4.html" not in files
        found = [[int(row[0]) for row in rows(files[path])] for path in pages]
        assert [len(one) for one in found] == [500, 500, 201]
        assert [id for one in found for id in one] == list(range(11, 11 + 1201))

    def test_they_link_to_each_other(self, files: dict[str, bytes]) -> None:
        (pager,) = [one for one in parsed(files["aoi/Demo/tiles-2.html"]).iter("nav") if one.get("class") == "pager"]
        assert [(link.get("href"), link.get("aria-current")) for link in pager.iter("a")] == [
            ("tiles.html", None), ("tiles-2.html", "page"), ("tiles-3.html", None),
        ]  # fmt: skip
        assert "501 to 1,000 of 1,201" in words(pager)

    def test_they_are_not_too_heavy(self, files: dict[str, bytes]) -> None:
        assert max(len(text) for path, text in files.items() if path.endswith(".html")) < 300_000


class TestData:
    """The data file that the script filters and sorts by."""

    def test_it_says_what_the_pages_say(self, log: Log) -> None:
        some(log)
        board = board_of(log.folder)
        files = made_lists(board, "Demo")
        for kind in ("scenes", "tiles"):
            told = []
            for row in data(files, kind):
                root = f"tile {row['root_tile']}" if row["root_tile"] else f"scene {row['root_scene']}"
                status = STATUSES[row["status"]] + (" by hand" if row["by_hand"] else "")
                why = row["before"] + (root if row["root_scene"] else "") + row["after"]
                told.append(
                    [str(row["id"]), row["name"], row["date"], status, row["message"], str(row["retries"]), why]
                )
            assert told == rows(files[f"aoi/Demo/{kind}.html"])

    def test_it_is_inert(self, log: Log) -> None:
        hostile = "</script><!--&\u2028\u2029\"'\\ \x00"
        log.aoi()
        log.scene(1, {11: None}, source_id=hostile)
        log.says("scene", 1, "RETRY", hostile)
        files = made_lists(board_of(log.folder), "Demo")
        text = files["aoi/Demo/scenes-data.js"].decode()
        assert not re.search("[<>&\u2028\u2029\x00]", text)
        assert data(files, "scenes")[0]["name"].startswith("</script><!--&")

    def test_pages_name_it(self, log: Log) -> None:
        some(log)
        files = made_lists(board_of(log.folder), "Demo")
        for path, source in (("aoi/Demo/tiles.html", "tiles-data.js"), ("aoi/Demo/tiles/NEW.html", "../tiles-data.js")):
            (list_,) = [one for one in parsed(files[path]).iter("div") if one.get("data-list")]
            assert (list_.get("data-source"), list_.get("data-list")) == (source, "tiles")


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "a\x00b\x1b", "\u202eevil", "x" * 300, "\n\n"],
)
def test_hostile_text_stays_in_its_cell(log: Log, text: str) -> None:
    log.aoi(text)
    log.scene(1, {11: None}, source_id=text, aoi=text)
    log.says("scene", 1, "RETRY", text)
    folder = aoi_folders([text])[text]
    files = made_lists(board_of(log.folder, text), folder)
    page = parsed(files[f"aoi/{folder}/scenes.html"])
    assert [one.get("src") for one in page.iter("script")] == ["../../assets/board.js"]
    assert not list(page.iter("img"))
    assert len(rows(files[f"aoi/{folder}/scenes.html"])) == 1
