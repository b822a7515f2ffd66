"""Places the dependency graph from what is known: dates run down, each track has a column, so chains are straight.

Pure geometry over a Board, in linear time. Lengths are CSS pixels, x to the right and y down.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.products import track
from pipeline.store.board import Board, BoardScene, BoardTile

SCENE_WIDTH, SCENE_HEIGHT = 192, 34
TILE_WIDTH, TILE_HEIGHT = 104, 34
_MARGIN = 12
_SCENE_PITCH, _TILE_PITCH, _COLUMN_PITCH = 42, 52, 126
_TO_TILES = 46
"""From the middle of a date's last scene to the middle of its first tiles."""
_AFTER_TILES = 36
_FIRST_COLUMN = _MARGIN + SCENE_WIDTH + 26 + TILE_WIDTH // 2
_ENTRY = 26
"""How far left of a tile's middle the line from its scene comes in; the one from the tile before is in the middle."""
_ALONE_IN_ROW = 12
"""Tiles of no track and no chain stand beside each other up to this number, then in the next row."""
_LANES = (0, -5, 5)
"""Where lines that have to go round a tile run between two columns, from the middle of the gap."""

WINDOW_NODES = 600
"""The most scenes and tiles that are drawn together, but for what one day forces: see `windows`."""
UNDATED = "undated"


@dataclass(slots=True)
class Strip:
    """A scene and those of its tiles that are drawn with it."""

    scene: BoardScene
    tiles: list[BoardTile]
    continued: bool = False
    """The scene has more tiles than are drawn together; its first ones are drawn elsewhere."""


@dataclass(slots=True)
class Window:
    """A stretch of the calendar that is drawn as one. `days`: its scenes by day, ascending; a day not known is None."""

    name: str
    """The first day of the stretch, `2022-07-01`; with `.2`, `.3` for the further parts of one day; or `undated`."""
    days: list[tuple[str | None, list[Strip]]]

    @property
    def scenes(self) -> list[BoardScene]:
        """Those that begin in it, so that the windows' scenes are all scenes, once."""
        return [strip.scene for _, strips in self.days for strip in strips if not strip.continued]

    @property
    def tiles(self) -> list[BoardTile]:
        return [tile for _, strips in self.days for strip in strips for tile in strip.tiles]

    @property
    def first(self) -> str | None:
        """Its first day with a scene."""
        return self.days[0][0]

    @property
    def last(self) -> str | None:
        """Its last day with a scene."""
        return self.days[-1][0]


@dataclass(slots=True)
class Placed:
    """A scene or a tile: where its middle is, its size, and the line that ends or starts at it, from its middle.

    For a scene the line goes to its tiles, for a tile it comes from the tile before; `heads` are the points, and
    the directions, in which it ends in an arrow.
    """

    x: float
    y: float
    width: float
    height: float
    line: str = ""
    heads: list[tuple[float, float, float, float]] = field(default_factory=list)
    earlier: BoardTile | None = None
    """The tile before, if it stands in another window."""
    later: list[BoardTile] = field(default_factory=list)
    """The tiles that wait for this one in other windows."""


@dataclass(slots=True)
class Layout:
    """A drawing: its size, and where each scene and tile stands, in the order in which they are read."""

    width: float = 0
    height: float = 0
    nodes: list[tuple[BoardScene | BoardTile, Placed]] = field(default_factory=list)
    days: list[tuple[float, str]] = field(default_factory=list)
    """The upper edge of each day's band."""


# Windows


def _years(count: int) -> Callable[[str], str]:
    return lambda day: f"{max(1, int(day[:4]) // count * count):04}-01-01"


_STRETCHES: tuple[Callable[[str], str], ...] = (
    *(_years(count) for count in (64, 32, 16, 8, 4, 2, 1)),
    lambda day: f"{day[:5]}{'01' if day[5:7] < '07' else '07'}-01",
    lambda day: f"{day[:5]}{(int(day[5:7]) - 1) // 3 * 3 + 1:02}-01",
    lambda day: f"{day[:7]}-01",
    lambda day: f"{day[:8]}{'01' if day[8:] < '16' else '16'}",
    lambda day: day,
)
"""Ever shorter stretches of the calendar, as the first day of the one that a day is in."""


def windows(board: Board, most: int = WINDOW_NODES) -> list[Window]:
    """Cuts an AOI into stretches of the calendar with at most `most` scenes and tiles each, in order of time.

    A stretch with too many is halved: years, half years, quarters, months, half months, days; a day with too many is
    cut between its scenes, or through a scene with more tiles than that. So what comes in later changes the stretch it
    falls into and no other, and a name stays with its dates. Scenes without a date come first, on their own.
    """
    days: defaultdict[str | None, list[Strip]] = defaultdict(list)
    for scene in board.scenes.values():
        days[scene.day].append(Strip(scene, scene.tiles))
    undated = days.pop(None, [])
    found = _parts(UNDATED, None, undated, most) if undated else []
    if days:
        found += _halved(sorted((day, strips) for day, strips in days.items() if day is not None), most)
    return found


def _halved(days: list[tuple[str, list[Strip]]], most: int, level: int = 0) -> list[Window]:
    stretches: dict[str, list[tuple[str, list[Strip]]]] = {}
    for one in days:
        stretches.setdefault(_STRETCHES[level](one[0]), []).append(one)
    found: list[Window] = []
    for name, some in stretches.items():
        if sum(1 + len(strip.tiles) for _, strips in some for strip in strips) <= most:
            found.append(Window(name, list(some)))
        elif level + 1 == len(_STRETCHES):
            found += _parts(name, *some[0], most)
        else:
            found += _halved(some, most, level + 1)
    return found


def _parts(name: str, day: str | None, strips: list[Strip], most: int) -> list[Window]:
    parts: list[list[Strip]] = []
    room = 0
    for strip in strips:
        for start in range(0, max(1, len(strip.tiles)), most - 1):
            tiles = strip.tiles[start : start + most - 1]
            if 1 + len(tiles) > room:
                parts.append([])
                room = most
            parts[-1].append(Strip(strip.scene, tiles, continued=start > 0))
            room -= 1 + len(tiles)
    return [Window(name if not n else f"{name}.{n + 1}", [(day, part)]) for n, part in enumerate(parts)]


# Columns


class Columns:
    """Which tiles of an AOI stand below each other: those of a track, or of a chain where names tell no track."""

    def __init__(self, board: Board) -> None:
        self._tracks = {id: track(tile.source_id, tile.scene.source_id) for id, tile in board.tiles.items()}
        counts = Counter(self._tracks.values())
        self._shared = {name: (0, _natural(name)) for name, count in counts.items() if count > 1}
        """By track: the key of its tiles, where they are several."""

    def key(self, tile: BoardTile) -> tuple[int, tuple[tuple[int, str, str], ...]] | None:
        """Equal for tiles of one column, in the order of columns; None for a tile that stands alone."""
        shared = self._shared.get(self._tracks[tile.id])
        if shared is not None:
            return shared
        if tile.prev is not None or tile.next:
            return 1, (((tile.ref or tile).id, "", ""),)
        return None

    def track(self, tile: BoardTile) -> str:
        """The name of a tile's track."""
        return self._tracks[tile.id]


_DIGITS = re.compile("([0-9]+)")


def _natural(name: str) -> tuple[tuple[int, str, str], ...]:
    """Orders names by the numbers in them: IW1_8979 before IW1_10003. Different names stay different."""
    parts = _DIGITS.split(name)
    parts[1::2] = [part.lstrip("0") for part in parts[1::2]]
    return (*((len(part) if n % 2 else 0, part, "") for n, part in enumerate(parts)), (0, "", name))


# Places


def place(days: Iterable[tuple[str | None, list[Strip]]], columns: Columns) -> Layout:
    """Places the scenes and tiles of these days. What is `prev` or `next` of one but not among them is named."""
    return _Placing(list(days), columns).layout


class _Placing:
    def __init__(self, days: list[tuple[str | None, list[Strip]]], columns: Columns) -> None:
        self.layout = Layout()
        keys = {tile.id: columns.key(tile) for _, strips in days for strip in strips for tile in strip.tiles}
        order = {key: n for n, key in enumerate(sorted({key for key in keys.values() if key is not None}))}
        self._named = {id: None if key is None else order[key] for id, key in keys.items()}
        self._shared = len(order)
        self._at: dict[int, Placed] = {}
        self._column_of: dict[int, int] = {}
        self._taken: defaultdict[int, list[float]] = defaultdict(list)
        """By column: the middles of its tiles, downwards."""
        self._columns = 0
        y = 0.0
        for day, strips in days:
            self.layout.days.append((y, day or "no date"))
            y = self._band(y, strips)
        self._draw_chains()
        self.layout.width = _FIRST_COLUMN + max(0, self._columns - 1) * _COLUMN_PITCH + TILE_WIDTH / 2 + 24
        self.layout.height = y

    def _band(self, top: float, strips: list[Strip]) -> float:
        """Places one day: its scenes, then its tiles in one row, or more where two would stand on one place."""
        first = top + _MARGIN + SCENE_HEIGHT / 2
        last = first + (len(strips) - 1) * _SCENE_PITCH
        heights: Counter[int] = Counter()
        alone = 0
        for n, strip in enumerate(strips):
            scene = Placed(_MARGIN + SCENE_WIDTH / 2, first + n * _SCENE_PITCH, SCENE_WIDTH, SCENE_HEIGHT)
            self.layout.nodes.append((strip.scene, scene))
            ends = []
            for tile in strip.tiles:
                column = self._named[tile.id]
                if column is None:
                    column = self._shared + alone % _ALONE_IN_ROW
                    alone += 1
                at = Placed(_x(column), last + _TO_TILES + heights[column] * _TILE_PITCH, TILE_WIDTH, TILE_HEIGHT)
                heights[column] += 1
                self._at[tile.id] = at
                self._taken[column].append(at.y)
                self._column_of[tile.id] = column
                ends.append((at.x - _ENTRY, at.y - _half_height(_ENTRY)))
                self.layout.nodes.append((tile, at))
            _draw_feed(scene, ends)
        if not heights:
            return last + SCENE_HEIGHT / 2 + _MARGIN
        self._columns = max(self._columns, 1 + max(heights))
        return last + _TO_TILES + (max(heights.values()) - 1) * _TILE_PITCH + _AFTER_TILES

    def _draw_chains(self) -> None:
        detours = 0
        for thing, at in self.layout.nodes:
            if isinstance(thing, BoardScene):
                continue
            at.later = [tile for tile in thing.next if tile.id not in self._at]
            if thing.prev is None:
                continue
            before = self._at.get(thing.prev.id)
            if before is None:
                at.earlier = thing.prev
                continue
            up = before.y + TILE_HEIGHT / 2 - at.y
            at.heads = [(0, -TILE_HEIGHT / 2, 0, 1)]
            if before.x != at.x:
                bend = max(24, abs(up) / 2)
                at.line = (
                    f"M{before.x - at.x:g} {up:g}C{before.x - at.x:g} {up + bend:g} 0 {-TILE_HEIGHT / 2 - bend:g} "
                    f"0 {-TILE_HEIGHT / 2:g}"
                )
            elif self._is_clear(self._column_of[thing.id], before.y, at.y):
                at.line = f"M0 {up:g}V{-TILE_HEIGHT / 2:g}"
            else:
                lane = _COLUMN_PITCH / 2 + _LANES[detours % len(_LANES)]
                detours += 1
                at.line = (
                    f"M0 {up:g}v4q0 4 4 4H{lane - 4:g}q4 0 4 4V{-TILE_HEIGHT / 2 - 16:g}q0 4 -4 4H4q-4 0 -4 4"
                    f"V{-TILE_HEIGHT / 2:g}"
                )

    def _is_clear(self, column: int, above: float, below: float) -> bool:
        taken = self._taken[column]
        return above < below and bisect_left(taken, below) - bisect_left(taken, above) == 1


def _x(column: int) -> float:
    return _FIRST_COLUMN + column * _COLUMN_PITCH


def _half_height(off: float) -> float:
    """Half the height of a tile's ellipse, `off` from its middle."""
    return round(TILE_HEIGHT / 2 * math.sqrt(1 - (2 * off / TILE_WIDTH) ** 2), 1)


def _draw_feed(scene: Placed, ends: list[tuple[float, float]]) -> None:
    """A line from the scene to the right, with a branch down to each of its tiles."""
    if not ends:
        return
    branches = "".join(f"M{x - scene.x:g} 0V{y - scene.y:g}" for x, y in ends)
    scene.line = f"M{scene.width / 2:g} 0H{max(x for x, _ in ends) - scene.x:g}{branches}"
    scene.heads = [(x - scene.x, y - scene.y, 0, 1) for x, y in ends]
