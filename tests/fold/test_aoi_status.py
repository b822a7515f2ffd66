"""The status of an AOI, as the contract has it: a pure function of its scenes and tiles."""

from itertools import combinations_with_replacement

import pytest
from tables import STATUSES
from world import World

from pipeline.fold.aoi_status import aoi_status


def status_of(scenes: list[str], tiles: list[str]) -> str:
    """Of an AOI with these scenes; the tiles are all of the first."""
    world = World()
    world.aoi()
    for id, status in enumerate(scenes, 1):
        named = [10 * id + place for place in range(1, len(tiles) + 1)] if id == 1 else [10 * id]
        world.scene(id, dict.fromkeys(named))
        for tile, of_tile in zip(named, tiles if id == 1 else ["DONE"], strict=True):
            world.bring("tile", tile, of_tile)
        world.bring("scene", id, status)
    return aoi_status(world.aois()[0])


def test_no_scenes_is_new() -> None:
    assert status_of([], []) == "NEW"


@pytest.mark.parametrize("scenes", list(combinations_with_replacement(STATUSES, 2)), ids="-".join)
def test_by_its_scenes(scenes: tuple[str, str]) -> None:
    """RETRY, then the first of PENDING, NEW, DONE, FAILED that some scene has (here all tiles are DONE)."""
    expected = next(status for status in ("RETRY", "PENDING", "NEW", "DONE", "FAILED") if status in scenes)
    assert status_of(list(scenes), ["DONE"]) == expected


@pytest.mark.parametrize("tiles", list(combinations_with_replacement(STATUSES, 2)), ids="-".join)
def test_once_its_scenes_are_done_by_their_tiles(tiles: tuple[str, str]) -> None:
    expected = next(status for status in ("RETRY", "PENDING", "NEW", "DONE", "FAILED") if status in tiles)
    assert status_of(["DONE"], list(tiles)) == expected


@pytest.mark.parametrize("scene", STATUSES)
def test_a_tile_in_retry_counts_whatever_its_scene(scene: str) -> None:
    assert status_of([scene], ["RETRY"]) == "RETRY"


@pytest.mark.parametrize("tile", [status for status in STATUSES if status != "RETRY"])
def test_tiles_of_scenes_that_are_not_done_do_not_count(tile: str) -> None:
    """The first scene is FAILED, the second DONE with a tile that is DONE."""
    assert status_of(["FAILED", "DONE"], [tile]) == "DONE"


def test_while_a_scene_is_pending_tiles_do_not_count() -> None:
    assert status_of(["DONE", "PENDING"], ["FAILED"]) == "PENDING"
    assert status_of(["DONE", "NEW"], ["PENDING"]) == "NEW"
