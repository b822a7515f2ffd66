"""Maps as SVG made at build: an AOI's footprints, and all AOIs on the world. Seen without JavaScript, and in print.

What is given to the templates is plain data; the templates write the elements.
"""

import functools
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from markupsafe import escape

from pipeline.event import STATUSES, Status
from pipeline.render.assets import LEAFLET_SCRIPT, LEAFLET_STYLE, has_leaflet
from pipeline.render.map.data import FILE, LONGEST_NAME, land_dots, page_of
from pipeline.render.map.grid import grid, latitude, longitude, scale_bar
from pipeline.render.map.labels import GLYPHS, GRID_LINES, grid_labels, tags
from pipeline.render.map.path import path
from pipeline.render.map.places import URGENCY, AoiPlaces, Place, aoi_places, count
from pipeline.render.map.projection import UNITS, Bounds, Dot, Frame, Projection, Rect
from pipeline.render.paths import url
from pipeline.render.plain import one_line
from pipeline.store.board import Board, BoardScene

_MOST_LINKS = 150
_LINKS_BYTES = 34_000  # of the 60 kB that an AOI's map may weigh
_LAND_NUMBERS = 3600


def aoi_map(board: Board, page_path: str, found: AoiPlaces | None = None) -> dict[str, Any]:
    """What `aoi/map.html` shows, as `map`, on the AOI's page at that path. Give `found` if the places are known."""
    found = found or aoi_places(board)
    notes = _notes(found)
    if found.frame is None:
        return {"shown": False, "notes": notes}
    frame = found.frame
    linked, rest = _linked(found.places, page_path)
    return {
        "shown": True,
        "width": UNITS,
        "height": frame.height,
        "label": f"Map of {one_line(board.name, LONGEST_NAME)}: {_extent(frame)}",
        "sea": _sea(frame),
        "land": path(land_dots(frame, 0.02, _LAND_NUMBERS)),
        "grid": _grid_path(frame),
        "labels": grid_labels(frame),
        "rest": _unlinked(rest),
        "places": [link for _, link in sorted(linked, key=lambda pair: pair[0].depth)],
        "tags": tags(frame, [place for place, _ in linked]),
        "scale": scale_bar(frame),
        "summary": _summary(found),
        "notes": notes,
        "approximate": any(place.approximate for place in found.places),
        "tallied": any(place.told_tally for place in found.places),
        "near": f"{float(f'{found.near_km:.2g}'):,g}" if found.near_km else "",
        "only_drawn": len(rest),
        "script": _scripts(page_path),
    }


def _linked(places: Sequence[Place], page_path: str) -> tuple[list[tuple[Place, dict[str, Any]]], list[Place]]:
    """The most urgent places with their links, as many as there is room for, and the places that remain."""
    found = []
    room = _LINKS_BYTES
    for place in places[:_MOST_LINKS]:
        link = _link(place, page_path)
        room -= 90 + sum(
            len(escape(text).encode()) for text in (link["href"], link["title"], link["areas"], link["lines"])
        )
        if room < 0:
            break
        found.append((place, link))
    return found, list(places[len(found) :])


def _link(place: Place, page_path: str) -> dict[str, Any]:
    lead = place.lead
    areas, lines = _paths(place)
    told = [one_line(place.name, LONGEST_NAME)] if place.name else []
    told += [_counted(kind, some) for kind, some in (("scene", place.scenes), ("tile", place.tiles)) if some]
    if place.approximate:
        told.append("approximate")
    kind = "scene" if isinstance(lead, BoardScene) else "tile"
    if len(place.scenes) + len(place.tiles) > 1:
        told.append(f"opens {kind} {lead.id}, {lead.status}")
    return {
        "areas": areas,
        "lines": lines,
        "classes": place.classes,
        "href": url(page_of(lead), page_path),
        "title": "\n".join(told),
    }


def _paths(place: Place) -> tuple[str, str]:
    """Path data of areas, and of lines and dots."""
    if place.dot:
        return "", path([], [[place.dot]])
    return path(place.rings), path([], place.lines)


def _counted(kind: str, some: Sequence[Any]) -> str:
    """`46 scenes: 45 DONE, 1 FAILED`."""
    numbers = count(some)
    each = ", ".join(f"{number:,} {status}" for status, number in zip(STATUSES, numbers, strict=True) if number)
    return f"{_many(len(some), kind)}: {each}" if len(some) > 1 else f"1 {kind}: {some[0].status}"


def _many(number: int, kind: str) -> str:
    return f"{number:,} {kind}{'' if number == 1 else 's'}"


def _unlinked(places: Sequence[Place]) -> list[dict[str, str]]:
    """Places without a link: one path for all that are drawn alike, the most urgent last, on top."""
    alike: dict[str, list[Place]] = {}
    for place in reversed(places):
        alike.setdefault(place.classes, []).append(place)
    found = []
    for classes, some in alike.items():
        pairs = [_paths(place) for place in some]
        areas, lines = "".join(areas for areas, _ in pairs), "".join(lines for _, lines in pairs)
        found.append({"classes": classes, "areas": areas, "lines": lines})
    return found


def _notes(found: AoiPlaces) -> list[str]:
    """What the map can't show as it is, one sentence each."""
    notes = []
    missing = [
        f"{number:,} of {_many(total, kind)}"
        for number, total, kind in (
            (found.scenes_missing, found.scenes, "scene"),
            (found.tiles_missing, found.tiles, "tile"),
        )
        if number
    ]
    if missing:
        several = found.scenes_missing + found.tiles_missing > 1
        notes.append(f"{' and '.join(missing)} {'have' if several else 'has'} no known footprint.")
    if found.unusable:
        verb = "can't be used" if found.unusable == 1 else "can't be used, the first of them for this reason"
        why = one_line(found.unusable_why, 160)
        notes.append(f"{_many(found.unusable, 'footprint')} in the log {verb}: {why}")
    return notes


def _summary(found: AoiPlaces) -> str:
    scenes, tiles = found.scenes - found.scenes_missing, found.tiles - found.tiles_missing
    there = " and ".join(_many(number, kind) for number, kind in ((scenes, "scene"), (tiles, "tile")) if number)
    return f"{there} in {_many(len(found.places), 'place')}."


def _extent(frame: Frame) -> str:
    west, south = frame.projection.position(frame.rect.left, frame.rect.bottom)
    east, north = frame.projection.position(frame.rect.right, frame.rect.top)
    if frame.projection.kind == "plain":
        west, east = max(west, frame.projection.lon0 - 180), min(east, frame.projection.lon0 + 180)
        south, north = max(south, -90.0), min(north, 90.0)
        lons = f"{longitude(round(west))} to {longitude(round(east))}"
        return f"{lons}, {latitude(round(south))} to {latitude(round(north))}"
    return f"around the {frame.projection.kind} pole"


def _scripts(page_path: str) -> dict[str, str] | None:
    """What the moving map needs, if Leaflet is installed."""
    if not has_leaflet():
        return None
    link = functools.partial(url, base=page_path)
    folder = page_path.rpartition("/")[0]
    return {
        "style": link(LEAFLET_STYLE),
        "leaflet": link(LEAFLET_SCRIPT),
        "data": link(f"{folder}/{FILE}"),
        "map": link("assets/map.js"),
    }


# --- Parts of a map --------------------------------------------------------------------------------------------------


def _sea(frame: Frame) -> tuple[int, int, int, int]:
    """X, y, width and height of what isn't beyond the poles."""
    rect = frame.rect.within(frame.projection.world)
    (left, bottom), (right, top) = frame.dots([(rect.left, rect.bottom), (rect.right, rect.top)])
    return left, top, right - left, bottom - top


def _grid_path(frame: Frame) -> str:
    rect = frame.rect.within(frame.projection.world)
    return path([], [frame.dots(line.points) for line in grid(frame.projection, rect, GRID_LINES)])


# --- The world -------------------------------------------------------------------------------------------------------


class WorldEntry(NamedTuple):
    """An AOI for the map of the world. `path` is that of its page in the site; `bounds` None: nobody knows where."""

    name: str
    path: str
    status: Status
    bounds: Bounds | None


_WORLD_PARALLEL = 36.0
_MOST_MARKERS = 200
_MARKER = 120  # Units: AOIs nearer than that share a marker.
_MOST_NAMES, _NAMES_IN_ALL = 8, 200  # At a marker, and at all of them together.


def world_map(entries: Iterable[WorldEntry], page_path: str) -> dict[str, Any]:
    """What `world_map.html` shows, as `world`, on the page at that path: each AOI whose place is known."""
    everyone = sorted(entries)
    known = [(entry, entry.bounds) for entry in everyone if entry.bounds is not None]
    notes = []
    if len(known) < len(everyone):
        missing = len(everyone) - len(known)
        verb = "has" if missing == 1 else "have"
        notes.append(f"{missing:,} of {_many(len(everyone), 'AOI')} {verb} no known footprint.")
    if not known:
        return {"shown": False, "notes": notes}
    frame = _world_frame([bounds for _, bounds in known])
    return {
        "shown": True,
        "width": UNITS,
        "height": frame.height,
        "sea": _sea(frame),
        "land": path(land_dots(frame, 0, _LAND_NUMBERS)),
        "grid": _grid_path(frame),
        "boxes": _boxes(frame, known),
        "markers": _markers(frame, known, page_path),
        "notes": notes,
    }


def _world_frame(every: Iterable[Bounds]) -> Frame:
    """The world without the emptiest part about the poles, unless an AOI lies there."""
    boxes = list(every)
    south = -90.0 if min(south for _, south, _, _ in boxes) < -57 else -57.0
    north = 90.0 if max(north for _, _, _, north in boxes) > 84 else 84.0
    projection = Projection("plain", -180.0, 0.0, _WORLD_PARALLEL)
    rect = Rect(*projection.point(-180, south), *projection.point(180, north))
    return Frame(projection, rect, round(UNITS * (rect.top - rect.bottom) / (rect.right - rect.left)))


def _boxes(frame: Frame, known: list[tuple[WorldEntry, Bounds]]) -> list[dict[str, str]]:
    """The bounds of AOIs that are large enough to be seen: a path for each status, the most urgent last."""
    found: dict[Status, str] = dict.fromkeys(reversed(URGENCY), "")
    for entry, (west, south, east, north) in known:
        for left, right in ((west, east),) if west <= east else ((west, 180.0), (-180.0, east)):
            corners = [frame.projection.point(left, south), frame.projection.point(right, north)]
            (x, bottom), (to_x, y) = frame.dots(corners)
            if to_x - x >= _MARKER or bottom - y >= _MARKER:
                found[entry.status] += f"M{x} {y}H{to_x}V{bottom}H{x}z"
    return [{"status": status.lower(), "d": d} for status, d in found.items() if d]


def _markers(frame: Frame, known: list[tuple[WorldEntry, Bounds]], page_path: str) -> list[dict[str, Any]]:
    """A marker for each place, shared by AOIs that lie near to each other; the urgent ones last, on top."""
    middles = [(entry, _middle_of(frame, bounds)) for entry, bounds in known]
    near = _MARKER
    while len(groups := _near(middles, near)) > _MOST_MARKERS:
        near = near * 3 // 2
    most_names = max(1, min(_MOST_NAMES, _NAMES_IN_ALL // max(1, len(groups))))
    found = [_marker(here, page_path, most_names) for here in groups]
    found.sort(key=lambda marker: (-URGENCY.index(marker["status"]), marker["y"], marker["x"]))
    return [{**marker, "status": marker["status"].lower()} for marker in found]


def _near(middles: list[tuple[WorldEntry, Dot]], near: int) -> list[list[tuple[WorldEntry, Dot]]]:
    """AOIs in groups: those whose middle is less than `near` from a group's first one, in both directions, join it."""
    cells: dict[Dot, list[list[tuple[WorldEntry, Dot]]]] = {}
    groups = []
    for entry, (x, y) in middles:
        around = product(range(x // near - 1, x // near + 2), range(y // near - 1, y // near + 2))
        for group in (group for cell in around for group in cells.get(cell, ())):
            first_x, first_y = group[0][1]
            if abs(x - first_x) < near and abs(y - first_y) < near:
                group.append((entry, (x, y)))
                break
        else:
            groups.append([(entry, (x, y))])
            cells.setdefault((x // near, y // near), []).append(groups[-1])
    return groups


def _middle_of(frame: Frame, bounds: Bounds) -> Dot:
    west, south, east, north = bounds
    lon = (west + (east if west <= east else east + 360)) / 2
    return frame.dots([frame.projection.point(lon - 360 if lon > 180 else lon, (south + north) / 2)])[0]


def _marker(here: list[tuple[WorldEntry, Dot]], page_path: str, most_names: int) -> dict[str, Any]:
    here = sorted(here, key=lambda pair: (URGENCY.index(pair[0].status), pair[0].name))
    (lead, (x, y)), *others = here
    told = [f"{one_line(entry.name, LONGEST_NAME)}: {entry.status}" for entry, _ in here[:most_names]]
    if len(here) > most_names:
        told.append(f"and {len(here) - most_names:,} more")
    if others:
        told = [f"{len(here):,} AOIs; opens the first", *told]
    return {
        "status": lead.status,
        "x": x,
        "y": y,
        "glyph": GLYPHS[lead.status],
        "href": url(lead.path, page_path),
        "title": "\n".join(told),
        "text": f"{len(here):,}" if others else "",
    }
