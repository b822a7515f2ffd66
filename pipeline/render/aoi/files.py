"""Everything the site holds of one AOI as a whole: its pages, the API's bodies, GeoJSON, graph, days and map."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.event import STATUSES, Status
from pipeline.insight.facts import Facts
from pipeline.insight.waiting import Waiting, waiting_json
from pipeline.insight.workload import overview
from pipeline.render.aoi.attention_view import attention_json
from pipeline.render.aoi.list_pages import list_sections
from pipeline.render.aoi.page import aoi_page
from pipeline.render.days.pages import day_sections
from pipeline.render.graph.pages import graph
from pipeline.render.interchange import bodies
from pipeline.render.interchange.badge import badge
from pipeline.render.interchange.features import Features
from pipeline.render.interchange.feeds import FEED, aoi_feed
from pipeline.render.interchange.pending import pending_json
from pipeline.render.interchange.qgis_style import qgis_style
from pipeline.render.interchange.stac_paths import collection_path
from pipeline.render.map.data import FILE as MAP_DATA
from pipeline.render.map.data import map_data
from pipeline.render.map.places import aoi_places
from pipeline.render.section import Section
from pipeline.render.summary import Summary, summary


@dataclass(frozen=True, slots=True)
class AoiFiles:
    """An AOI's files, what went wrong while they were made, and the AOI's line for the front page."""

    files: dict[str, bytes]
    """Those that are made whenever anything of the AOI has changed, by path."""
    sections: list[Section]
    """All others: to be made if they aren't there, or are made from something else."""
    warnings: list[str]
    summary: Summary
    layout: str
    """How `dot` has laid the graph out, to be given the next time; '' if it hasn't."""


def aoi_files(
    facts: Facts,
    folder: str,
    dot: str | None = None,
    features: Features | None = None,
    *,
    stac: bool = False,
    layout: str = "",
) -> AoiFiles:
    """The files under the AOI's folder. `dot` names the program that lays out small graphs, `layout` is the last one.

    `features` are made if they aren't given. With `stac` also the AOI's collection in the STAC catalogue.
    """
    board = facts.board
    here = f"aoi/{folder}"
    workload = overview(board)
    places = aoi_places(board)
    drawn = graph(board, folder, _Sentences(facts.waiting), dot_choice=dot, layout=layout)
    files = {
        f"{here}/overview.txt": bodies.overview_text(workload),
        f"{here}/overview.json": bodies.overview_json(workload),
        f"{here}/roottiles.json": bodies.root_tiles(board),
        f"{here}/leaftiles.json": bodies.leaf_tiles(board),
        f"{here}/pending.json": pending_json(board),
        f"{here}/badge.svg": badge(workload),
        f"{here}/{FEED}": aoi_feed(board, folder),
        f"{here}/scenes.qml": qgis_style(),
        f"{here}/tiles.qml": qgis_style(),
        f"{here}/attention.json": attention_json(facts.attention),
        f"{here}/waiting.json": waiting_json(board, facts.waiting),
        f"{here}/{MAP_DATA}": map_data(places, f"{here}/index.html"),
        **drawn.files,
    }
    scene_features, tile_features = (features or Features(board)).sections(folder)
    sections = [
        _with_answers(scene_features, f"{here}/scenes", lambda: bodies.scenes(board)),
        _with_answers(tile_features, f"{here}/tiles", lambda: bodies.tiles(board)),
        *list_sections(board, folder, facts.waiting),
        *drawn.sections,
        *day_sections(facts, folder),
    ]
    if stac:
        from pipeline.render.interchange import stac as catalogue

        files[collection_path(folder)] = catalogue.collection(board, folder, workload)
    paths = [*files, *(path for section in sections for path in section.paths)]
    files[f"{here}/index.html"] = aoi_page(facts, folder, workload, places, paths)
    return AoiFiles(files, sections, drawn.warnings, summary(facts, workload, places), drawn.layout)


def _with_answers(features: Section, place: str, make: Callable[[], dict[Status | None, bytes]]) -> Section:
    """The features of scenes or tiles, and what the API answers of them: both are made from the same."""
    paths = {status: f"{place}/{status}.json" if status else f"{place}.json" for status in (None, *STATUSES)}
    return features.along(paths.values(), lambda: {paths[status]: body for status, body in make().items()})


class _Sentences(Mapping[tuple[str, int], str]):
    """Why each scene and tile is where it is, by `scene` or `tile` and id; made when it is asked for."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting

    def __getitem__(self, key: tuple[str, int]) -> str:
        kind, id = key
        return (self._waiting.scene(id) if kind == "scene" else self._waiting.tile(id)).sentence

    def __iter__(self) -> Iterator[tuple[str, int]]:
        yield from (("scene", id) for id in self._waiting.board.scenes)
        yield from (("tile", id) for id in self._waiting.board.tiles)

    def __len__(self) -> int:
        return len(self._waiting.board.scenes) + len(self._waiting.board.tiles)
