"""The build: log → store → site, in a few steps that read top to bottom."""

import errno
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.log.place import Data, KeptApart, events_of
from pipeline.publish.opening import make_site, open_site
from pipeline.publish.parts import publish_aois
from pipeline.publish.places import SiteRefused, require_places
from pipeline.publish.plan import make_plan, stale_paths
from pipeline.publish.same_log import require_same_log
from pipeline.publish.site import OWNED, TOLD, Place
from pipeline.publish.task import Published
from pipeline.publish.turn import Turn, told_before
from pipeline.refresh import Refreshed, refresh
from pipeline.render.edition import stac_edition
from pipeline.scratch import scratch_folder
from pipeline.stages import Elsewhere, Startable, few_collections, in_turn
from pipeline.store import published as record
from pipeline.store.database import Database
from pipeline.store.held import Store, hold_store
from pipeline.store.reading import positions

_OF_FILES = ("log_files", "log", "gone", "unreadable")
"""What build.json says of the log's files."""
_FILES_TOLD = 1_000
"""So many log files are named in build.json, the last by their names: in a bucket each command makes one."""

Progress = Callable[[str, int, int], None]
"""Told of a step: its name, how many of its parts are done, how many there are."""


def silent(step: str, done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(slots=True)
class Built:
    """What a build did."""

    refreshed: Refreshed
    as_of: str | None = None
    every_seconds: int | None = None
    """The schedule on which the site is built, if it has one."""
    aois: int = 0
    rendered: int = 0
    """Units (scenes, AOIs, the site's own pages) that were rendered."""
    written: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0
    rejected: int = 0
    warnings: list[str] = field(default_factory=list)

    def count(self, results: list[Published]) -> None:
        """Adds up what was published."""
        for result in results:
            self.rendered += result.rendered
            self.written += len(result.written)
            self.unchanged += result.unchanged
            self.warnings += result.warnings


def build(
    data: Data,
    site: Place,
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
    """Brings the site up to the log; with `full` from the log files alone, with `check_site` comparing every file.

    Pages are rendered by `workers`, or in this process, small graphs laid out by the program `dot` names (a path, or
    `auto`; the one that pip installs else). With `stac` the site has a STAC catalogue, without it has none.
    `every_seconds` is the schedule that the site is built on: its pages warn when a build is overdue. Raises StoreHeld,
    StoreBroken, SiteRefused, SiteOvertaken, StorageUnusable, LogUnreachable, WorkersLost, ExtraMissing (of `stac`),
    OSError (which is a FileNotFoundError if there is no log, as where a share isn't mounted, instead of a site without
    anything).
    """
    data, site = usable(data, site, workers)
    if stac:
        stac_edition()
    with hold_store(data, wait_seconds) as store:
        if full:
            store.discard()
        with store.open() as database:
            progress("reading the log", 0, 1)
            built = Built(_refreshed(database, data, workers=workers), every_seconds=every_seconds)
            _publish(
                store, database, site, built,
                full=full, check_site=check_site, workers=workers, progress=progress, dot=dot, stac=stac,
            )  # fmt: skip
        built.warnings = store.warnings + built.warnings
    return built


def build_as_of(data: Data, site: Place, until: str, *, stac: bool = False, progress: Progress = silent) -> Built:
    """Renders the state at an instant into another site, from the log alone.

    Raises SiteRefused, ExtraMissing (of `stac`), OSError.
    """
    require_places(data, site)
    if _holds_the_present(site):
        raise SiteRefused(f"{site} holds the site of the present: name another folder for the past (--site)")
    with (
        scratch_folder() as scratch,
        hold_store(scratch, 0) as store,
        store.open() as database,
    ):
        built = Built(_refreshed(database, data, until), as_of=until)
        _publish(store, database, site, built, check_site=True, workers=None, progress=progress, stac=stac)
    return built


def _holds_the_present(site: Place) -> bool:
    if isinstance(site, Path) and not site.is_dir():
        return False
    with open_site(site) as there:
        return there.has(TOLD) and "as_of" not in (told_before(there) or {})


def _refreshed(database: Database, data: Data, until: str | None = None, workers: Executor | None = None) -> Refreshed:
    """What is new in the log. Raises OSError if nothing is known of a log, where no missing folder tells of that."""
    log = events_of(data)

    def make_ready(aois: Sequence[str]) -> None:
        to_render = sum(name != "" for name in aois)
        if to_render > 1 and isinstance(workers, Startable):  # they start while this process folds
            workers.start(to_render)

    found = refresh(database, log, until, workers, make_ready)
    require_known(database, log, found)
    return found


def require_known(database: Database, log: Place, found: Refreshed) -> None:
    """Raises OSError if nothing is known of a log, where no missing folder tells of that."""
    if isinstance(log, str) and not record.count_log(database):
        if found.unreadable:
            raise OSError(errno.EACCES, f"nothing of it can be read: {found.unreadable[0].reason}", log)
        raise FileNotFoundError(
            errno.ENOENT, "there is no log: append to it first, or name another place (--data)", log
        )


def usable(data: Data, site: Place, workers: Executor | None) -> tuple[Data, Place]:
    """Where a build reads and publishes: with whole paths for workers that were started elsewhere.

    Raises what `require_places` does.
    """
    if isinstance(workers, Elsewhere):
        if isinstance(data, KeptApart):
            data = KeptApart(_absolute(data.place), data.store.absolute())
        else:
            data = data.absolute()
        site = _absolute(site)
    require_places(data, site)
    return data, site


def _absolute(place: Place) -> Place:
    return place.absolute() if isinstance(place, Path) else place


def _publish(
    store: Store,
    database: Database,
    site: Place,
    built: Built,
    *,
    check_site: bool,
    full: bool = False,
    workers: Executor | None,
    progress: Progress,
    dot: str | None = None,
    stac: bool = False,
) -> None:
    """Renders and writes what has changed, then what spans all AOIs; removes what is gone; tells it in build.json."""
    make_site(site)
    with open_site(site) as writer:
        turn = Turn(site, writer)
        if not built.as_of:
            require_log_of(database, turn, built.refreshed, full=full)
        trusted = not check_site and turn.is_trusted(database.value("build"))
        new = not trusted and writer.is_new(OWNED)
        plan = make_plan(database, trusted=trusted, new=new, dot=dot, stac=stac)
        built.aois = len(plan.folders)
        built.quarantined, built.rejected = record.problems(database)
        if plan.is_empty:
            tell_of_a_look(turn, database, built)
            return
        elsewhere = isinstance(workers, Elsewhere) or isinstance(site, str)
        with few_collections(), turn.taken(store.wait_for_workers, elsewhere=elsewhere) as build_id:
            published: list[Published] = []
            tasks = plan.tasks(database, store.lock, site, build_id, elsewhere=elsewhere)
            for result in in_turn(publish_aois, tasks, workers):
                progress("rendering", len(published), plan.parts)
                published.append(result)
                import pipeline.publish.across  # noqa: F401 (while others are at work: in the end this process renders, too)
            from pipeline.publish.across import publish_site  # a build with nothing to do doesn't render

            published.append(publish_site(database, plan, writer, published))
            stale = sorted(stale_paths(database, plan, writer, published))
            writer.remove_all(stale)
            built.removed += len(stale)
            built.count(published)
            telling = told(database, build_id, built)
            with database.transaction():
                record.remember(database, published, plan.gone, plan.trusted, build_id)
            turn.flush([path for result in published for path in result.written])
            turn.tell(telling)
        built.warnings += turn.warnings


def require_log_of(database: Database, turn: Turn, found: Refreshed, *, full: bool) -> None:
    """What `require_same_log` says, of a store that has published nothing yet. Raises OSError, SiteRefused."""
    if database.value("build") is None:
        require_same_log(turn.told, positions(database), found.unreadable, full=full)


def tell_of_a_look(turn: Turn, database: Database, built: Built) -> None:
    """Says of a site that is up to date what the look at the log brought: the same build, at a new time.

    On a schedule always; else if it isn't what the site says of the log's files.
    """
    telling = told(database, database.value("build") or "", built)
    before = turn.told or {}
    if built.every_seconds or any(telling[key] != before.get(key) for key in _OF_FILES):
        turn.tell(telling)


def told(database: Database, build_id: str, built: Built) -> dict[str, object]:
    """What build.json says of a build. `database` knows how far the log was read."""
    found = built.refreshed
    return {
        "build": build_id,
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        **({"as_of": built.as_of + "Z"} if built.as_of else {}),
        **({"every_seconds": built.every_seconds} if built.every_seconds else {}),
        "aois": built.aois,
        "quarantined": built.quarantined,
        "rejected": built.rejected,
        "written": built.written,
        "removed": built.removed,
        "log_files": record.count_log(database),
        "log": [
            {"file": path, "offset": offset, "line": line}
            for path, offset, line in record.log_positions(database, _FILES_TOLD)
        ],
        "gone": found.gone[-_FILES_TOLD:],
        "unreadable": [{"file": one.path, "reason": one.reason} for one in found.unreadable[-_FILES_TOLD:]],
    }
