"""Over time on the page: charts made at build, in words as well."""

import functools
import re
from datetime import timedelta
from pathlib import Path

import pytest
from log_lines import Log

from pipeline.insight.facts import Facts
from pipeline.refresh import refresh
from pipeline.render.aoi.progress_svg import ProgressView, duration, progress_context
from pipeline.render.environment import environment
from pipeline.render.paths import url
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

PAGE = "aoi/Demo/index.html"


def context(log: Log) -> ProgressView:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        return progress_context(Facts(load_board(database, "Demo")), "Demo")


def fragment(view: ProgressView) -> str:
    template = environment().get_template("aoi/progress.html")
    return template.render(over_time=view, link=functools.partial(url, base=PAGE))


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.fixture
def running(log: Log) -> Log:
    """Ten tiles of the first of March: four done on the second, two of them FAILED on the fourth."""
    log.aoi()
    log.scene(1, dict.fromkeys(range(11, 21)))
    log.says("scene", 1, "DONE")
    for tile in range(11, 15):
        log.says("tile", tile, "DONE", time=f"2022-03-02T00:00:{tile}Z")
    for tile in (15, 16):
        log.says("tile", tile, "FAILED", time=f"2022-03-04T00:00:{tile}Z")
    return log


def test_a_bar_for_each_day_on_which_something_was_done(running: Log) -> None:
    assert context(running).bars == "M1.1 100v-100h.8v100z"


def test_the_burn_up_goes_in_steps_from_none_to_all(running: Log) -> None:
    view = context(running)
    assert view.total_line == "M0 0H4", "ten of ten tiles, all the time"
    assert view.done_area == "M0 100H1V60H4V100H3V100H2V100H1V100H0z", "four tenths from the second day on"
    assert view.failed_area.startswith("M0 100H1V60H3V40H4V60"), "and two more on the last"


def test_each_chart_says_in_words_what_it_shows(running: Log) -> None:
    html = fragment(context(running))
    told = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert told == [
        "Tiles done, 2022-03-01 to 2022-03-04: 4 in all, most on 2022-03-02 (4).",
        "Tiles, 2022-03-01 to 2022-03-04: at the end 4 DONE and 2 FAILED of 10.",
    ]


def test_dates_stand_on_the_axis(running: Log) -> None:
    assert [mark.text for mark in context(running).marks] == ["2022-03-01 to 2022-03-04"]
    running.says("tile", 17, "DONE", time="2022-03-20T00:00:00Z")
    assert [(mark.x, mark.anchor, mark.text) for mark in context(running).marks] == [
        ("0%", "start", "2022-03-01"),
        ("52.5%", "middle", "2022-03-11"),
        ("100%", "end", "2022-03-20"),
    ]


def test_it_says_over_which_time_the_rate_was_measured(running: Log) -> None:
    assert (
        "The rate is that of the 3 days up to the last change, 2022-03-04 00:00:16 : 4 tiles done in them. 4 are left."
    ) in text(fragment(context(running)))


def test_it_is_honest_when_nothing_moved(running: Log) -> None:
    running.says("tile", 17, "RETRY", time="2022-03-20T00:00:00Z")
    told = text(fragment(context(running)))
    assert "Nothing was done in the 7 days up to the last change, 2022-03-20 00:00:00" in told
    assert "4 are left, 1 of them in RETRY and waiting for an operator." in told


def test_the_latest_days_link_to_their_sheets(running: Log) -> None:
    html = fragment(context(running))
    assert re.findall(r'href="(days/[^"]*)"', html) == [
        "days/2022-03-04.html",
        "days/2022-03-02.html",
        "days/2022-03-01.html",
        "days/index.html",
    ]


def test_an_aoi_without_events_has_no_charts() -> None:
    html = fragment(progress_context(Facts(Board("Demo", "NEW", {}, {}, [])), "Demo"))
    assert "No tiles yet." in html
    assert "<svg" not in html


@pytest.mark.parametrize(
    ("time", "told"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(), "0 minutes"),
    ],
)
def test_a_time_is_told_in_a_unit_that_fits(time: timedelta, told: str) -> None:
    assert duration(time) == told
