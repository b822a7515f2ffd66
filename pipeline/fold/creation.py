"""How a scene and its tiles come into being."""

from typing import TypeAlias

from pipeline.event import NewScene, NewTile, tiles_named_in_data
from pipeline.fold.outcome import Ignored, Rejected
from pipeline.fold.state import Aoi, Scene, Tile

Chain: TypeAlias = tuple[Tile | None, Tile | None]
"""A tile's previous and reference."""
_ROOT: Chain = (None, None)


def check_creation(aoi: Aoi, new: NewScene, taken: str | None) -> dict[str, Chain]:
    """Gives each new tile's previous and reference, by source id. The checks are in the order of the contract.

    `taken` says which of its ids belongs to something else, if one does. Raises Rejected, Ignored.
    """
    if not aoi.exists:
        raise Rejected(f"AOI {aoi.name} is unknown")
    new_tiles = new.tiles or {}
    if not new_tiles:
        raise Rejected(f"scene {new.source_id} has no tiles")
    named = tiles_named_in_data(new)
    if len(new_tiles) != named:
        raise Rejected(f"scene {new.source_id} has {len(new_tiles)} tiles, but data.tiles names {named}")
    if new.source_id in aoi.by_source_id:
        raise Ignored
    if taken:
        raise Rejected(taken)
    return {source_id: _chain(aoi, source_id, tile) for source_id, tile in new_tiles.items()}


def create_scene(aoi: Aoi, new: NewScene, event: int, taken: str | None) -> None:
    """Adds the scene, PENDING, and its tiles, NEW, if the checks allow it."""
    chains = check_creation(aoi, new, taken)
    countdown = new.retry_count or 0
    scene = Scene(new.id, new.source_id, "PENDING", countdown, new, event)
    tiles, all_tiles = scene.tiles, aoi.tiles
    for source_id, new_tile in sorted((new.tiles or {}).items(), key=_id):
        tile = Tile(new_tile.id, source_id, "NEW", countdown, new_tile, event, scene=scene)
        prev, ref = chains[source_id]
        if prev is not None:
            tile.set_prev(prev)
            tile.set_ref(ref)
        tiles[source_id] = all_tiles[tile.id] = tile
    aoi.scenes[scene.id] = scene
    aoi.by_source_id[scene.source_id] = scene


def _id(named: tuple[str, NewTile]) -> int:
    return named[1].id


def _chain(aoi: Aoi, source_id: str, new: NewTile) -> Chain:
    """Previous and reference. A tile that gives only one of the two is a root tile."""
    previous, reference = new.previous_tile_id, new.reference_tile_id
    if not (previous and reference):
        return _ROOT
    scene = aoi.by_source_id.get(new.previous_scene_id or "")
    prev = scene.tiles.get(previous) if scene else None
    if prev is None or prev.status == "FAILED":
        raise Rejected(_why_not(aoi, "previous", source_id, new.previous_scene_id, previous, prev))
    scene = aoi.by_source_id.get(new.reference_scene_id or "")
    ref = scene.tiles.get(reference) if scene else None
    if ref is None or ref.status == "FAILED":
        raise Rejected(_why_not(aoi, "reference", source_id, new.reference_scene_id, reference, ref))
    return prev, ref


def _why_not(aoi: Aoi, role: str, of: str, scene: str | None, tile: str, found: Tile | None) -> str:
    if found is None:
        return f"{role} tile {tile} (scene {scene}) of tile {of} is unknown in {aoi.name}"
    return f"{role} tile {found.id} of tile {of} is {found.status}"
