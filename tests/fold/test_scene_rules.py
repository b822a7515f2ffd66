"""Scene transitions, as the contract's section of that name has them."""

import pytest
from tables import MESSAGE, STATUSES, cells, check
from world import World

RESULTS = """
| now               | DONE     | RETRY              | FAILED            | PENDING  | NEW      |
| PENDING           | finish   | RETRY, message set | fail, message set | ignored  | rejected |
| RETRY             | finish   | ignored            | fail, message set | retry    | rejected |
| NEW               | rejected | rejected           | rejected          | rejected | ignored  |
| DONE              | ignored  | rejected           | rejected          | rejected | rejected |
| FAILED            | rejected | rejected           | ignored           | rejected | rejected |
"""


@pytest.mark.parametrize(("now", "asked", "cell"), cells(RESULTS))
@pytest.mark.parametrize("countdown", [0, -1, 2])
def test_what_a_worker_says_of_a_scene(world: World, now: str, asked: str, cell: str, countdown: int) -> None:
    world.scene(1, {11: None}, retries=countdown)
    world.bring("scene", 1, now)
    if (now, asked) == ("PENDING", "RETRY") and countdown > 0:
        cell = "retry"
    before = world.state()
    outcome = world.says("scene", 1, asked, MESSAGE)
    check(world, "scene", 1, before, outcome.verdict, cell)


def test_a_message_is_kept_where_none_is_set(world: World) -> None:
    world.scene(1, {11: None})
    world.says("scene", 1, "RETRY", "disk full")
    for asked in ("PENDING", "DONE"):
        world.says("scene", 1, asked, "never mind")
        assert world.a_scene(1).message == "disk full"


def test_a_result_without_a_message_sets_an_empty_one(world: World) -> None:
    world.scene(1, {11: None})
    world.says("scene", 1, "RETRY", "disk full")
    world.retry("scene", 1)
    world.apply("scene.result", {"id": 1, "status": "RETRY"})
    assert (world.status("scene", 1), world.a_scene(1).message) == ("RETRY", "")


# finish


def test_finish_makes_its_new_tiles_without_previous_pending(world: World) -> None:
    world.scene(1, {11: None, 12: None}, retries=3)
    world.says("scene", 1, "DONE")
    assert [world.status("tile", id) for id in (11, 12)] == ["PENDING", "PENDING"]
    assert [world.a_tile(id).retry_countdown for id in (11, 12)] == [3, 3]


@pytest.mark.parametrize("previous", STATUSES)
def test_finish_makes_its_new_tiles_pending_whose_previous_is_done(world: World, previous: str) -> None:
    world.scene(1, {11: None})
    world.scene(2, {21: 11})
    world.bring("tile", 11, previous)
    world.says("scene", 2, "DONE")
    assert world.status("tile", 21) == ("PENDING" if previous == "DONE" else "NEW")


@pytest.mark.parametrize("now", STATUSES)
def test_finish_leaves_tiles_alone_that_are_not_new(world: World, now: str) -> None:
    world.scene(1, {11: None})
    world.bring("tile", 11, now)
    world.says("scene", 1, "DONE")
    assert world.status("tile", 11) == ("PENDING" if now == "NEW" else now)


# retry


def test_retries_run_out_and_the_countdown_may_go_below_nought(world: World) -> None:
    world.scene(1, {11: None}, retries=1)
    world.says("scene", 1, "RETRY", "first")
    assert (world.status("scene", 1), world.a_scene(1).retry_countdown, world.a_scene(1).message) == ("PENDING", 0, "")
    world.says("scene", 1, "RETRY", "second")
    assert (world.status("scene", 1), world.a_scene(1).message) == ("RETRY", "second")
    world.retry("scene", 1)
    assert (world.status("scene", 1), world.a_scene(1).retry_countdown) == ("PENDING", -1)


# fail


@pytest.mark.parametrize("tile", STATUSES)
def test_fail_needs_all_tiles_new(world: World, tile: str) -> None:
    world.scene(1, {11: None, 12: None})
    world.bring("tile", 12, tile)
    before = world.state()
    outcome = world.says("scene", 1, "FAILED", MESSAGE)
    if tile == "NEW":
        assert [world.status("scene", 1), world.status("tile", 11), world.status("tile", 12)] == ["FAILED"] * 3
    else:
        assert outcome.verdict == "rejected"
        assert f"tile 12 of scene 1 is {tile}" in outcome.reason
        assert world.state() == before


def test_fail_fails_each_tile_and_keeps_their_messages(world: World) -> None:
    world.scene(1, {11: None})
    world.a_tile(11).message = "its own"
    world.says("scene", 1, "FAILED", MESSAGE)
    assert (world.status("tile", 11), world.a_tile(11).message) == ("FAILED", "its own")


def test_a_failed_scene_leaves_the_chains_of_its_tiles(world: World) -> None:
    world.scene(1, {11: None, 12: None})
    world.scene(2, {21: 11, 22: 12})
    world.scene(3, {31: 21, 32: 22}, refs={31: 11, 32: 12})
    world.says("scene", 2, "FAILED")
    assert [world.a_tile(id).prev for id in (31, 32)] == [world.a_tile(11), world.a_tile(12)]
    assert [world.a_tile(id).prev for id in (21, 22)] == [None, None]


def test_a_scene_can_not_fail_when_one_of_its_tiles_can_not(world: World) -> None:
    """The second tile can't, so the first, which could, and the scene stay as they are."""
    world.scene(1, {11: None})
    world.scene(2, {21: None, 22: 11})
    world.bring("tile", 11, "FAILED")
    before = world.state()
    outcome = world.says("scene", 2, "FAILED", MESSAGE)
    assert outcome.verdict == "rejected"
    assert "tile 22 waits for tile 11, which is FAILED" in outcome.reason
    assert world.state() == before


def test_tiles_fail_in_ascending_id(world: World) -> None:
    """None of the two can: the reason is the first one's."""
    world.scene(1, {12: None, 11: None})
    world.scene(2, {22: 11, 21: 12})
    world.bring("scene", 1, "FAILED")
    assert "tile 21 waits for tile 12" in world.says("scene", 2, "FAILED").reason
