"""What operators' commands do: retry, fail and force, of a scene, a tile or a whole AOI."""

from pipeline.event import Status
from pipeline.fold import scene as scene_rules
from pipeline.fold import tile as tile_rules
from pipeline.fold.outcome import Ignored, Journal, Rejected
from pipeline.fold.state import Aoi, Scene, Tile

_NAMED = 100
"""So many of those that a command for a whole AOI had to skip are named: their number is the AOI's, not the event's."""


def retry_scene(scene: Scene, journal: Journal) -> None:
    """Allowed in RETRY; ignored in PENDING."""
    if scene.status == "PENDING":
        raise Ignored
    if scene.status != "RETRY":
        raise Rejected(f"scene {scene.id} is {scene.status}, not RETRY")
    scene_rules.retry(scene, journal)


def retry_tile(tile: Tile, journal: Journal) -> None:
    """Allowed in RETRY when its scene is DONE; ignored in PENDING."""
    if tile.status == "PENDING":
        raise Ignored
    if tile.status != "RETRY":
        raise Rejected(f"tile {tile.id} is {tile.status}, not RETRY")
    if tile.scene.status != "DONE":
        raise Rejected(f"scene {tile.scene.id} of tile {tile.id} is {tile.scene.status}, not DONE")
    tile_rules.retry(tile, journal)


def fail_scene(scene: Scene, force: bool, journal: Journal) -> None:
    """Allowed in RETRY, with force in any status but FAILED; ignored in FAILED."""
    _may_fail("scene", scene, force)
    scene_rules.fail(scene, journal)


def fail_tile(tile: Tile, force: bool, journal: Journal) -> None:
    """Allowed in RETRY, with force in any status but FAILED; ignored in FAILED."""
    _may_fail("tile", tile, force)
    tile_rules.fail(tile, journal)


def _may_fail(kind: str, entity: Scene | Tile, force: bool) -> None:
    if entity.status == "FAILED":
        raise Ignored
    if entity.status != "RETRY" and not force:
        raise Rejected(f"{kind} {entity.id} is {entity.status}, not RETRY (force would fail it all the same)")


def force_scene(scene: Scene, status: Status, journal: Journal) -> None:
    """Always allowed, within the checks of finish, retry and fail; RETRY and NEW only set the status."""
    match status:
        case "DONE":
            scene_rules.finish(scene, journal)
        case "PENDING":
            scene_rules.retry(scene, journal)
        case "FAILED":
            scene_rules.fail(scene, journal)
        case "RETRY" | "NEW":
            journal.touch(scene)
            scene.become(status)


def force_tile(tile: Tile, status: Status, journal: Journal) -> None:
    """Always allowed, within the checks of finish, retry and fail; RETRY and NEW only set the status."""
    match status:
        case "DONE":
            tile_rules.finish(tile, journal)
        case "PENDING":
            tile_rules.retry(tile, journal)
        case "FAILED":
            tile_rules.fail(tile, journal)
        case "RETRY" | "NEW":
            journal.touch(tile)
            tile.become(status)


def retry_aoi(aoi: Aoi, force: bool, journal: Journal) -> str:
    """Every scene in RETRY, then every tile in RETRY; with force every scene, then every tile of scenes that were DONE.

    Returns what could not be retried, and why, of many the first. Ignored if nothing was.
    """
    skipped: list[str] = []
    retried = 0
    scenes = [aoi.scenes[id] for id in sorted(aoi.scenes) if force or aoi.scenes[id].status == "RETRY"]
    tiles = [
        aoi.tiles[id]
        for id in sorted(aoi.tiles)
        if (aoi.tiles[id].scene.status == "DONE" if force else aoi.tiles[id].status == "RETRY")
    ]
    for scene in scenes:
        scene_rules.retry(scene, journal)
        scene.by_hand = force
        retried += 1
    for tile in tiles:
        try:
            if force:
                tile_rules.retry(tile, journal)
                tile.by_hand = True
            else:
                retry_tile(tile, journal)
            retried += 1
        except Rejected as rejected:
            skipped.append(str(rejected))
    more = [f"and {len(skipped) - _NAMED:,} more"] if len(skipped) > _NAMED else []
    reason = f"not retried: {'; '.join([*skipped[:_NAMED], *more])}" if skipped else ""
    if not retried:
        raise Ignored(reason)
    return reason
