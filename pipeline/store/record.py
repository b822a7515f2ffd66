"""What the store hands on about the log as a whole: rejected events, the quarantine, all AOIs."""

from typing import NamedTuple

from pipeline.event import Status
from pipeline.fold.outcome import Verdict
from pipeline.ingest import Quarantined, Unfinished, shown
from pipeline.store.database import Database
from pipeline.store.texts import TextReader


class LogEvent(NamedTuple):
    """An event of the log with its outcome. `text` is its line."""

    instant: str
    source: str
    id: str
    type: str
    aoi: str
    kind: str
    entity: int | None
    verdict: Verdict
    reason: str
    text: bytes


_COLUMNS = """
    instant, source, id, type, events.aoi, kind, entity, coalesce(verdict, 'applied'), coalesce(reason, ''),
    batch, start, length
    FROM events LEFT JOIN outcomes USING (event)
"""
_LOG_ORDER = "instant, sequence, source, id"


def rejected(database: Database) -> list[LogEvent]:
    """All rejected events, in log order."""
    return _read(database, f"SELECT {_COLUMNS} WHERE verdict = 'rejected' ORDER BY {_LOG_ORDER}")


def latest(database: Database, count: int) -> list[LogEvent]:
    """The last events in log order, the latest first."""
    descending = ", ".join(f"{column} DESC" for column in _LOG_ORDER.split(", "))
    return _read(database, f"SELECT {_COLUMNS} ORDER BY {descending} LIMIT {int(count)}")


def _read(database: Database, sql: str) -> list[LogEvent]:
    rows = database.rows(sql)
    reader = TextReader(database)
    reader.prepare(row[9] for row in rows)
    return [LogEvent._make([*row[:-3], reader.text(*row[-3:])]) for row in rows]


CONFLICT = "another event with the same source and id, but other content, comes first in log order"


def quarantine(database: Database) -> list[Quarantined]:
    """All lines that can't be used, by file and offset."""
    bad = [Quarantined(*row) for row in database.rows("FROM quarantine")]
    lost = database.rows("SELECT file, file_offset, file_line, text FROM conflicts")
    bad += [Quarantined(file, offset, line, CONFLICT, shown(text)) for file, offset, line, text in lost]
    return sorted(bad)


def unfinished(database: Database) -> list[Unfinished]:
    """What stands behind the last line's end of log files, by file."""
    return [Unfinished(*row) for row in database.rows("FROM unfinished ORDER BY file")]


def aois(database: Database) -> list[tuple[str, Status]]:
    """Names and statuses of all AOIs, by name."""
    return [
        (name, status) for name, status in database.rows("SELECT name, status FROM aois WHERE present ORDER BY name")
    ]
