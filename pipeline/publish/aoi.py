"""Renders and publishes an AOI: its scenes, its sections and what is made whenever anything of it has changed."""

from collections.abc import Iterable, Iterator

from pipeline.bundle import TextDamaged
from pipeline.insight.facts import Facts
from pipeline.publish.sections import Stamps
from pipeline.publish.site import Site
from pipeline.publish.task import LAYOUT, SECTIONS, Published, Task
from pipeline.render.aoi.files import aoi_files
from pipeline.render.interchange.features import Features
from pipeline.render.scene.files import SceneFiles
from pipeline.render.section import Section
from pipeline.render.summary import encoded
from pipeline.store.board import make_board
from pipeline.store.past import PackedPast, past_of

_FILES_AT_ONCE = 64


def publish_aoi(site: Site, task: Task, past: PackedPast, result: Published) -> None:
    """Renders what is out of date of an AOI of a task, and writes it: files that are new before those that change.

    Raises TextDamaged, SiteOvertaken, OSError.
    """
    name = past.name
    board = make_board(past_of(past))
    if board is None:
        raise TextDamaged(f"{name} isn't there, as its events say now")
    folder, known = task.folders[name], task.known.get(name, {})
    facts = Facts(board)
    features = Features(board)
    scenes = SceneFiles(board, folder, facts.waiting, features, stac=task.stac)
    units = [
        (f"scene/{scene.id}", " ".join((task.edition, *scenes.fingerprint(scene))), scene)
        for scene in board.scenes.values()
    ]
    outdated = [unit for unit in units if known.get(unit[0]) != unit[1]]
    # Files that aren't there yet come first, so that whoever reads meanwhile finds what changed pages lead to.
    outdated.sort(key=lambda unit: site.has(f"{unit[0]}.html"))
    unit_of_aoi, stamp_of_aoi = f"aoi/{folder}", f"{task.edition} {task.revisions[name]}"
    aoi_units: list[tuple[str, str, str, str, str]] = []
    left: dict[str, bytes] = {}
    if known.get(unit_of_aoi) != stamp_of_aoi:
        unit_of_layout = f"{LAYOUT}{folder}"
        made = aoi_files(facts, folder, task.dot, features, stac=task.stac, layout=known.get(unit_of_layout, ""))
        left = site.write_missing(made.files)
        if made.warnings:
            result.warnings += made.warnings
            stamp_of_aoi += " makeshift"  # so that the next build tries again
        aoi_units.append((unit_of_aoi, name, stamp_of_aoi, "\n".join(made.files), encoded(made.summary)))
        if made.layout:
            aoi_units.append((unit_of_layout, name, made.layout, "", ""))
        unit_of_sections, stamps = f"{SECTIONS}{folder}", Stamps.of(made.sections, task.edition)
        outdated_sections = stamps.outdated(known.get(unit_of_sections))
        for some in _made((one for one in made.sections if one.name in outdated_sections), _FILES_AT_ONCE):
            left |= site.write_missing(some)
        paths = "\n".join(path for section in made.sections for path in section.paths)
        aoi_units.append((unit_of_sections, name, stamps.encoded(), paths, ""))
        del made  # of a large AOI it is the most that there is
    for scene_unit, stamp, scene in outdated:
        pages = scenes.pages(scene)
        same_answers = _but_for_pages(known.get(scene_unit, "")) == _but_for_pages(stamp)
        site.write_all(site.write_missing(pages if same_answers else scenes.answers(scene) | pages))
        result.units.append((scene_unit, name, stamp, "\n".join([*scenes.answer_paths(scene), *pages]), ""))
    site.write_all(left)
    result.units += aoi_units
    board.clear()


def _but_for_pages(stamp: str) -> str:
    """The edition, and what a scene's answers are made from."""
    return stamp.rpartition(" ")[0]


def _made(sections: Iterable[Section], most: int) -> Iterator[dict[str, bytes]]:
    """The files of sections, some at a time: a storage takes several side by side."""
    files: dict[str, bytes] = {}
    for section in sections:
        files |= section.make()
        if len(files) >= most:
            yield files
            files = {}
    yield files
