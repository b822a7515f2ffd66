"""Takes new events into the store and settles what they mean for those that are there.

Settling: of several events with one identity the first in log order counts; every id has one owner; an event belongs
to the AOI of what it names. What comes out are the AOIs whose past has changed: they are folded again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

import msgspec

from pipeline.event import SceneCreated, canonical
from pipeline.fold.owners import Claim, Kind, claims, taken
from pipeline.ingest import Arrival, Batch
from pipeline.log.files import Position
from pipeline.store.database import Database
from pipeline.store.texts import TextReader, TextWriter, event_of


class _EventRow(msgspec.Struct, gc=False):
    """A row of `events`."""

    event: int
    source: str
    id: str
    instant: str
    sequence: str
    type: str
    partitionkey: str | None
    kind: str
    entity: int | None
    aoi: str
    batch: int
    start: int
    length: int
    file: str
    file_offset: int
    file_line: int


class _ClaimRow(msgspec.Struct, gc=False):
    """A row of `claims`."""

    kind: str
    id: int
    event: int


class _Variant(NamedTuple):
    """One of several events with one identity."""

    order: tuple[str, str, str, bytes]
    event: int
    aoi: str
    text: bytes
    place: tuple[object, ...]


_OWNERS_AOI = "first(e.aoi ORDER BY e.instant, e.sequence, e.source, e.id)"
"""Of the creations `e` that name an id, the AOI of the one it belongs to."""


def _is_homeless(arrival: Arrival) -> bool:
    """Whether the event doesn't say to which AOI it belongs: that follows from who owns the id it names."""
    return not arrival.aoi and arrival.partitionkey is None


class Arrivals:
    """The events of one build on their way into the store. `add` all batches, then `settle` once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts = TextWriter(database)
        found = database.rows("SELECT coalesce(max(event), 0) FROM events")
        self._first = self._next = found[0][0] + 1
        self._empty = self._first == 1
        self._homes: dict[tuple[str, int], str] = {}
        self._dirty: set[str] = set()

    def add(self, batch: Batch) -> None:
        """Writes a batch's events, lines in quarantine and positions."""
        claimed = [_ClaimRow(claim.kind, claim.id, self._next + place) for place, claim in batch.claims]
        for _, claim in batch.claims:
            self._homes.setdefault((claim.kind, claim.id), claim.aoi)
        self._look_up_homes(batch.arrivals)
        rows = []
        for number, arrival in enumerate(batch.arrivals, self._next):
            aoi = self._homes.get((arrival.kind, arrival.entity or 0), "") if _is_homeless(arrival) else arrival.aoi
            rows.append(
                _EventRow(
                    number, arrival.source, arrival.id, arrival.instant, arrival.sequence, arrival.type,
                    arrival.partitionkey, arrival.kind, arrival.entity, aoi, *self._texts.add(aoi, arrival.text),
                    arrival.file, arrival.offset, arrival.line,
                )
            )  # fmt: skip
        self._next += len(rows)
        self._database.load("events", rows)
        self._database.load("claims", claimed)
        self._quarantine(batch)
        self._remember(batch)

    def _look_up_homes(self, arrivals: list[Arrival]) -> None:
        """Where the owner of an id that this build hasn't seen lives, for events that don't say it."""
        if self._empty:
            return
        unknown = {
            (arrival.kind, arrival.entity or 0)
            for arrival in arrivals
            if _is_homeless(arrival) and (arrival.kind, arrival.entity or 0) not in self._homes
        }
        if unknown:
            self._database.keep("asked", sorted(unknown), "kind VARCHAR, id BIGINT")
            found = self._database.rows(
                f"""
                SELECT c.kind, c.id, {_OWNERS_AOI}
                FROM asked JOIN claims c USING (kind, id) JOIN events e USING (event) GROUP BY c.kind, c.id
                """
            )
            self._homes.update({(kind, id): aoi for kind, id, aoi in found})

    def _quarantine(self, batch: Batch) -> None:
        if batch.quarantined:
            self._database.keep(
                "bad", batch.quarantined,
                "file VARCHAR, file_offset BIGINT, file_line BIGINT, reason VARCHAR, text VARCHAR",
            )  # fmt: skip
            self._database.run("INSERT INTO quarantine FROM bad EXCEPT FROM quarantine")

    def _remember(self, batch: Batch) -> None:
        if batch.read:
            paths = [[file.path for file in batch.read]]
            self._database.run("DELETE FROM files WHERE path IN (SELECT unnest(?))", paths)
            self._database.run("DELETE FROM unfinished WHERE file IN (SELECT unnest(?))", paths)
            self._database.append("files", [tuple(asdict(file).values()) for file in batch.read])
            self._database.append("unfinished", batch.unfinished)

    def settle(self) -> set[str]:
        """Gives the names of the AOIs to fold again; '' stands for the events that belong nowhere yet."""
        self._texts.close()
        self._reader = TextReader(self._database)
        if self._next > self._first:
            self._database.keep("freed", [], "kind VARCHAR, id BIGINT")
            self._settle_identities()
            self._database.run(
                """
                CREATE OR REPLACE TEMP TABLE touched AS
                SELECT kind, id FROM claims WHERE event >= ? UNION SELECT kind, id FROM freed
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
        repeated = self._database.rows(
            """
            WITH new AS (SELECT DISTINCT source, id FROM events WHERE event >= ?),
            repeated AS (
                SELECT source, id FROM events SEMI JOIN new USING (source, id) GROUP BY source, id HAVING count(*) > 1
            )
            SELECT source, id, instant, sequence, event, aoi, batch, start, length, file, file_offset, file_line
            FROM events SEMI JOIN repeated USING (source, id)
            """,
            [self._first],
        )
        if not repeated:
            return
        groups: dict[tuple[str, str], list[_Variant]] = defaultdict(list)
        self._reader.prepare(row[6] for row in repeated)
        for source, id, instant, sequence, event, aoi, batch, start, length, *place in repeated:
            text = self._reader.text(batch, start, length)
            order = (instant, sequence, canonical(text), text)
            groups[source, id].append(_Variant(order, event, aoi, text, tuple(place)))
        dropped: list[tuple[int]] = []
        conflicts: list[tuple[object, ...]] = []
        lost = self._earlier_conflicts(groups)
        for identity, variants in groups.items():
            variants.sort(key=lambda variant: (*variant.order, variant.event))
            winner = variants[0]
            known = lost.get(identity, set()) | {winner.order[2]}
            for variant in variants[1:]:
                dropped.append((variant.event,))
                if variant.event < self._first:
                    self._dirty.add(variant.aoi)  # it counted until now
                if variant.order[2] not in known:
                    known.add(variant.order[2])
                    conflicts.append((*identity, variant.text, *variant.place))
        self._database.keep("dropped", dropped, "event BIGINT")
        self._database.append("conflicts", conflicts)
        self._database.run("INSERT INTO freed SELECT DISTINCT kind, id FROM claims WHERE event IN (FROM dropped)")
        for table in ("events", "claims"):
            self._database.run(f"DELETE FROM {table} WHERE event IN (FROM dropped)")
        self._forget_outcomes()

    def _forget_outcomes(self) -> None:
        for table in ("outcomes", "taken"):
            self._database.run(f"DELETE FROM {table} WHERE event IN (FROM dropped)")

    def _earlier_conflicts(self, groups: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], set[str]]:
        """The canonical texts of the conflicts that are known already."""
        self._database.keep("asked", sorted(groups), "source VARCHAR, id VARCHAR")
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for source, id, text in self._database.rows(
            "SELECT source, id, text FROM conflicts SEMI JOIN asked USING (source, id)"
        ):
            found[source, id].add(canonical(text))
        return found

    def _settle_owners(self) -> None:
        """Which creations name an id that belongs to something else.

        Only ids matter that several creations name, or that one named which doesn't count any more.
        """
        self._database.run(
            """
            CREATE OR REPLACE TEMP TABLE contested AS
            SELECT kind, id FROM claims SEMI JOIN touched USING (kind, id) GROUP BY kind, id HAVING count(*) > 1
            UNION SELECT kind, id FROM freed
            """
        )
        involved = self._database.rows(
            """
            SELECT DISTINCT e.event, e.aoi, e.batch, e.start, e.length
            FROM claims SEMI JOIN contested USING (kind, id) JOIN events e USING (event)
            """
        )
        if not involved:
            return
        named = {event: _claims_at(self._reader, place) for event, _, *place in involved}
        owners = owners_on_record(
            self._database, {(claim.kind, claim.id) for found in named.values() for claim in found}
        )
        self._database.keep("judged", [(event,) for event in named], "event BIGINT")
        self._database.run("DELETE FROM taken WHERE event IN (FROM judged)")
        refused = [(event, reason) for event, found in named.items() if (reason := taken(found, owners))]
        self._database.append("taken", refused)
        self._dirty.update(row[1] for row in involved)

    def _settle_homes(self) -> None:
        """Events that name an id by itself go to the AOI of the id's owner, where that is new or has changed."""
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE moved AS
            WITH owners AS (
                SELECT c.kind, c.id, {_OWNERS_AOI} AS aoi
                FROM (FROM claims SEMI JOIN touched USING (kind, id)) c JOIN events e ON e.event = c.event
                GROUP BY c.kind, c.id
                UNION ALL SELECT kind, id, '' FROM freed ANTI JOIN claims USING (kind, id)
            )
            SELECT events.event, events.aoi AS from_aoi, owners.aoi AS to_aoi
            FROM events JOIN owners ON events.kind = owners.kind AND events.entity = owners.id
            WHERE events.partitionkey IS NULL AND events.type <> 'scene.created' AND events.aoi <> owners.aoi
            """
        )
        for before, after in self._database.rows("SELECT DISTINCT from_aoi, to_aoi FROM moved"):
            self._dirty.update((before, after))
        self._database.run("UPDATE events SET aoi = moved.to_aoi FROM moved WHERE events.event = moved.event")


def positions(database: Database) -> dict[str, Position]:
    """How far each log file was read."""
    return {
        row[0]: Position(*row)
        for row in database.rows('SELECT path, "offset", line, size_bytes, modified_ns, inode, proof FROM files')
    }


def forget_places(database: Database, replaced: Sequence[str], gone: Sequence[str]) -> None:
    """Forgets which lines of replaced files can't be used, and which of files that are gone have no end."""
    for table, files in (("quarantine", replaced), ("unfinished", gone)):
        if files:
            database.run(f"DELETE FROM {table} WHERE file IN (SELECT unnest(?))", [list(files)])


def owners_on_record(database: Database, ids: Iterable[tuple[Kind, int]]) -> dict[tuple[Kind, int], Claim]:
    """The natural key that each of these ids belongs to, where a creation names it."""
    database.keep("asked", sorted(ids), "kind VARCHAR, id BIGINT")
    first = database.rows(
        """
        SELECT kind, id, batch, start, length FROM (
            SELECT c.kind, c.id, batch, start, length, row_number() OVER (
                PARTITION BY c.kind, c.id ORDER BY instant, sequence, source, e.id
            ) AS place
            FROM (SELECT DISTINCT kind, id, event FROM claims SEMI JOIN asked USING (kind, id)) c
            JOIN events e ON e.event = c.event
        ) WHERE place = 1
        """
    )
    reader = TextReader(database)
    owners: dict[tuple[Kind, int], Claim] = {}
    for kind, id, *place in first:
        owner = next(claim for claim in _claims_at(reader, place) if (claim.kind, claim.id) == (kind, id))
        owners[owner.kind, owner.id] = owner
    return owners


def _claims_at(reader: TextReader, place: list[int]) -> list[Claim]:
    batch, start, length = place
    reader.prepare([batch])
    event = event_of(reader.text(batch, start, length))
    return claims(event.data) if isinstance(event, SceneCreated) else []
