"""The build in shards: what is new in the log is routed to shards, each is brought up and published by one task.

What spans all AOIs is made of what the shards tell. The site has the same bytes as without shards.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from pipeline.build import Built, Progress, require_known, require_log_of, silent, tell_of_a_look, told, usable
from pipeline.log.place import Data, events_of, open_log, store_of
from pipeline.publish.across import publish_unit
from pipeline.publish.opening import make_site, open_site
from pipeline.publish.plan import stamp_of
from pipeline.publish.site import OWNED, Place, Site
from pipeline.publish.task import Published, Task
from pipeline.publish.turn import Turn
from pipeline.refresh import Refreshed, parts_of
from pipeline.render.paths import aoi_folders
from pipeline.render.site_files import LATEST, site_files
from pipeline.render.summary import decoded
from pipeline.shards.copying import CopyTask, copy_events
from pipeline.shards.front import Front
from pipeline.shards.meet import Meet
from pipeline.shards.route import RouteTask, route
from pipeline.shards.shard_site import ShardPublished, ShardSiteTask, held_paths, publish_shard
from pipeline.shards.shard_store import ShardTask, bring_up
from pipeline.stages import Elsewhere, in_turn, no_collections, spool_folder
from pipeline.store import published as record
from pipeline.store.database import StoreBroken
from pipeline.store.held import Store, hold_store
from pipeline.store.reading import Reading, forget_places, gone_before, positions
from pipeline.store.shown import settle_rotated

FRONT = "sceneboard.shards.duckdb"
"""The front store, in the folder of the store."""
FOLDER = "sceneboard.shards"
"""The shards' stores and the routed files, there, too."""
_COPIES_A_TASK = 50_000
_MEMORY_BYTES = 1 << 30
"""What the database of a task may take in a process of this machine."""


def build_in_shards(
    data: Data,
    site: Place,
    shards: int,
    *,
    full: bool = False,
    check_site: bool = False,
    dot: str | None = None,
    stac: bool = False,
    wait_seconds: float = 30.0,
    every_seconds: int | None = None,
    workers: Executor | None = None,
    progress: Progress = silent,
) -> Built:
    """Brings the site up to the log, as `pipeline.build.build` does, with so many shards.

    With another number of shards than before all is made anew. Raises what `build` does.
    """
    data, site = usable(data, site, workers)
    look = _Look(stamp_of(dot, stac), dot, stac)
    log = events_of(data)
    with hold_store(data, wait_seconds, FRONT) as store:
        if full:
            store.discard()
        with store.open() as database:
            front = Front(database, store_of(data) / FOLDER, shards)
            progress("reading the log", 0, 1)
            found = _take_in(front, log, workers)
            require_known(database, log, found)
            built = Built(found, every_seconds=every_seconds)
            _bring_up(front, found, workers, progress)
            front.merge()
            publishing = _Publishing(front, store, site, built, look, workers, progress)
            try:
                publishing.run(full=full, check_site=check_site)
            except _ShardBroken as broken:
                problem = StoreBroken(str(broken))
            else:
                front.sweep()
                built.warnings = store.warnings + built.warnings
                return built
    raise problem  # the front store is as it should be, and isn't moved aside


class _ShardBroken(Exception):
    """A shard's store answered with an error; the next build makes it anew."""


def _memory_of(workers: Executor | None) -> int | None:
    if isinstance(workers, Elsewhere):
        return workers.memory_bytes
    return None if workers is None else _MEMORY_BYTES


def _take_in(front: Front, place: Place, workers: Executor | None) -> Refreshed:
    """Routes what is new in the log, in one transaction."""
    database = front.database
    log = open_log(place)
    found = log.look(positions(database))
    result = Refreshed(replaced=found.replaced, gone=found.gone, unreadable=found.unreadable)
    if not found.to_read and found.gone == gone_before(database):
        return result
    memory = _memory_of(workers)
    with spool_folder(workers) as spool, no_collections(), database.transaction():
        forget_places(database, found.replaced, found.gone)
        front.forget_merged()  # which lines are shown follows from the files that are there
        reading, meet = Reading(database, log), Meet(database, front.shards)
        parts, is_large = parts_of(log, place, found.to_read, reading.next_stretch, meet.next_bundle, spool)
        tasks = [RouteTask(part, front.shards, front.folder, memory) for part in parts]
        for routed in in_turn(route, tasks, workers if is_large else None):
            reading.add(routed.taken)
            meet.add(routed)
            result.events += routed.taken.events
            for file in routed.rows:
                file.unlink()
        meet.settle()
        wanted = meet.wanted(spool)
        if wanted is not None:
            copying = [CopyTask(wanted, front.folder, some, memory) for some in meet.to_copy_from(_COPIES_A_TASK)]
            for copied in in_turn(copy_events, copying, workers):
                meet.add_file(copied)
        settle_rotated(database)
        result.count(reading)
    return result


def _bring_up(front: Front, found: Refreshed, workers: Executor | None, progress: Progress) -> None:
    """Brings the shards up that have something to take in. One that is broken is made anew."""
    folded: set[str] = set()
    behind = front.behind()
    while behind:
        memory = _memory_of(workers)
        tasks = (
            ShardTask(shard, front.shards, front.folder, front.store_of(shard), front.slices(shard), LATEST, memory)
            for shard in behind
        )
        for done, told_by_shard in enumerate(in_turn(bring_up, tasks, workers)):
            progress("bringing shards up to it", done, len(behind))
            if told_by_shard.store:
                front.keep(told_by_shard)
                folded.update(told_by_shard.folded)
            else:
                front.forget_store(told_by_shard.shard)
        behind = front.behind()
    found.folded = sorted(folded)


@dataclass(frozen=True, slots=True)
class _Look:
    """How pages are made: what stands for the program that makes them, and the options for it."""

    stamp: str
    dot: str | None
    stac: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """AOIs by name and folder, for each shard; the shards to publish; what spans all AOIs."""

    by_shard: Mapping[int, dict[str, str]]
    outdated: list[int]
    site_fingerprint: str
    site_outdated: bool
    trusted: bool
    """What is on record of the site holds. Else every file is compared."""

    @property
    def folders(self) -> dict[str, str]:
        """By AOI its folder."""
        return {name: folder for folders in self.by_shard.values() for name, folder in folders.items()}

    @property
    def is_empty(self) -> bool:
        """Nothing is out of date."""
        return not (self.outdated or self.site_outdated)


@dataclass(slots=True)
class _Publishing:
    """Renders and writes what has changed, then what spans all AOIs; removes what is gone; tells it in build.json."""

    front: Front
    store: Store
    site: Place
    built: Built
    look: _Look
    workers: Executor | None
    progress: Progress

    def run(self, *, full: bool, check_site: bool) -> None:
        built, database = self.built, self.front.database
        make_site(self.site)
        with open_site(self.site) as writer:
            turn = Turn(self.site, writer)
            require_log_of(database, turn, built.refreshed, full=full)
            plan = self._plan(trusted=not check_site and turn.is_trusted(database.value("build")))
            built.aois = len(plan.folders)
            built.quarantined, built.rejected = record.problems(database)
            if plan.is_empty:
                tell_of_a_look(turn, database, built)
                return
            new = not plan.trusted and writer.is_new(OWNED)
            elsewhere = isinstance(self.workers, Elsewhere) or isinstance(self.site, str)
            with turn.taken(self.store.wait_for_workers, elsewhere=elsewhere) as build_id:
                how = Task(
                    self.store.lock, self.site, [], {}, {}, self.look.stamp,
                    dot=self.look.dot, stac=self.look.stac, new=new, build=build_id, elsewhere=elsewhere,
                )  # fmt: skip
                published = self._shards(how, plan)
                pages = self._pages(writer, plan)
                stale = sorted(writer.leftovers() if new else self._stale(writer, published, pages, plan.trusted))
                writer.remove_all(stale)
                built.removed += len(stale)
                self._count(published, pages)
                telling = told(database, build_id, built)
                with database.transaction():
                    record.remember(database, [pages], [], True, build_id)
                written = [path for one in published for path in one.written]
                turn.flush([*written, *pages.written], sum(one.more for one in published))
                turn.tell(telling)
            built.warnings += turn.warnings

    def _plan(self, *, trusted: bool) -> _Plan:
        """Finds what is out of date."""
        shard_of = self.front.aois()
        by_shard: dict[int, dict[str, str]] = {shard: {} for shard in range(self.front.shards)}
        for name, folder in aoi_folders(shard_of).items():
            by_shard[shard_of[name]][name] = folder
        fingerprint = record.site_fingerprint(self.front.database, self.look.stamp)
        site_outdated = not trusted or record.fingerprint(self.front.database, "site") != fingerprint
        return _Plan(by_shard, self._outdated(by_shard, trusted), fingerprint, site_outdated, trusted)

    def _pages(self, writer: Site, plan: _Plan) -> Published:
        """What spans all AOIs, of what the shards have told."""
        if not plan.site_outdated:
            return Published()
        summaries = [decoded(text) for text in self.front.summaries()]
        files = site_files(self.front.log_record(LATEST), plan.folders, summaries, stac=self.look.stac)
        return publish_unit("site", plan.site_fingerprint, files, writer)

    def _outdated(self, by_shard: Mapping[int, dict[str, str]], trusted: bool) -> list[int]:
        """The shards whose part of the site isn't what it would be made from now."""
        found = []
        for shard, (store, made_from) in self.front.published().items():
            folders = by_shard.get(shard, {})
            if (folders or made_from) and not (trusted and made_from == self._fingerprint(store, folders)):
                found.append(shard)
        return found

    def _fingerprint(self, store: str, folders: Mapping[str, str]) -> str:
        named = "\n".join(f"{name}\0{folder}" for name, folder in sorted(folders.items()))
        digest = hashlib.blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return f"{self.look.stamp} {store} {digest}"

    def _made_from(self, one: ShardPublished, by_shard: Mapping[int, dict[str, str]]) -> str:
        """Where something was made as well as could be, the next build tries again."""
        return "makeshift" if one.warnings else self._fingerprint(one.store, by_shard[one.shard])

    def _shards(self, how: Task, plan: _Plan) -> list[ShardPublished]:
        """Has shards published, and puts on record what they are made from."""
        front, memory = self.front, _memory_of(self.workers)
        tasks = (
            ShardSiteTask(
                shard,
                front.shards,
                front.folder / front.store_of(shard),
                replace(how, folders=plan.by_shard[shard]),
                plan.trusted,
                memory,
            )
            for shard in plan.outdated
        )
        found = []
        for done, one in enumerate(in_turn(publish_shard, tasks, self.workers)):
            self.progress("rendering", done, len(plan.outdated))
            if not one.store:
                self.front.forget_store(one.shard)
                raise _ShardBroken(f"the store of shard {one.shard} can't be read")
            found.append(one)
        with front.database.transaction():
            front.keep_published(found, {one.shard: self._made_from(one, plan.by_shard) for one in found})
        return found

    def _stale(self, writer: Site, published: list[ShardPublished], pages: Published, trusted: bool) -> set[str]:
        """The files of what is gone."""
        database = self.front.database
        kept = {path for *_, paths, _ in pages.units for path in paths.split("\n")}
        if trusted:
            found = {path for one in published for path in one.stale} | record.stale(database, [pages], [])
            shards = [one.store for one in published]
        else:
            found = writer.paths(OWNED)
            shards = [store for store, _ in self.front.published().values() if store]
        found -= kept
        for store in shards:
            if not found:
                break
            found -= held_paths(self.front.folder / store, sorted(found))
        return found

    def _count(self, published: list[ShardPublished], pages: Published) -> None:
        built = self.built
        built.count([pages])
        for one in published:
            built.rendered += one.rendered
            built.written += len(one.written) + one.more
            built.unchanged += one.unchanged
            built.warnings += one.warnings
