"""The sheets of days as pages and as Markdown."""

import html
import re
from pathlib import Path

import pytest
from log_lines import Log

from pipeline.insight.facts import Facts
from pipeline.refresh import refresh
from pipeline.render.days import sheet as day_sheet
from pipeline.render.days.markdown import code
from pipeline.render.days.pages import day_sections
from pipeline.render.section import made
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

HOSTILE = "</pre><script>alert(1)</script> [x](javascript:alert(2)) ![](http://a.b/c) `rm` *b* @all \u202e"


def pages(log: Log) -> dict[str, str]:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        board = load_board(database, "Demo")
    return {path: content.decode() for path, content in made(day_sections(Facts(board), "Demo")).items()}


def page(log: Log, day: str) -> str:
    return pages(log)[f"aoi/Demo/days/{day}.html"]


def markdown(page: str) -> str:
    [found] = re.findall(r'<pre [^>]*id="day-markdown"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return html.unescape(found)


def section(markdown: str, title: str) -> list[str]:
    """The lines of a part of the Markdown."""
    [_, rest] = re.split(rf"^## {title}.*\n\n", markdown, flags=re.MULTILINE)
    return rest.split("\n\n")[0].splitlines()


@pytest.fixture
def running(log: Log) -> Log:
    """An AOI of the first of March, with scene 1 DONE and its tiles 11, 12 and 13 PENDING."""
    log.aoi()
    log.scene(1, {11: None, 12: None, 13: None})
    log.says("scene", 1, "DONE")
    return log


def test_there_is_a_page_for_each_day_and_one_for_all(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-04T00:00:00Z")
    assert sorted(pages(running)) == [
        "aoi/Demo/days/2022-03-01.html",
        "aoi/Demo/days/2022-03-04.html",
        "aoi/Demo/days/index.html",
    ]


def test_each_day_links_to_the_one_before_and_the_one_after(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    running.says("tile", 12, "DONE", time="2022-03-09T00:00:00Z")
    found = page(running, "2022-03-02")
    assert re.findall(r'rel="(prev|next)" href="([^"]*)"', found) == [
        ("prev", "2022-03-01.html"),
        ("next", "2022-03-09.html"),
    ]
    assert 'rel="prev"' not in page(running, "2022-03-01")


def test_the_list_of_days_has_the_latest_first(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-04T00:00:00Z")
    rows = re.findall(r'<th scope="row"><a href="([^"]*)">', pages(running)["aoi/Demo/days/index.html"])
    assert rows == ["2022-03-04.html", "2022-03-01.html"]


def test_a_sheet_can_be_read_as_markdown(running: Log) -> None:
    running.says("tile", 11, "RETRY", "disk full", time="2022-03-02T08:00:00Z")
    running.says("tile", 12, "RETRY", "no orbit", time="2022-03-02T08:01:00Z")
    running.add("tile.retry", {"id": 12, "by": "anna", "reason": "orbit is there"}, time="2022-03-03T08:00:00Z")
    running.says("tile", 12, "DONE", time="2022-03-03T08:10:00Z")
    running.says("tile", 13, "FAILED", "bad file", time="2022-03-03T08:20:00Z")
    assert markdown(page(running, "2022-03-03")) == (
        """\
# `Demo`, 2022-03-03 (UTC)

1 tile and 0 scenes done. 1 newly failed, 1 settled, 1 still stuck.

## Newly failed (1)

- tile 13 `T13` of 2022-01-02: FAILED since 08:20:00: `bad file`

## Settled (1)

- tile 12 `T12` of 2022-01-02: DONE since 08:10:00, after `no orbit`

## Still stuck (1)

- tile 11 `T11` of 2022-01-02: RETRY since 2022-03-02 08:00:00: `disk full`

## What operators did

- 08:00:00 `anna` retried tile 12: `orbit is there`

## At the end of the day

| | NEW | PENDING | DONE | RETRY | FAILED | Total |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| Scenes | 0 | 0 | 1 | 0 | 0 | 1 |
| Tiles | 0 | 0 | 1 | 1 | 1 | 3 |
"""
    )


def test_a_quiet_day_says_so(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    found = page(running, "2022-03-02")
    assert "Nothing failed that day." in found
    assert section(markdown(found), "Still stuck") == ["None."]
    assert section(markdown(found), "What operators did") == ["Nothing."]


def test_what_operators_did_is_said_in_words(running: Log) -> None:
    for number, (type_, data) in enumerate(
        [
            ("tile.force", {"id": 11, "status": "RETRY", "by": "anna"}),
            ("tile.fail", {"id": 12, "by": "anna", "force": True}),
            ("scene.data", {"id": 1, "by": "anna", "data": {}}),
            ("tile.retry", {"id": 12, "by": "anna"}),
            ("aoi.retry", {"id": "Demo", "by": "anna", "reason": "start anew"}),
            ("scene.retry", {"id": 1, "by": "anna"}),
            ("aoi.deleted", {"id": "Demo"}),
        ]
    ):
        running.add(type_, data, time=f"2022-03-02T00:00:0{number}Z")
    running.add("aoi.created", {"id": "Demo"}, time="2022-03-03T00:00:00Z")
    said = [line.split(" ", 2)[2] for line in section(markdown(page(running, "2022-03-02")), "What operators did")]
    assert said == [
        "`anna` forced tile 11 to RETRY",
        "`anna` failed tile 12 by force",
        "`anna` replaced the data of scene 1",
        "`anna` retried tile 12 (`rejected: tile 12 is FAILED, not RETRY`)",
        "`anna` retried what the AOI has in RETRY: `start anew`",
        "`anna` retried scene 1 (`rejected: scene 1 is DONE, not RETRY`)",
        "`tests` deleted the AOI",
    ]


def test_what_is_gone_is_named_without_a_link(running: Log) -> None:
    running.says("tile", 11, "RETRY", time="2022-03-02T00:00:00Z")
    assert 'href="../../../scene/1.html#tile-11"' in page(running, "2022-03-02")
    running.add("aoi.deleted", {"id": "Demo"}, time="2022-03-03T00:00:00Z")
    running.add("aoi.created", {"id": "Demo"}, time="2022-03-03T00:00:01Z")
    assert "scene/1.html" not in page(running, "2022-03-02")


def test_tiles_that_failed_with_their_scene_are_one_line_with_it(log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None, 12: None})
    log.says("scene", 1, "FAILED", "not in the archive", time="2022-03-02T00:00:00Z")
    told = markdown(page(log, "2022-03-02"))
    assert "## Newly failed (3)" in told
    assert section(told, "Newly failed") == [
        "- scene 1 `S1` of 2022-01-02: FAILED since 00:00:00 (with 2 tiles): `not in the archive`"
    ]


def test_of_a_long_list_the_rest_is_counted(running: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_sheet, "MOST_ITEMS", 2)
    monkeypatch.setattr(day_sheet, "MOST_IDS", 2)
    for tile in (11, 12, 13):
        running.says("tile", tile, "RETRY", time=f"2022-03-02T00:00:{tile}Z")
        running.add("tile.retry", {"id": tile, "by": "anna"}, time=f"2022-03-03T00:00:{tile}Z")
    assert section(markdown(page(running, "2022-03-02")), "Newly failed")[-1] == "- and 1 more"
    [done] = section(markdown(page(running, "2022-03-03")), "What operators did")
    assert done.endswith("retried tiles 11, 12 and 1 more")
    assert "and 1 more" in page(running, "2022-03-03")


def test_nothing_from_the_log_becomes_markup_or_markdown(running: Log) -> None:
    running.says("tile", 11, "RETRY", HOSTILE, time="2022-03-02T00:00:00Z")
    running.add("tile.retry", {"id": 11, "by": HOSTILE, "reason": HOSTILE}, time="2022-03-02T00:00:01Z")
    found = page(running, "2022-03-02")
    assert "<script>alert" not in found
    assert "\u202e" not in found
    [said] = section(markdown(found), "What operators did")
    shown = HOSTILE.replace("\u202e", "\N{REPLACEMENT CHARACTER}")
    outside = said.replace(code(shown), "").replace(code(HOSTILE.replace("\u202e", "").strip()), "")
    assert outside == "- 00:00:01  retried tile 11: "


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a `tick`", "`` a `tick` ``"),
        ("``", "``` `` ```"),
        (" blank ", "`  blank  `"),
        ("", ""),
        ("   ", ""),
        ("[a](b) <c> *d* \\", "`[a](b) <c> *d* \\`"),
    ],
)
def test_a_code_span_shows_a_text_as_it_is(text: str, span: str) -> None:
    assert code(text) == span


def test_the_same_events_give_the_same_sheets(running: Log) -> None:
    running.says("tile", 11, "RETRY", time="2022-03-02T00:00:00Z")
    assert pages(running) == pages(running)
