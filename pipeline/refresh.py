"""Brings the store up to the log: what is new is taken in, and the AOIs that it touches are folded again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.fold.apply import Folded, fold
from pipeline.ingest import Unfinished, ingest
from pipeline.log.files import Unreadable, look
from pipeline.store.arrivals import Arrivals, forget_places, positions
from pipeline.store.database import Database
from pipeline.store.folds import Past, pasts, save

_AOIS_AT_ONCE = 16


@dataclass(slots=True)
class Refreshed:
    """What a look at the log brought."""

    events: int = 0
    quarantined: int = 0
    folded: list[str] = field(default_factory=list)
    """AOIs whose past has changed; '' for the events that belong to none."""
    replaced: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    unfinished: list[Unfinished] = field(default_factory=list)


def refresh(database: Database, log_dir: Path, until: str | None = None) -> Refreshed:
    """Takes in what the log has beyond the store, and folds what it touches, in one transaction.

    With `until`, an instant, later events are left out: for a store of its own only.
    """
    found = look(log_dir, positions(database))
    result = Refreshed(replaced=found.replaced, gone=found.gone, unreadable=found.unreadable)
    if not found.to_read and not found.gone:
        return result
    with database.transaction():
        forget_places(database, found.replaced, found.gone)
        arrivals = Arrivals(database)
        for batch in ingest(log_dir, found.to_read, until):
            arrivals.add(batch)
            result.events += len(batch.arrivals)
            result.quarantined += len(batch.quarantined)
            result.unreadable += batch.unreadable
            result.unfinished += batch.unfinished
        result.folded = sorted(arrivals.settle())
        if result.folded:
            revision = int(database.value("revision") or 0) + 1
            for some in _in_groups(pasts(database, result.folded)):
                save(database, some, revision)
            database.set_value("revision", str(revision))
    return result


def _in_groups(found: Iterator[Past]) -> Iterator[list[Folded]]:
    group: list[Folded] = []
    for past in found:
        group.append(fold(past.name, past.events, past.taken))
        if len(group) == _AOIS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group
