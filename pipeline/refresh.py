"""Brings the store up to the log: what is new is taken in, and the AOIs that it touches are folded again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.ingest import BUNDLES_OF_A_PART, Part, Unfinished, take_apart
from pipeline.log.files import Position, Unreadable
from pipeline.log.place import Log, Source, open_log
from pipeline.log.stretches import in_parts, stretches
from pipeline.stages import in_turn, no_collections, spool_folder
from pipeline.store.arrivals import Arrivals
from pipeline.store.database import Database
from pipeline.store.folded import FoldTask, fold_aois
from pipeline.store.folds import packed_pasts, save
from pipeline.store.past import PackedPast
from pipeline.store.reading import Reading, forget_places, gone_before, positions
from pipeline.store.shown import settle_conflicts, settle_rotated

_WORTH_WORKERS_BYTES = 32 * 1024 * 1024
"""Less of the log, or of what has to be folded, is done sooner than workers are started."""
_FOLDED_AT_ONCE_BYTES = 4 * 1024 * 1024
"""Compressed lines of the AOIs that are folded together."""


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

    def count(self, reading: Reading) -> None:
        """Adds what reading the log brought."""
        self.quarantined = reading.quarantined
        self.unreadable += [Unreadable(path, reason) for path, reason in sorted(reading.unreadable.items())]
        self.unfinished += reading.unfinished


def refresh(
    database: Database,
    place: Source,
    until: str | None = None,
    workers: Executor | None = None,
    tell: Callable[[Sequence[str]], None] | None = None,
) -> Refreshed:
    """Takes in what the log has beyond the store, and folds what it touches, in one transaction.

    With `until`, an instant, later events are left out: for a store of its own only. A large log is read and folded by
    `workers`, or in this process. `tell` is told which AOIs' past has changed, before they are folded. Raises
    WorkersLost.
    """
    log = open_log(place)
    found = log.look(positions(database))
    result = Refreshed(replaced=found.replaced, gone=found.gone, unreadable=found.unreadable)
    if not found.to_read and found.gone == gone_before(database):
        return result
    with spool_folder(workers) as spool, no_collections(), database.transaction():
        forget_places(database, found.replaced, found.gone)
        result.folded = sorted(_take_in(database, log, place, found.to_read, until, workers, spool, result))
        if result.folded:
            if tell is not None:
                tell(result.folded)
            revision = int(database.value("revision") or 0) + 1
            tasks = _fold_tasks(packed_pasts(database, result.folded), spool)
            for rows in in_turn(fold_aois, tasks, workers):
                save(database, rows, revision)
                rows.scene_rows.unlink()
            database.set_value("revision", str(revision))
    return result


def _take_in(
    database: Database,
    log: Log,
    place: Source,
    to_read: list[Position],
    until: str | None,
    workers: Executor | None,
    spool: Path,
    result: Refreshed,
) -> set[str]:
    """Reads files; gives the AOIs whose past has changed."""
    reading, arrivals = Reading(database, log), Arrivals(database)
    parts, is_large = parts_of(log, place, to_read, reading.next_stretch, arrivals.next_bundle, spool, until)
    for taken in in_turn(take_apart, parts, workers if is_large else None):
        reading.add(taken)
        arrivals.add(taken)
        result.events += taken.events
        for file in (taken.event_rows, taken.creation_rows, taken.bad_rows):
            file.unlink()  # a large log's rows take much room
    result.count(reading)
    dirty = arrivals.settle()
    settle_rotated(database)
    settle_conflicts(database, "others WHERE lost")
    return dirty


def parts_of(
    log: Log,
    place: Source,
    to_read: list[Position],
    first_stretch: int,
    first_bundle: int,
    spool: Path,
    until: str | None = None,
) -> tuple[list[Part], bool]:
    """What is to be read, in parts; and whether that is so much that workers are worth it."""
    found = stretches(log, to_read, first_stretch)
    parts = [
        Part(place, some, first_bundle + number * BUNDLES_OF_A_PART, spool, until)
        for number, some in enumerate(in_parts(found))
    ]
    return parts, sum(stretch.weight for stretch in found) >= _WORTH_WORKERS_BYTES


def _fold_tasks(found: Iterable[PackedPast], spool: Path) -> Iterator[FoldTask]:
    group: list[PackedPast] = []
    number, held = 0, 0
    for past in found:
        group.append(past)
        held += past.bytes
        if held >= _FOLDED_AT_ONCE_BYTES:
            yield FoldTask(group, spool, f"folded-{number}")
            group, number, held = [], number + 1, 0
    if group:
        yield FoldTask(group, spool, f"folded-{number}")
