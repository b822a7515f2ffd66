"""From degrees to places on a map: which projection suits an extent, and how a frame of it is drawn.

A map is drawn in a plane of kilometres, x to the right and y up, and written in whole units of a frame, y down: a
frame is UNITS wide. Both maps of an AOI, the static one and the one that moves, are written in the same units.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

Position: TypeAlias = Sequence[float]
"""Longitude and latitude, in degrees on WGS 84."""
Point: TypeAlias = tuple[float, float]
"""A place in the plane, in km."""
Dot: TypeAlias = tuple[int, int]
"""A place in a frame, in units."""
Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north, in degrees; west is greater than east across the antimeridian (RFC 7946, 5.2)."""

UNITS = 7200
"""The width of a frame. At its usual width of 720 pixels a unit is a tenth of a pixel."""
KM_PER_DEGREE = 6371.0088 * math.pi / 180
"""On a sphere of the earth's mean radius (IUGG)."""

_LOWEST, _HIGHEST = 0.48, 0.6  # height of a frame, as a share of its width
_MARGIN = 0.09
_LEAST_KM = 160  # The coastline is at 1:50 million: a smaller frame would show it as a few straight lines.
_STEP_DEGREES = 3  # Round a pole, lines are drawn by pieces of no more degrees of longitude than this.


class Span(NamedTuple):
    """West, south, east and north, in degrees. Of one line, east of the antimeridian or west of it: west <= east."""

    west: float
    south: float
    east: float
    north: float


class Rect(NamedTuple):
    """Left, bottom, right and top in the plane, in km."""

    left: float
    bottom: float
    right: float
    top: float

    def grown(self, share: float) -> "Rect":
        """With that share of the width and height added on each side."""
        x, y = (self.right - self.left) * share, (self.top - self.bottom) * share
        return Rect(self.left - x, self.bottom - y, self.right + x, self.top + y)

    def within(self, other: "Rect") -> "Rect":
        """The part that lies in the other one, too."""
        left, bottom = max(self.left, other.left), max(self.bottom, other.bottom)
        return Rect(left, bottom, min(self.right, other.right), min(self.top, other.top))


@dataclass(frozen=True, slots=True)
class Projection:
    """A plane for an extent.

    `plain` is equirectangular (plate carrée) with longitudes shortened as they are at `lat0`: true to scale along
    meridians, and along the parallel of `lat0`. `north` and `south` are azimuthal equidistant about that pole, true to
    scale along meridians; `lon0` runs from the pole down (north) or up (south).

    Longitudes from `west` on for 360 degrees are one piece of the plane, so that an extent on both sides of the
    antimeridian is drawn as one.
    """

    kind: Literal["plain", "north", "south"]
    west: float
    lon0: float
    lat0: float

    def point(self, lon: float, lat: float) -> Point:
        """The place of a position; in the plain projection longitudes beyond 180 degrees go on to the east."""
        if self.kind == "plain":
            return (lon - self.lon0) * KM_PER_DEGREE * math.cos(math.radians(self.lat0)), lat * KM_PER_DEGREE
        turn = math.radians(lon - self.lon0)
        distance = (90 - lat if self.kind == "north" else 90 + lat) * KM_PER_DEGREE
        along = distance * math.cos(turn)
        return distance * math.sin(turn), -along if self.kind == "north" else along

    def position(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a place; longitude is not brought back to within 180 degrees."""
        if self.kind == "plain":
            return self.lon0 + x / (KM_PER_DEGREE * math.cos(math.radians(self.lat0))), y / KM_PER_DEGREE
        distance = math.hypot(x, y) / KM_PER_DEGREE
        turn = math.degrees(math.atan2(x, -y if self.kind == "north" else y))
        return self.lon0 + turn, 90 - distance if self.kind == "north" else distance - 90

    @property
    def world(self) -> Rect:
        """The part of the plane where each place is drawn once; about a pole, somewhat more than a hemisphere."""
        if self.kind == "plain":
            return Rect(*self.point(self.lon0 - 180, -90), *self.point(self.lon0 + 180, 90))
        side = 100 * KM_PER_DEGREE
        return Rect(-side, -side, side, side)

    def line(self, positions: Sequence[Position]) -> list[Point]:
        """A line or ring within 180 degrees, straight in longitude and latitude (RFC 7946, 3.1.1)."""
        if self.kind == "plain":
            return [self.point(lon + 360 if lon < self.west else lon, lat) for lon, lat in positions]
        points = [self.point(*positions[0])]
        for (lon, lat), (to_lon, to_lat) in pairwise(positions):
            pieces = max(1, math.ceil(abs(to_lon - lon) / _STEP_DEGREES)) if abs(lat) < 90 or abs(to_lat) < 90 else 1
            for piece in range(1, pieces + 1):
                share = piece / pieces
                points.append(self.point(lon + (to_lon - lon) * share, lat + (to_lat - lat) * share))
        return points


def suited(spans: Iterable[Span]) -> Projection:
    """The projection for what lies in the spans, of which there is at least one.

    The widest gap between longitudes is what lies outside. Near a pole, where meridians run together so fast that
    shapes would be drawn much too wide at the far side, it is the projection about the pole.
    """
    found = list(spans)
    west, east = _longitudes(found)
    south, north = min(span.south for span in found), max(span.north for span in found)
    lon0, lat0 = (west + east) / 2, (south + north) / 2
    near, far = min(abs(south), abs(north)), max(abs(south), abs(north))
    if south * north > 0 and near >= 40 and far > 75:
        stretched = math.cos(math.radians(lat0)) > 1.5 * math.cos(math.radians(far))
        if stretched or (east - west > 90 and near >= 55):
            return Projection("north" if north > 0 else "south", west, lon0, lat0)
    return Projection("plain", west, lon0, max(-85.0, min(85.0, lat0)))


def together(spans: Sequence[Span]) -> Bounds:
    """The bounds of all spans, of which there is at least one."""
    west, east = _longitudes(spans)
    return (
        west,
        min(span.south for span in spans),
        east - 360 if east > 180 else east,
        max(span.north for span in spans),
    )


def _longitudes(spans: Sequence[Span]) -> tuple[float, float]:
    """West and east of all spans together; east may be beyond 180."""
    ordered = sorted((span.west, span.east) for span in spans)
    first = ordered[0][0]
    reached = ordered[0][1]
    gap, west, east = 0.0, first, reached
    for start, end in ordered:
        if start - reached > gap:
            gap, west, east = start - reached, start, reached + 360
        reached = max(reached, end)
    if first + 360 - reached >= gap:
        return first, reached
    return west, east


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of the plane, drawn in units: UNITS wide and `height` high, y down."""

    projection: Projection
    rect: Rect
    height: int

    @property
    def km_per_unit(self) -> float:
        return (self.rect.right - self.rect.left) / UNITS

    def dots(self, points: Iterable[Point]) -> list[Dot]:
        """Places in whole units; they may be outside the frame."""
        left, top, scale = self.rect.left, self.rect.top, 1 / self.km_per_unit
        return [(round((x - left) * scale), round((top - y) * scale)) for x, y in points]


def round_points(
    points: Iterable[Point], margin: float, least_km: float, lowest: float, highest: float
) -> tuple[Rect, float, float]:
    """A rectangle round points, of which there is at least one, its width and its height.

    `margin` is the share of their extent that is left free on each side; the width is at least `least_km`, the height
    from `lowest` to `highest` of it.
    """
    xs, ys = zip(*points, strict=True)
    width = max((max(xs) - min(xs)) * (1 + 2 * margin), least_km)
    height = (max(ys) - min(ys)) * (1 + 2 * margin)
    width = max(width, height / highest)
    height = max(height, width * lowest)
    x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    return Rect(x - width / 2, y - height / 2, x + width / 2, y + height / 2), width, height


def framed(projection: Projection, points: Iterable[Point]) -> Frame:
    """A frame round the points, of which there is at least one, with a margin and of a shape that suits a page."""
    rect, *_ = round_points(points, _MARGIN, _LEAST_KM, _LOWEST, _HIGHEST)
    rect = rect.within(projection.world)
    return Frame(projection, rect, round(UNITS * (rect.top - rect.bottom) / (rect.right - rect.left)))


class Outline(NamedTuple):
    """What a geometry is drawn by: closed rings, and lines (a point is a line of one position)."""

    rings: list[Sequence[Position]]
    lines: list[Sequence[Position]]

    @property
    def spans(self) -> list[Span]:
        """The span of each line and ring."""
        return [
            Span(
                min(position[0] for position in line),
                min(position[1] for position in line),
                max(position[0] for position in line),
                max(position[1] for position in line),
            )
            for line in (*self.rings, *self.lines)
        ]


def outline(geometry: dict[str, Any]) -> Outline:
    """The rings and lines of a GeoJSON geometry that keeps to RFC 7946."""
    coordinates = geometry.get("coordinates", [])
    match geometry["type"]:
        case "Polygon":
            return Outline(list(coordinates), [])
        case "MultiPolygon":
            return Outline([ring for polygon in coordinates for ring in polygon], [])
        case "LineString":
            return Outline([], [coordinates])
        case "MultiLineString":
            return Outline([], list(coordinates))
        case "Point":
            return Outline([], [[coordinates]])
        case "MultiPoint":
            return Outline([], [[position] for position in coordinates])
    members = [outline(member) for member in geometry["geometries"]]
    return Outline([ring for one in members for ring in one.rings], [line for one in members for line in one.lines])
