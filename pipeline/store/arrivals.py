"""Takes new events into the store and settles what they mean for those that are there.

Settling: of several events with one identity the first in log order counts; every id has one owner; an event belongs
to the AOI of what it names. What comes out are the AOIs whose past has changed: they are folded again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline.bundle import bundle_of, first_event
from pipeline.event import SceneCreated, canonical
from pipeline.fold.owners import Claim, Kind, claims, taken
from pipeline.ingest import Taken
from pipeline.store.bundles import LineReader, event_of, lines_at, places
from pipeline.store.database import Database
from pipeline.store.shown import content_of
from pipeline.timestamp import instant

_Row = TypeVar("_Row")
_LOOKED_AT_ONCE = 20_000
"""So many events are compared or judged before the next ones are read."""
EVENTS = {"event": "BIGINT[]", "source": "VARCHAR[]", "id": "VARCHAR[]"}
HOMELESS = {"event": "BIGINT[]", "kind": "VARCHAR[]", "entity": "BIGINT[]"}
CREATIONS = {
    "event": "BIGINT", "source": "VARCHAR", "id": "VARCHAR", "aoi": "VARCHAR", "instant": "VARCHAR",
    "sequence": "VARCHAR", "scene": "BIGINT", "tiles": "BIGINT[]",
}  # fmt: skip
"""Columns of the files that `ingest` writes."""
_OWNERS_AOI = "arg_min(creations.aoi, (creations.instant, creations.sequence, creations.source, creations.id))"
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
        self._homeless: list[Path] = []
        self._dirty: set[str] = set()
        self._any = False

    def add(self, part: Taken) -> None:
        """Writes the events of a part. Its file of those that don't tell their AOI is needed until all is settled."""
        if not part.bundles:
            return
        self._any = True
        self._database.append(
            "bundles",
            [
                (one.number, one.aoi, one.events, one.newest, len(one.lines), one.lines, one.places)
                for one in part.bundles
            ],
        )
        self._database.load_files(
            "events", [part.event_rows], EVENTS, "unnest(event), hash(unnest(source), unnest(id))"
        )
        self._database.load_files("creations", [part.creation_rows], CREATIONS, ", ".join(CREATIONS))
        if part.homeless:
            self._homeless.append(part.homeless_rows)

    def settle(self) -> set[str]:
        """Gives the names of the AOIs to fold again; '' stands for the events that belong nowhere yet."""
        if self._any:
            self._database.keep("freed", [], "kind VARCHAR, id BIGINT")
            self._find_homes()
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
            found = self._database.rows(
                """
                SELECT DISTINCT aoi FROM bundles WHERE bundle >= ? AND aoi IS NOT NULL
                UNION SELECT DISTINCT aoi FROM homeless WHERE event >= ?
                """,
                [self.next_bundle, self._first],
            )
            self._dirty.update(row[0] for row in found)
        return self._dirty

    def _find_homes(self) -> None:
        """New events that name an id by itself go to the AOI of the id's owner."""
        if self._homeless:
            self._database.keep("arriving", [], "event BIGINT, kind VARCHAR, id BIGINT")
            self._database.load_files(
                "arriving", self._homeless, HOMELESS, "unnest(event), unnest(kind), unnest(entity)"
            )
            self._database.run(
                f"""
                INSERT INTO homeless
                WITH owners AS (
                    SELECT claims.kind, claims.id, {_OWNERS_AOI} AS aoi
                    FROM claims SEMI JOIN arriving USING (kind, id) JOIN creations USING (event) GROUP BY ALL
                )
                SELECT event, kind, id, coalesce(owners.aoi, '') FROM arriving LEFT JOIN owners USING (kind, id)
                """
            )

    def _settle_identities(self) -> None:
        """Duplicates go; of those that differ the first in log order stays. Where the rest stands is kept."""
        new = "SEMI JOIN (SELECT identity FROM events WHERE event >= ?) USING (identity)"
        groups = self._database.rows(
            f"""
            WITH repeated AS (
                SELECT identity FROM events {"" if self._empty else new} GROUP BY identity HAVING count(*) > 1
            )
            SELECT list(event ORDER BY event) AS found
            FROM events SEMI JOIN repeated USING (identity) GROUP BY identity ORDER BY found[1]
            """,
            [] if self._empty else [self._first],
        )
        if not groups:
            return
        dropped: list[int] = []
        replaced: list[int] = []
        for some in _batched(groups, _LOOKED_AT_ONCE):
            self._reader.prepare(event for (events,) in some for event in events)
            differing: dict[tuple[str, str], list[_Variant]] = {}
            repeats: list[tuple[int, int]] = []
            for (events,) in some:
                lines = {event: self._reader.line(event) for event in events}
                if len(set(lines.values())) == 1:
                    dropped += events[1:]
                    repeats += [(events[0], event) for event in events[1:]]
                else:
                    differing.update(_by_identity(lines))
            for variants in differing.values():
                dropped += [variant.event for variant in variants[1:]]
                replaced += [one.event for one in variants[1:] if one.canonical != variants[0].canonical]
            where = places(self._database, [event for _, event in repeats])
            self._database.append("repeats", [(first, where[event]) for first, event in repeats])
            self._keep_others(differing)
        self._drop(dropped, replaced)

    def _keep_others(self, differing: Mapping[tuple[str, str], list[_Variant]]) -> None:
        """Puts on record what doesn't count, with all its places: which is shown mustn't depend on what came first."""
        if not differing:
            return
        database = self._database
        standing = self._take_places([one.event for variants in differing.values() for one in variants[1:]])
        where = lines_at(database, {place for found in standing.values() for place in found})
        repeats: list[tuple[int, int]] = []
        rows: list[tuple[object, ...]] = []
        for (source, id), (first, *others) in differing.items():
            for one in others:
                if one.line == first.line:
                    repeats += [(first.event, place) for place in standing[one.event]]
                else:
                    content = content_of(one.canonical)
                    rows += [(source, id, content, False, one.line, *where[place]) for place in standing[one.event]]
        database.append("repeats", repeats)
        database.append("others", rows)
        firsts = [(*identity, content_of(variants[0].canonical)) for identity, variants in differing.items()]
        database.keep("firsts", firsts, "source VARCHAR, id VARCHAR, content VARCHAR")
        database.run(
            """
            UPDATE others SET lost = others.content <> firsts.content FROM firsts
            WHERE others.source = firsts.source AND others.id = firsts.id
            """
        )

    def _take_places(self, events: list[int]) -> dict[int, list[int]]:
        """Where the lines of events stand, and those that are the same as theirs: these are theirs no more."""
        found = {event: [place] for event, place in places(self._database, events).items()}
        self._database.keep("asked", [(event,) for event in found], "event BIGINT")
        for event, place in self._database.rows("SELECT event, place FROM repeats SEMI JOIN asked USING (event)"):
            found[event].append(place)
        self._database.run("DELETE FROM repeats WHERE event IN (FROM asked)")
        return found

    def _drop(self, dropped: list[int], replaced: list[int]) -> None:
        """Forgets events. The ids that those of other content named are freed."""
        self._database.keep("fallen", [(event,) for event in dropped], "event BIGINT")
        self._database.keep("replaced", [(event,) for event in replaced], "event BIGINT")
        counted = self._database.rows(
            """
            WITH counted AS (SELECT event FROM fallen WHERE event < ?)
            SELECT DISTINCT aoi FROM bundles
            WHERE bundle IN (SELECT event >> 16 FROM counted) AND aoi IS NOT NULL
            UNION SELECT DISTINCT aoi FROM homeless SEMI JOIN counted USING (event)
            """,
            [self._first],
        )
        self._dirty.update(row[0] for row in counted)
        self._database.run("INSERT INTO freed SELECT DISTINCT kind, id FROM claims SEMI JOIN replaced USING (event)")
        for table in ("events", "homeless", "creations", "outcomes", "taken"):
            self._database.run(f"DELETE FROM {table} WHERE event IN (FROM fallen)")
        self._database.run("INSERT INTO dropped FROM fallen")
        self._database.run(
            """
            CREATE OR REPLACE TEMP TABLE emptied AS
            WITH left_out AS (
                SELECT event >> 16 AS bundle, count(*) AS events FROM dropped
                WHERE event >> 16 IN (SELECT event >> 16 FROM fallen) GROUP BY ALL
            )
            SELECT bundle FROM left_out JOIN bundles USING (bundle, events)
            """
        )
        self._database.run("DELETE FROM bundles WHERE bundle IN (FROM emptied)")
        self._database.run("DELETE FROM dropped WHERE event >> 16 IN (FROM emptied)")

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
            f"""
            CREATE OR REPLACE TEMP TABLE moved AS
            WITH named AS (
                SELECT event, kind, entity AS id, aoi FROM homeless
                WHERE (kind, entity) IN (SELECT (kind, id) FROM {"freed" if self._empty else "touched"})
            ),
            owners AS (
                SELECT claims.kind, claims.id, {_OWNERS_AOI} AS aoi
                FROM claims SEMI JOIN named USING (kind, id) JOIN creations USING (event) GROUP BY ALL
            )
            SELECT event, named.aoi AS from_aoi, coalesce(owners.aoi, '') AS to_aoi
            FROM named LEFT JOIN owners USING (kind, id) WHERE from_aoi <> to_aoi
            """
        )
        moved = self._database.rows("SELECT DISTINCT from_aoi, to_aoi, event < ? FROM moved", [self._first])
        for before, after, counted in moved:
            self._dirty.update((before, after) if counted else (after,))
        if moved:
            self._database.run("UPDATE homeless SET aoi = moved.to_aoi FROM moved WHERE homeless.event = moved.event")


def _batched(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


def _by_identity(lines: Mapping[int, bytes]) -> dict[tuple[str, str], list[_Variant]]:
    """Those that have their source and id in common, the first in log order first."""
    found: dict[tuple[str, str], list[_Variant]] = defaultdict(list)
    for event, line in lines.items():
        read = event_of(line)
        found[read.source, read.id].append(_Variant(instant(read.time), read.sequence, canonical(line), line, event))
    return {identity: sorted(variants) for identity, variants in found.items()}


def owners_on_record(database: Database, ids: Iterable[tuple[Kind, int]]) -> dict[tuple[Kind, int], Claim]:
    """The natural key that each of these ids belongs to, where a creation names it."""
    database.keep("asked", sorted(ids), "kind VARCHAR, id BIGINT")
    first = database.rows(
        """
        SELECT kind, id, event FROM (
            SELECT kind, claims.id, event, row_number() OVER (
                PARTITION BY kind, claims.id ORDER BY instant, sequence, source, creations.id
            ) AS place
            FROM claims SEMI JOIN asked USING (kind, id) JOIN creations USING (event)
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
