"""Operator commands, as the contract's table of that name has them."""

import pytest
from tables import STATUSES, cells, check
from world import World

RETRY = """
| now | retry    |
| NEW, DONE, FAILED | rejected |
| PENDING           | ignored  |
| RETRY             | retry    |
"""
FAIL = """
| now | without force | with force |
| NEW, PENDING, DONE | rejected | fail    |
| RETRY              | fail     | fail    |
| FAILED             | ignored  | ignored |
"""
FORCE = """
| now                              | DONE   | PENDING | FAILED | RETRY | NEW |
| NEW, PENDING, DONE, RETRY, FAILED | finish | retry   | fail   | RETRY | NEW |
"""


@pytest.fixture
def alone(world: World) -> World:
    """A scene with one root tile, some retries left."""
    world.scene(1, {11: None}, retries=2)
    return world


@pytest.mark.parametrize(("now", "_", "cell"), cells(RETRY))
@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_retry(alone: World, kind: str, now: str, _: str, cell: str) -> None:
    alone.bring("scene", 1, "DONE")
    alone.bring(kind, id := 1 if kind == "scene" else 11, now)
    before = alone.state()
    outcome = alone.retry(kind, id)
    check(alone, kind, id, before, outcome.verdict, cell)
    if cell == "rejected":
        assert outcome.reason == f"{kind} {id} is {now}, not RETRY"


@pytest.mark.parametrize("scene", STATUSES)
def test_a_tile_is_retried_only_if_its_scene_is_done(alone: World, scene: str) -> None:
    alone.bring("scene", 1, scene)
    alone.bring("tile", 11, "RETRY")
    before = alone.state()
    outcome = alone.retry("tile", 11)
    check(alone, "tile", 11, before, outcome.verdict, "retry" if scene == "DONE" else "rejected")


@pytest.mark.parametrize(("now", "how", "cell"), cells(FAIL))
@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_fail(alone: World, kind: str, now: str, how: str, cell: str) -> None:
    alone.bring(kind, id := 1 if kind == "scene" else 11, now)
    before = alone.state()
    outcome = alone.fail(kind, id, force=how == "with force")
    check(alone, kind, id, before, outcome.verdict, cell)


@pytest.mark.parametrize("tile", [status for status in STATUSES if status != "NEW"])
def test_force_does_not_fail_a_scene_whose_tile_is_not_new(alone: World, tile: str) -> None:
    alone.bring("tile", 11, tile)
    for asked in (lambda: alone.fail("scene", 1, force=True), lambda: alone.force("scene", 1, "FAILED")):
        before = alone.state()
        assert asked().verdict == "rejected"
        assert alone.state() == before


@pytest.mark.parametrize(("now", "asked", "cell"), cells(FORCE))
@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_force(alone: World, kind: str, now: str, asked: str, cell: str) -> None:
    alone.bring(kind, id := 1 if kind == "scene" else 11, now)
    before = alone.state()
    outcome = alone.force(kind, id, asked)
    check(alone, kind, id, before, outcome.verdict, cell)


@pytest.mark.parametrize("now", STATUSES)
@pytest.mark.parametrize("set_to", ["RETRY", "NEW"])
def test_force_to_retry_or_new_sets_the_status_only(alone: World, now: str, set_to: str) -> None:
    """Nothing is woken by it, and no retry is spent."""
    alone.scene(2, {21: 11})
    alone.bring("scene", 2, "DONE")
    for kind, id in (("scene", 1), ("tile", 11)):
        alone.bring(kind, id, now)
        before = alone.state()
        alone.force(kind, id, set_to)
        before[kind][str(id)]["status"] = set_to
        before["aoi"] = alone.state()["aoi"]
        assert alone.state() == before


def test_force_to_done_wakes_what_waits_even_where_it_was_done_before(alone: World) -> None:
    alone.bring("scene", 1, "DONE")
    alone.force("scene", 1, "DONE")
    assert alone.status("tile", 11) == "PENDING"
    alone.scene(2, {21: 11})
    alone.bring("scene", 2, "DONE")
    alone.bring("tile", 11, "DONE")
    alone.force("tile", 11, "DONE")
    assert alone.status("tile", 21) == "PENDING"


def test_force_to_pending_has_the_checks_of_retry(alone: World) -> None:
    """A tile's previous must be DONE; its scene isn't looked at."""
    alone.scene(2, {21: 11})
    assert alone.force("tile", 21, "PENDING").verdict == "rejected"
    alone.bring("tile", 11, "DONE")
    assert alone.force("tile", 21, "PENDING").verdict == "applied"


def test_force_to_failed_has_the_checks_of_fail(alone: World) -> None:
    """And a tile that has failed already can fail once more, with what waits for it since."""
    alone.scene(2, {21: 11})
    alone.bring("tile", 21, "PENDING")
    assert alone.force("tile", 11, "FAILED").verdict == "rejected"
    alone.bring("tile", 21, "NEW")
    assert alone.force("tile", 11, "FAILED").verdict == "applied"
    assert alone.a_tile(21).prev is None


# aoi.retry


@pytest.fixture
def several(world: World) -> World:
    """Scenes 1 to 5, PENDING, DONE, RETRY, DONE and FAILED, with two NEW root tiles each."""
    for id, status in enumerate(("PENDING", "DONE", "RETRY", "DONE", "FAILED"), 1):
        world.scene(id, {10 * id + 1: None, 10 * id + 2: None}, retries=1)
        world.bring("scene", id, status)
    return world


def retry_aoi(world: World, *, force: bool = False, name: str = "Demo") -> tuple[str, str]:
    _, verdict, reason = world.apply("aoi.retry", {"id": name, "force": force})
    return verdict, reason


def test_aoi_retry_retries_scenes_and_tiles_that_are_in_retry(several: World) -> None:
    several.bring("tile", 21, "RETRY")
    several.bring("tile", 41, "DONE")
    before = several.state()
    assert retry_aoi(several) == ("applied", "")
    expected = before
    expected["scene"]["3"] |= {"status": "PENDING", "retry_countdown": 0}
    expected["tile"]["21"] |= {"status": "PENDING", "retry_countdown": 0}
    assert several.state()["scene"] == expected["scene"]
    assert several.state()["tile"] == expected["tile"]


def test_aoi_retry_skips_and_lists_what_can_not_be_retried(several: World) -> None:
    """The tile of a scene that isn't DONE; the tile whose previous isn't DONE. The others go on."""
    several.scene(6, {61: 21})
    several.bring("scene", 6, "DONE")
    for id in (11, 41, 61):
        several.bring("tile", id, "RETRY")
    verdict, reason = retry_aoi(several)
    assert verdict == "applied"
    assert reason == (
        "not retried: scene 1 of tile 11 is PENDING, not DONE; tile 61 waits for tile 21, which is NEW, not DONE"
    )
    assert [several.status("tile", id) for id in (11, 41, 61)] == ["RETRY", "PENDING", "RETRY"]


def test_aoi_retry_looks_at_tiles_after_scenes(several: World) -> None:
    """A scene that was in RETRY isn't DONE by that: its tiles in RETRY are skipped."""
    several.bring("tile", 31, "RETRY")
    verdict, reason = retry_aoi(several)
    assert (verdict, several.status("scene", 3), several.status("tile", 31)) == ("applied", "PENDING", "RETRY")
    assert "tile 31 is PENDING" in reason


@pytest.mark.parametrize("left_over", [False, True])
def test_aoi_retry_with_nothing_retried_is_ignored(world: World, left_over: bool) -> None:
    world.scene(1, {11: None})
    if left_over:
        world.bring("tile", 11, "RETRY")
    before = world.state()
    verdict, reason = retry_aoi(world)
    assert verdict == "ignored"
    assert bool(reason) == left_over
    assert world.state() == before


def test_aoi_retry_by_force_retries_every_scene_whatever_its_status(several: World) -> None:
    retry_aoi(several, force=True)
    assert [several.status("scene", id) for id in range(1, 6)] == ["PENDING"] * 5
    assert [several.a_scene(id).retry_countdown for id in range(1, 6)] == [0] * 5


@pytest.mark.parametrize("now", STATUSES)
def test_aoi_retry_by_force_retries_tiles_of_scenes_that_were_done_before(several: World, now: str) -> None:
    for id in (11, 21, 31, 41, 51):
        several.bring("tile", id, now)
    assert retry_aoi(several, force=True) == ("applied", "")
    assert [several.status("tile", id) for id in (21, 41)] == ["PENDING", "PENDING"]
    assert [several.a_tile(id).retry_countdown for id in (21, 41)] == [0, 0]
    assert [several.status("tile", id) for id in (11, 31, 51)] == [now] * 3


def test_aoi_retry_by_force_goes_by_ascending_id_and_skips_what_waits(world: World) -> None:
    """21 waits for 11, which is PENDING by the time its turn comes; 31 waits for 41, which is DONE still."""
    world.scene(1, {11: None})
    world.scene(4, {41: None})
    world.scene(2, {21: 11})
    world.scene(3, {31: 41})
    for id in (1, 2, 3, 4):
        world.bring("scene", id, "DONE")
    for id in (11, 21, 31, 41):
        world.bring("tile", id, "DONE")
    assert retry_aoi(world, force=True) == (
        "applied",
        "not retried: tile 21 waits for tile 11, which is PENDING, not DONE",
    )
    assert {id: world.status("tile", id) for id in (11, 21, 31, 41)} == {
        11: "PENDING", 21: "DONE", 31: "PENDING", 41: "PENDING"
    }  # fmt: skip


def test_aoi_retry_by_force_of_an_empty_aoi_is_ignored(world: World) -> None:
    assert retry_aoi(world, force=True) == ("ignored", "")


def test_aoi_retry_of_an_unknown_aoi_is_rejected(world: World) -> None:
    assert retry_aoi(world, name="Nowhere") == ("rejected", "AOI Nowhere is unknown")


# data


@pytest.mark.parametrize(("kind", "id"), [("scene", 1), ("tile", 11)])
@pytest.mark.parametrize("now", STATUSES)
def test_data_is_replaced_whatever_the_status(alone: World, kind: str, id: int, now: str) -> None:
    alone.bring(kind, id, now)
    before = alone.state()
    assert alone.apply(f"{kind}.data", {"id": id, "data": {"new": [1, "é"]}}).verdict == "applied"
    assert alone.data(kind, id) == {"new": [1, "é"]}
    assert alone.state() == before


@pytest.mark.parametrize("kind", ["scene", "tile"])
@pytest.mark.parametrize("what", ["result", "retry", "fail", "force", "data"])
def test_an_unknown_scene_or_tile_is_rejected(alone: World, kind: str, what: str) -> None:
    body = {"status": "DONE", "data": {}, "force": False}
    outcome = alone.apply(f"{kind}.{what}", {"id": 777, **body})
    assert (outcome.verdict, outcome.reason) == ("rejected", f"{kind} 777 is unknown")
