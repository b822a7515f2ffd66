"""What is written on a map, where there is room for it: degrees at its edges, and marks on footprints.

Texts twice as large are shown on a narrow screen: what would be in the way of others there is `minor`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from pipeline.event import Status
from pipeline.render.map.grid import grid, scale_bar
from pipeline.render.map.places import Place
from pipeline.render.map.projection import UNITS, Frame, Point

GRID_LINES = 5
"""About how many meridians, and how many parallels, a still map has at most."""

_TAG_HEIGHT, _GLYPH, _DIGIT = 150, 90, 66  # Units, of a mark.
_MOST_TAGS = 60


GLYPHS: dict[Status, str] = {
    "NEW": "M-45 0a45 45 0 1 0 90 0a45 45 0 1 0-90 0zM-25 0a25 25 0 1 1 50 0a25 25 0 1 1-50 0z",
    "PENDING": "M-45 0a45 45 0 1 0 90 0a45 45 0 1 0-90 0zM0-25a25 25 0 1 0 0 50z",
    "DONE": "M-45 0a45 45 0 1 0 90 0a45 45 0 1 0-90 0z",
    "RETRY": "M0-48L50 40H-50z",
    "FAILED": "M-42-42H42V42H-42z",
}
"""Path data of the statuses' shapes about 0, 0, some 90 units wide; the same as everywhere on the site (even-odd)."""


def grid_labels(frame: Frame) -> list[dict[str, Any]]:
    """Labels of meridians at the lower edge and of parallels at the left one; about a pole, where the lines end."""
    rect = frame.rect.within(frame.projection.world)
    labels = []
    for line in grid(frame.projection, rect, GRID_LINES):
        dots = [dot for dot in frame.dots(_fine(line.points)) if 0 <= dot[0] <= UNITS and 0 <= dot[1] <= frame.height]
        if not dots:
            continue
        if line.kind == "parallel":
            x, y = min(dots)
            labels.append({"kind": "parallel", "x": x + 40, "y": y - 30, "text": line.label})
        else:
            half = _half(line.label)
            x, y = max(dots, key=lambda dot: dot[1]) if frame.projection.kind == "plain" else dots[-1]
            x, y = min(max(x, half + 40), UNITS - half - 40), min(max(y, 180), frame.height)
            labels.append({"kind": "meridian", "x": x, "y": y - 45, "text": line.label})
    return _apart(labels, frame)


def _fine(points: Sequence[Point]) -> list[Point]:
    """A line with places between its points, to find where it leaves the frame."""
    found = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        pieces = 200 if len(points) == 2 else 4
        found += [(x + (to_x - x) * step / pieces, y + (to_y - y) * step / pieces) for step in range(1, pieces + 1)]
    return found


def _apart(labels: list[dict[str, Any]], frame: Frame) -> list[dict[str, Any]]:
    """The labels that don't run into each other or out of the frame; `minor` are those that would at double size."""
    kept: list[tuple[_Box, dict[str, Any]]] = []
    large: list[_Box] = []
    bar = scale_bar(frame)
    corner = _Box(UNITS - max(bar.length, 2 * _half(bar.label)) - 250, frame.height - 400, UNITS, frame.height)
    for label in labels:
        half = _half(label["text"])
        left = label["x"] if label["kind"] == "parallel" else label["x"] - half
        box = _Box(left - 30, label["y"] - 130, left + 2 * half + 30, label["y"] + 30)
        if not box.inside(frame) or box.meets(corner) or any(box.meets(other) for other, _ in kept):
            continue
        twice = _Box(box.left - half, box.top - 130, box.right + half, box.bottom)
        if label["kind"] == "parallel":
            twice = _Box(box.left, box.top - 130, box.right + 2 * half, box.bottom)
        label["minor"] = not twice.inside(frame) or any(twice.meets(other) for other in large)
        if not label["minor"]:
            large.append(twice)
        kept.append((box, label))
    return [label for _, label in kept]


def _half(text: str) -> int:
    """About half of the width of a label."""
    return 30 * len(text)


class _Box(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def inside(self, frame: Frame) -> bool:
        return self.left >= 0 and self.top >= 0 and self.right <= UNITS and self.bottom <= frame.height


def tags(frame: Frame, places: Sequence[Place]) -> list[dict[str, Any]]:
    """The shape of its status on each footprint that has room for it, with the tally. The first places come first."""
    found: list[dict[str, Any]] = []
    taken: list[_Box] = []
    large: list[_Box] = []
    for place in places:
        middle = place.middle
        if middle is None:
            continue
        text = place.told_tally
        width = _GLYPH + (len(text) * _DIGIT + 50 if text else 0)
        left, top, right, bottom = place.box
        if right - left < width + 60 or bottom - top < _TAG_HEIGHT:
            continue
        x, y = middle
        box = _Box(x - width // 2 - 20, y - _TAG_HEIGHT // 2, x + width // 2 + 20, y + _TAG_HEIGHT // 2)
        if not box.inside(frame) or any(box.meets(other) for other in taken):
            continue
        taken.append(box)
        twice = _Box(x - width, y - _TAG_HEIGHT, x + width, y + _TAG_HEIGHT)
        minor = any(twice.meets(other) for other in large) or right - left < 2 * width
        if not minor:
            large.append(twice)
        found.append(
            {
                "status": place.status.lower(),
                "x": x + (_GLYPH - width) // 2,
                "y": y,
                "glyph": GLYPHS[place.status],
                "text": text,
                "minor": minor,
            }
        )
        if len(found) == _MOST_TAGS:
            break
    return found
