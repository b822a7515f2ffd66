"""What the site tells of the log as a whole: the latest events, rejected ones, and lines in quarantine."""

import json
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from log_lines import Log

from pipeline.refresh import refresh
from pipeline.render.event_files import event_files
from pipeline.render.paths import aoi_folders
from pipeline.store import record
from pipeline.store.database import open_database
from pipeline.store.homes import homes


def files_of(log: Log) -> dict[str, bytes]:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        latest, rejected = record.latest(database, 200), record.rejected(database)
        return event_files(
            latest,
            rejected,
            record.quarantine(database),
            record.unfinished(database),
            aoi_folders(name for name, _ in record.aois(database)),
            homes(database, [*latest, *rejected]),
        )


def parsed(text: bytes) -> Element:
    """The page as a browser would understand it; an error of the HTML fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text.decode())
    return tree


def words(of: Element) -> str:
    return " ".join("".join(of.itertext()).split())


def tables(page: bytes) -> dict[str, list[list[str]]]:
    """The rows of each table of a page, by the id of the heading that names it."""
    found = {}
    for region in parsed(page).iter("div"):
        if region.get("role") == "region":
            rows = [[words(cell) for cell in row] for row in region.iter("tr") if row.find("td") is not None]
            found[region.get("aria-labelledby", "")] = rows
    return found


def test_the_latest_events_come_first_with_what_came_of_them(log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None}, retries=1)
    log.says("scene", 1, "DONE")
    log.says("scene", 1, "DONE")
    log.says("scene", 1, "RETRY", "too late\nreally")
    log.add("tile.retry", {"id": 11, "reason": "because"})
    assert tables(files_of(log)["events/index.html"])["latest"] == [
        ["2022-03-01 00:00:06", "Retry of tile 11because", "ignored", "Demo", "tests e0006"],
        [
            "2022-03-01 00:00:05",
            "Worker’s result for scene 1: RETRYtoo late",
            "rejected: scene 1 is DONE: a worker can't make it RETRY",
            "Demo",
            "tests e0005",
        ],
        ["2022-03-01 00:00:04", "Worker’s result for scene 1: DONE", "ignored", "Demo", "tests e0004"],
        ["2022-03-01 00:00:03", "Worker’s result for scene 1: DONE", "applied", "Demo", "tests e0003"],
        [
            "2022-03-01 00:00:02",
            "Creation of scene 1 with 1 tile and 1 automatic retry of each",
            "applied",
            "Demo",
            "tests e0002",
        ],
        ["2022-03-01 00:00:01", "Creation of the AOI", "applied", "Demo", "tests e0001"],
    ]


def test_an_event_links_to_what_it_is_about_if_that_is_there(log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None})
    log.says("tile", 11, "DONE")
    log.says("tile", 99, "DONE")
    log.aoi("Gone")
    log.scene(5, {51: None}, aoi="Gone")
    log.add("aoi.deleted", {"id": "Gone"})
    page = parsed(files_of(log)["events/index.html"])
    (latest,) = [one for one in page.iter("div") if one.get("aria-labelledby") == "latest"]
    links = {words(link): link.get("href") for link in latest.iter("a")}
    assert links == {
        "scene 1": "../scene/1.html",
        "tile 11": "../scene/1.html#tile-11",
        "Demo": "../aoi/Demo/index.html",
    }


def test_an_id_that_belongs_to_another_aoi_is_no_link(log: Log) -> None:
    log.aoi()
    log.aoi("Other")
    log.scene(1, {11: None})
    log.scene(1, {12: None}, aoi="Other", source_id="other")
    page = parsed(files_of(log)["events/index.html"])
    (rejected,) = [one for one in page.iter("div") if one.get("aria-labelledby") == "rejected"]
    assert [words(link) for link in rejected.iter("a")] == ["Other"]


def test_without_events_the_page_says_so(log: Log) -> None:
    page = words(parsed(files_of(log)["events/index.html"]))
    assert "Every line of the log could be taken." in page
    assert "No event was rejected." in page
    assert "The log has no events yet." in page


def test_rejected_events_with_their_reasons(log: Log) -> None:
    log.aoi()
    log.aoi()
    files = files_of(log)
    assert tables(files["events/index.html"])["rejected"] == [
        ["2022-03-01 00:00:02", "Creation of the AOI", "AOI Demo exists already", "Demo", "tests e0002"]
    ]
    assert [one["reason"] for one in json.loads(files["events/rejected.json"])] == ["AOI Demo exists already"]
    assert "events/rejected.html" not in files


def test_many_rejected_events_have_pages_that_hold_each_once_the_latest_first(log: Log) -> None:
    log.append(*(log.event("tile.retry", {"id": number}) for number in range(1, 1102)))
    files = files_of(log)
    first = tables(files["events/index.html"])["rejected"]
    pages = [tables(files[f"events/rejected{end}.html"])["rejected"] for end in ("", "-2", "-3")]
    assert [len(one) for one in (first, *pages)] == [100, 500, 500, 101]
    assert first == pages[0][:100]
    assert [row[1] for page in pages for row in page] == [f"Retry of tile {number}" for number in range(1101, 0, -1)]
    assert "events/rejected-4.html" not in files
    assert len(json.loads(files["events/rejected.json"])) == 1101


class TestQuarantine:
    """Lines that are no events: where they stand, why, and what they say."""

    def test_a_line_stands_with_file_line_offset_reason_and_text(self, log: Log) -> None:
        log.aoi()
        size = log.path("log.jsonl").stat().st_size
        log.append(b'{"not": "an event"}')
        assert tables(files_of(log)["events/index.html"])["quarantine"] == [
            [
                "log.jsonl",
                "2",
                f"{size:,}",
                "not an event: Object missing required field `type`",
                '{"not": "an event"}',
            ]
        ]

    def test_a_long_line_is_cut_on_the_page_and_whole_in_the_file(self, log: Log) -> None:
        log.append(b"x" * 5000)
        files = files_of(log)
        ((*_, text),) = tables(files["events/index.html"])["quarantine"]
        assert text == "x" * 240 + "… (5,000 characters)"
        assert json.loads(files["events/quarantine.json"])[0]["text"] == "x" * 5000

    @pytest.mark.parametrize(
        "line",
        [b"<script>alert(1)</script>", b"\"'><img src=x onerror=x>", b"\x00\x1b[31m", b"\xff\xfe", "\u202e".encode()],
    )
    def test_hostile_text_is_text(self, log: Log, line: bytes) -> None:
        log.append(line, file="<b>.jsonl")
        files = files_of(log)
        page = parsed(files["events/index.html"])
        assert [one.get("src") for one in page.iter("script")] == ["../assets/board.js"]
        assert not list(page.iter("img"))
        ((file, *_),) = tables(files["events/index.html"])["quarantine"]
        assert file == "<b>.jsonl"

    def test_many_lines_have_pages(self, log: Log) -> None:
        log.append(*(f"bad {number}".encode() for number in range(1, 602)))
        files = files_of(log)
        pages = [tables(files[f"events/quarantine{end}.html"])["quarantine"] for end in ("", "-2")]
        assert len(tables(files["events/index.html"])["quarantine"]) == 100
        assert [row[4] for page in pages for row in page] == [f"bad {number}" for number in range(1, 602)]


def test_an_unfinished_line_is_shown_but_not_in_quarantine(log: Log) -> None:
    log.aoi()
    size = log.path("log.jsonl").stat().st_size
    with log.path("log.jsonl").open("ab") as out:
        out.write(b'{"specversion":"1.0","id":"<i>')
    found = tables(files_of(log)["events/index.html"])
    assert found["unfinished"] == [["log.jsonl", f"{size:,}", '{"specversion":"1.0","id":"<i>']]
    assert "quarantine" not in found


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a\x00b\x1b", "\u202eevil", "x" * 300, "two\nlines"])
def test_hostile_events_are_text(log: Log, text: str) -> None:
    log.aoi(text)
    log.scene(1, {11: None}, aoi=text, source_id=text)
    log.says("scene", 1, "RETRY", text, source=text)
    log.add("scene.retry", {"id": 99, "reason": text}, source=text, id=text, partitionkey=text)
    page = parsed(files_of(log)["events/index.html"])
    assert [one.get("src") for one in page.iter("script")] == ["../assets/board.js"]
    assert len(tables(files_of(log)["events/index.html"])["latest"]) == 4
