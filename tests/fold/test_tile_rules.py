"""Tile transitions, as the contract's section of that name has them."""

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


@pytest.fixture
def chain(world: World) -> World:
    """11 ← 21 ← 31, each in a scene of its own; all refer to 11."""
    world.scene(1, {11: None})
    world.scene(2, {21: 11})
    world.scene(3, {31: 21}, refs={31: 11})
    return world


@pytest.mark.parametrize(("now", "asked", "cell"), cells(RESULTS))
@pytest.mark.parametrize("countdown", [0, -1, 2])
def test_what_a_worker_says_of_a_tile(world: World, now: str, asked: str, cell: str, countdown: int) -> None:
    world.scene(1, {11: None}, retries=countdown)
    world.says("scene", 1, "DONE")
    world.bring("tile", 11, now)
    if (now, asked) == ("PENDING", "RETRY") and countdown > 0:
        cell = "retry"
    before = world.state()
    outcome = world.says("tile", 11, asked, MESSAGE)
    check(world, "tile", 11, before, outcome.verdict, cell)


@pytest.mark.parametrize("scene", STATUSES)
def test_a_worker_takes_a_tile_up_again_only_if_its_scene_is_done(world: World, scene: str) -> None:
    world.scene(1, {11: None})
    world.bring("scene", 1, scene)
    world.bring("tile", 11, "RETRY")
    before = world.state()
    outcome = world.says("tile", 11, "PENDING")
    check(world, "tile", 11, before, outcome.verdict, "retry" if scene == "DONE" else "rejected")


@pytest.mark.parametrize("scene", STATUSES)
def test_an_automatic_retry_does_not_look_at_the_scene(world: World, scene: str) -> None:
    world.scene(1, {11: None}, retries=1)
    world.bring("scene", 1, scene)
    world.bring("tile", 11, "PENDING")
    before = world.state()
    outcome = world.says("tile", 11, "RETRY")
    check(world, "tile", 11, before, outcome.verdict, "retry")


# finish


@pytest.mark.parametrize("scene", STATUSES)
def test_finish_makes_new_tiles_that_wait_for_it_pending_if_their_scene_is_done(chain: World, scene: str) -> None:
    chain.bring("tile", 11, "PENDING")
    chain.bring("scene", 2, scene)
    chain.says("tile", 11, "DONE")
    assert chain.status("tile", 21) == ("PENDING" if scene == "DONE" else "NEW")
    assert chain.a_tile(21).retry_countdown == 0
    assert chain.status("tile", 31) == "NEW"


@pytest.mark.parametrize("waiting", STATUSES)
def test_finish_leaves_tiles_alone_that_are_not_new(chain: World, waiting: str) -> None:
    chain.bring("tile", 11, "PENDING")
    chain.bring("scene", 2, "DONE")
    chain.bring("tile", 21, waiting)
    chain.says("tile", 11, "DONE")
    assert chain.status("tile", 21) == ("PENDING" if waiting == "NEW" else waiting)


# retry


@pytest.mark.parametrize("previous", STATUSES)
@pytest.mark.parametrize("how", ["automatic", "worker", "operator", "by force"])
def test_a_retry_needs_its_previous_tile_done(chain: World, previous: str, how: str) -> None:
    chain.bring("scene", 2, "DONE")
    chain.bring("tile", 11, previous)
    chain.bring("tile", 21, "PENDING" if how == "automatic" else "RETRY")
    chain.a_tile(21).retry_countdown = 1
    before = chain.state()
    match how:
        case "automatic":
            outcome = chain.says("tile", 21, "RETRY")
        case "worker":
            outcome = chain.says("tile", 21, "PENDING")
        case "operator":
            outcome = chain.retry("tile", 21)
        case _:
            outcome = chain.force("tile", 21, "PENDING")
    check(chain, "tile", 21, before, outcome.verdict, "retry" if previous == "DONE" else "rejected")
    if previous != "DONE":
        assert outcome.reason == f"tile 21 waits for tile 11, which is {previous}, not DONE"


# fail


@pytest.mark.parametrize("previous", STATUSES)
@pytest.mark.parametrize("its_scene", STATUSES)
def test_a_tile_can_not_fail_behind_a_failed_one(chain: World, previous: str, its_scene: str) -> None:
    chain.bring("tile", 11, previous)
    chain.bring("scene", 1, its_scene)
    chain.bring("tile", 21, "PENDING")
    before = chain.state()
    outcome = chain.says("tile", 21, "FAILED", MESSAGE)
    if "FAILED" in (previous, its_scene):
        assert outcome.verdict == "rejected"
        assert "waits for tile 11" in outcome.reason
        assert chain.state() == before
    else:
        assert outcome.verdict == "applied"


@pytest.mark.parametrize("following", STATUSES)
def test_each_tile_that_waits_for_a_failed_one_must_be_new(world: World, following: str) -> None:
    world.scene(1, {11: None})
    world.scene(2, {21: 11, 22: 11})
    world.bring("tile", 11, "PENDING")
    world.bring("tile", 22, following)
    before = world.state()
    outcome = world.says("tile", 11, "FAILED", MESSAGE)
    if following == "NEW":
        assert world.status("tile", 11) == "FAILED"
    else:
        assert outcome.verdict == "rejected"
        assert f"tile 22, which waits for tile 11, is {following}" in outcome.reason
        assert world.state() == before


def test_a_tile_that_fails_leaves_its_chain(chain: World) -> None:
    chain.bring("tile", 21, "PENDING")
    chain.says("tile", 21, "FAILED", MESSAGE)
    assert chain.a_tile(21).prev is None
    assert chain.a_tile(21).ref is chain.a_tile(11)
    assert chain.a_tile(31).prev is chain.a_tile(11)
    assert chain.a_tile(31).ref is chain.a_tile(11)


def test_a_failed_root_with_one_next_tile_hands_its_chain_on(chain: World) -> None:
    chain.bring("tile", 11, "PENDING")
    chain.says("tile", 11, "FAILED")
    assert (chain.a_tile(21).prev, chain.a_tile(21).ref) == (None, None)
    assert (chain.a_tile(31).prev, chain.a_tile(31).ref) == (chain.a_tile(21), chain.a_tile(21))


def test_of_several_next_tiles_of_a_failed_root_the_first_takes_over_as_reference(world: World) -> None:
    """By ascending id, though the others were created first; and for tiles further on in the chain too."""
    world.scene(1, {11: None})
    world.scene(4, {41: 11})
    world.scene(3, {31: 11})
    world.scene(2, {21: 11})
    world.scene(5, {51: 41}, refs={51: 11})
    world.bring("tile", 11, "PENDING")
    world.says("tile", 11, "FAILED")
    first = world.a_tile(21)
    assert {id: world.a_tile(id).ref for id in (21, 31, 41, 51)} == {21: None, 31: first, 41: first, 51: first}
    assert {id: world.a_tile(id).prev for id in (21, 31, 41)} == {21: None, 31: None, 41: None}
    assert world.a_tile(51).prev is world.a_tile(41)


def test_a_first_next_tile_that_refers_elsewhere_keeps_its_reference(world: World) -> None:
    """It takes over from the failed root all the same: only who referred to that is changed."""
    world.scene(1, {11: None, 12: None})
    world.scene(2, {21: 11, 22: 11}, refs={21: 12})
    world.bring("tile", 11, "PENDING")
    world.says("tile", 11, "FAILED")
    assert world.a_tile(21).ref is world.a_tile(12)
    assert world.a_tile(22).ref is world.a_tile(21)


def test_a_failed_root_that_nobody_waits_for_stays_the_reference(world: World) -> None:
    world.scene(1, {11: None, 12: None})
    world.scene(2, {21: 12}, refs={21: 11})
    world.bring("tile", 11, "PENDING")
    world.says("tile", 11, "FAILED")
    assert world.a_tile(21).ref is world.a_tile(11)


def test_a_failed_tile_with_a_reference_hands_nothing_on(world: World) -> None:
    world.scene(1, {11: None})
    world.scene(2, {21: 11})
    world.scene(3, {31: 21})
    world.bring("tile", 21, "PENDING")
    world.says("tile", 21, "FAILED")
    assert (world.a_tile(31).prev, world.a_tile(31).ref) == (world.a_tile(11), world.a_tile(21))


@pytest.mark.parametrize("scene", STATUSES)
@pytest.mark.parametrize("previous", ["none", "NEW", "DONE"])
def test_a_next_tile_becomes_pending_if_its_scene_is_done(world: World, scene: str, previous: str) -> None:
    """And one retry is spent on it; whether what it now waits for is DONE isn't looked at."""
    world.scene(1, {11: None})
    world.scene(2, {21: None if previous == "none" else 11})
    world.scene(3, {31: 21}, retries=2)
    world.bring("tile", 11, "NEW" if previous == "none" else previous)
    world.bring("tile", 21, "PENDING")
    world.bring("scene", 3, scene)
    world.says("tile", 21, "FAILED")
    then = world.a_tile(31)
    assert (then.status, then.retry_countdown) == (("PENDING", 1) if scene == "DONE" else ("NEW", 2))
