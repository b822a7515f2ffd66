"""A sheet for each day: what failed, was settled, is stuck and was done, by the events' own times."""

from collections import Counter
from pathlib import Path

import pytest
from log_lines import Log

from pipeline.event import STATUSES
from pipeline.insight.days import STUCK_LISTED, Day, Line, days
from pipeline.refresh import refresh
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board


def board_of(log: Log) -> Board:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        return load_board(database, "Demo")


def sheets(log: Log) -> dict[str, Day]:
    return {sheet.day: sheet for sheet in days(board_of(log))}


def named(lines: list[Line]) -> list[str]:
    return [f"{line.subject.kind} {line.subject.id} {line.status}" for line in lines]


def morning(day: int, minute: int = 0) -> str:
    return f"2022-03-{day:02d}T08:{minute:02d}:00Z"


@pytest.fixture
def running(log: Log) -> Log:
    """An AOI of the first of March, with scene 1 DONE and its tiles 11, 12 and 13 PENDING."""
    log.aoi()
    log.scene(1, {11: None, 12: None, 13: None})
    log.says("scene", 1, "DONE")
    return log


def test_there_is_a_sheet_for_each_day_with_an_event_in_utc(log: Log) -> None:
    log.aoi(time="2022-03-01T23:30:00-02:00")
    log.add("aoi.retry", {"id": "Demo"}, time="2022-03-09T00:00:00Z")
    assert list(sheets(log)) == ["2022-03-02", "2022-03-09"]


def test_an_aoi_without_events_has_none() -> None:
    assert days(Board("Demo", "NEW", {}, {}, [])) == []


def test_what_fails_on_a_day_is_newly_failed_and_stuck_from_the_next_on(running: Log) -> None:
    running.says("tile", 11, "RETRY", "disk full", time=morning(2))
    running.says("tile", 12, "FAILED", "no orbit", time=morning(2, 1))
    running.says("tile", 13, "DONE", time=morning(3))
    found = sheets(running)
    second, third = found["2022-03-02"], found["2022-03-03"]
    assert named(second.newly_failed) == ["tile 11 RETRY", "tile 12 FAILED"]
    assert [line.message for line in second.newly_failed] == ["disk full", "no orbit"]
    assert second.still_stuck == []
    assert third.newly_failed == []
    assert named(third.still_stuck) == ["tile 11 RETRY"], "what is FAILED was given up, it isn't stuck"
    assert third.still_stuck[0].since == "2022-03-02T08:00:00.000000000"


@pytest.mark.parametrize(
    ("verb", "then", "ending"),
    [("retry", "DONE", "DONE"), ("retry", None, "tried again"), ("fail", None, "given up")],
)
def test_what_leaves_retry_is_settled(running: Log, verb: str, then: str | None, ending: str) -> None:
    running.says("tile", 11, "RETRY", "disk full", time=morning(2))
    running.add(f"tile.{verb}", {"id": 11, "by": "anna"}, time=morning(3))
    if then:
        running.says("tile", 11, then, time=morning(3, 5))
    sheet = sheets(running)["2022-03-03"]
    [line] = sheet.settled
    assert line.ending == ending
    assert line.message == "disk full", "it says what was settled"
    assert line.by_operator is (then is None)
    assert sheet.newly_failed == [] and sheet.still_stuck == []


def test_what_fails_and_is_settled_on_one_day_is_settled(running: Log) -> None:
    running.says("tile", 11, "RETRY", "disk full", time=morning(2))
    running.says("tile", 11, "DONE", time=morning(2, 9))
    sheet = sheets(running)["2022-03-02"]
    assert named(sheet.settled) == ["tile 11 DONE"]
    assert sheet.newly_failed == []


def test_what_fails_again_after_a_try_is_still_stuck(running: Log) -> None:
    running.says("tile", 11, "RETRY", "disk full", time=morning(2))
    running.add("tile.retry", {"id": 11}, time=morning(3))
    running.says("tile", 11, "RETRY", "disk fuller", time=morning(3, 1))
    [line] = sheets(running)["2022-03-03"].still_stuck
    assert (line.message, line.failures) == ("disk fuller", 1)


def test_a_failure_that_is_opened_again_is_new(running: Log) -> None:
    running.says("tile", 11, "FAILED", "no orbit", time=morning(2))
    running.add("tile.force", {"id": 11, "status": "RETRY"}, time=morning(3))
    assert named(sheets(running)["2022-03-03"].newly_failed) == ["tile 11 RETRY"]


def test_a_sheet_tells_the_messages_of_its_day_whatever_came_later(running: Log) -> None:
    running.says("tile", 11, "RETRY", "disk full", time=morning(2))
    before = sheets(running)["2022-03-02"]
    running.add("tile.retry", {"id": 11}, time=morning(3))
    running.says("tile", 11, "RETRY", "other message", time=morning(3, 1))
    after = sheets(running)["2022-03-02"]
    assert after.newly_failed[0].message == before.newly_failed[0].message == "disk full"


def test_tiles_that_fail_with_their_scene_say_so(log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None, 12: None})
    log.says("scene", 1, "FAILED", "not in the archive", time=morning(2))
    sheet = sheets(log)["2022-03-02"]
    assert named(sheet.newly_failed) == ["scene 1 FAILED", "tile 11 FAILED", "tile 12 FAILED"]
    assert [line.with_scene for line in sheet.newly_failed] == [False, True, True]


def test_what_is_done_is_counted_on_the_day_on_which_it_is_done(running: Log) -> None:
    running.says("tile", 11, "DONE", time=morning(2))
    running.says("tile", 12, "DONE", time=morning(2, 1))
    running.add("tile.force", {"id": 11, "status": "PENDING"}, time=morning(3))
    found = sheets(running)
    assert [(sheet.done_scenes, sheet.done_tiles, sheet.undone_tiles) for sheet in found.values()] == [
        (1, 0, 0),
        (0, 2, 0),
        (0, 0, 1),
    ]
    assert (found["2022-03-01"].new_scenes, found["2022-03-01"].new_tiles) == (1, 3)


def test_what_operators_did_is_told_with_who_and_why(running: Log) -> None:
    running.says("tile", 11, "RETRY", time=morning(2))
    running.add("tile.retry", {"id": 11, "by": "anna", "reason": "more disk"}, time=morning(2, 1))
    running.add("tile.retry", {"id": 12, "by": "jonas"}, source="ops/jonas", time=morning(2, 2))
    running.add("tile.force", {"id": 12, "status": "DONE"}, source="ops/mira", time=morning(2, 3))
    running.add("tile.fail", {"id": 12, "by": "jonas"}, time=morning(2, 4))
    done = sheets(running)["2022-03-02"].actions
    assert [(one.by, one.type, one.ids, one.reason, one.verdict) for one in done] == [
        ("anna", "tile.retry", [11], "more disk", "applied"),
        ("jonas", "tile.retry", [12], "", "ignored"),
        ("ops/mira", "tile.force", [12], "", "applied"),
        ("jonas", "tile.fail", [12], "", "rejected"),
    ]
    assert done[2].status == "DONE"
    assert done[3].refused == "tile 12 is DONE, not RETRY (force would fail it all the same)"


def test_commands_for_one_reason_are_one_action(running: Log) -> None:
    for tile in (11, 12, 13):
        running.says("tile", tile, "RETRY", time=morning(2, tile))
    for tile in (11, 12, 13):
        running.add("tile.retry", {"id": tile, "by": "anna", "reason": "more disk"}, time=morning(3, tile))
    assert [one.ids for one in sheets(running)["2022-03-03"].actions] == [[11, 12, 13]]


def test_a_workers_result_and_a_new_scene_are_no_actions(running: Log) -> None:
    assert [one.type for one in sheets(running)["2022-03-01"].actions] == ["aoi.created"]


def test_rejected_events_are_counted(running: Log) -> None:
    running.says("tile", 99, "DONE", partitionkey="Demo", time=morning(2))
    sheet = sheets(running)["2022-03-02"]
    assert (sheet.events, sheet.rejected) == (1, 1)


def test_of_what_is_stuck_the_oldest_are_named_and_all_are_counted(log: Log) -> None:
    many = STUCK_LISTED + 3
    log.aoi()
    log.scene(1, dict.fromkeys(range(100, 100 + many)))
    log.says("scene", 1, "DONE")
    for tile in reversed(range(100, 100 + many)):
        log.says("tile", tile, "RETRY")
    log.add("aoi.created", {"id": "Demo"}, time=morning(4))
    sheet = sheets(log)["2022-03-04"]
    assert sheet.still_stuck_total == many
    assert [line.subject.id for line in sheet.still_stuck] == list(reversed(range(103, 100 + many)))


def test_a_deleted_aoi_leaves_nothing_behind(running: Log) -> None:
    running.says("tile", 11, "RETRY", time=morning(2))
    running.says("tile", 12, "DONE", time=morning(2, 1))
    running.add("aoi.deleted", {"id": "Demo"}, time=morning(3))
    running.add("aoi.created", {"id": "Demo"}, time=morning(4))
    found = sheets(running)
    assert (found["2022-03-03"].undone_scenes, found["2022-03-03"].undone_tiles) == (1, 1)
    assert found["2022-03-04"].still_stuck_total == found["2022-03-04"].total_tiles == 0


def test_late_events_get_into_the_sheet_of_their_own_day(running: Log) -> None:
    running.says("tile", 11, "DONE", time=morning(5))
    running.says("tile", 12, "DONE", time=morning(2), file="offline.jsonl")
    found = sheets(running)
    assert [(day, sheet.done_tiles) for day, sheet in found.items()] == [
        ("2022-03-01", 0),
        ("2022-03-02", 1),
        ("2022-03-05", 1),
    ]


def test_the_parts_sum_to_the_whole_whatever_was_recorded(recorded_boards: list[Board]) -> None:
    for board in recorded_boards:
        found = days(board)
        last = found[-1]
        assert last.scenes == {status: count(board.scenes.values(), status) for status in STATUSES}
        assert last.tiles == {status: count(board.tiles.values(), status) for status in STATUSES}
        assert sum(day.done_tiles - day.undone_tiles for day in found) == last.tiles["DONE"]
        assert sum(day.done_scenes - day.undone_scenes for day in found) == last.scenes["DONE"]
        assert sum(day.events for day in found) == len(board.events)
        for day in found:
            assert day.newly_stuck + day.still_stuck_total == day.stuck
            on_lists = Counter(
                (line.subject.kind, line.subject.id) for line in [*day.newly_failed, *day.settled, *day.still_stuck]
            )
            assert set(on_lists.values()) <= {1}


def count(entities: object, status: str) -> int:
    return sum(one.status == status for one in entities)  # type: ignore[attr-defined]
