"""Small questions that commands put to the store."""

from typing import Any

from pipeline.fold.owners import Kind
from pipeline.store.database import Database

NEVER = "0001-01-01T00:00:00.000000000"
"""The first instant there is."""


def aoi_of(database: Database, kind: str, id: Any) -> str | None:
    """The AOI of a scene or tile that is there; an AOI's name is its own. None if it isn't known."""
    if kind == "aoi":
        return str(id)
    table = "scenes" if kind == "scene" else "tiles"
    found = database.rows(f"SELECT aoi FROM {table} WHERE id = ?", [id])
    return found[0][0] if found else None


def newest_instant(database: Database, kind: str, id: Any) -> str:
    """The instant of the newest event that an answer about this entity is based on.

    A tile's own, its scene's and its previous tile's; a scene's own and its tiles'; all of an AOI's.
    """
    if kind == "aoi":
        return _newest(database, "aoi = ?", [id])
    if kind == "scene":
        where = (
            "(kind = 'scene' AND entity = ?1) OR (kind = 'tile' AND entity IN (SELECT id FROM tiles WHERE scene = ?1))"
        )
    else:
        where = """
            (kind = 'tile' AND (entity = ?1 OR entity IN (SELECT prev FROM tiles WHERE id = ?1)))
            OR (kind = 'scene' AND entity IN (SELECT scene FROM tiles WHERE id = ?1))
        """
    return _newest(database, where, [id])


def _newest(database: Database, where: str, parameters: list[Any]) -> str:
    found = database.rows(f"SELECT max(instant) FROM events WHERE {where}", parameters)
    return found[0][0] or NEVER


def highest_ids(database: Database) -> dict[Kind, int]:
    """The highest scene id and tile id that any creation names; 0 where there is none."""
    found = dict(database.rows("SELECT kind, max(id) FROM claims GROUP BY kind"))
    return {"scene": found.get("scene", 0), "tile": found.get("tile", 0)}
