"""Everything about an AOI's dependency graph: `graph.dot`, `graph.svg`, and the pages, a window of dates each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.event import STATUSES
from pipeline.render.dot import dot
from pipeline.render.dot_layout import LayoutFailed, dot_layout, find_dot
from pipeline.render.environment import page
from pipeline.render.graph_layout import WINDOW_NODES, Columns, Window, place, windows
from pipeline.render.graph_svg import (
    DETAILS,
    SCENE_LABEL,
    TILE_LABEL,
    Sheet,
    days_column,
    inline,
    shortened,
    standalone,
)
from pipeline.render.overview import Counts
from pipeline.render.paths import url
from pipeline.render.plain import built, one_line
from pipeline.store.board import Board, BoardScene, BoardTile

DOT_NODES = 1500
"""`dot` lays out graphs of up to this many nodes: its time grows faster than the graph."""
PAGE_BYTES = 600_000
"""No page is larger."""
_LONGEST_NAME = 200
MOST_LINES = 120
"""Where there are more windows they are listed by year."""
_DOT_LABEL = 68
"""Enough for the whole name of a Sentinel product."""


class WindowLine(NamedTuple):
    """A window as a page lists it: the path of its page, its dates, and the counts of its scenes and tiles."""

    path: str
    dates: str
    in_year: str
    """Its first date without the year."""
    scenes: Counts
    tiles: Counts


class WindowGroup(NamedTuple):
    """A line of the list of all windows: one of them or, where there are many, those of a year, with their sums."""

    label: str
    windows: list[WindowLine]
    scenes: Counts
    tiles: Counts


def render_graph(
    board: Board,
    folder: str,
    why: Mapping[tuple[str, int], str],
    *,
    dot_choice: str | None = None,
    timeout_s: float = 60,
    most: int = WINDOW_NODES,
) -> tuple[dict[str, bytes], list[str]]:
    """The files of the graph under `aoi/{folder}/`, by path, and warnings.

    `why` says what a scene or tile waits for, by `scene` or `tile` and id. `dot_choice` is as in `find_dot`; without a
    `dot` that works the drawing is placed by date and track, and a warning says so. `most` scenes and tiles stand in
    a window. `graph.html` is the latest window and lists the others; each of several is `graph/{its name}.html`, too.
    """
    graph = _Graph(board, folder, why, most)
    svg, warnings = graph.svg(dot_choice, timeout_s)
    path = f"aoi/{folder}/graph.dot"
    return {path: dot(board, path).encode(), f"aoi/{folder}/graph.svg": svg, **graph.pages()}, warnings


class _Graph:
    """An AOI's graph with its windows and what links to them."""

    def __init__(self, board: Board, folder: str, why: Mapping[tuple[str, int], str], most: int) -> None:
        self._board, self._folder, self._why = board, folder, why
        self._name = one_line(board.name, _LONGEST_NAME)
        self._columns = Columns(board)
        self._windows = windows(board, most)
        self._index = f"aoi/{folder}/graph.html"
        self._lines = [
            WindowLine(
                self._index if len(self._windows) == 1 else f"aoi/{folder}/graph/{window.name}.html",
                dates(window),
                window.name if window.first is None else window.first[5:] + "".join(window.name.partition(".")[1:]),
                _count(window.scenes),
                _count(window.tiles),
            )
            for window in self._windows
        ]
        self._page_of = {
            tile.id: line.path for window, line in zip(self._windows, self._lines, strict=True) for tile in window.tiles
        }

    # Pages

    def pages(self) -> dict[str, bytes]:
        """All windows' pages by path."""
        if not self._windows:
            return {self._index: self._page(self._index, None, "", "")}
        files: dict[str, bytes] = {}
        for n, window in enumerate(self._windows):
            layout = place(window.days, self._columns)
            label = f"Dependency graph of {self._name}, {dates(window)}"
            paths = [self._lines[n].path, *([self._index] if n + 1 == len(self._windows) else [])]
            for path in dict.fromkeys(paths):
                sheet = self._sheet(path)
                days = days_column(layout)
                for detail in DETAILS:
                    files[path] = self._page(path, n, inline(layout, replace(sheet, detail=detail), label), days)
                    if len(files[path]) <= PAGE_BYTES:
                        break
        return files

    def _page(self, path: str, n: int | None, drawing: str, days: str) -> bytes:
        last = len(self._lines) - 1
        return page(
            "graph.html",
            path,
            name=self._name,
            folder=self._folder,
            window=None if n is None else self._lines[n],
            earlier=self._lines[n - 1] if n else None,
            later=self._lines[n + 1] if n is not None and n < last else None,
            groups=self._groups() if path == self._index and last > 0 else [],
            drawing=built(drawing),
            days=built(days),
        )

    def _groups(self) -> list[WindowGroup]:
        """The list of all windows, latest first."""
        if len(self._lines) <= MOST_LINES:
            return [WindowGroup(one.dates, [one], one.scenes, one.tiles) for one in reversed(self._lines)]
        years: dict[str, list[tuple[Window, WindowLine]]] = {}
        for window, line in zip(reversed(self._windows), reversed(self._lines), strict=True):
            years.setdefault((window.first or "no date")[: 7 if window.first is None else 4], []).append((window, line))
        return [
            WindowGroup(
                year,
                [line for _, line in some],
                _count([scene for window, _ in some for scene in window.scenes]),
                _count([tile for window, _ in some for tile in window.tiles]),
            )
            for year, some in years.items()
        ]

    # The drawing as a file

    def svg(self, dot_choice: str | None, timeout_s: float) -> tuple[bytes, list[str]]:
        """`graph.svg`, and a warning if `dot` was to lay it out and couldn't."""
        path = f"aoi/{self._folder}/graph.svg"
        title = f"Dependency graph of {self._name}"
        sheet = self._sheet(path)
        if len(self._board.scenes) + len(self._board.tiles) > DOT_NODES:
            latest = self._windows[-1]
            note = f"{self._name}, {dates(latest)}. All dates: graph.html", url(self._index, path)
            return standalone(place(latest.days, self._columns), sheet, title, note), []
        try:
            return self._by_dot(sheet, title, find_dot(dot_choice), timeout_s), []
        except LayoutFailed as error:
            days = [day for window in windows(self._board, DOT_NODES) for day in window.days]
            warning = f"{self._name}: graph.svg is placed by date and track, not by dot: {error}"
            return standalone(place(days, self._columns), sheet, title), [warning]

    def _by_dot(self, sheet: Sheet, title: str, program: Path, timeout_s: float) -> bytes:
        scenes = {id: shortened(scene.source_id, _DOT_LABEL) for id, scene in self._board.scenes.items()}
        tiles = {id: shortened(tile.source_id, _DOT_LABEL) for id, tile in self._board.tiles.items()}
        layout = dot_layout(self._board, self._columns, scenes, tiles, program, timeout_s)
        labelled = replace(sheet, scene_label=lambda scene: scenes[scene.id], tile_label=lambda tile: tiles[tile.id])
        return standalone(layout, labelled, title)

    def _sheet(self, path: str) -> Sheet:
        links = {there: url(there, path) for there in dict.fromkeys(self._page_of.values())}
        return Sheet(
            scenes=url("scene/", path),
            window=lambda tile: links[self._page_of[tile.id]],
            why=self._why,
            scene_label=lambda scene: shortened(scene.source_id, SCENE_LABEL),
            tile_label=self._tile_label,
        )

    def _tile_label(self, tile: BoardTile) -> str:
        """A tile's name if it fits, else its track if that fits."""
        track = self._columns.track(tile)
        name = track if len(track) <= TILE_LABEL < len(tile.source_id) else tile.source_id
        return shortened(name, TILE_LABEL)


def dates(window: Window) -> str:
    """The days of a window's scenes: `2022-01-04 to 2022-06-30`."""
    part = f", part {window.name.partition('.')[2]}" if "." in window.name else ""
    if window.first is None:
        return f"no date{part}"
    return window.first + part if window.first == window.last else f"{window.first} to {window.last}"


def _count(things: list[BoardScene] | list[BoardTile]) -> Counts:
    found = Counter(thing.status for thing in things)
    return Counts(**{status.lower(): found[status] for status in STATUSES}, total=len(things))
