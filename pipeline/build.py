"""The build: log → store → site, in a few steps that read top to bottom."""

import errno
import json
import os
import tempfile
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline import disk
from pipeline.publish.parts import BEGUN, Published, Task, publish_aois
from pipeline.publish.plan import OWNED, make_plan, publish_site, stale_paths
from pipeline.publish.writer import SiteWriter, leftovers
from pipeline.refresh import Refreshed, refresh
from pipeline.render.edition import stac_edition
from pipeline.stages import Elsewhere, results, submit
from pipeline.store import published as record
from pipeline.store.database import Database
from pipeline.store.held import Store, hold_store

EVENTS = "events"
"""The log, below the data folder."""
TOLD = "build.json"
"""What the site says of its build, written at the very end."""
TOLD_TO_PAGES = "build/build.json"
"""The same as a script: a page that was opened from a file can't read another file, but it can run one.

Its name is that of the one file that differs from build to build, for whatever compares or copies sites.
"""
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
            self.rendered += len(result.units)
            self.written += len(result.written)
            self.unchanged += result.unchanged
            self.warnings += result.warnings


class SiteRefused(Exception):
    """The folder isn't one that this build may write its site to."""


def build(
    data: Path,
    site: Path,
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
    StoreBroken, SiteRefused, WorkersLost, ExtraMissing (of `stac`), OSError (which is a FileNotFoundError if there is
    no log folder, as where a share isn't mounted, instead of a site without anything).
    """
    if isinstance(workers, Elsewhere):
        data, site = data.absolute(), site.absolute()
    require_places(data, site)
    if stac:
        stac_edition()
    with hold_store(data, wait_seconds) as store:
        if full:
            store.discard()
        with store.open() as database:
            progress("reading the log", 0, 1)
            built = Built(refresh(database, data / EVENTS, workers=workers), every_seconds=every_seconds)
        _publish(store, site, built, check_site=check_site, workers=workers, progress=progress, dot=dot, stac=stac)
        built.warnings = store.warnings + built.warnings
    return built


def build_as_of(data: Path, site: Path, until: str, *, stac: bool = False, progress: Progress = silent) -> Built:
    """Renders the state at an instant into another site, from the log alone.

    Raises SiteRefused, ExtraMissing (of `stac`), OSError.
    """
    require_places(data, site)
    if (site / TOLD).exists() and "as_of" not in (_told_before(site) or {}):
        raise SiteRefused(f"{site} holds the site of the present: name another folder for the past (--site)")
    with tempfile.TemporaryDirectory(prefix="sceneboard-") as scratch, hold_store(Path(scratch), 0) as store:
        with store.open() as database:
            built = Built(refresh(database, data / EVENTS, until), as_of=until)
        _publish(store, site, built, check_site=True, workers=None, progress=progress, stac=stac)
    return built


def require_places(data: Path, site: Path) -> None:
    """Raises FileNotFoundError if the data folder has no log, SiteRefused if the site may not be written."""
    if not (data / EVENTS).is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no log folder: mount it, name another one (--data), or make it", str(data / EVENTS)
        )
    _require_own(site, data / EVENTS)


def _require_own(site: Path, log_dir: Path) -> None:
    """A site's folders hold nothing but the site: what else is found in them is removed. So it must not be precious.

    Raises SiteRefused.
    """
    inner, log = site.resolve(), log_dir.resolve()
    if inner.is_relative_to(log) or any(log.is_relative_to(inner / folder) for folder in OWNED):
        raise SiteRefused(f"the site {site} and the log {log_dir} would be in each other's way: name another --site")
    if any((site / mark).exists() for mark in (TOLD, TOLD_TO_PAGES, BEGUN, "aoi/index.json")):
        return
    for folder in OWNED:
        if (site / folder).is_dir() and any((site / folder).iterdir()):
            raise SiteRefused(
                f"{site / folder} holds files that are no site's of this program, and would be removed: name another "
                "folder for the site (--site), or move them away"
            )


def _publish(
    store: Store,
    site: Path,
    built: Built,
    *,
    check_site: bool,
    workers: Executor | None,
    progress: Progress,
    dot: str | None = None,
    stac: bool = False,
) -> None:
    """Renders and writes what has changed, then what spans all AOIs; removes what is gone; tells it in build.json."""
    disk.make_folders(site)
    with store.open() as database:
        trusted = not check_site and _is_trusted(database, site)
        plan = make_plan(database, store.path, site, trusted=trusted, dot=dot, stac=stac)
        built.aois = len(plan.folders)
        built.quarantined, built.rejected = record.problems(database)
    if plan.is_empty:
        if built.every_seconds:
            _tell_again(store, site, built)
        return
    with SiteWriter(site) as writer:
        build_id = uuid.uuid4().hex
        writer.write(BEGUN, f"Build {build_id} is under way, or was killed: the next one finishes it.\n".encode())
        writer.flush([BEGUN])
        store.wait_for_workers()
        with store.lent():
            published = _render([replace(task, build=build_id) for task in plan.tasks], workers, progress)
        with store.open() as database:
            published.append(publish_site(database, plan, writer, published))
            for path in sorted(stale_paths(database, plan, published)):
                writer.remove(path)
                built.removed += 1
            built.count(published)
            told = _told(database, build_id, built)
            with database.transaction():
                record.remember(database, published, plan.gone, plan.trusted, build_id)
        _flush(writer, [path for result in published for path in result.written])
        _tell(writer, told)
        writer.remove(BEGUN)


def _tell_again(store: Store, site: Path, built: Built) -> None:
    """Nothing has changed, but a site with a schedule says that it was looked at: the same build, at a new time."""
    with store.open() as database, SiteWriter(site) as writer:
        _tell(writer, _told(database, database.value("build") or "", built))


def _tell(writer: SiteWriter, told: dict[str, object]) -> None:
    pages = {key: told[key] for key in ("build", "time", "as_of", "every_seconds") if key in told}
    writer.write(TOLD_TO_PAGES, f"sceneboardBuild({json.dumps(pages)});\n".encode())
    writer.flush([TOLD_TO_PAGES])
    writer.write(TOLD, json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
    writer.flush([TOLD])


def _render(tasks: list[Task], workers: Executor | None, progress: Progress) -> list[Published]:
    if workers is None or len(tasks) < 2:
        found = []
        for done, task in enumerate(tasks):
            progress("rendering", done, len(tasks))
            found.append(publish_aois(task))
        return found
    if isinstance(workers, Elsewhere):
        tasks = [replace(task, memory_bytes=workers.memory_bytes) for task in tasks]
    futures = [submit(publish_aois, task, workers) for task in tasks]
    for done, _ in enumerate(as_completed(futures)):
        progress("rendering", done, len(futures))
    return [
        result
        for task, future in zip(tasks, futures, strict=True)
        for result in results(publish_aois, task, future, workers)
    ]


def _is_trusted(database: Database, site: Path) -> bool:
    """Whether the site is the one that the store last published, finished and not touched by another store."""
    told = _told_before(site)
    if told is None or told.get("build") != database.value("build"):
        return False
    return not (site / BEGUN).exists() and not leftovers(site)


def _told_before(site: Path) -> dict[str, object] | None:
    """What build.json says; None if there is none that can be read."""
    try:
        with disk.Folder(site) as folder:
            told = json.loads(folder.read(TOLD) or b"")
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _flush(writer: SiteWriter, written: list[str]) -> None:
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
        "log": [
            {"file": path, "offset": offset, "line": line} for path, offset, line in record.log_positions(database)
        ],
        "gone": found.gone,
        "unreadable": [{"file": one.path, "reason": one.reason} for one in found.unreadable],
    }
