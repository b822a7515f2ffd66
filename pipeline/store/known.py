"""Small questions that commands put to the store."""

from typing import Any

from pipeline.event import kind_of
from pipeline.fold.owners import Kind
from pipeline.fold.state import Aoi
from pipeline.store.database import Database
from pipeline.store.past import Past

NEVER = "0001-01-01T00:00:00.000000000"
"""The first instant there is."""


def aoi_of(database: Database, kind: str, id: Any) -> str | None:
    """The AOI of a scene or tile that is there; an AOI's name is its own. None if it isn't known."""
    if kind == "aoi":
        return str(id)
    table = "scenes" if kind == "scene" else "tiles"
    found = database.rows(f"SELECT aoi FROM {table} WHERE id = ?", [id])
    return found[0][0] if found else None


def newest_instant(past: Past, aoi: Aoi, kind: str, id: Any) -> str:
    """The instant of the newest event that an answer about this entity of an AOI is based on.

    A tile's own, its scene's and its previous tile's; a scene's own and its tiles'; those about the AOI itself, which
    may have retried any of them; all of an AOI's.
    """
    about: set[tuple[str, int | str]] = {(kind, id), ("aoi", aoi.name)}
    if kind == "aoi":
        return max(past.instants, default=NEVER)
    if kind == "scene" and id in aoi.scenes:
        about |= {("tile", tile.id) for tile in aoi.scenes[id].tiles.values()}
    elif kind == "tile" and id in aoi.tiles:
        tile = aoi.tiles[id]
        about |= {("scene", tile.scene.id)} | ({("tile", tile.prev.id)} if tile.prev else set())
    found = (
        instant
        for (_, event), instant in zip(past.events, past.instants, strict=True)
        if (kind_of(event), event.data.id) in about
    )
    return max(found, default=NEVER)


def highest_ids(database: Database) -> dict[Kind, int]:
    """The highest scene id and tile id that any creation names; 0 where there is none."""
    found = dict(database.rows("SELECT kind, max(id) FROM claims GROUP BY kind"))
    return {"scene": found.get("scene", 0), "tile": found.get("tile", 0)}
