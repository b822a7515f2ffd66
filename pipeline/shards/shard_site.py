"""The stage that publishes a shard's AOIs, by what publishes those of any store."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.publish.parts import publish_aois
from pipeline.publish.task import Published, Task
from pipeline.shards.shard_store import new_store, require_whole
from pipeline.shards.sharding import OfShard
from pipeline.store import published as record
from pipeline.store.database import StoreBroken, open_database
from pipeline.store.folds import packed_pasts

_PATHS_TOLD = 256
"""So many files that were written are named."""


@dataclass(frozen=True, slots=True)
class ShardSiteTask(OfShard):
    """A shard whose AOIs are to be published. `task` says how: their pasts and all that goes by them is in the store.

    With `trusted` what is on record there of the site holds.
    """

    store: Path
    task: Task
    trusted: bool
    memory_bytes: int | None = None


@dataclass(slots=True)
class ShardPublished:
    """What was done. `store` names the shard's store, with what the site holds of it on record; '' if it is broken."""

    shard: int
    store: str
    summaries: list[tuple[str, str]] = field(default_factory=list)
    """Of the AOIs that were published: name and summary."""
    rendered: int = 0
    written: list[str] = field(default_factory=list)
    """The first files that were written."""
    more: int = 0
    """How many others were."""
    unchanged: int = 0
    stale: list[str] = field(default_factory=list)
    """Files that were the shard's and aren't any more; not told if what is on record isn't trusted."""
    warnings: list[str] = field(default_factory=list)


def publish_shard(of: ShardSiteTask) -> ShardPublished:
    """The stage. Raises HolderGone, SiteOvertaken, OSError."""
    try:
        return _published(of)
    except StoreBroken:
        return ShardPublished(of.shard, "")


def _published(of: ShardSiteTask) -> ShardPublished:
    task, own = of.task, of.own
    result = Published()
    with open_database(of.store, read_only=True, memory_bytes=of.memory_bytes) as database:
        revisions = {name: revision for name, revision in record.present(database).items() if own(name)}
        names = record.outdated(database, task.folders, task.edition) if of.trusted else sorted(task.folders)
        for past in packed_pasts(database, names):
            known = record.fingerprints(database, [past.name]) if of.trusted else {}
            result.add(publish_aois(replace(task, pasts=[past], revisions=revisions, known=known)))
    told = ShardPublished(of.shard, of.store.name, rendered=result.rendered, unchanged=result.unchanged)
    told.summaries = [(aoi, summary) for unit, aoi, _, _, summary in result.units if unit.startswith("aoi/")]
    told.written, told.more = result.written[:_PATHS_TOLD], len(result.written[_PATHS_TOLD:])
    told.warnings = result.warnings
    told.store = new_store(of.store.parent, of.shard, of.store.name)
    path = of.store.with_name(told.store)
    with open_database(path, memory_bytes=of.memory_bytes) as database:
        gone: list[str] = []
        if of.trusted:
            gone = record.gone(database, task.folders)
            kept = {path for *_, paths, _ in result.units for path in paths.split("\n")}
            told.stale = sorted(record.stale(database, [result], gone) - kept)
        with database.transaction():
            record.remember(database, [result], gone, of.trusted, task.build)
    require_whole(path)
    return told


def held_paths(store: Path, paths: list[str]) -> set[str]:
    """Those of the paths that a shard's part of the site has, on record in its store. Raises StoreBroken, OSError."""
    with open_database(store, read_only=True) as database:
        return {
            path
            for (path,) in database.rows(
                """
                SELECT path FROM (SELECT unnest(string_split(paths, chr(10))) AS path FROM published)
                WHERE path IN (SELECT unnest(?::VARCHAR[]))
                """,
                [paths],
            )
        }
