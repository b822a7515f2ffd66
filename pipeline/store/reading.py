"""How far the files of the log were read, put together from their stretches."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace

from pipeline.ingest import Quarantined, Taken, Unfinished
from pipeline.log.files import Position
from pipeline.log.place import Log
from pipeline.store.database import Database


class Reading:
    """What is known of the files that are being read. Their parts come in order."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database, self._log = database, log
        self._lines: Counter[str] = Counter()
        """By file: those in its stretches so far."""
        self.next_stretch: int = database.rows("SELECT coalesce(max(stretch), 0) + 1 FROM stretches")[0][0]
        self.unreadable: dict[str, str] = {}
        """By file the reason."""
        self.unfinished: list[Unfinished] = []
        self.quarantined = 0

    def add(self, taken: Taken) -> None:
        """Puts on record how far a part was read, and its lines that can't be used."""
        stretches: list[tuple[int, str, int, int, int, bytes, bool]] = []
        read: list[Position] = []
        unfinished: list[Unfinished] = []
        damaged: list[Quarantined] = []
        for stretch, offset, line, lengths, torn, damage, error in taken.reached:
            path = stretch.start.path
            before = self._lines[path]
            self._lines[path] = line = before + line
            start = stretch.start
            stretches.append((stretch.number, path, before, start.line + 1, start.offset, lengths, False))
            if error:
                self.unreadable.setdefault(path, error)
            elif stretch.end is None and path not in self.unreadable:
                if (position := self._proven(replace(stretch.start, offset=offset, line=line))) is None:
                    continue
                read.append(position)
                if torn:
                    unfinished.append(Unfinished(path, offset, torn))
            if damage:
                damaged.append(Quarantined(path, offset, line + 1, f"damaged from here on: {damage}", ""))
        self._database.append("stretches", stretches)
        self._remember(read, unfinished)
        self._quarantine(damaged, taken)

    def _proven(self, position: Position) -> Position | None:
        try:
            return replace(position, proof=self._log.proof(position))
        except OSError as error:
            self.unreadable[position.path] = error.strerror or str(error)
            return None

    def _remember(self, read: list[Position], unfinished: list[Unfinished]) -> None:
        if read:
            paths = [[position.path for position in read]]
            self._database.run("DELETE FROM files WHERE path IN (SELECT unnest(?::VARCHAR[]))", paths)
            self._database.run("DELETE FROM unfinished WHERE file IN (SELECT unnest(?::VARCHAR[]))", paths)
            self._database.append("files", [astuple(position) for position in read])
            self._database.append("unfinished", unfinished)
            self.unfinished += unfinished

    def _quarantine(self, damaged: list[Quarantined], taken: Taken) -> None:
        self.quarantined += len(damaged) + taken.bad
        if damaged or taken.bad:
            self._database.keep(
                "bad", damaged,
                "file VARCHAR, file_offset BIGINT, file_line BIGINT, reason VARCHAR, text VARCHAR",
            )  # fmt: skip
            self._database.keep(
                "bad_rows", [], "stretch BIGINT, file_offset BIGINT, line BIGINT, reason VARCHAR, text VARCHAR"
            )
            if taken.bad:
                self._database.load_files("bad_rows", [taken.bad_rows], _BAD, 'stretch, "offset", line, reason, text')
            self._database.run(
                """
                INSERT INTO bad SELECT file, file_offset, lines_before + line, reason, text
                FROM bad_rows JOIN stretches USING (stretch)
                """
            )
            self._database.run(
                "INSERT INTO quarantine SELECT *, false FROM (FROM bad EXCEPT SELECT * EXCLUDE rotated FROM quarantine)"
            )


_BAD = {"stretch": "BIGINT", "offset": "BIGINT", "line": "BIGINT", "reason": "VARCHAR", "text": "VARCHAR"}
"""Columns of the file that `ingest` writes."""


def positions(database: Database) -> dict[str, Position]:
    """How far each log file was read."""
    return {
        row[0]: Position(*row)
        for row in database.rows('SELECT path, "offset", line, size_bytes, modified_ns, inode, proof FROM files')
    }


def gone_before(database: Database) -> list[str]:
    """The files that weren't there when a build looked last, by path."""
    return [path for (path,) in database.rows("SELECT file FROM gone ORDER BY file")]


def forget_places(database: Database, replaced: Sequence[str], gone: Sequence[str]) -> None:
    """Forgets which lines of replaced files can't be used, and puts on record where none stand any more.

    Nothing else is forgotten of files that are gone: they may come back as they were, and aren't read again then.
    """
    if replaced:
        database.run("DELETE FROM quarantine WHERE file IN (SELECT unnest(?))", [list(replaced)])
        database.run("UPDATE stretches SET replaced = true WHERE file IN (SELECT unnest(?))", [list(replaced)])
    database.run("DELETE FROM gone")
    database.append("gone", [(path,) for path in gone])
