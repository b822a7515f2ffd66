"""The stage that renders and publishes AOIs: a function of plain data, for this process or a pool of others.

A *unit* is a part of the site that is rendered whole: a scene, an AOI, or what spans all of them. Each has a
fingerprint of what it is made from; a unit whose fingerprint the site has already isn't rendered again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.insight.facts import Facts
from pipeline.publish.writer import SiteWriter
from pipeline.render.aoi_files import aoi_files
from pipeline.render.scene_files import SceneFiles
from pipeline.render.summary import encoded
from pipeline.store.board import load_board
from pipeline.store.database import Database, open_database


@dataclass(frozen=True, slots=True)
class Task:
    """AOIs to publish: the store to read, the site to write, and each AOI's folder and revision by name.

    `edition` stands for the program and its templates: it is part of every fingerprint. With `trusted` units whose
    fingerprint is on record are left alone; else the bytes of all are compared.
    """

    store: Path
    site: Path
    aois: list[str]
    folders: dict[str, str]
    revisions: dict[str, int]
    edition: str
    trusted: bool


@dataclass(slots=True)
class Published:
    """What a task did: its units with fingerprint and paths, and the paths that were written."""

    units: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """Unit, AOI, fingerprint, its paths with a line break between, and an AOI's summary ('' of other units)."""
    written: list[str] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)


def publish_aois(task: Task) -> Published:
    """Renders and publishes the AOIs of a task. Raises StoreBroken, OSError."""
    result = Published()
    with open_database(task.store, read_only=True) as database, SiteWriter(task.site) as site:
        for name in task.aois:
            _publish_aoi(database, site, task, name, result)
        result.written, result.unchanged = site.touched, site.unchanged
    return result


def _publish_aoi(database: Database, site: SiteWriter, task: Task, name: str, result: Published) -> None:
    board = load_board(database, name)
    folder = task.folders[name]
    known: dict[str, str] = {}
    if task.trusted:
        known = dict(database.rows("SELECT unit, fingerprint FROM published WHERE aoi = ?", [name]))
    facts = Facts(board)
    scenes = SceneFiles(board, folder, facts.waiting)
    units = [
        (f"scene/{scene.id}", f"{task.edition} {scenes.fingerprint(scene)}", scene) for scene in board.scenes.values()
    ]
    outdated = [unit for unit in units if known.get(unit[0]) != unit[1]]
    new, changed = [], []
    for unit in outdated:
        (changed if site.has(f"{unit[0]}.html") else new).append(unit)
    made, left = None, {}
    unit_of_aoi, fingerprint = f"aoi/{folder}", f"{task.edition} {task.revisions[name]}"
    if known.get(unit_of_aoi) != fingerprint:
        made = aoi_files(facts, folder)
        result.warnings += made.warnings
    # A page comes before those that link to it: whoever reads meanwhile finds what they are led to.
    for unit, stamp, scene in new:
        files = scenes.files(scene)
        _write(site, files)
        result.units.append((unit, name, stamp, "\n".join(files), ""))
    if made:
        left = site.write_missing(made.files)
    for unit, stamp, scene in changed:
        files = scenes.files(scene)
        _write(site, site.write_missing(files))
        result.units.append((unit, name, stamp, "\n".join(files), ""))
    if made:
        _write(site, left)
        stamp = f"{fingerprint} makeshift" if made.warnings else fingerprint  # then the next build tries again
        result.units.append((unit_of_aoi, name, stamp, "\n".join(made.files), encoded(made.summary)))


def _write(site: SiteWriter, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        site.write(path, data)
