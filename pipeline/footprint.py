"""Footprints of scenes and tiles, as GeoJSON geometries that keep to RFC 7946.

All coordinates are degrees on WGS 84 (EPSG:4326), longitude before latitude. Between two positions a geometry runs
straight in longitude and latitude (RFC 7946, 3.1.1), the short way round the earth.

Geometries are cut at the antimeridian here, in plain Python: the package made for it (``antimeridian``) needs numpy and
shapely, some 80 MB of native code, for a polygon cut at a straight line.
"""

import math
import re
import reprlib
import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

from mgrs import MGRS
from mgrs.core import MGRSError

Geometry: TypeAlias = dict[str, Any]
"""A GeoJSON geometry object: ``type`` and ``coordinates``, or ``type`` and ``geometries``."""

# A position is longitude and latitude; a ring is closed; a polygon is its exterior and then its holes.
_Position: TypeAlias = list[float]
_Line: TypeAlias = list[_Position]
_Polygon: TypeAlias = list[_Line]

MAX_POSITIONS = 100_000
"""The most positions that a footprint may have. A hostile one could fill a page otherwise."""

# Longitudes and latitudes that had to be computed are rounded to about a centimetre.
_DECIMALS = 7
# Square degrees, some ten square metres at the equator. Less than that is not told from no area at all.
_NO_AREA = 1e-9


class FootprintInvalid(ValueError):
    """Something that isn't a GeoJSON geometry, or that nothing on the earth has. The message says what and where."""


def normalise(geometry: object) -> Geometry | None:
    """Check a GeoJSON geometry, as parsed from JSON, and give it back as RFC 7946 wants it.

    - Exterior rings run counter-clockwise, holes clockwise (3.1.6).
    - What crosses the antimeridian is cut there (3.1.9): a Polygon becomes a MultiPolygon, a LineString a
      MultiLineString. It may be written with a jump (179, -179) or beyond 180 (179, 181), up to 360.
    - An edge of more than 180 degrees of longitude is taken the short way round. Two kinds of rings are as wide as they
      are written: one whose only longer edges run along a pole, and one whose longitudes are all -180 or 180.
    - A ring round a pole gets that pole's edge: the north pole if the mean of its latitudes isn't negative.
    - Longitude and latitude are kept as they are written, but for what the cut moves or makes: that is rounded to 7
      decimals. Altitudes, ``bbox`` and members unknown to RFC 7946 are left out.

    A polygon that crosses itself is kept, with the orientation of the larger part of its area; where it crosses the
    antimeridian its parts may overlap. Positions that need no change are shared with the argument: change neither.

    Returns None for null and for a geometry without coordinates (3.1).
    Raises FootprintInvalid for anything else that isn't a geometry: a wrong type, a number that isn't finite, a
    latitude beyond 90 or a longitude beyond 360 degrees, a ring that is open, has no area or reaches round the earth
    more than once, a collection in a collection, a reference system other than WGS 84, more than MAX_POSITIONS.
    """
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise FootprintInvalid(f"A footprint is a GeoJSON geometry, an object; this is {_shown(geometry)}.")
    result = _collection(geometry) if geometry.get("type") == "GeometryCollection" else _single(geometry, "")
    if result is not None and sum(map(len, _lines(result))) > MAX_POSITIONS:
        raise FootprintInvalid(f"The footprint has more than {MAX_POSITIONS:,} positions: simplify it.")
    return result


def bounds(geometry: Geometry) -> tuple[float, float, float, float]:
    """Give west, south, east and north of a geometry that `normalise` or `of_mgrs` returned, in degrees.

    West is greater than east where the geometry was cut at the antimeridian (RFC 7946, 5.2): 177, -20, -178, -16.
    """
    lines = _lines(geometry)
    lats = [position[1] for line in lines for position in line]
    spans = sorted((min(position[0] for position in line), max(position[0] for position in line)) for line in lines)
    west, east = spans[0][0], max(span[1] for span in spans)
    if west == -180 and east == 180:
        # Cut at the antimeridian, unless it reaches all the way round: the widest gap is what lies outside.
        gap = 0.0
        reached = spans[0][1]
        for start, end in spans[1:]:
            if start - reached > gap:
                gap, west, east = start - reached, start, reached
            reached = max(reached, end)
    return west, min(lats), east, max(lats)


def from_wkt(text: str) -> Geometry | None:
    """Read a POLYGON or MULTIPOLYGON in well-known text, as catalogues give it (``GeometryWKT``).

    Returns the geometry as it is written, to be given to `normalise`; None for any other text and for an EMPTY one.
    Longitude is first. Z and M are left out. Never raises.
    """
    head = _WKT_HEAD.match(text)
    if head is None:
        return None
    multi = head["multi"] is not None
    try:
        coordinates, end = _wkt_list(text, head.end(), 2 if multi else 1)
    except _NotWkt:
        return None
    if text[end:].strip():
        return None
    return {"type": "MultiPolygon" if multi else "Polygon", "coordinates": coordinates}


def of_mgrs(square: str) -> Geometry | None:
    """Outline the Sentinel-2 tile that is named by a square of the Military Grid Reference System, such as ``32UNG``.

    The tile is 109.8 km wide and high; its upper left corner is the upper left corner of the 100 km square, so that it
    reaches 9.8 km into the squares to the east and to the south. The outline is approximate: it goes through the four
    corners only (on a map the true edges bend off, in the far north by 1 % of the tile's size), and ESA moves the
    corner to a multiple of its largest pixel, by less than 60 m.

    Returns a Polygon, or a MultiPolygon if the antimeridian cuts the tile; the same object each time, don't change it.
    None for anything that isn't such a square: of another form, in a zone or latitude band without that square, out of
    the zone's reach, round the poles (where Sentinel-2 has no tiles). Never raises.
    """
    return None if _SQUARE.fullmatch(square) is None else _tile(square)


# --- Geometry objects ------------------------------------------------------------------------------------------------


def _shown(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # an integer of too many digits to be written
        return f"a {type(value).__name__} with an integer of very many digits"


def _collection(geometry: dict[Any, Any]) -> Geometry | None:
    _check_reference_system(geometry)
    members = geometry.get("geometries")
    if not isinstance(members, list):
        raise FootprintInvalid("The GeometryCollection has no array of geometries.")
    if len(members) > MAX_POSITIONS:
        raise FootprintInvalid(f"The GeometryCollection has more than {MAX_POSITIONS:,} geometries: simplify it.")
    parts = []
    for index, member in enumerate(members):
        where = f"geometries[{index}]."
        if not isinstance(member, dict):
            raise FootprintInvalid(f"geometries[{index}] is no geometry but {_shown(member)}.")
        part = _single(member, where)
        if part is not None:
            parts.append(part)
    return {"type": "GeometryCollection", "geometries": parts} if parts else None


def _single(geometry: dict[Any, Any], where: str) -> Geometry | None:
    kind = geometry.get("type")
    _check_reference_system(geometry)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise FootprintInvalid(_wrong_kind(kind, where))
    coordinates = geometry.get("coordinates")
    where = f"{where}coordinates"
    if not isinstance(coordinates, list):
        raise FootprintInvalid(f"{where} of the {kind} is no array but {_shown(coordinates)}.")
    if not coordinates:
        return None
    match kind:
        case "Polygon":
            return _merge_polygons(_polygon(_rings(coordinates, where), where))
        case "MultiPolygon":
            polygons = []
            for index, rings in enumerate(coordinates):
                polygons += _polygon(_rings(rings, f"{where}[{index}]"), f"{where}[{index}]")
            return {"type": "MultiPolygon", "coordinates": polygons}
        case "LineString":
            lines = _cut_line(_line(coordinates, where))
            if len(lines) == 1:
                return {"type": "LineString", "coordinates": lines[0]}
            return {"type": "MultiLineString", "coordinates": lines}
        case "MultiLineString":
            lines = []
            for index, line in enumerate(coordinates):
                lines += _cut_line(_line(line, f"{where}[{index}]"))
            return {"type": "MultiLineString", "coordinates": lines}
        case "MultiPoint":
            return {"type": kind, "coordinates": [_wrapped(p) for p in _positions(coordinates, where)]}
        case _:
            return {"type": kind, "coordinates": _wrapped(_positions([coordinates], where, single=True)[0])}


_KINDS = frozenset(("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"))


def _wrong_kind(kind: object, where: str) -> str:
    match kind:
        case "GeometryCollection":
            return (
                f"{where.rstrip('.')} is a GeometryCollection in a GeometryCollection: give its geometries themselves."
            )
        case "Feature" | "FeatureCollection":
            return f"A footprint is a geometry, this is a {kind}: give the geometry alone."
    return f"{where}type is {_shown(kind)}: a geometry is one of {', '.join(sorted(_KINDS))} or GeometryCollection."


_WGS_84 = frozenset(
    (
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:OGC::CRS84",
        "OGC:CRS84",
        "urn:ogc:def:crs:EPSG::4326",
        "EPSG:4326",
    )
)


def _check_reference_system(geometry: dict[Any, Any]) -> None:
    """Refuse the ``crs`` that GeoJSON had before RFC 7946, if it names another system than WGS 84."""
    crs = geometry.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or name not in _WGS_84:
        raise FootprintInvalid(f"The reference system is {_shown(crs)}: give longitude and latitude on WGS 84.")


def _merge_polygons(polygons: list[_Polygon]) -> Geometry:
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _lines(geometry: Geometry) -> list[_Line]:
    """List what a geometry is drawn by: exterior rings, holes, lines, points as lines of one position."""
    coordinates = geometry.get("coordinates", [])
    match geometry["type"]:
        case "Point":
            return [[coordinates]]
        case "MultiPoint":
            return [[position] for position in coordinates]
        case "LineString":
            return [coordinates]
        case "MultiLineString" | "Polygon":
            return list(coordinates)
        case "MultiPolygon":
            return [ring for polygon in coordinates for ring in polygon]
        case _:
            return [line for member in geometry["geometries"] for line in _lines(member)]


# --- Reading coordinates ---------------------------------------------------------------------------------------------


def _positions(value: object, where: str, *, single: bool = False) -> _Line:
    """Check positions and take away what follows longitude and latitude."""
    if not isinstance(value, list):
        raise FootprintInvalid(f"{where} is no array of positions but {_shown(value)}.")
    flat = True
    for index, position in enumerate(value):
        if isinstance(position, list) and len(position) == 2:
            lon, lat = position
            # Comparing with NaN gives False, so this is the check for finite numbers too. bool is another type.
            if type(lon) in _NUMBER and type(lat) in _NUMBER and -90 <= lat <= 90 and -360 <= lon <= 360:
                continue
        elif isinstance(position, list) and len(position) > 2:
            flat = False
            if all(type(number) in _NUMBER and -math.inf < number < math.inf for number in position) and (
                -90 <= position[1] <= 90 and -360 <= position[0] <= 360
            ):
                continue
        raise FootprintInvalid(_wrong_position(position, where if single else f"{where}[{index}]"))
    return list(value) if flat else [[position[0], position[1]] for position in value]


_NUMBER = frozenset((float, int))


def _wrong_position(position: object, where: str) -> str:
    found = f"{where} is {_shown(position)}:"
    if not isinstance(position, list) or len(position) < 2:
        return f"{found} a position is an array of longitude and latitude."
    if not all(type(number) in _NUMBER and -math.inf < number < math.inf for number in position):
        return f"{found} longitude and latitude are finite numbers."
    if not -90 <= position[1] <= 90:
        return f"{found} the latitude is beyond 90 degrees. Longitude comes first."
    return f"{found} the longitude is beyond 360 degrees."


def _line(value: object, where: str) -> _Line:
    line = _positions(value, where)
    if len(line) < 2:
        raise FootprintInvalid(f"{where} has {len(line)} positions: a line has two or more.")
    return line


def _rings(value: object, where: str) -> _Polygon:
    if not isinstance(value, list) or not value:
        raise FootprintInvalid(f"{where} is {_shown(value)}: a polygon is an array of rings, one at least.")
    rings = []
    for index, entry in enumerate(value):
        ring = _positions(entry, f"{where}[{index}]")
        if len(ring) < 4:
            raise FootprintInvalid(f"{where}[{index}] has {len(ring)} positions: a ring has four or more.")
        if ring[0][0] != ring[-1][0] or ring[0][1] != ring[-1][1]:
            raise FootprintInvalid(f"{where}[{index}] is open: a ring's last position is its first one again.")
        rings.append(ring)
    return rings


# --- Winding and cutting ---------------------------------------------------------------------------------------------


def _polygon(rings: _Polygon, where: str) -> list[_Polygon]:
    """Wind a polygon's rings right, and cut it at the antimeridian: one polygon or more."""
    on_the_map = all(map(_lies_on_the_map, rings))
    pieces = [_wound(rings)] if on_the_map else _cut(_wound(_unrolled(rings, where)))
    pieces = [piece for piece in pieces if piece]
    if not pieces:
        raise FootprintInvalid(f"{where}[0] has no area: its positions are on one line, or its parts cancel out.")
    return pieces


def _lies_on_the_map(line: _Line) -> bool:
    """Tell whether a line needs no unrolling: its longitudes are within 180, and no edge is longer than that."""
    west, east = _span(line)
    return west >= -180 and east <= 180 and (east - west <= 180 or _is_as_wide_as_written(line))


def _is_as_wide_as_written(line: _Line) -> bool:
    """Tell whether each longer edge is one that can only be meant so: the map's own edge, or along a pole."""
    if all(lon in (-180, 180) for lon, _ in line):
        return True
    return all(-180 <= b[0] - a[0] <= 180 or a[1] == b[1] in (-90, 90) for a, b in pairwise(line))


def _signed_area(ring: _Line) -> float:
    """Area in square degrees, positive if the ring runs counter-clockwise."""
    lon0, lat0 = ring[0]
    doubled = 0.0
    x0 = y0 = 0.0
    for lon, lat in ring:
        x, y = lon - lon0, lat - lat0
        doubled += x0 * y - x * y0
        x0, y0 = x, y
    return doubled / 2


def _wound(rings: _Polygon) -> _Polygon:
    """Wind the exterior counter-clockwise and the holes clockwise. Without area there is no exterior, or no hole."""
    wound: _Polygon = []
    for ring in rings:
        area = _signed_area(ring)
        if -_NO_AREA < area < _NO_AREA:
            if not wound:
                return []
            continue
        wound.append(ring if (area > 0) is (not wound) else ring[::-1])
    return wound


def _unrolled(rings: _Polygon, where: str) -> _Polygon:
    """Write a polygon's rings with continuous longitudes, beyond 180 where needed, and close them round a pole."""
    exterior, turns = _unrolled_line(rings[0])
    west, east = _span(exterior)
    if abs(turns) > 1 or east - west > 360 * (1 + abs(turns)):
        raise FootprintInvalid(f"{where}[0] reaches round the earth more than once.")
    if turns:
        exterior = _closed_at_pole(exterior)
        west, east = -180, 180
    unrolled = [exterior]
    for index, ring in enumerate(rings[1:], start=1):
        hole, hole_turns = _unrolled_line(ring)
        if hole_turns:
            raise FootprintInvalid(f"{where}[{index}] is a hole that runs round the earth: cut the polygon in parts.")
        hole_west, hole_east = _span(hole)
        shift = 360 * round((west + east - hole_west - hole_east) / 720)
        if hole_west + shift < west or hole_east + shift > east:
            reason = "crosses the antimeridian beside a pole: cut the polygon in parts" if turns else "is outside [0]"
            raise FootprintInvalid(f"{where}[{index}] is a hole that {reason}.")
        unrolled.append(_moved(hole, shift))
    return unrolled


def _unrolled_line(line: _Line) -> tuple[_Line, int]:
    """Write a line with continuous longitudes. Also tell how often its end lies east of its start, if it is a ring."""
    if _is_as_wide_as_written(line):
        return line, 0
    unrolled = [line[0]]
    shift = 0
    for (before, _), (lon, lat) in pairwise(line):
        step = lon - before
        if not -180 <= step <= 180:
            shift -= 360 * round(step / 360)
        unrolled.append([lon + shift, lat])
    return unrolled, shift // 360


def _span(line: _Line) -> tuple[float, float]:
    lons = [position[0] for position in line]
    return min(lons), max(lons)


def _closed_at_pole(path: _Line) -> _Line:
    """Close a path once round the earth along the nearer pole and the antimeridian, between -180 and 180.

    Where the path goes back over the antimeridian on its way, the ring reaches further out.
    """
    pole = 90 if sum(lat for _, lat in path[1:]) >= 0 else -90
    start = -180 if path[-1][0] > path[0][0] else 180
    west = min(path[0][0], path[-1][0])
    antimeridian = 180 + 360 * math.ceil((west - 180) / 360)
    if antimeridian < west:  # by the last bit, rounded away in the division
        antimeridian += 360
    index = next(i for i, (a, b) in enumerate(pairwise(path)) if (a[0] - antimeridian) * (b[0] - antimeridian) <= 0)
    lat = _lat_at(antimeridian, path[index], path[index + 1])
    after = _moved(path[index + 1 :], start - antimeridian)
    before = _moved(path[1 : index + 1], -start - antimeridian)
    ring: _Line = [[start, lat], *after, *before, [-start, lat], [-start, pole], [start, pole], [start, lat]]
    return [ring[0], *(b for a, b in pairwise(ring) if a != b)]


def _lat_at(lon: float, a: _Position, b: _Position) -> float:
    """Latitude where the edge from a to b meets a meridian."""
    if a[0] == b[0]:
        return a[1]
    # Always from west to east, so that both sides of a cut get the same number.
    (lon0, lat0), (lon1, lat1) = (a, b) if a[0] < b[0] else (b, a)
    return round(lat0 + (lat1 - lat0) * ((lon - lon0) / (lon1 - lon0)), _DECIMALS)


def _cut(polygon: _Polygon) -> list[_Polygon]:
    """Cut a polygon at each antimeridian that it crosses, and bring the pieces back to between -180 and 180."""
    if not polygon:
        return []
    west, east = _span(polygon[0])
    pieces = []
    rest = [polygon]
    for turn in range(_turn_of(west), _turn_of_end(east)):
        antimeridian = 360 * turn + 180
        pieces += [(turn, part) for piece in rest for part in _side(piece, antimeridian, east=False)]
        rest = [part for piece in rest for part in _side(piece, antimeridian, east=True)]
    pieces += [(_turn_of_end(east), piece) for piece in rest]
    return [_wound([_moved(ring, -360 * turn) for ring in piece]) for turn, piece in pieces]


def _turn_of(lon: float) -> int:
    """Which time round the earth a longitude is, 0 from -180 on; 180 is the first of the next one."""
    return math.floor((lon + 180) / 360)


def _turn_of_end(lon: float) -> int:
    """The same, but 180 is the last of its own."""
    return math.ceil((lon - 180) / 360)


def _moved(line: _Line, degrees: int) -> _Line:
    """Move a line to the east. Its longitudes are rounded then, as a sum can be off in its last bits."""
    return [[round(lon + degrees, _DECIMALS), lat] for lon, lat in line] if degrees else line


def _side(polygon: _Polygon, meridian: float, *, east: bool) -> list[_Polygon]:
    """Give the part of a polygon that lies on one side of a meridian.

    Rings that cross it are broken into chains, from where the ring comes over to this side to where it leaves again. On
    the meridian the boundary runs on with the polygon at its left hand: north on the western side, south on the eastern
    one, from the end of one chain to the nearest start of one. Along the meridian ends and starts alternate, so the
    first end goes with the first start, the second with the second. (For a ring that crosses itself the order may be
    another: the pieces are closed all the same.)
    """
    sign = 1 if east else -1
    distances = [sign * (lon - meridian) for lon, _ in polygon[0]]
    if max(distances) <= 0:
        return []
    if min(distances) >= 0:
        return [polygon]
    chains: list[_Line] = []
    holes: list[_Line] = []
    for ring in polygon:
        inside = [sign * (lon - meridian) > 0 for lon, _ in ring]
        if all(inside):
            holes.append(ring)
        elif any(inside):
            chains += _chains(ring, inside, meridian)
    starts = sorted(range(len(chains)), key=lambda index: chains[index][0][1])
    ends = sorted(range(len(chains)), key=lambda index: chains[index][-1][1])
    following = dict(zip(ends, starts, strict=True))
    pieces = []
    while following:
        index, after = following.popitem()
        exterior = [*chains[index]]
        while after != index:
            exterior += chains[after]
            after = following.pop(after)
        pieces += [piece for piece in [_wound([[*exterior, exterior[0]]])] if piece]
    for hole in holes:
        holder = next((piece for piece in pieces if _is_within(hole[0], piece[0])), None)
        if holder is not None:
            holder.append(hole)
    return pieces


def _chains(ring: _Line, inside: Sequence[bool], meridian: float) -> list[_Line]:
    count = len(ring) - 1
    outside = inside.index(False)
    chains: list[_Line] = []
    for index in range(outside, outside + count):
        a, b = index % count, (index + 1) % count
        if inside[a] != inside[b]:
            crossing = [meridian, _lat_at(meridian, ring[a], ring[b])]
            if inside[b]:
                chains.append([crossing])
            else:
                chains[-1].append(crossing)
        if inside[b]:
            chains[-1].append(ring[b])
    return chains


def _is_within(position: _Position, ring: _Line) -> bool:
    lon, lat = position
    within = False
    for a, b in pairwise(ring):
        if (a[1] > lat) != (b[1] > lat) and lon < a[0] + (b[0] - a[0]) * (lat - a[1]) / (b[1] - a[1]):
            within = not within
    return within


def _cut_line(line: _Line) -> list[_Line]:
    """Cut a line at each antimeridian that it crosses, and bring the pieces back to between -180 and 180."""
    if _lies_on_the_map(line):
        return [line]
    line, _ = _unrolled_line(line)
    west, east = _span(line)
    turn = _turn_of(west)
    if turn == _turn_of_end(east):
        return [_moved(line, -360 * turn)]
    pieces: list[tuple[int, _Line]] = []
    for a, b in pairwise(_with_crossings(line)):
        # An edge along the antimeridian belongs to the piece before it.
        turn = pieces[-1][0] if pieces and a[0] == b[0] else _turn_of((a[0] + b[0]) / 2)
        if pieces and pieces[-1][0] == turn:
            pieces[-1][1].append(b)
        else:
            pieces.append((turn, [a, b]))
    return [_moved(piece, -360 * turn) for turn, piece in pieces]


def _with_crossings(line: _Line) -> _Line:
    crossed = [line[0]]
    for a, b in pairwise(line):
        west, east = min(a[0], b[0]), max(a[0], b[0])
        # More than one only along a pole, where an edge may be longer than the map is wide.
        met = range(180 + 360 * _turn_of(west), math.ceil(east), 360)
        crossed += [[meridian, _lat_at(meridian, a, b)] for meridian in (met if a[0] < b[0] else reversed(met))]
        crossed.append(b)
    return crossed


def _wrapped(position: _Position) -> _Position:
    lon = position[0]
    if -180 <= lon <= 180:
        return position
    return [round(lon - math.copysign(360, lon), _DECIMALS), position[1]]


# --- Well-known text -------------------------------------------------------------------------------------------------

# Possessive (*+): a text of a million blanks is looked at once.
_WKT_HEAD = re.compile(r"\s*+(?:SRID=4326;\s*+)?(?P<multi>MULTI)?POLYGON\s*+(?:ZM|Z|M)?\s*+(?=\()", re.IGNORECASE)
_WKT_MARK = re.compile(r"\s*+([(),])")
_WKT_POSITION = re.compile(r"\s*+([^\s(),]++)\s++([^\s(),]++)(?:\s++[^\s(),]++){0,2}")
_WKT_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class _NotWkt(Exception):
    """The text isn't a polygon. Never leaves the module."""


def _wkt_list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    """Read a list in brackets, of lists down to the depth, there of positions. Also give where it ends."""
    at = _wkt_mark(text, at, "(")[1]
    entries: list[Any] = []
    while True:
        entry, at = _wkt_list(text, at, depth - 1) if depth else _wkt_position(text, at)
        entries.append(entry)
        mark, at = _wkt_mark(text, at, ",)")
        if mark == ")":
            return entries, at


def _wkt_mark(text: str, at: int, expected: str) -> tuple[str, int]:
    found = _WKT_MARK.match(text, at)
    if found is None or found[1] not in expected:
        raise _NotWkt
    return found[1], found.end()


def _wkt_position(text: str, at: int) -> tuple[_Position, int]:
    found = _WKT_POSITION.match(text, at)
    if found is None or not _WKT_NUMBER.fullmatch(found[1]) or not _WKT_NUMBER.fullmatch(found[2]):
        raise _NotWkt
    return [float(found[1]), float(found[2])], found.end()


# --- Universal Transverse Mercator -----------------------------------------------------------------------------------

# Two digits of the zone; the letters of the latitude band, the column and the row.
_SQUARE = re.compile(r"(?:0[1-9]|[1-5][0-9]|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]")
_TILE_M = 109_800

# WGS 84, and the scale and false easting of the projection.
_EQUATOR_RADIUS_M = 6_378_137.0
_FLATTENING = 1 / 298.257_223_563
_SCALE = 0.9996
_FALSE_EASTING_M = 500_000


@lru_cache(maxsize=65_536)  # Sentinel-2 has 56,686 tiles.
def _tile(square: str) -> Geometry | None:
    with warnings.catch_warnings():
        # The package warns of a square that isn't in the latitude band it was asked in.
        warnings.simplefilter("error")
        try:
            zone, hemisphere, easting_m, northing_m = MGRS().MGRSToUTM(square)
        except (MGRSError, Warning):
            return None
    # Releases of the package differ in whether they give the square's corner or its centre.
    west_m = math.floor(easting_m / 100_000) * 100_000
    north_m = math.floor(northing_m / 100_000) * 100_000 + 100_000
    east_m, south_m = west_m + _TILE_M, north_m - _TILE_M
    if hemisphere == "S":
        north_m -= 10_000_000
        south_m -= 10_000_000
    corners = ((west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m))
    ring = [_from_transverse_mercator(easting_m, northing_m) for easting_m, northing_m in corners]
    # Zones are 6 degrees wide, but for some that were widened off Norway (V) and Svalbard (X).
    reach = 6 if square[2] in "VX" else 3
    if min(lon for lon, _ in ring) > reach or max(lon for lon, _ in ring) < -reach:
        return None
    central_meridian = 6 * int(zone) - 183
    exterior = [[round(central_meridian + lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in ring]
    return _merge_polygons(_polygon([[*exterior, exterior[0]]], ""))


def _from_transverse_mercator(easting_m: float, northing_m: float) -> tuple[float, float]:
    """Degrees east of the central meridian, and latitude, of a place in UTM; south of the equator northing is negative.

    Krüger's series in the third flattening, to its fourth power: right to a millimetre within the reach of a zone.
    """
    n = _FLATTENING / (2 - _FLATTENING)
    meridian_m = _EQUATOR_RADIUS_M / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    xi = northing_m / (_SCALE * meridian_m)
    eta = (easting_m - _FALSE_EASTING_M) / (_SCALE * meridian_m)
    to_sphere = (
        n / 2 - n**2 * 2 / 3 + n**3 * 37 / 96 - n**4 / 360,
        n**2 / 48 + n**3 / 15 - n**4 * 437 / 1440,
        n**3 * 17 / 480 - n**4 * 37 / 840,
        n**4 * 4397 / 161_280,
    )
    xi_sphere = xi - sum(b * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, b in enumerate(to_sphere, start=1))
    eta_sphere = eta - sum(b * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, b in enumerate(to_sphere, start=1))
    conformal = math.asin(math.sin(xi_sphere) / math.cosh(eta_sphere))
    to_geodetic = (
        n * 2 - n**2 * 2 / 3 - n**3 * 2 + n**4 * 116 / 45,
        n**2 * 7 / 3 - n**3 * 8 / 5 - n**4 * 227 / 45,
        n**3 * 56 / 15 - n**4 * 136 / 35,
        n**4 * 4279 / 630,
    )
    lat = conformal + sum(d * math.sin(2 * j * conformal) for j, d in enumerate(to_geodetic, start=1))
    lon = math.atan2(math.sinh(eta_sphere), math.cos(xi_sphere))
    return math.degrees(lon), math.degrees(lat)
