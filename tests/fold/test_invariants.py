"""What holds in every AOI after every event, sensible or not."""

from typing import Any

from examples import examples
from hypothesis import given, settings
from strange_events import histories
from tables import STATUSES
from world import World

from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.outcome import Transition
from pipeline.fold.state import Aoi, Tile


@settings(max_examples=examples(50, at_length=150))
@given(histories(15, 50))
def test_after_every_event(history: list[dict[str, Any]]) -> None:
    world = World()
    for event in history:
        before, payloads = world.state(), world.payloads()
        outcome = world.apply(event["type"], event["data"], event.get("partitionkey"))
        changes = world.transitions()
        if outcome.verdict == "applied":
            _check_transitions(world, before, changes)
        else:
            assert (world.state(), world.payloads(), changes) == (before, payloads, [])
        assert bool(outcome.reason) or outcome.verdict != "rejected"
        for aoi in world.aois():
            _check_aoi(aoi)


def _check_aoi(aoi: Aoi) -> None:
    tiles = [tile for scene in aoi.scenes.values() for tile in scene.tiles.values()]
    assert {tile.id: tile for tile in tiles} == aoi.tiles
    assert {scene.source_id: scene for scene in aoi.scenes.values()} == aoi.by_source_id
    for scene in aoi.scenes.values():
        assert scene.tiles, "a scene without tiles"
        assert [tile.id for tile in scene.tiles.values()] == sorted(tile.id for tile in scene.tiles.values())
    for tile in tiles:
        assert tile.status in STATUSES
        _check_chain(aoi, tile)
    assert aoi_status(aoi) == _status(aoi)


def _check_chain(aoi: Aoi, tile: Tile) -> None:
    """Previous and reference stay in the AOI; who waits for a tile is known to it; no tile waits for itself."""
    for other in (tile.prev, tile.ref):
        assert other is None or aoi.tiles.get(other.id) is other
    assert tile.next_tiles() == [aoi.tiles[id] for id in sorted(aoi.tiles) if aoi.tiles[id].prev is tile]
    assert tile.prev is None or tile.status != "FAILED"
    seen = set()
    at: Tile | None = tile
    while at is not None:
        assert at.id not in seen, "a chain that comes back to itself"
        seen.add(at.id)
        at = at.prev


def _status(aoi: Aoi) -> str:
    """The contract's sentence, read once more."""
    scenes = [scene.status for scene in aoi.scenes.values()]
    tiles = [tile.status for tile in aoi.tiles.values()]
    if "RETRY" in scenes + tiles:
        return "RETRY"
    if not scenes:
        return "NEW"
    order = ["PENDING", "NEW", "DONE", "FAILED"]
    first = min(scenes, key=order.index)
    if first != "DONE":
        return first
    return min((tile.status for tile in aoi.tiles.values() if tile.scene.status == "DONE"), key=order.index)


def _check_transitions(world: World, before: dict[str, Any], changes: list[Transition]) -> None:
    """What is told of a change is the difference that it made, no less and no more."""
    after = world.state()
    told = {(change.kind, str(change.id)): change for change in changes}
    assert len(told) == len(changes)
    for kind in ("scene", "tile"):
        for id in before[kind].keys() & after[kind].keys():
            was, now = before[kind][id], after[kind][id]
            change = told.pop((kind, id), None)
            if change is None:
                assert was == now
                continue
            assert was != now
            assert (change.status_before, change.status_after) == (was["status"], now["status"])
            assert (change.retries_before, change.retries_after) == (was["retry_countdown"], now["retry_countdown"])
            assert (change.message or was["message"]) == now["message"] or change.message == ""
            if kind == "tile":
                assert (change.prev_before, change.prev_after) == (was["prev"], now["prev"])
                assert (change.ref_before, change.ref_after) == (was["ref"], now["ref"])
    assert not told
