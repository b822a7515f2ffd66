"""The stage that renders and publishes AOIs: a function of plain data, for this process or a pool of others.

A *unit* is a part of the site that is rendered whole: a scene, an AOI, or what spans all of them. Each has a
fingerprint of what it is made from; a unit whose fingerprint the site has already isn't rendered again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.bundle import TextDamaged
from pipeline.insight.facts import Facts
from pipeline.publish.sections import Stamps
from pipeline.publish.site import Place, Site, open_site, require_turn
from pipeline.render.aoi.files import aoi_files
from pipeline.render.aoi.summary import encoded
from pipeline.render.interchange.features import Features
from pipeline.render.scene.files import SceneFiles
from pipeline.render.section import Section
from pipeline.stages import about_aois, collect_now_and_then, few_collections
from pipeline.store.board import make_board
from pipeline.store.lock import working
from pipeline.store.past import PackedPast, past_of

_FILES_AT_ONCE = 64
_SECTIONS = "sections/"
"""The unit that has an AOI's sections; each has a fingerprint of its own there."""


@dataclass(frozen=True, slots=True)
class Task:
    """AOIs to publish: their pasts, and by name the folder of each and the revision that it was folded in.

    `edition` stands for the program and its templates: it is part of every fingerprint. Units whose fingerprint is
    `known` are left alone; the bytes of all others are compared. In a `new` site nothing is there yet.
    """

    lock: Path
    """The store's: it is marked there that somebody is at work."""
    site: Place
    pasts: list[PackedPast]
    folders: dict[str, str]
    revisions: dict[str, int]
    edition: str
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By AOI and unit."""
    dot: str | None = None
    """The program that lays out small graphs: a path, or `auto` for a `dot` on the PATH; the one pip installs else."""
    stac: bool = False
    """Whether the site has a STAC catalogue."""
    new: bool = False
    build: str = ""
    """The build that it is of."""
    elsewhere: bool = False
    """It may be done where the store's lock isn't seen: the site is asked before each write whose turn it is."""

    @property
    def about(self) -> str:
        """Its AOIs."""
        return about_aois([past.name for past in self.pasts])

    def pieces(self) -> "list[Task]":
        """A task for each AOI."""
        return [replace(self, pasts=[past]) for past in self.pasts]


@dataclass(slots=True)
class Published:
    """What a task did: its units with fingerprint and paths, and the paths that were written."""

    units: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """Unit, AOI, fingerprint, its paths with a line break between, and an AOI's summary ('' of other units)."""
    written: list[str] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def rendered(self) -> int:
        """How many scenes and AOIs were rendered; an AOI's sections count with it."""
        return sum(not unit.startswith(_SECTIONS) for unit, *_ in self.units)


def publish_aois(task: Task) -> Published:
    """Renders and publishes the AOIs of a task. Raises TextDamaged, HolderGone, SiteOvertaken, OSError."""
    result = Published()
    with (
        working(task.lock),
        open_site(task.site, new=task.new, build=task.build if task.elsewhere else "") as site,
    ):
        for past in task.pasts:
            require_turn(site, task.build)
            with few_collections():
                _publish_aoi(site, task, past, result)
            collect_now_and_then(past.bytes)
        result.written, result.unchanged = site.touched, site.unchanged
    return result


def _made(sections: Iterable[Section], most: int) -> Iterator[dict[str, bytes]]:
    """The files of sections, some at a time: a storage takes several side by side."""
    files: dict[str, bytes] = {}
    for section in sections:
        files |= section.make()
        if len(files) >= most:
            yield files
            files = {}
    yield files


def _publish_aoi(site: Site, task: Task, past: PackedPast, result: Published) -> None:
    name = past.name
    board = make_board(past_of(past))
    if board is None:
        raise TextDamaged(f"{name} isn't there, as its events say now")
    folder, known = task.folders[name], task.known.get(name, {})
    facts = Facts(board)
    features = Features(board)
    scenes = SceneFiles(board, folder, facts.waiting, features, stac=task.stac)
    units = [
        (f"scene/{scene.id}", f"{task.edition} {scenes.fingerprint(scene)}", scene) for scene in board.scenes.values()
    ]
    outdated = [unit for unit in units if known.get(unit[0]) != unit[1]]
    # Files that aren't there yet come first, so that whoever reads meanwhile finds what changed pages lead to.
    outdated.sort(key=lambda unit: site.has(f"{unit[0]}.html"))
    unit_of_aoi, stamp_of_aoi = f"aoi/{folder}", f"{task.edition} {task.revisions[name]}"
    aoi_units: list[tuple[str, str, str, str, str]] = []
    left: dict[str, bytes] = {}
    if known.get(unit_of_aoi) != stamp_of_aoi:
        made = aoi_files(facts, folder, task.dot, features, stac=task.stac)
        left = site.write_missing(made.files)
        if made.warnings:
            result.warnings += made.warnings
            stamp_of_aoi += " makeshift"  # so that the next build tries again
        aoi_units.append((unit_of_aoi, name, stamp_of_aoi, "\n".join(made.files), encoded(made.summary)))
        unit_of_sections, stamps = f"{_SECTIONS}{folder}", Stamps.of(made.sections, task.edition)
        outdated_sections = stamps.outdated(known.get(unit_of_sections))
        for some in _made((one for one in made.sections if one.name in outdated_sections), _FILES_AT_ONCE):
            left |= site.write_missing(some)
        paths = "\n".join(path for section in made.sections for path in section.paths)
        aoi_units.append((unit_of_sections, name, stamps.encoded(), paths, ""))
        del made  # of a large AOI it is the most that there is
    for scene_unit, stamp, scene in outdated:
        files = scenes.files(scene)
        site.write_all(site.write_missing(files))
        result.units.append((scene_unit, name, stamp, "\n".join(files), ""))
    site.write_all(left)
    result.units += aoi_units
