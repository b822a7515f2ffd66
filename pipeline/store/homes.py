"""Where scenes and tiles are found: their scene, if it is there."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from pipeline.ingest import Quarantined, Unfinished
from pipeline.store import record
from pipeline.store.database import Database
from pipeline.store.record import LogEvent

Located: TypeAlias = tuple[str, int, int, str]
"""Where a scene or tile is: its kind and id, its scene, and the AOI of that."""


class LogRecord(NamedTuple):
    """What the site shows of the log as a whole."""

    latest: list[LogEvent]
    """The latest event first."""
    rejected: list[LogEvent]
    """In log order."""
    quarantine: list[Quarantined]
    unfinished: list[Unfinished]
    homes: dict[tuple[str, int], int]
    """By kind and id the scene of those that `latest` and `rejected` name, where they are in the event's own AOI."""


def log_record(database: Database, latest: int) -> LogRecord:
    """What a store that holds the whole log says of it, with so many of the latest events."""
    last, refused = record.latest(database, latest), record.rejected(database)
    found = homes(database, [*last, *refused])
    return LogRecord(last, refused, record.quarantine(database), record.unfinished(database), found)


def homes(database: Database, events: Iterable[LogEvent]) -> dict[tuple[str, int], int]:
    """By kind and id the scene of each scene and tile that events name, of those that are in the event's own AOI."""
    events = list(events)
    return at_home(events, located(database, events))


def located(database: Database, events: Iterable[LogEvent]) -> list[Located]:
    """Where the scenes and tiles are that events name."""
    named = {(event.kind, event.entity) for event in events}
    found: list[Located] = []
    for kind, question in (
        ("scene", "SELECT 'scene', id, id, aoi FROM scenes WHERE id IN (SELECT unnest(?))"),
        ("tile", "SELECT 'tile', id, scene, aoi FROM tiles WHERE id IN (SELECT unnest(?))"),
    ):
        ids = sorted(id for of, id in named if of == kind and id is not None)
        if ids:
            found += database.rows(question, [ids])
    return found


def at_home(events: Iterable[LogEvent], found: Iterable[Located]) -> dict[tuple[str, int], int]:
    """Of what was located, that which is in the AOI of the events that name it."""
    named = {(event.kind, event.entity): event.aoi for event in events if event.entity is not None}
    return {(kind, id): scene for kind, id, scene, aoi in found if named.get((kind, id)) == aoi}
