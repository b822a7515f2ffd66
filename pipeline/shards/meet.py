"""Which events further shards need to see, found by keys alone: hashes and numbers, many at a time.

An event that names its AOI is in that one's shard. What is copied to others follows from four rules:

1. An event that names an id alone goes to the shard of each creation that names this id; to the shard of the unknown
   if there is none when it comes. It stays where it was.
2. A creation goes wherever an event is that names one of its ids alone, and to the shard of each creation that names
   one of them: so each shard sees who owns the ids that it deals with.
3. An event goes wherever another one of its identity is: so each shard sees which of them counts.
4. The same again for what has been copied by 3, until there is nothing to copy.

So whatever a shard makes of its own AOIs, and of events that belong nowhere, is what one store would make of them. It
may make something of other shards' AOIs, too, without all of their events: nobody looks at that.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.bundle import bundle_of, first_event
from pipeline.shards.route import Routed
from pipeline.shards.routed import RoutedFile
from pipeline.store.database import Database


class Meet:
    """The events of one build on their way into shards. `add` all parts, then `settle` once."""

    def __init__(self, database: Database, shards: int) -> None:
        self._database = database
        self._unknown = shards
        last_bundle, last_event = database.rows(
            "SELECT (SELECT coalesce(max(bundle), 0) FROM frames), (SELECT coalesce(max(event), 0) FROM keys)"
        )[0]
        self.next_bundle = max(last_bundle, bundle_of(last_event)) + 1
        self._first = first_event(self.next_bundle)
        self._empty = last_event == 0
        self._steps = 0

    def add_file(self, file: RoutedFile) -> int:
        """Puts a routed file on record; gives its number."""
        number = int(self._database.rows("SELECT coalesce(max(file), 0) + 1 FROM routed")[0][0])
        self._database.append("routed", [(number, file.name)])
        self._database.append("frames", [(number, *frame) for frame in file.frames])
        return number

    def add(self, routed: Routed) -> None:
        """Takes in the keys of a part."""
        if routed.file is None:
            return
        number = self.add_file(routed.file)
        frames = "(SELECT bundle, shard FROM frames WHERE file = ?)"
        self._database.run(
            f"""
            INSERT INTO keys SELECT event, shard, identity
            FROM read_parquet(?) JOIN {frames} AS frames ON bundle = event >> 16
            """,
            [str(routed.keys), number],
        )
        self._database.run(
            f"""
            INSERT INTO claimed SELECT tile, id, event, shard
            FROM read_parquet(?) JOIN {frames} AS frames ON bundle = event >> 16 WHERE creates
            """,
            [str(routed.named), number],
        )
        self._database.run(
            "INSERT INTO unhoused SELECT tile, id, event FROM read_parquet(?) WHERE NOT creates", [str(routed.named)]
        )

    def settle(self) -> None:
        """Finds what has to be copied."""
        run, first = self._database.run, self._first
        run("CREATE OR REPLACE TEMP TABLE to_copy (event BIGINT, shard INTEGER, step INTEGER)")
        run("CREATE OR REPLACE TEMP TABLE touched_ids (tile BOOLEAN, id BIGINT)")
        run("CREATE OR REPLACE TEMP TABLE touched (identity UBIGINT)")
        all_new = self._empty
        if not all_new:
            for table in ("claimed", "unhoused"):
                run(f"INSERT INTO touched_ids SELECT DISTINCT tile, id FROM {table} WHERE event >= ?", [first])
            run("INSERT INTO touched SELECT DISTINCT identity FROM keys WHERE event >= ?", [first])
        self._place(
            f"SELECT event, {self._unknown} FROM unhoused ANTI JOIN claimed USING (tile, id) WHERE event >= {first}"
        )
        while True:
            step = self._steps
            self._meet_by_id("" if all_new else "SEMI JOIN touched_ids USING (tile, id)")
            if not all_new:
                run(
                    """
                    INSERT INTO touched
                    SELECT DISTINCT identity FROM keys SEMI JOIN (FROM to_copy WHERE step >= ?) USING (event)
                    """,
                    [step],
                )
            step = self._steps
            self._meet_by_identity("" if all_new else "SEMI JOIN touched USING (identity)")
            run(
                """
                CREATE OR REPLACE TEMP TABLE touched_ids AS
                SELECT DISTINCT tile, id FROM unhoused SEMI JOIN (FROM to_copy WHERE step >= ?) USING (event)
                """,
                [step],
            )
            if not self._database.rows("SELECT 1 FROM touched_ids LIMIT 1"):
                return
            run("DELETE FROM touched")
            all_new = False

    def _place(self, question: str) -> None:
        """Copies events to shards where they aren't yet."""
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE added AS
            SELECT DISTINCT event, shard FROM ({question}) AS wanted (event, shard)
            ANTI JOIN copies USING (event, shard)
            """
        )
        self._database.run("INSERT INTO copies FROM added")
        self._database.run("INSERT INTO to_copy SELECT *, ? FROM added", [self._steps])
        self._steps += 1

    def _meet_by_id(self, touched: str) -> None:
        self._place(
            f"""
            SELECT unhoused.event, claimed.shard FROM (FROM unhoused {touched}) AS unhoused
            JOIN claimed USING (tile, id)
            """
        )
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE contested AS
            WITH there AS (
                SELECT tile, id, shard FROM claimed {touched}
                UNION ALL
                SELECT tile, id, copies.shard FROM (FROM unhoused {touched}) JOIN copies USING (event)
            )
            SELECT DISTINCT tile, id, shard FROM there SEMI JOIN (
                SELECT tile, id FROM there GROUP BY ALL HAVING min(shard) <> max(shard)
            ) USING (tile, id)
            """
        )
        self._place(
            """
            SELECT event, contested.shard FROM claimed JOIN contested USING (tile, id)
            WHERE contested.shard <> claimed.shard
            """
        )

    def _meet_by_identity(self, touched: str) -> None:
        self._database.run(
            f"""
            CREATE OR REPLACE TEMP TABLE repeated AS
            SELECT event, shard, identity FROM keys SEMI JOIN (
                SELECT identity FROM keys {touched} GROUP BY identity HAVING count(*) > 1
            ) USING (identity)
            """
        )
        self._place(
            """
            WITH there AS (
                SELECT identity, shard FROM repeated WHERE shard >= 0
                UNION
                SELECT identity, copies.shard FROM repeated JOIN copies USING (event)
            )
            SELECT event, there.shard FROM repeated JOIN there USING (identity) WHERE there.shard <> repeated.shard
            """
        )

    def wanted(self, spool: Path) -> Path | None:
        """A file of what has to be copied, as `CopyTask` has it; None if that is nothing."""
        if not self._database.rows("SELECT 1 FROM to_copy LIMIT 1"):
            return None
        path = spool / "wanted.parquet"
        self._database.run(
            """
            COPY (
                SELECT file, start, line_bytes, place_bytes, event & 65535 AS nth, to_copy.shard
                FROM to_copy JOIN frames ON bundle = event >> 16 ORDER BY file, start, nth
            ) TO ? (FORMAT parquet)
            """,
            [str(path)],
        )
        return path

    def to_copy_from(self, most: int) -> Iterator[list[tuple[int, str]]]:
        """The routed files that events are copied from, number and name: those with so many events together."""
        group: list[tuple[int, str]] = []
        events = 0
        for file, name, count in self._database.rows(
            """
            SELECT file, name, count(*) FROM to_copy JOIN frames ON bundle = event >> 16 JOIN routed USING (file)
            GROUP BY ALL ORDER BY file
            """
        ):
            group.append((file, name))
            events += count
            if events >= most:
                yield group
                group, events = [], 0
        if group:
            yield group
