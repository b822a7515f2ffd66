"""Whether a command may be given, and whether what it names is still as it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.fold.outcome import Transition
from pipeline.insight.guard import Changed, State, allowed, changed, commands, expect, fits, state_of

if TYPE_CHECKING:
    from conftest import Story, Then

    from pipeline.store.board import Board

ONE = State("tile", 1, "RETRY", 0)
TWO = State("tile", 2, "RETRY", 1)


# The hash


def test_the_hash_is_short_and_the_same_for_ever() -> None:
    """It stands in pages and in people's notes: another version of the program must understand it."""
    assert expect([ONE]) == "7b1850d1c6"
    assert expect([ONE, TWO]) == "a85d4e59cf"


def test_the_order_and_repetition_of_what_is_named_do_not_matter() -> None:
    assert expect([TWO, ONE, TWO]) == expect([ONE, TWO])


@pytest.mark.parametrize(
    "other",
    [
        State("scene", 1, "RETRY", 0),
        State("tile", 3, "RETRY", 0),
        State("tile", 1, "PENDING", 0),
        State("tile", 1, "RETRY", 1),
    ],
)
def test_kind_id_status_and_retries_left_all_count(other: State) -> None:
    assert expect([other]) != expect([ONE])
    assert not fits(expect([ONE]), [other])


def test_capitals_and_blanks_around_the_hash_are_forgiven() -> None:
    assert fits(f" {expect([ONE]).upper()} ", [ONE])


# What changed


def past(board: Board) -> list[Transition]:
    return [change for event in board.events for change in event.changes]


def test_nothing_has_changed(story: Story) -> None:
    story.chain(1)
    story.says("tile", 1, "RETRY", "no space left")
    state = state_of(story.board().tiles[1])
    assert changed(expect([state]), [state], past(story.board())) == []


def test_what_changed_is_told_with_what_was_seen(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None}, retries=1)
    for id in (1, 2):
        story.event("tile.force", id=id, status="RETRY")
    seen = expect(state_of(tile) for tile in story.board().tiles.values())
    story.event("tile.force", id=2, status="PENDING")
    story.says("tile", 2, "RETRY", "no space left")
    board = story.board()
    found = changed(seen, map(state_of, board.tiles.values()), past(board))
    last = board.events[-1]
    assert found == [Changed(State("tile", 2, "RETRY", 1), State("tile", 2, "RETRY", 0), last.number)]
    assert found[0].sentence == "tile 2 is RETRY with no retry left; it was RETRY with 1 retry left"


def test_a_hash_of_something_else_is_told_apart_from_a_change(story: Story) -> None:
    story.chain(1)
    board = story.board()
    assert changed("0123456789", [state_of(board.tiles[1])], past(board)) is None


# What the rules allow


def test_a_tile_may_be_retried_when_its_scene_and_the_tile_before_it_are_done(story: Story) -> None:
    story.chain(2)
    story.event("tile.force", id=2, status="RETRY")
    assert allowed("retry", story.board().tiles[2]) == "tile 2 waits for tile 1, which is PENDING, not DONE"
    story.says("tile", 1, "DONE")
    assert allowed("retry", story.board().tiles[2]) is None
    story.event("scene.force", id=2, status="PENDING")
    assert allowed("retry", story.board().tiles[2]) == "scene 2 of tile 2 is PENDING, not DONE"


def test_what_is_pending_already_is_not_retried(story: Story) -> None:
    story.chain(1)
    assert allowed("retry", story.board().tiles[1]) == "tile 1 is PENDING already"
    assert allowed("retry", story.board().scenes[1]) == "scene 1 is DONE, not RETRY"


def test_a_tile_may_be_failed_while_the_next_ones_are_new(story: Story) -> None:
    story.chain(2)
    story.says("tile", 1, "RETRY", "no space left")
    assert allowed("fail", story.board().tiles[1]) is None
    story.event("tile.force", id=2, status="DONE")
    assert allowed("fail", story.board().tiles[1]) == "tile 2, which waits for tile 1, is DONE, not NEW"


def test_a_tile_is_not_failed_behind_a_failed_scene(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "FAILED", "product not found")
    story.event("tile.force", id=1, status="NEW")
    story.scene(2, tiles={2: 1})
    story.event("tile.force", id=2, status="RETRY")
    assert allowed("fail", story.board().tiles[2]) == "tile 2 waits for tile 1, whose scene 1 is FAILED"


def test_a_scene_may_be_failed_while_its_tiles_are_new(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "RETRY", "download: 503")
    assert allowed("fail", story.board().scenes[1]) is None
    story.event("tile.force", id=1, status="DONE")
    assert allowed("fail", story.board().scenes[1]) == "tile 1 of scene 1 is DONE, not NEW"


def test_what_is_not_in_retry_is_failed_by_force_only(story: Story) -> None:
    story.scene(1, tiles={1: None})
    scene = story.board().scenes[1]
    assert allowed("fail", scene) == "scene 1 is PENDING, not RETRY (force would fail it all the same)"
    assert allowed("fail", scene, force=True) is None
    story.event("scene.fail", id=1, force=True)
    assert allowed("fail", story.board().scenes[1], force=True) == "scene 1 is FAILED already"


def test_a_force_is_bound_by_what_it_causes(story: Story) -> None:
    story.chain(2)
    tile = story.board().tiles[2]
    assert allowed("force", tile, status="PENDING") == "tile 2 waits for tile 1, which is PENDING, not DONE"
    assert allowed("force", tile, status="DONE") is None
    assert allowed("force", story.board().scenes[2], status="NEW") is None
    with pytest.raises(ValueError, match="status"):
        allowed("force", tile)


def test_asking_changes_nothing(story: Story) -> None:
    story.chain(2)
    story.says("tile", 1, "RETRY", "no space left")
    board = story.board()
    before = [state_of(tile) for tile in board.tiles.values()]
    allowed("fail", board.tiles[1])
    assert [state_of(tile) for tile in board.tiles.values()] == before
    assert board.tiles[2].prev is board.tiles[1]


def test_asking_agrees_with_the_fold_in_every_recorded_run(recorded_boards: list[Board], then: Then) -> None:
    """An offer that the log would reject is a lie; so is a refusal of what it would take."""
    seen = set()
    for board in recorded_boards:
        for entity in [*board.scenes.values(), *board.tiles.values()]:
            kind = state_of(entity).kind
            if entity.status in ("RETRY", "FAILED"):
                for verb in ("retry", "fail"):
                    (verdict,) = then(board, [(f"{kind}.{verb}", {"id": entity.id})]).verdicts
                    assert (allowed(verb, entity) is None) == (verdict == "applied"), (verb, kind, entity.id)
                    seen.add((kind, verb, verdict))
    assert seen >= {(kind, "retry", verdict) for kind in ("scene", "tile") for verdict in ("applied", "rejected")}
    assert seen >= {("scene", "fail", "applied"), ("tile", "fail", "applied"), ("tile", "fail", "rejected")}


# Commands


def test_a_long_list_is_cut_into_commands_of_fifty_with_a_guard_each(story: Story) -> None:
    story.scene(1, tiles=dict.fromkeys(range(1, 121)))
    tiles = list(story.board().tiles.values())
    lines = commands("fail", tiles)
    assert [len(line.split()) for line in lines] == [55, 55, 25]
    assert lines[2] == (
        f"sceneboard tile fail {' '.join(map(str, range(101, 121)))} --expect {expect(map(state_of, tiles[100:]))}"
    )


def test_no_entities_need_no_command() -> None:
    assert commands("retry", []) == ()
