"""An AOI's map as data for the script that lets it move: `map-data.js`, a script, since `fetch` can't read files.

The drawing is the static map's, in the same units; the coastline and the grid reach further, to be moved over.
"""

import re
from typing import Any

import msgspec

from pipeline.event import STATUSES
from pipeline.render.map.grid import grid
from pipeline.render.map.labels import GLYPHS
from pipeline.render.map.land import land_within
from pipeline.render.map.path import steps, thinned
from pipeline.render.map.places import AoiPlaces, Place, count
from pipeline.render.map.projection import Dot, Frame
from pipeline.render.paths import url
from pipeline.render.plain import one_line
from pipeline.store.board import BoardScene, BoardTile

MOST_BYTES = 150_000
FILE = "map-data.js"
"""Its name, beside the AOI's page."""

LONGEST_NAME = 72
"""Characters of a name on a map."""

_AROUND = 1.0  # Frames on each side that the map can be moved over.
_GRID_LINES = 7  # in a frame's width
_LAND_NUMBERS = 9000
_MEMBERS = (6, 3, 1, 0)
"""How many scenes and tiles each place names, as many as there is room for."""
_UNSAFE = re.compile("[<>&\u2028\u2029]")


def map_data(found: AoiPlaces, page_path: str) -> bytes:
    """The script that sets `window.sceneboardMap`, for the page at that path; at most MOST_BYTES.

    Where there are too many places, each names fewer of its scenes and tiles. With no footprint at all it is null.
    """
    if found.frame is None:
        return _script(None)
    around = _around(found.frame)
    places = sorted(found.places, key=lambda place: place.depth)
    for most in _MEMBERS:
        made = _script({**around, "places": [_place(place, page_path, most) for place in places]})
        if len(made) <= MOST_BYTES:
            break
    return made


def _around(frame: Frame) -> dict[str, Any]:
    rect = frame.rect.grown(_AROUND).within(frame.projection.world)
    (left, bottom), (right, top) = frame.dots([(rect.left, rect.bottom), (rect.right, rect.top)])
    frames = (rect.right - rect.left) / (frame.rect.right - frame.rect.left)
    return {
        "polar": frame.projection.kind != "plain",
        "size": [round((frame.rect.right - frame.rect.left) / frame.km_per_unit), frame.height],
        "km": float(f"{frame.km_per_unit:.6g}"),
        "world": [left, top, right, bottom],
        "statuses": STATUSES,
        "glyphs": [GLYPHS[status] for status in STATUSES],
        "land": [steps(ring) for ring in land_dots(frame, _AROUND, _LAND_NUMBERS)],
        "grid": [
            [line.kind, line.label, steps(frame.dots(line.points))]
            for line in grid(frame.projection, rect, round(_GRID_LINES * frames))
        ],
    }


def land_dots(frame: Frame, around: float, most_numbers: int) -> list[list[Dot]]:
    """The land in a frame and some frames around it, in units, with no more than about that many coordinates."""
    rect = frame.rect.grown(around).within(frame.projection.world)
    rings = [frame.dots(ring) for ring in land_within(frame.projection, rect, 10 * frame.km_per_unit)]
    least = 5.0
    while True:
        found = [ring for ring in (thinned(ring, least) for ring in rings) if len(ring) > 2]
        if 2 * sum(map(len, found)) <= most_numbers:
            return found
        least *= 1.5


def _place(place: Place, page_path: str, most: int) -> dict[str, Any]:
    members = [_member(one, page_path) for one in place.first(most)] if most else []
    return {
        "status": STATUSES.index(place.status),
        "classes": place.classes,
        "tally": place.told_tally,
        **({"middle": place.middle} if place.middle else {}),
        "rings": [steps(ring) for ring in place.rings],
        **({"lines": [steps(line) for line in place.lines]} if place.lines else {}),
        **({"dot": place.dot} if place.dot else {}),
        "name": one_line(place.name, LONGEST_NAME),
        "scenes": count(place.scenes),
        "tiles": count(place.tiles),
        "first": members,
    }


def _member(one: BoardScene | BoardTile, page_path: str) -> list[Any]:
    scene = one if isinstance(one, BoardScene) else one.scene
    kind = "scene" if isinstance(one, BoardScene) else "tile"
    return [
        kind,
        one.id,
        one_line(one.source_id, LONGEST_NAME),
        scene.day or "",
        STATUSES.index(one.status),
        url(page_of(one), page_path),
    ]


def page_of(one: BoardScene | BoardTile) -> str:
    """The page of a scene, or the place of a tile on its scene's page."""
    return f"scene/{one.id}.html" if isinstance(one, BoardScene) else f"scene/{one.scene.id}.html#tile-{one.id}"


def _script(value: object) -> bytes:
    """A script with JSON that can't end a script element, nor a line where JavaScript would see one."""
    text = msgspec.json.encode(value).decode()
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"window.sceneboardMap = {safe};\n".encode()
