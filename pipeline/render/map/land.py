"""The coastline behind the maps: the land of Natural Earth (public domain), from files beside the templates."""

import functools
import math
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from pipeline.render.map.path import clipped
from pipeline.render.map.projection import KM_PER_DEGREE, Point, Projection, Rect, Span
from pipeline.render.templates import templates_folder

Scale: TypeAlias = Literal["110m", "50m"]
"""1:110 million, for maps of the world, and 1:50 million."""

_PER_DEGREE: dict[Scale, int] = {"110m": 10, "50m": 100}
_BLOCK = 64
"""So many positions of a ring are looked at together."""
_COARSE_KM = 7  # Where a pixel is as wide as that, 1:110 million is fine enough.


class _Block(NamedTuple):
    """Some positions of a ring that follow one another, and what they span."""

    positions: list[tuple[float, float]]
    span: Span


class _Ring(NamedTuple):
    """Longitudes are continuous, beyond 180 where needed; round a pole the end lies 360 degrees from the start."""

    positions: list[tuple[float, float]]
    span: Span
    turns: bool
    blocks: list[_Block]
    """All positions, in their order."""


@functools.cache
def land(scale: Scale) -> list[_Ring]:
    """All rings of land and lakes, to be filled by the even-odd rule. Decoded once in a process."""
    text = (templates_folder() / "assets" / f"coastline-{scale}.txt").read_text("ascii")
    return [_ring(line, _PER_DEGREE[scale]) for line in text.splitlines()]


def _ring(line: str, per_degree: int) -> _Ring:
    numbers = list(_differences(line))
    lon = lat = 0
    positions = []
    for step_lon, step_lat in zip(numbers[::2], numbers[1::2], strict=True):
        lon, lat = lon + step_lon, lat + step_lat
        positions.append((lon / per_degree, lat / per_degree))
    span = _span(positions)
    turns = abs(positions[-1][0] - positions[0][0]) > 180
    if turns:
        span = span._replace(south=-90)
    some = [positions[start : start + _BLOCK] for start in range(0, len(positions), _BLOCK)]
    return _Ring(positions, span, turns, [_Block(block, _span(block)) for block in some])


def _span(positions: list[tuple[float, float]]) -> Span:
    lons, lats = [lon for lon, _ in positions], [lat for _, lat in positions]
    return Span(min(lons), min(lats), max(lons), max(lats))


def _differences(line: str) -> Iterator[int]:
    """Whole numbers from the characters of the Encoded Polyline Algorithm Format."""
    value = shift = 0
    for character in line:
        five_bits = ord(character) - 63
        value |= (five_bits & 31) << shift
        shift += 5
        if five_bits < 32:
            yield ~(value >> 1) if value & 1 else value >> 1
            value = shift = 0


def land_within(projection: Projection, rect: Rect, pixel_km: float) -> list[list[Point]]:
    """The land in a rectangle of the plane, as rings in km that are closed along its edges (fill: even-odd)."""
    scale: Scale = "110m" if pixel_km > _COARSE_KM else "50m"
    found = _on_plain if projection.kind == "plain" else _round_pole
    return [part for ring in found(projection, rect, land(scale)) if len(part := clipped(ring, rect)) > 2]


def _on_plain(projection: Projection, rect: Rect, rings: list[_Ring]) -> Iterator[list[Point]]:
    west, south = projection.position(rect.left, rect.bottom)
    east, north = projection.position(rect.right, rect.top)
    x_scale, _ = projection.point(projection.lon0 + 1, 0)
    for ring in rings:
        if ring.span.north < south or ring.span.south > north:
            continue
        for turn in range(math.ceil((west - ring.span.east) / 360), math.floor((east - ring.span.west) / 360) + 1):
            if ring.turns:
                yield _antarctica(projection, ring, west)
                break
            shift = 360 * turn - projection.lon0
            yield [
                ((lon + shift) * x_scale, lat * KM_PER_DEGREE)
                for block in ring.blocks
                for lon, lat in _needed(block, shift, x_scale, rect)
            ]


def _needed(block: _Block, shift: float, x_scale: float, rect: Rect) -> list[tuple[float, float]]:
    """The positions that a map needs: of a block that is all beyond one edge of it the first and the last.

    What lies between them adds no area; at most an edge of the map that would be run to and fro isn't.
    """
    west, south, east, north = block.span
    if (
        (east + shift) * x_scale < rect.left
        or (west + shift) * x_scale > rect.right
        or north * KM_PER_DEGREE < rect.bottom
        or south * KM_PER_DEGREE > rect.top
    ):
        return [block.positions[0], block.positions[-1]]
    return block.positions


def _antarctica(projection: Projection, ring: _Ring, west: float) -> list[Point]:
    """A ring round the south pole, run often enough to reach from west on, and closed along the pole."""
    rising = ring.positions if ring.positions[-1][0] > ring.positions[0][0] else ring.positions[::-1]
    start = math.floor((west - rising[0][0]) / 360)
    coast = [projection.point(lon + 360 * turn, lat) for turn in range(start, start + 3) for lon, lat in rising]
    pole = -90 * KM_PER_DEGREE
    return [*coast, (coast[-1][0], pole), (coast[0][0], pole)]


def _round_pole(projection: Projection, rect: Rect, rings: list[_Ring]) -> Iterator[list[Point]]:
    corners = ((x, y) for x in (rect.left, rect.right) for y in (rect.bottom, rect.top))
    reach = max(math.hypot(*corner) for corner in corners) / KM_PER_DEGREE
    for ring in rings:
        nearest = 90 - ring.span.north if projection.kind == "north" else 90 + ring.span.south
        if nearest <= reach:
            yield [projection.point(lon, lat) for lon, lat in ring.positions]
