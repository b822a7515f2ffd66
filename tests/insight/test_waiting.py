"""Why every scene and tile is where it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.fold.state import Aoi, Scene, Tile
from pipeline.insight.waiting import Reason, Waiting, reasons, waiting_json
from pipeline.store.board import Board, BoardScene, BoardTile

if TYPE_CHECKING:
    from conftest import Story, Then

WAITING_KINDS = {"may run now", "behind a failure", "behind work in progress", "its scene isn't ready"}


def tile(story: Story, id: int) -> Reason:
    return reasons(story.board()).tile(id)


def scene(story: Story, id: int) -> Reason:
    return reasons(story.board()).scene(id)


# What runs, is done, or has failed


def test_a_pending_scene_may_run_now(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=2)
    assert scene(story, 1) == Reason(
        "may run now", "handed to a worker, PENDING since 2022-03-01 00:02:00 UTC; 2 retries left", None, None
    )


def test_a_try_that_failed_is_counted_while_the_next_one_runs(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=1)
    story.says("scene", 1, "RETRY", "timeout")
    assert scene(story, 1).sentence == (
        "handed to a worker, PENDING since 2022-03-01 00:02:00 UTC (1 try failed); no retry left"
    )


def test_a_done_tile_says_since_when(story: Story) -> None:
    story.chain(1)
    story.says("tile", 1, "DONE")
    assert tile(story, 1) == Reason("done", "done since 2022-03-01 00:04:00 UTC", None, None)


def test_what_was_set_by_hand_says_so(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.event("scene.force", id=1, status="DONE")
    assert scene(story, 1).sentence == "done since 2022-03-01 00:03:00 UTC, set by hand"


def test_a_tile_in_retry_tells_the_message_the_tries_and_what_an_operator_may(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=1)
    story.says("scene", 1, "DONE")
    story.says("tile", 1, "RETRY", "disk full")
    story.says("tile", 1, "RETRY", "\n no space left \r\nstack trace")
    assert tile(story, 1) == Reason(
        "in RETRY",
        "in RETRY since 2022-03-01 00:05:00 UTC: no space left (2 tries); no retry left; "
        "an operator may retry or fail it",
        "tile",
        1,
    )


def test_tries_are_counted_since_it_was_done_last(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=0)
    story.says("scene", 1, "RETRY", "timeout")
    story.says("scene", 1, "DONE")
    story.event("scene.force", id=1, status="PENDING")
    story.says("scene", 1, "RETRY", "disk full")
    assert "disk full (1 try)" in scene(story, 1).sentence


def test_a_failed_scene_and_the_tiles_that_failed_with_it(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "FAILED", "product not found")
    assert scene(story, 1) == Reason(
        "failed", "FAILED since 2022-03-01 00:03:00 UTC: product not found (1 try); given up", "scene", 1
    )
    assert tile(story, 1) == Reason(
        "failed",
        "FAILED since 2022-03-01 00:03:00 UTC: product not found; given up with its scene 1",
        "tile",
        1,
    )


# What waits


def test_behind_a_failure_the_root_is_the_earliest_of_the_chain(story: Story) -> None:
    story.chain(4)
    story.says("tile", 1, "RETRY", "no space left")
    for id in (2, 3, 4):
        assert tile(story, id) == Reason(
            "behind a failure",
            "waits for tile 1 of 2022-01-01, in RETRY since 2022-03-01 00:10:00 UTC (no space left; 1 try); "
            "nothing else is in its way",
            "tile",
            1,
        )


def test_behind_a_failure_and_its_own_scene_is_not_ready_either(story: Story) -> None:
    story.chain(1)
    story.says("tile", 1, "RETRY", "no space left")
    story.scene(12, tiles={2: 1})
    story.scene(13, tiles={3: 2})
    story.scene(14, tiles={4: 3})
    assert tile(story, 2).sentence.endswith("; 1 try); and its scene 12 is PENDING")
    assert tile(story, 3).sentence.endswith(
        "; and its scene 13 is PENDING, and one more thing in its chain is in its way"
    )
    assert tile(story, 4).sentence.endswith(
        "; and its scene 14 is PENDING, and 2 more things in its chain are in its way"
    )


def test_behind_its_own_scene_in_retry(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "RETRY", "download: 503")
    assert tile(story, 1) == Reason(
        "behind a failure",
        "waits for its scene 1, in RETRY since 2022-03-01 00:03:00 UTC (download: 503; 1 try); "
        "nothing else is in its way",
        "scene",
        1,
    )


def test_behind_a_scene_in_retry_through_a_tile_of_the_chain(story: Story) -> None:
    story.scene(1, tiles={1: None}, day="2022-01-02")
    story.scene(2, tiles={2: 1})
    story.says("scene", 1, "RETRY", "download: 503")
    story.says("scene", 2, "DONE")
    assert tile(story, 2) == Reason(
        "behind a failure",
        "waits for scene 1 of 2022-01-02, through tile 1 of its chain, in RETRY since 2022-03-01 00:04:00 UTC "
        "(download: 503; 1 try); nothing else is in its way",
        "scene",
        1,
    )


def test_a_failure_comes_before_work_in_progress(story: Story) -> None:
    """The tile before it is with a worker, but its own scene needs an operator."""
    story.chain(1)
    story.scene(2, tiles={2: 1})
    story.says("scene", 2, "RETRY", "download: 503")
    found = tile(story, 2)
    assert (found.kind, found.root_kind, found.root_id) == ("behind a failure", "scene", 2)
    assert found.sentence.endswith("; and one more thing in its chain is in its way")


def test_behind_work_in_progress(story: Story) -> None:
    story.chain(3)
    assert tile(story, 3) == Reason(
        "behind work in progress",
        "waits for tile 1 of 2022-01-01, PENDING since 2022-03-01 00:03:00 UTC; nothing else is in its way",
        "tile",
        1,
    )


def test_only_failures_hold_a_tile_up(story: Story) -> None:
    story.chain(2)
    board = story.board()
    assert reasons(board).holder(board.tiles[2]) is None
    story.says("tile", 1, "RETRY", "no space left")
    board = story.board()
    waiting = reasons(board)
    assert [waiting.holder(tile) for tile in board.tiles.values()] == [None, ("tile", 1)]


def test_behind_the_scene_of_an_earlier_tile(story: Story) -> None:
    story.scene(1, tiles={1: None}, day="2022-01-02")
    story.scene(2, tiles={2: 1})
    assert tile(story, 2) == Reason(
        "behind work in progress",
        "waits for scene 1 of 2022-01-02, through tile 1 of its chain, PENDING since 2022-03-01 00:02:00 UTC; "
        "and its scene 2 is PENDING",
        "scene",
        1,
    )


def test_its_scene_is_not_ready(story: Story) -> None:
    story.scene(1, tiles={1: None})
    assert tile(story, 1) == Reason(
        "its scene isn't ready",
        "its scene 1 isn't ready: PENDING since 2022-03-01 00:02:00 UTC; nothing else is in its way",
        "scene",
        1,
    )


def test_a_date_that_nobody_knows_is_left_out(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.event("scene.data", id=1, data={"date": "yesterday"})
    story.says("scene", 1, "DONE")
    story.scene(2, tiles={2: 1})
    assert tile(story, 2).sentence.startswith("waits for tile 1, PENDING since ")


# What only a force can make


def test_a_tile_set_new_with_nothing_in_its_way_is_handed_to_nobody(story: Story) -> None:
    story.chain(2)
    story.event("tile.force", id=1, status="NEW")
    assert tile(story, 1) == Reason(
        "may run now",
        "NEW since 2022-03-01 00:06:00 UTC, set by hand: nothing is in its way, but no worker has it; "
        "force it PENDING to hand it out",
        None,
        None,
    )
    assert tile(story, 2) == Reason(
        "behind work in progress",
        "waits for tile 1 of 2022-01-01, NEW since 2022-03-01 00:06:00 UTC, handed to nobody until it is forced "
        "PENDING; nothing else is in its way",
        "tile",
        1,
    )


def test_a_scene_set_new_is_handed_to_nobody(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.event("scene.force", id=1, status="NEW")
    assert scene(story, 1).sentence.endswith("but no worker has it; force it PENDING to hand it out")
    assert tile(story, 1).sentence == (
        "its scene 1 isn't ready: NEW since 2022-03-01 00:03:00 UTC, handed to nobody until it is forced PENDING; "
        "nothing else is in its way"
    )


def test_a_tile_in_retry_whose_scene_is_not_done_can_be_failed_only(story: Story) -> None:
    story.chain(1)
    story.says("tile", 1, "RETRY", "no space left")
    story.event("scene.force", id=1, status="PENDING")
    assert tile(story, 1).sentence.endswith(
        "; an operator may fail it, not retry it: scene 1 of tile 1 is PENDING, not DONE"
    )


def test_a_tile_in_retry_with_a_worker_on_the_next_one_can_be_retried_only(story: Story) -> None:
    story.chain(2)
    story.says("tile", 1, "DONE")
    story.event("tile.force", id=1, status="RETRY")
    assert tile(story, 1).sentence == (
        "in RETRY since 2022-03-01 00:07:00 UTC (set by hand); no retry left; an operator may retry it, not fail it: "
        "tile 2, which waits for tile 1, is PENDING, not NEW"
    )
    assert tile(story, 2).sentence.endswith("; tile 1 before it is in RETRY all the same")


def test_a_tile_in_retry_behind_another_has_the_earlier_one_as_root(story: Story) -> None:
    story.chain(3)
    story.says("tile", 1, "RETRY", "no space left")
    story.event("tile.force", id=2, status="RETRY")
    second, third = tile(story, 2), tile(story, 3)
    assert (second.kind, second.root_kind, second.root_id) == ("in RETRY", "tile", 1)
    assert (third.kind, third.root_kind, third.root_id) == ("behind a failure", "tile", 1)
    assert third.sentence.endswith("; and one more thing in its chain is in its way")
    assert second.sentence.endswith(
        "an operator may fail it, not retry it: tile 2 waits for tile 1, which is RETRY, not DONE"
    )


def test_a_tile_that_can_be_neither_retried_nor_failed(story: Story) -> None:
    story.chain(2)
    story.says("tile", 1, "DONE")
    story.event("tile.force", id=1, status="RETRY")
    story.event("scene.force", id=1, status="PENDING")
    assert tile(story, 1).sentence.endswith(
        "; an operator can neither retry it (scene 1 of tile 1 is PENDING, not DONE) nor fail it "
        "(tile 2, which waits for tile 1, is PENDING, not NEW)"
    )


def test_a_pending_tile_whose_scene_was_set_back_runs_all_the_same(story: Story) -> None:
    story.chain(1)
    story.event("scene.force", id=1, status="RETRY")
    found = tile(story, 1)
    assert found.kind == "may run now"
    assert found.sentence.endswith("; no retry left; its scene 1 is in RETRY all the same")


def test_a_tile_set_new_in_a_failed_scene_is_behind_that_failure(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "FAILED", "product not found")
    story.event("tile.force", id=1, status="NEW")
    found = tile(story, 1)
    assert (found.kind, found.root_kind, found.root_id) == ("behind a failure", "scene", 1)


def test_when_a_tile_is_failed_its_chain_waits_for_what_it_waited_for(story: Story) -> None:
    story.chain(1)
    story.says("tile", 1, "RETRY", "no space left")
    story.scene(2, tiles={2: 1})
    story.scene(3, tiles={3: 2})
    story.event("tile.fail", id=2, force=True)
    assert tile(story, 2).sentence == "FAILED since 2022-03-01 00:07:00 UTC (set by hand); given up"
    assert tile(story, 3).root_id == 1


# Sentences are safe and short


def test_a_hostile_message_stays_on_one_line(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "RETRY", "a\u202eb\u2028\x1b[31m<script>\x00 c\nsecond")
    assert "UTC: a b (1 try)" in scene(story, 1).sentence
    story.says("scene", 1, "FAILED", "x" * 10_000)
    assert f"UTC: {'x' * 119}… (2 tries)" in scene(story, 1).sentence


def test_a_chain_of_ten_thousand_tiles_needs_no_recursion() -> None:
    at = "2022-03-01T00:00:00.000000000"
    made = BoardScene(1, "scene", "DONE", "", 0, False, b"{}", None, None, at, at, None)
    chain = [
        BoardTile(number, f"tile {number}", made, "NEW", "", 0, False, b"{}", None, None, at, at)
        for number in range(10_000)
    ]
    for before, after in zip(chain[1:], chain, strict=False):
        after.prev = before  # the first tile that is looked at is the last of the chain
    chain[-1].status = "RETRY"
    waiting = reasons(Board("Demo", "RETRY", {1: made}, {tile.id: tile for tile in chain}, []))
    assert {waiting.tile(tile.id).root_id for tile in chain} == {9_999}


# waiting.json


def test_waiting_json_lists_what_is_not_done_scenes_first(story: Story) -> None:
    story.chain(2)
    story.scene(3, tiles={3: None})
    story.says("tile", 1, "RETRY", "no space left")
    board = story.board()
    waiting = reasons(board)
    found = json.loads(waiting_json(board, waiting))
    assert [(one["kind"], one["id"], one["status"], one["why"], one["root"]) for one in found] == [
        ("scene", 3, "PENDING", "may run now", None),
        ("tile", 1, "RETRY", "in RETRY", {"kind": "tile", "id": 1}),
        ("tile", 2, "NEW", "behind a failure", {"kind": "tile", "id": 1}),
        ("tile", 3, "NEW", "its scene isn't ready", {"kind": "scene", "id": 3}),
    ]
    assert [one["sentence"] for one in found] == [
        waiting.scene(3).sentence,
        *(waiting.tile(id).sentence for id in (1, 2, 3)),
    ]


def test_waiting_json_of_an_empty_aoi_is_an_empty_list(story: Story) -> None:
    board = story.board()
    assert waiting_json(board, reasons(board)) == b"[]\n"


# Every recorded run of the server


def every_reason(board: Board, waiting: Waiting) -> list[tuple[str, Reason]]:
    return [(one.status, waiting.scene(one.id)) for one in board.scenes.values()] + [
        (one.status, waiting.tile(one.id)) for one in board.tiles.values()
    ]


@pytest.fixture(scope="module")
def recorded(recorded_boards: list[Board]) -> list[tuple[Board, Waiting]]:
    return [(board, reasons(board)) for board in recorded_boards]


def test_recorded_runs_have_a_reason_of_the_right_kind_for_everything(recorded: list[tuple[Board, Waiting]]) -> None:
    kinds = {
        "NEW": WAITING_KINDS,
        "PENDING": {"may run now"},
        "DONE": {"done"},
        "RETRY": {"in RETRY"},
        "FAILED": {"failed"},
    }
    seen = set()
    for board, waiting in recorded:
        for status, reason in every_reason(board, waiting):
            assert reason.kind in kinds[status]
            seen.add(reason.kind)
    assert seen == WAITING_KINDS | {"done", "in RETRY", "failed"}


def test_recorded_runs_have_sentences_of_one_line(recorded: list[tuple[Board, Waiting]]) -> None:
    for board, waiting in recorded:
        for _, reason in every_reason(board, waiting):
            assert reason.sentence.isprintable() and reason.sentence == reason.sentence.strip()


def test_recorded_runs_name_roots_that_are_in_the_way(recorded: list[tuple[Board, Waiting]]) -> None:
    """A root is in the way: a failing one of a failure, otherwise one that isn't DONE, and it waits for nothing."""
    for board, waiting in recorded:
        for tile in board.tiles.values():
            reason = waiting.tile(tile.id)
            if tile.status != "NEW" or reason.root_id is None:
                continue
            root = (board.scenes if reason.root_kind == "scene" else board.tiles)[reason.root_id]
            assert (root.status in ("RETRY", "FAILED")) == (reason.kind == "behind a failure")
            assert root.status != "DONE"
            if reason.kind == "its scene isn't ready":
                assert root is tile.scene


def test_recorded_runs_say_of_nothing_in_its_way_what_the_rules_say(recorded: list[tuple[Board, Waiting]]) -> None:
    """NEW, its scene DONE and the tile before it DONE: only then nothing is in its way."""
    for board, waiting in recorded:
        for tile in board.tiles.values():
            if tile.status == "NEW":
                clear = tile.scene.status == "DONE" and (tile.prev is None or tile.prev.status == "DONE")
                assert (waiting.tile(tile.id).kind == "may run now") == clear


def test_recorded_runs_end_as_the_reasons_say(recorded: list[tuple[Board, Waiting]], then: Then) -> None:
    """When workers finish all they have, and what nobody has is handed out, what stays NEW is behind a failure."""
    stuck = released = 0
    for board, waiting in recorded:
        more: list[tuple[str, dict[str, Any]]] = []
        while ends := _what_ends(aoi := then(board, more).aoi):
            more += ends
        stays = {id for id, tile in aoi.tiles.items() if tile.status == "NEW"}
        new = {id: waiting.tile(id).kind for id, tile in board.tiles.items() if tile.status == "NEW"}
        assert stays == {id for id, kind in new.items() if kind == "behind a failure"}
        stuck += len(stays)
        released += len(new) - len(stays)
    assert stuck > 10
    assert released > 20


def _what_ends(aoi: Aoi) -> list[tuple[str, dict[str, Any]]]:
    """The events of a time without failures: what is PENDING ends, what is NEW for no reason is handed out."""
    events: list[tuple[str, dict[str, Any]]] = []
    for kind, entities in (("scene", aoi.scenes), ("tile", aoi.tiles)):
        for id, entity in entities.items():
            if entity.status == "PENDING":
                events.append((f"{kind}.result", {"type": kind, "id": id, "status": "DONE"}))
            elif entity.status == "NEW" and _nothing_is_in_its_way(entity):
                events.append((f"{kind}.force", {"id": id, "status": "PENDING"}))
    return events


def _nothing_is_in_its_way(entity: Scene | Tile) -> bool:
    if isinstance(entity, Scene):
        return True
    return entity.scene.status == "DONE" and (entity.prev is None or entity.prev.status == "DONE")
