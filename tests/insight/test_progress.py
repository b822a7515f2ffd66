"""The rate over the last days before the last change, and when it would be done at that rate."""

from datetime import timedelta
from pathlib import Path

import pytest
from log_lines import Log

from pipeline.insight.days import days
from pipeline.insight.progress import Progress, progress
from pipeline.refresh import refresh
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board


def found(log: Log) -> Progress:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        board = load_board(database, "Demo")
    return progress(board, days(board))


@pytest.fixture
def running(log: Log) -> Log:
    """An AOI of the first of March at midnight, with ten tiles PENDING."""
    log.aoi(time="2022-03-01T00:00:00Z")
    log.scene(1, dict.fromkeys(range(11, 21)))
    log.says("scene", 1, "DONE")
    return log


def test_the_rate_is_that_of_the_seven_days_up_to_the_last_change(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    for tile in (12, 13, 14):
        running.says("tile", tile, "DONE", time=f"2022-03-{tile - 2}T00:00:00Z")
    told = found(running)
    assert told.window == timedelta(days=7)
    assert told.done_in_window == 3
    assert told.per_day == pytest.approx(3 / 7)
    assert told.last_event == "2022-03-12T00:00:00.000000000"
    assert told.finish == "2022-03-26T00:00:00.000000000"
    assert told.pace == "moving"


def test_a_younger_aoi_is_measured_over_its_life(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-01T12:00:00Z")
    told = found(running)
    assert told.window == timedelta(hours=12)
    assert told.per_day == pytest.approx(2)
    assert told.finish == "2022-03-06T00:00:00.000000000"


def test_too_young_an_aoi_has_no_rate(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-01T00:59:00Z")
    told = found(running)
    assert (told.pace, told.per_day, told.finish) == ("unknown", None, None)


def test_when_nothing_moved_it_says_so(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    running.says("tile", 12, "RETRY", time="2022-03-20T00:00:00Z")
    told = found(running)
    assert (told.pace, told.done_in_window, told.per_day, told.finish) == ("still", 0, None, None)


def test_what_was_undone_is_taken_off(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    running.says("tile", 12, "DONE", time="2022-03-02T00:00:01Z")
    running.add("tile.force", {"id": 11, "status": "RETRY"}, time="2022-03-03T00:00:00Z")
    assert found(running).done_in_window == 1


def test_events_that_changed_nothing_do_not_count_as_the_last(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T00:00:00Z")
    running.says("tile", 11, "FAILED", time="2022-06-01T00:00:00Z")
    assert found(running).last_event == "2022-03-02T00:00:00.000000000"


def test_what_failed_is_settled_and_what_is_in_retry_is_left(running: Log) -> None:
    running.says("tile", 11, "FAILED", time="2022-03-01T06:00:00Z")
    running.says("tile", 12, "RETRY", time="2022-03-01T06:00:01Z")
    told = found(running)
    assert (told.total, told.done, told.failed, told.retry, told.left) == (10, 0, 1, 1, 9)


def test_when_all_is_settled_it_is_finished(running: Log) -> None:
    for tile in range(11, 21):
        running.says("tile", tile, "DONE" if tile > 11 else "FAILED", time=f"2022-03-02T00:00:{tile}Z")
    told = found(running)
    assert (told.pace, told.left, told.finish) == ("finished", 0, None)
    assert told.share == 0.9


def test_an_end_that_is_over_ten_years_away_is_none(running: Log) -> None:
    running.scene(2, dict.fromkeys(range(10_000, 18_000)))
    running.says("tile", 11, "DONE", time="2022-03-20T00:00:00Z")
    told = found(running)
    assert told.pace == "moving" and told.per_day is not None
    assert told.finish is None


def test_a_leap_second_is_an_instant_like_others(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-12-31T23:59:60Z")
    assert found(running).window == timedelta(days=7)


def test_an_aoi_without_events_is_empty() -> None:
    told = progress(Board("Demo", "NEW", {}, {}, []), [])
    assert (told.pace, told.last_event, told.bins, told.share) == ("empty", None, [], 0.0)


def test_the_bins_are_all_days_from_the_first_to_the_last(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-03-02T10:00:00Z")
    running.says("tile", 12, "FAILED", time="2022-03-04T10:00:00Z")
    bins = found(running).bins
    assert [(one.first, one.done, one.done_in_all, one.failed_in_all, one.total) for one in bins] == [
        ("2022-03-01", 0, 0, 0, 10),
        ("2022-03-02", 1, 1, 0, 10),
        ("2022-03-03", 0, 1, 0, 10),
        ("2022-03-04", 0, 1, 1, 10),
    ]


def test_long_times_are_told_in_weeks_or_more(running: Log) -> None:
    running.says("tile", 11, "DONE", time="2022-12-31T00:00:00Z")
    weeks = found(running)
    assert weeks.bin_days == 7
    assert (weeks.bins[0].first, weeks.bins[0].last) == ("2022-03-01", "2022-03-07")
    assert weeks.bins[-1].last == "2022-12-31"
    running.says("tile", 12, "DONE", time="9999-12-31T00:00:00Z")
    ages = found(running)
    assert len(ages.bins) <= 120
    assert sum(one.done for one in ages.bins) == ages.bins[-1].done_in_all == 2


def test_charts_and_counts_agree_whatever_was_recorded(recorded_boards: list[Board]) -> None:
    for board in recorded_boards:
        told = progress(board, days(board))
        assert told.done + told.failed + told.left == told.total == len(board.tiles)
        last = told.bins[-1]
        assert (last.done_in_all, last.failed_in_all, last.total) == (told.done, told.failed, told.total)
        assert 0 <= told.retry <= told.left
