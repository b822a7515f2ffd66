"""The build: log → store → site, in a few steps that read top to bottom."""

import errno
import json
import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.log.place import Data, KeptApart, events_of
from pipeline.publish.parts import Published, publish_aois
from pipeline.publish.places import SiteRefused, require_places
from pipeline.publish.plan import OWNED, make_plan, publish_site, stale_paths
from pipeline.publish.site import BEGUN, TOLD, TOLD_TO_PAGES, Place, Site, SiteOvertaken, make_site, open_site
from pipeline.refresh import Refreshed, refresh
from pipeline.render.edition import stac_edition
from pipeline.stages import Elsewhere, Startable, in_turn
from pipeline.store import published as record
from pipeline.store.database import Database
from pipeline.store.held import Store, hold_store

_FILES_TOLD = 1_000
"""So many log files are named in build.json, the last by their names: in a bucket each command makes one."""
_FLUSH_EACH = 256
"""Up to so many new files are flushed one by one; beyond that the whole disk is."""

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
    if isinstance(workers, Elsewhere):
        data, site = _absolute(data), site.absolute() if isinstance(site, Path) else site
    require_places(data, site)
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
                check_site=check_site, workers=workers, progress=progress, dot=dot, stac=stac,
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
        tempfile.TemporaryDirectory(prefix="sceneboard-") as scratch,
        hold_store(Path(scratch), 0) as store,
        store.open() as database,
    ):
        built = Built(_refreshed(database, data, until), as_of=until)
        _publish(store, database, site, built, check_site=True, workers=None, progress=progress, stac=stac)
    return built


def _holds_the_present(site: Place) -> bool:
    if isinstance(site, Path) and not site.is_dir():
        return False
    with open_site(site) as there:
        return there.has(TOLD) and "as_of" not in (_told_before(there) or {})


def _refreshed(database: Database, data: Data, until: str | None = None, workers: Executor | None = None) -> Refreshed:
    """What is new in the log. Raises OSError if nothing is known of a log, where no missing folder tells of that."""
    log = events_of(data)

    def make_ready(aois: Sequence[str]) -> None:
        to_render = sum(name != "" for name in aois)
        if to_render > 1 and isinstance(workers, Startable):  # they start while this process folds
            workers.start(to_render)

    found = refresh(database, log, until, workers, make_ready)
    if isinstance(log, str) and not record.count_log(database):
        if found.unreadable:
            raise OSError(errno.EACCES, f"nothing of it can be read: {found.unreadable[0].reason}", log)
        raise FileNotFoundError(
            errno.ENOENT, "there is no log: append to it first, or name another place (--data)", log
        )
    return found


def _absolute(data: Data) -> Data:
    if isinstance(data, Path):
        return data.absolute()
    place = data.place.absolute() if isinstance(data.place, Path) else data.place
    return KeptApart(place, data.store.absolute())


def _publish(
    store: Store,
    database: Database,
    site: Place,
    built: Built,
    *,
    check_site: bool,
    workers: Executor | None,
    progress: Progress,
    dot: str | None = None,
    stac: bool = False,
) -> None:
    """Renders and writes what has changed, then what spans all AOIs; removes what is gone; tells it in build.json."""
    make_site(site)
    with open_site(site) as writer:
        seen = writer.version(TOLD)
        trusted = not check_site and _is_trusted(database, writer)
        new = not trusted and writer.is_new(OWNED)
        plan = make_plan(database, trusted=trusted, new=new, dot=dot, stac=stac)
        built.aois = len(plan.folders)
        built.quarantined, built.rejected = record.problems(database)
        if plan.is_empty:
            if built.every_seconds:  # it says that it was looked at: the same build, at a new time
                _tell(writer, _told(database, database.value("build") or "", built), seen)
            return
        build_id = uuid.uuid4().hex
        writer.write(BEGUN, _begun(build_id))
        writer.flush([BEGUN])
        if isinstance(workers, Elsewhere) or isinstance(site, str):
            writer.build = build_id
        store.wait_for_workers()
        try:
            tasks = plan.tasks(database, store.lock, site, build_id, elsewhere=bool(writer.build))
            published: list[Published] = []
            for result in in_turn(publish_aois, tasks, workers):
                progress("rendering", len(published), plan.parts)
                published.append(result)
            published.append(publish_site(database, plan, writer, published))
            stale = sorted(stale_paths(database, plan, writer, published))
            writer.remove_all(stale)
            built.removed += len(stale)
            built.count(published)
            told = _told(database, build_id, built)
            with database.transaction():
                record.remember(database, published, plan.gone, plan.trusted, build_id)
            _flush(writer, [path for result in published for path in result.written])
            _tell(writer, told, seen)
        except SiteOvertaken:
            writer.build = ""
            if writer.read(BEGUN) is None:  # what this one has written may be older: the next build compares every file
                writer.write(BEGUN, _begun(build_id))
            raise
        if not writer.conditional:
            built.warnings.append(
                f"{site} can't take a file on condition: build.json was written last, but see to it that one "
                "build at a time publishes there"
            )
        writer.remove(BEGUN)


def _begun(build_id: str) -> bytes:
    return f"Build {build_id} is under way, or was killed: the next one finishes it.\n".encode()


def _tell(writer: Site, told: dict[str, object], seen: str) -> None:
    """Says what the build was, last of all, if the site is still the one that it began with. Raises SiteOvertaken."""
    if writer.version(TOLD) != seen:
        raise SiteOvertaken("another build has published to the same site meanwhile: build again")
    pages = {key: told[key] for key in ("build", "time", "as_of", "every_seconds") if key in told}
    writer.write(TOLD_TO_PAGES, f"sceneboardBuild({json.dumps(pages)});\n".encode())
    writer.flush([TOLD_TO_PAGES])
    text = json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    writer.write_last(TOLD, text, seen)
    writer.flush([TOLD])


def _is_trusted(database: Database, site: Site) -> bool:
    """Whether the site is the one that the store last published, finished and not touched by another store."""
    told = _told_before(site)
    if told is None or told.get("build") != database.value("build"):
        return False
    return not site.has(BEGUN) and not site.leftovers()


def _told_before(site: Site) -> dict[str, object] | None:
    """What build.json says; None if there is none that can be read."""
    try:
        told = json.loads(site.read(TOLD) or b"")
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _flush(writer: Site, written: list[str]) -> None:
    """What was written is on disk before the site says so."""
    if len(written) > _FLUSH_EACH:
        os.sync()
        written = []
    writer.flush(written)


def _told(database: Database, build_id: str, built: Built) -> dict[str, object]:
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
