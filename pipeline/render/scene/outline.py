"""Where a scene and its tiles lie: a small drawing of their outlines, and the same in words.

Coordinates are degrees on WGS 84, longitude before latitude, with four decimals (some 11 m).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from markupsafe import Markup

from pipeline.footprint import bounds
from pipeline.insight.location import Footprint, footprint
from pipeline.products import describe
from pipeline.render.map.grid import GridLine, grid, latitude, longitude
from pipeline.render.map.path import rejoined
from pipeline.render.map.projection import UNITS, Dot, Frame, Point, Projection, outline, round_points, suited
from pipeline.render.plain import built, one_line
from pipeline.store.board import BoardScene, BoardTile

_MARGIN = 0.1
_LOWEST, _HIGHEST = 0.45, 0.8
"""Height of the drawing, as a share of its width."""
_LEAST_KM = 2.0
_LINES = 3
"""At most about so many meridians, and parallels."""
_POSITIONS_TOLD = 12
_TILES_DRAWN = 200
_POSITIONS_DRAWN = 2_000
"""Of one outline; of one with more the box is drawn."""
_REMEMBERED = 256

_Key: TypeAlias = tuple[tuple[bytes | None, str], ...]


class Place(NamedTuple):
    """Where a scene or tile lies, in words."""

    origin: str
    """Where this is known from."""
    approximate: bool
    problem: str
    """Why the geometry in the event could not be used; else nothing."""
    extent: str
    """West to east, south to north; nothing if it isn't known."""
    corners: tuple[str, ...]
    """The corners of the scene's outline, in order, if it is a simple one; nothing of a tile's."""


class Drawing(NamedTuple):
    """The parts of an SVG, in units: its size, the grid, and the outlines with their place in the list."""

    width: int
    height: int
    lines: str
    labels: Markup
    shapes: tuple[tuple[int, str], ...]


class Outline(NamedTuple):
    """A scene and its tiles in their order: each one's place, and the drawing of them; None if nothing can be drawn."""

    places: tuple[Place, ...]
    drawing: Drawing | None


class Outlines:
    """Tells where scenes and their tiles lie. All dates of an MGRS square lie alike: they are drawn once."""

    def __init__(self) -> None:
        self._known: dict[_Key, Outline] = {}

    def of(self, scene: BoardScene) -> Outline:
        """Where a scene and its tiles lie. Of very many tiles the first are drawn."""
        key = (_comes_from(scene), *[_comes_from(tile) for tile in scene.tiles])
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = _outline(scene)
        return found


def _comes_from(of: BoardScene | BoardTile) -> tuple[bytes | None, str]:
    """What a footprint comes from: the geometry of the event, or the square of the name."""
    return of.geometry, describe(of.source_id).mgrs or ""


def _outline(scene: BoardScene) -> Outline:
    entities: list[BoardScene | BoardTile] = [scene, *scene.tiles]
    found = [footprint(one) for one in entities]
    return Outline(
        tuple([_place(where, one) for where, one in zip(found, entities, strict=True)]),
        _drawing(found[: _TILES_DRAWN + 1]),
    )


def _place(where: Footprint, of: BoardScene | BoardTile) -> Place:
    problem = one_line(where.problem)
    geometry = where.geometry
    if geometry is None:
        return Place("unknown: neither its event nor its name tells", False, problem, "", ())
    west, south, east, north = bounds(geometry)
    extent = f"{_lon(west)} to {_lon(east)}, {_lat(south)} to {_lat(north)}"
    corners = _corners(geometry) if isinstance(of, BoardScene) else ()
    if where.origin == "mgrs":
        square = describe(of.source_id).mgrs
        return Place(f"approximate: the MGRS square {square} in its name", True, problem, extent, corners)
    return Place("from its event", False, problem, extent, corners)


def _lon(degrees: float) -> str:
    return longitude(round(degrees, 4))


def _lat(degrees: float) -> str:
    return latitude(round(degrees, 4))


def _corners(geometry: dict[str, Any]) -> tuple[str, ...]:
    if geometry["type"] != "Polygon" or len(geometry["coordinates"]) > 1:
        return ()
    ring: list[list[float]] = geometry["coordinates"][0][:-1]
    return tuple([f"{_lon(lon)} {_lat(lat)}" for lon, lat in ring]) if len(ring) <= _POSITIONS_TOLD else ()


def _drawing(found: Sequence[Footprint]) -> Drawing | None:
    shapes = [(place, outline(one.geometry)) for place, one in enumerate(found) if one.geometry is not None]
    if not shapes:
        return None
    projection = suited([span for _, shape in shapes for span in shape.spans])
    drawn = [
        (place, [projection.line(ring) for ring in shape.rings], [projection.line(line) for line in shape.lines])
        for place, shape in shapes
    ]
    frame = _frame(projection, [point for _, rings, lines in drawn for line in (*rings, *lines) for point in line])
    paths = [(place, _path(frame, rings, lines)) for place, rings, lines in drawn]
    lines, labels = _grid(frame)
    return Drawing(UNITS, frame.height, lines, labels, tuple(paths))


def _frame(projection: Projection, points: Sequence[Point]) -> Frame:
    """A frame close round the points, of a shape that suits a page."""
    rect, width, height = round_points(points, _MARGIN, _LEAST_KM, _LOWEST, _HIGHEST)
    return Frame(projection, rect, round(UNITS * height / width))


def _path(frame: Frame, rings: list[list[Point]], lines: list[list[Point]]) -> str:
    closed = [frame.dots(ring) for ring in rings]
    if len(closed) > 1:
        closed = rejoined(closed)
    opened = [frame.dots(line) for line in lines]
    if sum(map(len, closed)) + sum(map(len, opened)) > _POSITIONS_DRAWN:
        closed, opened = [_box([dot for line in (*closed, *opened) for dot in line])], []
    return "".join([f"M{_dots(ring[:-1])}z" for ring in closed] + [_line(line) for line in opened])


def _line(dots: list[Dot]) -> str:
    """A line; a point is drawn as a small cross."""
    if len(dots) > 1:
        return f"M{_dots(dots)}"
    x, y = dots[0]
    return f"M{x - 60} {y}h120M{x} {y - 60}v120"


def _dots(dots: Sequence[Dot]) -> str:
    return " ".join([f"{x} {y}" for x, y in dots])


def _box(dots: list[Dot]) -> list[Dot]:
    xs, ys = zip(*dots, strict=True)
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def _grid(frame: Frame) -> tuple[str, Markup]:
    """Meridians and parallels, and their labels along the lower and the left edge."""
    found = grid(frame.projection, frame.rect, _LINES)
    paths, labels = [], []
    for line in found:
        dots = frame.dots(line.points)
        paths.append(f"M{_dots(dots)}")
        label = _label(line, dots, frame.height)
        if label:
            labels.append(label)
    return "".join(paths), built("".join(labels))


def _label(line: GridLine, dots: Sequence[Dot], height: int) -> str:
    """The label of a line where it leaves the frame, if that is at the lower (meridians) or left edge (parallels)."""
    if line.kind == "meridian":
        x, y = max(dots, key=lambda dot: dot[1])
        return f'<text x="{x}" y="{height - 90}">{line.label}</text>' if y >= height * 0.9 and 0 < x < UNITS else ""
    x, y = min(dots)
    return f'<text class="lat" x="90" y="{y - 60}">{line.label}</text>' if x <= 0 and 400 < y < height - 400 else ""
