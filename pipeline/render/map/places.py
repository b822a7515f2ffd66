"""What is where on an AOI's map: scenes and tiles, together where their footprints are the same."""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, product
from typing import Any

from pipeline.event import STATUSES, Status
from pipeline.insight.location import footprint
from pipeline.products import describe
from pipeline.render.map.path import rejoined, thinned
from pipeline.render.map.projection import UNITS, Bounds, Dot, Frame, Outline, Span, framed, outline, suited, together
from pipeline.store.board import Board, BoardScene, BoardTile

URGENCY: tuple[Status, ...] = ("RETRY", "FAILED", "PENDING", "NEW", "DONE")
"""Whose status a place is drawn in: first what waits for an operator. The status of an AOI goes by it, too."""

MOST_DRAWN = 500
"""With more places than this, footprints that lie near to each other are drawn as one."""
_NEAR = 2 * UNITS // 720  # Two pixels: footprints that differ by less are drawn as one in any case.
_SMALL = 50
_LEAST_STEP = 4
_MOST_POSITIONS = 4000  # Some 20 kB.

_RANK = {status: rank for rank, status in enumerate(URGENCY)}


@dataclass(eq=False)
class Place:
    """A footprint as it is drawn, and all scenes and tiles that lie there, in ascending id."""

    rings: list[list[Dot]]
    lines: list[list[Dot]]
    approximate: bool
    """From the MGRS square of a product's name."""
    box: tuple[int, int, int, int]
    """Left, top, right and bottom, in units."""
    scenes: list[BoardScene] = field(default_factory=list)
    tiles: list[BoardTile] = field(default_factory=list)

    @property
    def status(self) -> Status:
        return self.lead.status

    @cached_property
    def lead(self) -> BoardScene | BoardTile:
        """The one that the place links to."""
        return self.first(1)[0]

    def first(self, count: int) -> Sequence[BoardScene | BoardTile]:
        """The most urgent scenes and tiles, the latest acquired first where they are equally urgent."""
        return heapq.nlargest(count, [*self.scenes, *self.tiles], key=_weight)

    @property
    def depth(self) -> tuple[int, int, tuple[int, int, int, int]]:
        """The order of drawing: large footprints below small ones; among those of about one size urgent ones on top."""
        left, top, right, bottom = self.box
        return -((right - left + 1) * (bottom - top + 1)).bit_length(), -_RANK[self.status], self.box

    @property
    def dot(self) -> Dot | None:
        """The middle of a footprint that is too small to be seen or hit as it is; else None."""
        left, top, right, bottom = self.box
        if right - left < _SMALL and bottom - top < _SMALL:
            return (left + right) // 2, (top + bottom) // 2
        return None

    @property
    def middle(self) -> Dot | None:
        """The centre of the largest area, for a mark on it; None for lines, points and what is too small for a mark."""
        if not self.rings or self.dot is not None:
            return None
        return _centre(max(self.rings, key=_extent))

    @property
    def tally(self) -> tuple[int, int]:
        """How many are in the place's status, and of how many: of its scenes if the lead is one, else of its tiles."""
        some: Sequence[BoardScene | BoardTile] = self.scenes if isinstance(self.lead, BoardScene) else self.tiles
        return sum(one.status == self.status for one in some), len(some)

    @property
    def told_tally(self) -> str:
        """`3/38`; `38` if all are in that status, and nothing for one alone."""
        number, total = self.tally
        if number < total:
            return f"{number:,}/{total:,}"
        return f"{total:,}" if total > 1 else ""

    @property
    def classes(self) -> str:
        """How it is drawn: its status, what share is in it (`few`, `some`, nothing for half or more), `approximate`."""
        number, total = self.tally
        share = "" if 2 * number >= total else " some" if 10 * number >= total else " few"
        return f"{self.status.lower()}{share}{' approximate' if self.approximate else ''}"

    @property
    def name(self) -> str:
        """What all that lies here have in common: a name, or an MGRS square; else nothing."""
        names = {one.source_id for one in self.scenes or self.tiles}
        if len(names) == 1:
            return names.pop()
        squares = {describe(name).mgrs for name in names}
        square = squares.pop()
        return f"MGRS square {square}" if square is not None and not squares else ""


def _weight(one: BoardScene | BoardTile) -> tuple[int, str, bool, int]:
    is_scene = isinstance(one, BoardScene)
    scene = one if isinstance(one, BoardScene) else one.scene
    return -_RANK[one.status], scene.date or "", is_scene, one.id


def _extent(ring: Sequence[Dot]) -> int:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (max(xs) - min(xs)) * (max(ys) - min(ys))


def _centre(ring: Sequence[Dot]) -> Dot:
    """The centre of a ring's area; of its box if it has none."""
    x0, y0 = ring[0]
    area = x_sum = y_sum = 0
    for (x, y), (to_x, to_y) in pairwise(ring):
        cross = (x - x0) * (to_y - y0) - (to_x - x0) * (y - y0)
        area += cross
        x_sum += cross * (x + to_x - 2 * x0)
        y_sum += cross * (y + to_y - 2 * y0)
    if area == 0:
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2
    return x0 + round(x_sum / (3 * area)), y0 + round(y_sum / (3 * area))


def count(some: Sequence[BoardScene] | Sequence[BoardTile]) -> list[int]:
    """How many are in each status, in the order of the statuses."""
    found = Counter(one.status for one in some)
    return [found[status] for status in STATUSES]


@dataclass(slots=True)
class AoiPlaces:
    """All places of an AOI; the most urgent first, then those with the most scenes and tiles."""

    frame: Frame | None
    """None if nothing has a footprint."""
    bounds: Bounds | None
    places: list[Place]
    scenes: int
    tiles: int
    scenes_missing: int
    """Scenes without a footprint."""
    tiles_missing: int
    """Tiles without a footprint whose scene has none either."""
    unusable: int
    """Scenes and tiles with a footprint in the log that can't be used."""
    unusable_why: str
    near_km: float
    """Footprints that differ by less were drawn as one; 0 if none were."""


def aoi_places(board: Board) -> AoiPlaces:
    """Finds where an AOI's scenes and tiles lie. A tile without a footprint of its own lies where its scene does."""
    finder = _Finder()
    homes: list[tuple[BoardScene | BoardTile, _Shape]] = []
    scenes_missing = tiles_missing = 0
    for scene in board.scenes.values():
        around = finder.shape(scene)
        if around is None:
            scenes_missing += 1
        else:
            homes.append((scene, around))
        for tile in scene.tiles:
            own = finder.shape(tile) or around
            if own is None:
                tiles_missing += 1
            else:
                homes.append((tile, own))
    spans = [span for shape in finder.shapes for span in shape.outline.spans]
    frame, found, near_km = _drawn(finder.shapes, spans)
    for one, shape in homes:
        place = found[shape.number]
        if isinstance(one, BoardScene):
            place.scenes.append(one)
        else:
            place.tiles.append(one)
    places = list({id(place): place for place in found if place.scenes or place.tiles}.values())
    places.sort(key=lambda place: (_RANK[place.status], -len(place.scenes) - len(place.tiles), place.box))
    return AoiPlaces(
        frame, together(spans) if spans else None, places,
        len(board.scenes), len(board.tiles), scenes_missing, tiles_missing,
        finder.unusable, finder.unusable_why, near_km,
    )  # fmt: skip


@dataclass(slots=True, eq=False)
class _Shape:
    """A footprint that differs from all others in the log."""

    number: int
    outline: Outline
    approximate: bool
    on_edge: bool
    """It touches the antimeridian or a pole: it may have been cut there."""


class _Finder:
    """Looks each footprint up once: many dates of a track have the same, and most tiles' names come again and again."""

    def __init__(self) -> None:
        self.shapes: list[_Shape] = []
        self.unusable = 0
        self.unusable_why = ""
        self._by_geometry: dict[bytes, _Shape] = {}
        self._by_name: dict[tuple[bytes | None, str], tuple[_Shape | None, str]] = {}
        self._by_square: dict[str, _Shape] = {}

    def shape(self, of: BoardScene | BoardTile) -> _Shape | None:
        if of.geometry is not None and of.geometry in self._by_geometry:
            return self._by_geometry[of.geometry]
        key = of.geometry, of.source_id
        if key not in self._by_name:
            where = footprint(of)
            shape = None if where.geometry is None else self._added(where.geometry, approximate=where.origin == "mgrs")
            if shape is not None and where.origin == "event" and of.geometry is not None:
                self._by_geometry[of.geometry] = shape
                return shape
            self._by_name[key] = shape, where.problem
        shape, problem = self._by_name[key]
        if problem:
            self.unusable += 1
            self.unusable_why = self.unusable_why or problem
        return shape

    def _added(self, geometry: dict[str, Any], *, approximate: bool) -> _Shape:
        square = repr(geometry) if approximate else ""
        if square in self._by_square:
            return self._by_square[square]
        lines = outline(geometry)
        on_edge = any(
            span.west == -180 or span.east == 180 or span.south == -90 or span.north == 90 for span in lines.spans
        )
        shape = _Shape(len(self.shapes), lines, approximate, on_edge)
        self.shapes.append(shape)
        if approximate:
            self._by_square[square] = shape
        return shape


def _drawn(shapes: list[_Shape], spans: list[Span]) -> tuple[Frame | None, list[Place], float]:
    """The frame, a place for each shape (near ones share it), and how near in km those were; 0 if all are alike."""
    if not shapes:
        return None, [], 0.0
    projection = suited(spans)
    projected = [
        (
            [projection.line(ring) for ring in shape.outline.rings],
            [projection.line(line) for line in shape.outline.lines],
        )
        for shape in shapes
    ]
    frame = framed(projection, (point for rings, lines in projected for line in (*rings, *lines) for point in line))
    places = []
    for shape, (rings, lines) in zip(shapes, projected, strict=True):
        ring_dots = [frame.dots(ring) for ring in rings]
        line_dots = [frame.dots(line) for line in lines]
        if shape.on_edge:
            ring_dots = rejoined(ring_dots) or ring_dots
        places.append(Place(ring_dots, line_dots, shape.approximate, _box(ring_dots, line_dots)))
    near = _NEAR
    found = _sharing(places, near)
    while len({id(place) for place in found}) > MOST_DRAWN:
        near = near * 3 // 2
        found = _sharing(places, near)
    _thin(list({id(place): place for place in found}.values()))
    differ = any(one.box != shared.box for one, shared in zip(places, found, strict=True))
    return frame, found, near * frame.km_per_unit if differ else 0.0


def _thin(places: list[Place]) -> None:
    """Leaves out positions, as few as will do: what can't be seen, and more if a footprint would fill the page."""
    least = _LEAST_STEP
    while True:
        found = [_thinned(place, least) for place in places]
        if least > UNITS or sum(len(line) for rings, lines in found for line in (*rings, *lines)) <= _MOST_POSITIONS:
            break
        least *= 2
    for place, (rings, lines) in zip(places, found, strict=True):
        place.rings, place.lines = rings, lines


def _thinned(place: Place, least: int) -> tuple[list[list[Dot]], list[list[Dot]]]:
    """A place's lines without steps shorter than that, and without rings that are no areas any more."""
    rings = [ring for ring in (thinned(ring, least) for ring in place.rings) if len(ring) > 3]
    points = {(x // least, y // least): (x, y) for line in place.lines if len(line) == 1 for x, y in line}
    lines = [line for line in (thinned(line, least) for line in place.lines if len(line) > 1) if len(line) > 1]
    lines += [[point] for point in points.values()]
    if rings or lines:
        return rings, lines
    left, top, right, bottom = place.box
    return [[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]], []


def _box(rings: list[list[Dot]], lines: list[list[Dot]]) -> tuple[int, int, int, int]:
    dots = [dot for line in (*rings, *lines) for dot in line]
    xs, ys = [x for x, _ in dots], [y for _, y in dots]
    return min(xs), min(ys), max(xs), max(ys)


def _sharing(places: list[Place], near: int) -> list[Place]:
    """For each place the first one whose box has all its sides nearer than that to its own."""
    cells: dict[tuple[bool | int, ...], list[Place]] = {}
    found = []
    for place in places:
        shared = next(
            (
                other
                for cell in product((place.approximate,), *(_cells(side, near) for side in place.box))
                for other in cells.get(cell, ())
                if all(abs(side - its) < near for side, its in zip(place.box, other.box, strict=True))
            ),
            place,
        )
        if shared is place:
            cells.setdefault((place.approximate, *(side // (2 * near) for side in place.box)), []).append(place)
        found.append(shared)
    return found


def _cells(side: int, near: int) -> set[int]:
    """The one or two cells, twice as wide as `near`, in which a side less than that away can be."""
    return {(side - near) // (2 * near), (side + near) // (2 * near)}
