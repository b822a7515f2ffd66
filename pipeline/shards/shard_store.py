"""The stage that brings a shard's store up to what was routed to it, by what brings any store up to its log."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.refresh import refresh
from pipeline.shards.routed import RoutedLog, Slice
from pipeline.shards.sharding import OfShard, Own
from pipeline.stages import own_name
from pipeline.store import published, record
from pipeline.store.database import Database, StoreBroken, open_database
from pipeline.store.homes import Located, located


@dataclass(frozen=True, slots=True)
class ShardTask(OfShard):
    """A shard, and what it has to take in. `store` is the name of its store as it is; '' if it has none."""

    folder: Path
    """Of the shards' stores."""
    store: str
    slices: list[Slice]
    latest: int
    """So many of the latest events are told."""
    memory_bytes: int | None = None


@dataclass(slots=True)
class ShardTold:
    """What a shard tells when it is up to the log. `store` names its new store; '' if the old one is broken."""

    shard: int
    store: str = ""
    folded: list[str] = field(default_factory=list)
    """Its own AOIs whose past has changed; '' for events that belong to none."""
    aois: list[tuple[str, int]] = field(default_factory=list)
    """Its own AOIs that are there, with the revision of each."""
    rejected: list[record.Told] = field(default_factory=list)
    latest: list[record.Told] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    """Where the scenes and tiles are that these name."""
    lost: list[tuple[str, str, str, bytes, str, int]] = field(default_factory=list)
    """All lines that lost against another of the same identity: source, id, content, text; and slice and line there.

    Which of them is the least only the front can tell: it knows where they stand in the log.
    """


def bring_up(task: ShardTask) -> ShardTold:
    """The stage. The store that was there is left as it was: the new one is another file. Raises OSError."""
    name = new_store(task.folder, task.shard, task.store)
    try:
        told = _brought_up(task, name)
    except StoreBroken:
        if not task.store:
            raise
        (task.folder / name).unlink(missing_ok=True)
        return ShardTold(task.shard)
    return told


def new_store(folder: Path, shard: int, before: str) -> str:
    """A copy of a shard's store, or a name for one that isn't there yet. Raises OSError."""
    name = f"{own_name(str(shard))}.duckdb"
    if before:
        shutil.copyfile(folder / before, folder / name)
    return name


def require_whole(path: Path) -> None:
    """Raises StoreBroken if a store that was closed isn't all in its file: a copy would be without the rest."""
    if path.with_name(f"{path.name}.wal").exists():
        raise StoreBroken(f"{path} was not closed in order")


def _brought_up(task: ShardTask, name: str) -> ShardTold:
    own = task.own
    told = ShardTold(task.shard, name)
    with open_database(task.folder / name, memory_bytes=task.memory_bytes) as database:
        found = refresh(database, RoutedLog(task.slices))
        if found.unreadable:
            raise StoreBroken(f"what was routed can't be read: {found.unreadable[0].reason}")
        told.folded = [aoi for aoi in found.folded if own(aoi)]
        told.aois = [one for one in published.present(database).items() if own(one[0])]
        told.rejected = [row for row in record.rejected_rows(database) if own(row[0])]
        told.latest = record.latest_rows(database, task.latest, own)
        told.located = _located(database, told, own)
        told.lost = database.rows(
            "SELECT source, id, content, text, file, file_line FROM others JOIN stretches USING (stretch) WHERE lost"
        )
    require_whole(task.folder / name)
    return told


def _located(database: Database, told: ShardTold, own: Own) -> list[Located]:
    events = record.in_log_order([*told.rejected, *told.latest])
    return [row for row in located(database, events) if own(row[3])]
