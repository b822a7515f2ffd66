"""How a scene and its tiles come into being."""

from typing import TypeAlias

import msgspec

from pipeline.event import NewScene, NewTile, tiles_named_in_data
from pipeline.fold.outcome import Ignored, Rejected
from pipeline.fold.state import Aoi, Scene, Tile

Chain: TypeAlias = tuple[Tile | None, Tile | None]
"""A tile's previous and reference."""


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
    scene = Scene(
        id=new.id, source_id=new.source_id, status="PENDING", retry_countdown=countdown,
        data=bytes(new.data), geometry=_text(new.geometry), tags=_text(new.tags), created=event,
    )  # fmt: skip
    for source_id, new_tile in sorted((new.tiles or {}).items(), key=lambda item: item[1].id):
        tile = Tile(
            id=new_tile.id, source_id=source_id, scene=scene, status="NEW", retry_countdown=countdown,
            data=bytes(new_tile.data), geometry=_text(new_tile.geometry), tags=_text(new_tile.tags), created=event,
        )  # fmt: skip
        prev, ref = chains[source_id]
        tile.set_prev(prev)
        tile.set_ref(ref)
        scene.tiles[source_id] = tile
        aoi.tiles[tile.id] = tile
    aoi.scenes[scene.id] = scene
    aoi.by_source_id[scene.source_id] = scene


def _chain(aoi: Aoi, source_id: str, new: NewTile) -> Chain:
    """Previous and reference. A tile that gives only one of the two is a root tile."""
    if not (new.previous_tile_id and new.reference_tile_id):
        return None, None
    return (
        _find(aoi, "previous", source_id, new.previous_scene_id, new.previous_tile_id),
        _find(aoi, "reference", source_id, new.reference_scene_id, new.reference_tile_id),
    )


def _find(aoi: Aoi, role: str, of: str, scene_source_id: str | None, tile_source_id: str) -> Tile:
    scene = aoi.by_source_id.get(scene_source_id or "")
    found = scene.tiles.get(tile_source_id) if scene else None
    if found is None:
        raise Rejected(f"{role} tile {tile_source_id} (scene {scene_source_id}) of tile {of} is unknown in {aoi.name}")
    if found.status == "FAILED":
        raise Rejected(f"{role} tile {found.id} of tile {of} is FAILED")
    return found


def _text(raw: msgspec.Raw) -> bytes | None:
    text = bytes(raw)
    return None if text == b"null" else text
