"""What the machine that builds knows of all shards: where their stores are, and what they told."""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from pipeline.bundle import unpack_numbers
from pipeline.disk import is_temporary
from pipeline.shards.routed import Slice
from pipeline.shards.shard_site import ShardPublished
from pipeline.shards.shard_store import ShardTold
from pipeline.store import record
from pipeline.store.bundles import lines_at
from pipeline.store.database import Database
from pipeline.store.homes import LogRecord, at_home
from pipeline.store.record import Told
from pipeline.store.shown import settle_conflicts

_VERSION = "1"
_OURS = re.compile(r"routed-[0-9a-f]{32}\.frames|[0-9]+-[0-9a-f]{32}\.duckdb(\.wal|\.tmp)?")
"""Names of the files that a build in shards makes."""


class Front:
    """The front store, and the folder of the shards' files: their stores, and what was routed to them."""

    def __init__(self, database: Database, folder: Path, shards: int) -> None:
        """Begins anew if there were another number of shards before, or nothing that can be used."""
        self.database, self.folder, self.shards = database, folder, shards
        version = f"{_VERSION} {shards}"
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
        if database.value("shards") != version or self._on_record("SELECT name FROM routed") - there:
            self._begin_anew(version)
        for store in self._on_record("SELECT store FROM shards WHERE store <> ''") - there:
            self._distrust("store = ?", store)
        self.sweep()

    def _on_record(self, names: str) -> set[str]:
        """The names of files that a question gives."""
        return {name for (name,) in self.database.rows(names)}

    def _begin_anew(self, version: str) -> None:
        schema = files("pipeline.shards").joinpath("schema.sql").read_text(encoding="utf-8")
        with self.database.transaction():
            for (table,) in self.database.rows(
                "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND table_name <> 'meta'"
            ):
                self.database.run(f"DELETE FROM {table}")
            self.database.run("DELETE FROM meta WHERE key <> 'schema'")
            self.database.run(schema)
            self.database.append("shards", [(shard, "", 0, "") for shard in range(self.shards + 1)])
            self.database.set_value("shards", version)

    def sweep(self) -> None:
        """Removes files that nothing on record leads to: of builds that were killed, and those that were replaced."""
        kept = self._on_record("SELECT store FROM shards UNION ALL SELECT name FROM routed")
        for path in self.folder.iterdir():
            if path.name in kept or not (_OURS.fullmatch(path.name) or is_temporary(path.name)):
                continue
            if path.is_dir():  # what DuckDB has put there for want of memory
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    # What a shard has to take in

    def behind(self) -> list[int]:
        """The shards that haven't taken in all that was routed to them."""
        return [
            shard
            for (shard,) in self.database.rows(
                "SELECT DISTINCT shard FROM frames JOIN shards USING (shard) WHERE file > taken ORDER BY shard"
            )
        ]

    def store_of(self, shard: int) -> str:
        """The name of a shard's store; '' if it has none."""
        return str(self.database.rows("SELECT store FROM shards WHERE shard = ?", [shard])[0][0])

    def forget_store(self, shard: int) -> None:
        """A shard is to take in again all that was ever routed to it."""
        self._distrust("shard = ?", shard)

    def _distrust(self, which: str, value: object) -> None:
        """What the lost store had on record of the site is lost with it: until one is told, all of it is compared."""
        with self.database.transaction():
            self.database.run(f"UPDATE shards SET store = '', taken = 0 WHERE {which}", [value])
            self.database.run("DELETE FROM meta WHERE key = 'build'")

    def slices(self, shard: int) -> list[Slice]:
        """What a shard hasn't taken in yet."""
        return [
            Slice(_path_of(file), self.folder / name, list(zip(starts, sizes, strict=True)), text_bytes)
            for file, name, starts, sizes, text_bytes in self.database.rows(
                """
                SELECT file, name, list(start ORDER BY start), list(line_bytes ORDER BY start), sum(text_bytes)::BIGINT
                FROM frames JOIN routed USING (file)
                WHERE shard = $1 AND file > (SELECT taken FROM shards WHERE shard = $1)
                GROUP BY ALL ORDER BY file
                """,
                [shard],
            )
        ]

    # What a shard told

    def keep(self, told: ShardTold) -> None:
        """Puts on record what a shard told when it was up to the log."""
        shard, database = told.shard, self.database
        summaries = dict(database.rows("SELECT name, summary FROM told_aois WHERE shard = ?", [shard]))
        where = self._places(shard, {(file, line) for *_, file, line in told.lost})
        with database.transaction():
            for table in ("told_aois", "told_rejected", "told_latest", "told_located", "told_lost"):
                database.run(f"DELETE FROM {table} WHERE shard = ?", [shard])
            database.append(
                "told_aois", [(shard, name, revision, summaries.get(name, "")) for name, revision in told.aois]
            )
            database.append("told_rejected", [(shard, *row) for row in told.rejected])
            database.append("told_latest", [(shard, *row) for row in told.latest])
            database.append("told_located", [(shard, *row) for row in told.located])
            database.append(
                "told_lost",
                [(shard, *lost, *where[file, line]) for *lost, file, line in told.lost],
            )
            database.run(
                "UPDATE shards SET store = ?, taken = (SELECT max(file) FROM routed) WHERE shard = ?",
                [told.store, shard],
            )
            revision = int(database.value("revision") or 0) + 1
            database.set_value("revision", str(revision))

    def _places(self, shard: int, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int, int]]:
        """Where lines stand in the log that a shard counts by its slices: stretch, byte offset and line, from 1."""
        by_slice: dict[str, list[int]] = defaultdict(list)
        for path, line in wanted:
            by_slice[path].append(line)
        at: dict[tuple[str, int], int] = {}
        for path, lines in by_slice.items():
            rows = self.database.rows(
                """
                SELECT name, start + line_bytes, place_bytes FROM frames JOIN routed USING (file)
                WHERE file = ? AND shard = ? ORDER BY start
                """,
                [_number_of(path), shard],
            )
            places: list[int] = []
            with (self.folder / rows[0][0]).open("rb") as file:
                for _, start, size in rows:
                    file.seek(start)
                    places += unpack_numbers(file.read(size))
            at.update(((path, line), places[line - 1]) for line in lines)
        found = lines_at(self.database, set(at.values()))
        return {key: found[place] for key, place in at.items()}

    def merge(self) -> None:
        """Has on record of rejected events and of lines that lost what one store would have."""
        database, revision = self.database, self.database.value("revision") or ""
        if database.value("merged") == revision:
            return
        with database.transaction():
            database.run("DELETE FROM outcomes")
            database.run("INSERT INTO outcomes SELECT DISTINCT NULL, aoi, verdict, reason, line FROM told_rejected")
            settle_conflicts(database, "told_lost")
            database.set_value("merged", revision)

    def forget_merged(self) -> None:
        """Has `merge` do its work again, though no shard tells anything new."""
        self.database.set_value("merged", "")

    def log_record(self, latest: int) -> LogRecord:
        """What the site shows of the log as a whole."""
        rows: list[Told] = self.database.rows("SELECT DISTINCT aoi, verdict, reason, line FROM told_latest")
        last, refused = record.latest_of(rows, latest), record.rejected(self.database)
        found = at_home([*last, *refused], self.database.rows("SELECT kind, id, scene, aoi FROM told_located"))
        return LogRecord(last, refused, record.quarantine(self.database), record.unfinished(self.database), found)

    def aois(self) -> dict[str, int]:
        """The AOIs that are there, with the shard of each."""
        return dict(self.database.rows("SELECT name, shard FROM told_aois ORDER BY name"))

    def summaries(self) -> list[str]:
        """Of all AOIs, by name."""
        return [text for (text,) in self.database.rows("SELECT summary FROM told_aois ORDER BY name")]

    # What is published of a shard

    def published(self) -> dict[int, tuple[str, str]]:
        """By shard its store, and what its part of the site was made from; '' if there is none."""
        return {
            shard: (store, made_from)
            for shard, store, made_from in self.database.rows(
                "SELECT shard, store, published FROM shards ORDER BY shard"
            )
        }

    def keep_published(self, found: Iterable[ShardPublished], made_from: dict[int, str]) -> None:
        """Puts on record what was published. To be called in a transaction."""
        for one in found:
            self.database.keep("published_now", one.summaries, "name VARCHAR, summary VARCHAR")
            self.database.run(
                "UPDATE told_aois SET summary = now.summary FROM published_now AS now WHERE told_aois.name = now.name"
            )
            self.database.run(
                "UPDATE shards SET store = ?, published = ? WHERE shard = ?",
                [one.store, made_from[one.shard], one.shard],
            )


def _path_of(file: int) -> str:
    return f"{file:012}.jsonl"


def _number_of(path: str) -> int:
    return int(path.partition(".")[0])
