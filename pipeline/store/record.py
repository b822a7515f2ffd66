"""What the store hands on about the log as a whole: rejected events, the quarantine, all AOIs."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from pipeline.bundle import first_event, unpack_lines
from pipeline.event import Status, kind_of, type_of
from pipeline.fold.outcome import Verdict
from pipeline.ingest import Quarantined, Unfinished, shown
from pipeline.store.bundles import event_of
from pipeline.store.database import Database
from pipeline.timestamp import instant

_BUNDLES_AT_ONCE = 32


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


Told: TypeAlias = tuple[str, Verdict, str, bytes]
"""An event with its outcome, as it is kept: AOI, verdict, reason and line."""


def rejected(database: Database) -> list[LogEvent]:
    """All rejected events, in log order."""
    return in_log_order(rejected_rows(database))


def rejected_rows(database: Database) -> list[Told]:
    """The same as they are kept, in any order."""
    return database.rows("SELECT aoi, verdict, reason, line FROM outcomes WHERE verdict = 'rejected'")


def latest(database: Database, count: int) -> list[LogEvent]:
    """The last events in log order, the latest first."""
    return latest_of(latest_rows(database, count), count)


def latest_of(rows: Iterable[Told], count: int) -> list[LogEvent]:
    """The last of these events in log order, the latest first."""
    return in_log_order(rows)[::-1][:count]


def _any(aoi: str) -> bool:  # noqa: ARG001
    return True


def latest_rows(database: Database, count: int, of: Callable[[str], bool] = _any) -> list[Told]:
    """The last events as they are kept, in any order, and those that come at the same time as the first of them.

    With `of` those of some AOIs alone ('' stands for none).
    """
    found: list[tuple[str, int, str, bytes]] = []
    since = ""
    bundles = database.rows("SELECT bundle, newest FROM bundles ORDER BY newest DESC")
    for at in range(0, len(bundles), _BUNDLES_AT_ONCE):
        some = [bundle for bundle, newest in bundles[at : at + _BUNDLES_AT_ONCE] if newest >= since]
        if not some:
            break
        found += [one for one in _events_in(database, some) if one[0] >= since and of(one[2])]
        found.sort(reverse=True)
        if len(found) > count:
            since = found[count - 1][0]
            found = [one for one in found if one[0] >= since]
    database.keep("asked", [(event,) for _, event, _, _ in found], "event BIGINT")
    outcomes: dict[int, tuple[Verdict, str]] = {
        event: (verdict, reason)
        for event, verdict, reason in database.rows(
            "SELECT event, verdict, reason FROM outcomes SEMI JOIN asked USING (event)"
        )
    }
    return [(aoi, *outcomes.get(event, ("applied", "")), line) for _, event, aoi, line in found]


def _events_in(database: Database, bundles: list[int]) -> Iterator[tuple[str, int, str, bytes]]:
    """The events of bundles that count: instant, number, AOI and line."""
    database.keep("asked", [(bundle,) for bundle in bundles], "bundle BIGINT")
    left_out = {row[0] for row in database.rows("SELECT event FROM dropped WHERE event >> 16 IN (FROM asked)")}
    homes = dict(database.rows("SELECT event, aoi FROM homeless WHERE event >> 16 IN (FROM asked)"))
    for bundle, aoi, packed in database.rows("SELECT bundle, aoi, lines FROM bundles SEMI JOIN asked USING (bundle)"):
        for event, line in enumerate(unpack_lines(packed), first_event(bundle)):
            if event not in left_out:
                yield instant(event_of(line).time), event, homes[event] if aoi is None else aoi, line


def in_log_order(rows: Iterable[Told]) -> list[LogEvent]:
    """Events as they are kept, in log order."""
    found: list[tuple[str, str, LogEvent]] = []
    for aoi, verdict, reason, line in rows:
        event = event_of(line)
        moment, named = instant(event.time), event.data.id
        told = LogEvent(
            moment, event.source, event.id, type_of(event), aoi, kind_of(event),
            None if isinstance(named, str) else named, verdict, reason, line,
        )  # fmt: skip
        found.append((moment, event.sequence, told))
    return [told for *_, told in sorted(found)]


CONFLICT = "another event with the same source and id, but other content, comes first in log order"


def quarantine(database: Database) -> list[Quarantined]:
    """All lines that can't be used, by file and offset."""
    bad = [Quarantined(*row) for row in database.rows("SELECT * EXCLUDE rotated FROM quarantine WHERE NOT rotated")]
    lost = database.rows("SELECT file, file_offset, file_line, text FROM conflicts")
    bad += [Quarantined(file, offset, line, CONFLICT, shown(text)) for file, offset, line, text in lost]
    return sorted(bad)


def unfinished(database: Database) -> list[Unfinished]:
    """What stands behind the last line's end of log files, by file."""
    rows = database.rows("FROM unfinished WHERE file NOT IN (FROM gone) ORDER BY file")
    return [Unfinished(*row) for row in rows]


def aois(database: Database) -> list[tuple[str, Status]]:
    """Names and statuses of all AOIs, by name."""
    return [
        (name, status) for name, status in database.rows("SELECT name, status FROM aois WHERE present ORDER BY name")
    ]
