"""What tells where a map is and how large: the grid of meridians and parallels, and a scale bar."""

import math
from typing import Literal, NamedTuple

from pipeline.render.map.projection import Frame, Point, Projection, Rect

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45, 90)
_BEND = 2  # Degrees from one position to the next on a parallel round a pole.


class GridLine(NamedTuple):
    """A meridian or parallel in the plane, in km, and its label: `8.5° E`."""

    kind: Literal["meridian", "parallel"]
    label: str
    points: list[Point]


def grid(projection: Projection, rect: Rect, most: int) -> list[GridLine]:
    """Meridians and parallels through a rectangle of the plane, at round degrees, at most about that many of each."""
    return _plain(projection, rect, most) if projection.kind == "plain" else _polar(projection, rect, most)


def _plain(projection: Projection, rect: Rect, most: int) -> list[GridLine]:
    west, south = projection.position(rect.left, rect.bottom)
    east, north = projection.position(rect.right, rect.top)
    west, east = max(west, projection.lon0 - 180), min(east, projection.lon0 + 180)
    south, north = max(south, -90.0), min(north, 90.0)
    lines = []
    for lon in _round_degrees(west, east, most):
        lines.append(GridLine("meridian", longitude(lon), [projection.point(lon, south), projection.point(lon, north)]))
    for lat in _round_degrees(south, north, most):
        lines.append(GridLine("parallel", latitude(lat), [projection.point(west, lat), projection.point(east, lat)]))
    return lines


def _polar(projection: Projection, rect: Rect, most: int) -> list[GridLine]:
    corners = [(x, y) for x in (rect.left, rect.right) for y in (rect.bottom, rect.top)]
    to_pole = [90 - abs(projection.position(*corner)[1]) for corner in corners]
    outer = min(90.0, max(to_pole))
    has_pole = rect.left <= 0 <= rect.right and rect.bottom <= 0 <= rect.top
    nearest = (min(max(rect.left, 0), rect.right), min(max(rect.bottom, 0), rect.top))
    inner = 0.0 if has_pole else 90 - abs(projection.position(*nearest)[1])
    if has_pole:
        west, east = projection.lon0 - 180, projection.lon0 + 180 - 1e-9
    else:
        lons = [projection.position(*corner)[0] for corner in corners]
        west, east = min(lons), max(lons)
    sign = 1 if projection.kind == "north" else -1
    lines = []
    for lon in _round_degrees(west, east, max(most, 12 if has_pole else most)):
        ends = (sign * (90 - inner), sign * (90 - outer))
        lines.append(GridLine("meridian", longitude(lon), [projection.point(lon, lat) for lat in ends]))
    for distance in _round_degrees(inner, outer, most):
        if 0 < distance < 90:
            lat = sign * (90 - distance)
            bends = max(2, math.ceil((east - west) / _BEND))
            turns = (west + (east - west) * step / bends for step in range(bends + 1))
            lines.append(GridLine("parallel", latitude(lat), [projection.point(lon, lat) for lon in turns]))
    return lines


def _round_degrees(low: float, high: float, most: int) -> list[float]:
    step = next((step for step in _STEPS if (high - low) / step <= most), _STEPS[-1])
    return [round(step * times, 6) for times in range(math.ceil(low / step), math.floor(high / step) + 1)]


def longitude(degrees: float) -> str:
    """A longitude as people write it: `8.5° E`. It may be beyond 180."""
    wrapped = round((degrees + 180) % 360 - 180, 6)
    if wrapped == -180:
        return "180°"
    return _degrees(wrapped, "E", "W")


def latitude(degrees: float) -> str:
    """A latitude as people write it: `56° N`."""
    return _degrees(degrees, "N", "S")


def _degrees(degrees: float, positive: str, negative: str) -> str:
    if degrees == 0:
        return "0°"
    return f"{abs(degrees):g}° {positive if degrees > 0 else negative}"


class ScaleBar(NamedTuple):
    """A length on the map, in units, and what it is on the ground."""

    length: int
    label: str


def scale_bar(frame: Frame) -> ScaleBar:
    """A bar of a round length, from an eighth to a third of the frame's width.

    In the plain projection it holds along the parallel that is named, and along all meridians.
    """
    width_km = frame.rect.right - frame.rect.left
    most_km = width_km / 3.2
    power = 10 ** math.floor(math.log10(most_km))
    km = next(factor * power for factor in (5, 2, 1) if factor * power <= most_km)
    plain = frame.projection.kind == "plain"
    where = f"at {latitude(round(frame.projection.lat0, 1))}" if plain else "along meridians"
    return ScaleBar(round(km / frame.km_per_unit), f"{km:,g} km {where}" if km < 1 else f"{km:,.0f} km {where}")
