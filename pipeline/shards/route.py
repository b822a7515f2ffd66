"""The stage that routes a part of the log: its lines by shard, and the keys by which shards are brought together."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.ingest import Part, Taken, take_apart
from pipeline.shards.routed import FrameWriter, RoutedFile
from pipeline.shards.sharding import HOMELESS, shard_of
from pipeline.stages import Undivided, own_name
from pipeline.store.arrivals import CREATIONS, EVENTS
from pipeline.store.arrivals import HOMELESS as HOMELESS_ROWS
from pipeline.store.database import Database, json_lines, open_database


@dataclass(frozen=True, slots=True)
class RouteTask(Undivided):
    """A part of the log to route to so many shards, by way of files in `folder`."""

    part: Part
    shards: int
    folder: Path
    memory_bytes: int | None = None

    @property
    def about(self) -> str:
        """Its files."""
        return self.part.about


@dataclass(slots=True)
class Routed:
    """A part of the log, routed."""

    taken: Taken
    """What was read, without its bundles and rows."""
    file: RoutedFile | None = None
    """None if there are no events in it."""
    keys: Path = Path()
    """A Parquet file: each event, and a hash of its identity."""
    named: Path = Path()
    """A Parquet file: each creation with each id that it names (`creates`), each event that names an id alone."""

    @property
    def rows(self) -> list[Path]:
        """The files that are needed until it is taken in."""
        return [self.taken.bad_rows] if self.file is None else [self.taken.bad_rows, self.keys, self.named]


def route(task: RouteTask) -> Routed:
    """The stage. Raises LogUnreachable, OSError."""
    taken = take_apart(task.part)
    routed = Routed(taken)
    if taken.bundles:
        writer = FrameWriter()
        by_shard = sorted(
            (
                (HOMELESS if one.aoi is None else shard_of(one.aoi, task.shards), one.number, one)
                for one in taken.bundles
            ),
            key=lambda found: found[:2],
        )
        for shard, number, bundle in by_shard:
            writer.add(number, shard, bundle.lines, bundle.places)
        routed.file = writer.write(task.folder)
        taken.bundles = []
        name = task.part.spool / own_name(f"{task.part.first_bundle}.keys")
        routed.keys, routed.named = name.with_suffix(".parquet"), name.with_suffix(".named.parquet")
        with open_database(Path(":memory:"), memory_bytes=task.memory_bytes, bare=True) as database:
            _write_keys(database, routed)
    for rows in (taken.event_rows, taken.creation_rows, taken.homeless_rows):
        rows.unlink()
    return routed


def _write_keys(database: Database, routed: Routed) -> None:
    taken = routed.taken
    events, creations, homeless = (
        json_lines([rows], columns)
        for rows, columns in (
            (taken.event_rows, EVENTS), (taken.creation_rows, CREATIONS), (taken.homeless_rows, HOMELESS_ROWS),
        )
    )  # fmt: skip
    database.run(
        f"""
        COPY (
            SELECT event, hash(source, id) AS identity
            FROM (SELECT unnest(event) AS event, unnest(source) AS source, unnest(id) AS id FROM {events})
            ORDER BY event
        ) TO ? (FORMAT parquet)
        """,
        [str(taken.event_rows), str(routed.keys)],
    )
    database.run(
        f"""
        COPY (
            WITH creations AS (SELECT event, scene, tiles FROM {creations})
            SELECT true AS creates, false AS tile, scene AS id, event FROM creations
            UNION ALL SELECT true, true, unnest(tiles), event FROM creations
            UNION ALL SELECT false, kind = 'tile', id, event
            FROM (SELECT unnest(kind) AS kind, unnest(entity) AS id, unnest(event) AS event FROM {homeless})
        ) TO ? (FORMAT parquet)
        """,
        [str(taken.creation_rows), str(taken.homeless_rows), str(routed.named)],
    )
