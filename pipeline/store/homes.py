"""Where scenes and tiles are found: their scene, if it is there."""

from collections.abc import Iterable

from pipeline.store.database import Database
from pipeline.store.record import LogEvent


def homes(database: Database, events: Iterable[LogEvent]) -> dict[tuple[str, int], int]:
    """By kind and id the scene of each scene and tile that events name, of those that are in the event's own AOI."""
    named = {(event.kind, event.entity): event.aoi for event in events if event.entity is not None}
    found: dict[tuple[str, int], int] = {}
    for kind, question in (
        ("scene", "SELECT id, id, aoi FROM scenes WHERE id IN (SELECT unnest(?))"),
        ("tile", "SELECT id, scene, aoi FROM tiles WHERE id IN (SELECT unnest(?))"),
    ):
        ids = sorted(id for of, id in named if of == kind and id is not None)
        if ids:
            for id, scene, aoi in database.rows(question, [ids]):
                if named[kind, id] == aoi:
                    found[kind, id] = scene
    return found
