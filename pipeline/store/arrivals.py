"""Takes new events into the store and settles what they mean for those that are there.

Settling: of several events with one identity the first in log order counts; every id has one owner; an event belongs
to the AOI of what it names. What comes out are the AOIs whose past has changed: they are folded again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeVar

from pipeline.bundle import bundle_of, first_event
from pipeline.event import SceneCreated, canonical
from pipeline.fold.owners import Claim, Kind, claims, taken
from pipeline.ingest import Taken
from pipeline.store.bundles import LineReader, event_of, places
from pipeline.store.database import Database
from pipeline.timestamp import instant

_Row = TypeVar("_Row")
_LOOKED_AT_ONCE = 20_000
"""So many events are compared or judged before the next ones are read."""
_EVENTS = {
    "first": "BIGINT", "aoi": "VARCHAR", "source": "VARCHAR[]", "id": "VARCHAR[]", "kind": "VARCHAR[]",
    "entity": "BIGINT[]",
}  # fmt: skip
"""Columns of the files that `ingest` writes."""
_CREATIONS = {
    "event": "BIGINT", "aoi": "VARCHAR", "instant": "VARCHAR", "sequence": "VARCHAR", "scene": "BIGINT",
    "tiles": "BIGINT[]",
}  # fmt: skip
_OWNERS_AOI = "arg_min(creations.aoi, (creations.instant, creations.sequence, events.source, events.id))"
"""Of the creations that name an id, the AOI of the one it belongs to: the first in log order."""


class _Variant(NamedTuple):
    """One of several events with one identity that differ: the one that comes first counts."""

    instant: str
    sequence: str
    canonical: str
    line: bytes
    event: int


class Arrivals:
    """The events of one build on their way into the store. `add` all parts, then `settle` once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = LineReader(database)
        last_bundle, last_event = database.rows(
            "SELECT (SELECT coalesce(max(bundle), 0) FROM bundles), (SELECT coalesce(max(event), 0) FROM events)"
        )[0]
        self._empty = last_event == 0
        self.next_bundle = max(last_bundle, bundle_of(last_event)) + 1
        self._first = first_event(self.next_bundle)
        self._dirty: set[str] = set()
        self._any = False

    def add(self, part: Taken) -> None:
        """Writes the events of a part."""
        if not part.bundles:
            return
        self._any = True
        self._database.append(
            "bundles",
            [(one.number, one.events, one.newest, one.lines, one.instants, one.places) for one in part.bundles],
        )
        self._database.load_files(
            "events",
            [part.event_rows],
            _EVENTS,
            "unnest(range(first, first + len(id))), unnest(source), unnest(id), aoi, unnest(kind), unnest(entity)",
        )
        self._database.load_files("creations", [part.creation_rows], _CREATIONS, ", ".join(_CREATIONS))

    def settle(self) -> set[str]:
        """Gives the names of the AOIs to fold again; '' stands for the events that belong nowhere yet."""
        if self._any:
            self._database.keep("freed", [], "kind VARCHAR, id BIGINT")
            self._settle_identities()
            self._database.run(
                """
                CREATE OR REPLACE TEMP TABLE touched AS
                SELECT kind, id FROM claims WHERE event >= ? UNION ALL SELECT kind, id FROM freed
                """,
                [self._first],
            )
            self._settle_owners()
            self._settle_homes()
            found = self._database.rows("SELECT DISTINCT aoi FROM events WHERE event >= ?", [self._first])
            self._dirty.update(row[0] for row in found)
        return self._dirty

    def _settle_identities(self) -> None:
        """Duplicates go; of those that differ the first in log order stays, the others are kept as conflicts."""
        new = "SEMI JOIN (SELECT source, id FROM events WHERE event >= ?) USING (source, id)"
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE repeated AS
            SELECT source, id FROM events {"" if self._empty else new} GROUP BY source, id HAVING count(*) > 1
            """,
            [] if self._empty else [self._first],
        )
        groups = self._database.rows(
            """
            SELECT source, id, list(event ORDER BY event) AS found
            FROM events SEMI JOIN repeated USING (source, id) GROUP BY source, id ORDER BY found[1]
            """
        )
        if not groups:
            return
        dropped: list[int] = []
        replaced: list[int] = []
        for some in _batched(groups, _LOOKED_AT_ONCE):
            self._reader.prepare(event for *_, events in some for event in events)
            differing: dict[tuple[str, str], list[_Variant]] = {}
            for source, id, events in some:
                lines = [self._reader.line(event) for event in events]
                if len(set(lines)) == 1:
                    dropped += events[1:]
                else:
                    differing[source, id] = sorted(map(_variant, lines, events))
            for variants in differing.values():
                dropped += [variant.event for variant in variants[1:]]
                replaced += [one.event for one in variants[1:] if one.canonical != variants[0].canonical]
            self._keep_conflicts(differing)
        self._drop(dropped, [event for event in replaced if event < self._first])

    def _keep_conflicts(self, differing: Mapping[tuple[str, str], list[_Variant]]) -> None:
        """Puts on record what lost and is new in content."""
        if not differing:
            return
        self._database.keep("asked", list(differing), "source VARCHAR, id VARCHAR")
        known: dict[tuple[str, str], set[str]] = defaultdict(set)
        for source, id, line in self._database.rows(
            "SELECT source, id, text FROM conflicts SEMI JOIN asked USING (source, id)"
        ):
            known[source, id].add(canonical(line))
        lost: list[tuple[str, str, _Variant]] = []
        for (source, id), variants in differing.items():
            seen = known[source, id] | {variants[0].canonical}
            for variant in variants[1:]:
                if variant.canonical not in seen:
                    seen.add(variant.canonical)
                    lost.append((source, id, variant))
        where = places(self._database, [variant.event for *_, variant in lost])
        self._database.append(
            "conflicts", [(source, id, variant.line, *where[variant.event]) for source, id, variant in lost]
        )

    def _drop(self, dropped: list[int], replaced: list[int]) -> None:
        """Forgets events. The ids that those of other content named are freed."""
        self._database.keep("dropped", [(event,) for event in dropped], "event BIGINT")
        self._database.keep("replaced", [(event,) for event in replaced], "event BIGINT")
        counted = self._database.rows(
            "SELECT DISTINCT aoi FROM events SEMI JOIN dropped USING (event) WHERE event < ?", [self._first]
        )
        self._dirty.update(row[0] for row in counted)
        self._database.run("INSERT INTO freed SELECT DISTINCT kind, id FROM claims SEMI JOIN replaced USING (event)")
        for table in ("events", "creations", "outcomes", "taken"):
            self._database.run(f"DELETE FROM {table} WHERE event IN (FROM dropped)")
        self._database.run(
            """
            DELETE FROM bundles
            WHERE bundle IN (SELECT event >> 16 FROM dropped) AND bundle NOT IN (SELECT event >> 16 FROM events)
            """
        )

    def _settle_owners(self) -> None:
        """Which creations name an id that belongs to something else.

        Only ids matter that several creations name, or that one named which doesn't count any more.
        """
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE contested AS
            SELECT kind, id FROM claims {"" if self._empty else "SEMI JOIN touched USING (kind, id)"}
            GROUP BY kind, id HAVING count(*) > 1
            UNION SELECT kind, id FROM freed
            """
        )
        involved = self._database.rows(
            """
            SELECT DISTINCT event, aoi FROM claims SEMI JOIN contested USING (kind, id) JOIN creations USING (event)
            ORDER BY event
            """
        )
        for some in _batched(involved, _LOOKED_AT_ONCE):
            named = dict(_claims_of(self._reader, [event for event, _ in some]))
            ids = {(claim.kind, claim.id) for found in named.values() for claim in found}
            owners = owners_on_record(self._database, ids)
            self._database.keep("judged", [(event,) for event in named], "event BIGINT")
            self._database.run("DELETE FROM taken WHERE event IN (FROM judged)")
            refused = [(event, reason) for event, found in named.items() if (reason := taken(found, owners))]
            self._database.append("taken", refused)
        self._dirty.update(aoi for _, aoi in involved)

    def _settle_homes(self) -> None:
        """Events that name an id by itself go to the AOI of the id's owner, where that is new or has changed."""
        self._database.run(
            """
            CREATE OR REPLACE TEMP TABLE unsettled AS
            SELECT event, kind, entity AS id, aoi FROM events
            WHERE kind IS NOT NULL AND (event >= ? OR (kind, entity) IN (SELECT (kind, id) FROM touched))
            """,
            [self._first],
        )
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE moved AS
            WITH owners AS (
                SELECT claims.kind, claims.id, {_OWNERS_AOI} AS aoi
                FROM claims SEMI JOIN unsettled USING (kind, id)
                JOIN creations USING (event) JOIN events USING (event) GROUP BY ALL
            )
            SELECT event, unsettled.aoi AS from_aoi, coalesce(owners.aoi, '') AS to_aoi
            FROM unsettled LEFT JOIN owners USING (kind, id) WHERE from_aoi <> to_aoi
            """
        )
        moved = self._database.rows("SELECT DISTINCT from_aoi, to_aoi, event < ? FROM moved", [self._first])
        for before, after, counted in moved:
            self._dirty.update((before, after) if counted else (after,))
        if moved:
            self._database.run("UPDATE events SET aoi = moved.to_aoi FROM moved WHERE events.event = moved.event")


def _batched(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


def _variant(line: bytes, event: int) -> _Variant:
    read = event_of(line)
    return _Variant(instant(read.time), read.sequence, canonical(line), line, event)


def owners_on_record(database: Database, ids: Iterable[tuple[Kind, int]]) -> dict[tuple[Kind, int], Claim]:
    """The natural key that each of these ids belongs to, where a creation names it."""
    database.keep("asked", sorted(ids), "kind VARCHAR, id BIGINT")
    first = database.rows(
        """
        SELECT kind, id, event FROM (
            SELECT kind, claims.id, event, row_number() OVER (
                PARTITION BY kind, claims.id ORDER BY instant, sequence, source, events.id
            ) AS place
            FROM claims SEMI JOIN asked USING (kind, id) JOIN creations USING (event) JOIN events USING (event)
        ) WHERE place = 1
        """
    )
    named = dict(_claims_of(LineReader(database), sorted({event for *_, event in first})))
    return {
        (kind, id): next(claim for claim in named[event] if (claim.kind, claim.id) == (kind, id))
        for kind, id, event in first
    }


def _claims_of(reader: LineReader, events: list[int]) -> Iterator[tuple[int, list[Claim]]]:
    """What creations name."""
    reader.prepare(events)
    for event in events:
        creation = event_of(reader.line(event))
        yield event, claims(creation.data) if isinstance(creation, SceneCreated) else []
