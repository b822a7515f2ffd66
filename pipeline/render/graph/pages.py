"""Everything about an AOI's dependency graph: `graph.dot`, `graph.svg`, and the pages, a window of dates each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts
from pipeline.render.environment import page
from pipeline.render.graph.dot import dot
from pipeline.render.graph.dot_layout import LayoutFailed, dot_layout, find_dot
from pipeline.render.graph.layout import WINDOW_NODES, Columns, Strip, Window, place, windows
from pipeline.render.graph.svg import (
    DETAILS,
    SCENE_LABEL,
    TILE_LABEL,
    Sheet,
    days_column,
    inline,
    shortened,
    standalone,
)
from pipeline.render.paths import url
from pipeline.render.plain import built, one_line
from pipeline.render.section import Section
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


class Graph(NamedTuple):
    """An AOI's graph: its drawing and its source as files, its pages, and warnings."""

    files: dict[str, bytes]
    sections: list[Section]
    warnings: list[str]
    layout: str = ""
    """How `dot` has laid it out, to be given the next time; '' if it hasn't."""


def graph(
    board: Board,
    folder: str,
    why: Mapping[tuple[str, int], str],
    *,
    dot_choice: str | None = None,
    timeout_s: float = 60,
    most: int = WINDOW_NODES,
    layout: str = "",
) -> Graph:
    """What there is of the graph under `aoi/{folder}/`.

    `why` says what a scene or tile waits for, by `scene` or `tile` and id. `dot_choice` is as in `find_dot`; without a
    `dot` that works the drawing is placed by date and track, and a warning says so. `most` scenes and tiles stand in
    a window. `graph.html` is the latest window and lists the others; each of several is `graph/{its name}.html`, too.
    `layout` is the one that this gave before.
    """
    drawn = _Graph(board, folder, why, most)
    pages = drawn.pages()
    sections = [*pages, drawn.source(pages)]
    if len(board.scenes) + len(board.tiles) > DOT_NODES:
        return Graph({}, [*sections, drawn.latest(pages)], [])
    svg, warnings, layout = drawn.whole(dot_choice, timeout_s, layout)
    return Graph({f"aoi/{folder}/graph.svg": svg}, sections, warnings, layout)


class _Graph:
    """An AOI's graph with its windows and what links to them."""

    def __init__(self, board: Board, folder: str, why: Mapping[tuple[str, int], str], most: int) -> None:
        self._board, self._folder, self._why = board, folder, why
        self._name = one_line(board.name, _LONGEST_NAME)
        self._title = f"Dependency graph of {self._name}"
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

    def pages(self) -> list[Section]:
        """All windows' pages."""
        if not self._windows:
            return [self._section(self._index, None)]
        pages = [self._section(line.path, n) for n, line in enumerate(self._lines)]
        if len(self._windows) > 1:
            pages.append(self._section(self._index, len(self._windows) - 1))
        return pages

    def _section(self, path: str, n: int | None) -> Section:
        if n is None:
            return Section(path, (path,), lambda: self._name, lambda: {path: self._page(path, None, "", "")})
        return Section(path, (path,), lambda: self._made_from(path, n), lambda: {path: self._drawn(path, n)})

    def _made_from(self, path: str, n: int) -> tuple[object, ...]:
        """What a window's page is made from, as plain values."""
        return (
            self._name,
            self._lines[n],
            [(line.path, line.dates) for line in (*self._lines[max(n - 1, 0) : n], *self._lines[n + 1 : n + 2])],
            self._groups(path),
            [(day, [self._shown(strip) for strip in strips]) for day, strips in self._windows[n].days],
        )

    def _shown(self, strip: Strip) -> tuple[object, ...]:
        """What the drawing of a scene and its tiles is made from, as plain values."""
        return (
            *self._told("scene", strip.scene),
            [
                (
                    *self._told("tile", tile),
                    self._columns.track(tile),
                    self._columns.key(tile),
                    [None if other is None else self._linked(other) for other in (tile.prev, *tile.next)],
                )
                for tile in strip.tiles
            ],
        )

    def _told(self, kind: str, of: BoardScene | BoardTile) -> tuple[object, ...]:
        return of.id, of.source_id, of.status, of.message, self._why.get((kind, of.id), "")

    def _linked(self, tile: BoardTile) -> tuple[object, ...]:
        return tile.id, tile.status, tile.scene.day, self._page_of[tile.id]

    def _drawn(self, path: str, n: int) -> bytes:
        """The page of a window, with tooltips that are as short as it takes."""
        layout = place(self._windows[n].days, self._columns)
        label = f"{self._title}, {dates(self._windows[n])}"
        sheet, days = self._sheet(path), days_column(layout)
        html = b""
        for detail in DETAILS:
            html = self._page(path, n, inline(layout, replace(sheet, detail=detail), label), days)
            if len(html) <= PAGE_BYTES:
                break
        return html

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
            groups=self._groups(path),
            drawing=built(drawing),
            days=built(days),
        )

    def _groups(self, path: str) -> list[WindowGroup]:
        """The list of all windows, latest first, where a page has one."""
        if path != self._index or len(self._lines) < 2:
            return []
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

    # The drawing and its source as files

    def source(self, pages: list[Section]) -> Section:
        """`graph.dot`, which is made from nothing that the pages aren't made from."""
        path = f"aoi/{self._folder}/graph.dot"
        return Section(
            path,
            (path,),
            lambda: (self._board.name, [section.fingerprint for section in pages]),
            lambda: {path: dot(self._board, path).encode()},
        )

    def latest(self, pages: list[Section]) -> Section:
        """`graph.svg` of the latest window alone."""
        path = f"aoi/{self._folder}/graph.svg"

        def make() -> dict[str, bytes]:
            latest = self._windows[-1]
            note = f"{self._name}, {dates(latest)}. All dates: graph.html", url(self._index, path)
            drawing = standalone(place(latest.days, self._columns), self._sheet(path), self._title, note)
            return {path: drawing}

        return Section(path, (path,), lambda: pages[-1].fingerprint, make)

    def whole(self, dot_choice: str | None, timeout_s: float, known: str) -> tuple[bytes, list[str], str]:
        """`graph.svg` of all that there is, a warning if `dot` couldn't lay it out, and the layout if it could."""
        sheet = self._sheet(f"aoi/{self._folder}/graph.svg")
        try:
            drawing, layout = self._by_dot(sheet, find_dot(dot_choice), timeout_s, known)
        except LayoutFailed as error:
            days = [day for window in windows(self._board, DOT_NODES) for day in window.days]
            warning = f"{self._name}: graph.svg is placed by date and track, not by dot: {error}"
            return standalone(place(days, self._columns), sheet, self._title), [warning], ""
        return drawing, [], layout

    def _by_dot(self, sheet: Sheet, program: Path, timeout_s: float, known: str) -> tuple[bytes, str]:
        scenes = {id: shortened(scene.source_id, _DOT_LABEL) for id, scene in self._board.scenes.items()}
        tiles = {id: shortened(tile.source_id, _DOT_LABEL) for id, tile in self._board.tiles.items()}
        layout, kept = dot_layout(self._board, self._columns, scenes, tiles, program, timeout_s, known)
        labelled = replace(sheet, scene_label=lambda scene: scenes[scene.id], tile_label=lambda tile: tiles[tile.id])
        return standalone(layout, labelled, self._title), kept

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
