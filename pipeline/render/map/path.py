"""Lines of a map as short texts: clipped, thinned, put together again, and written as SVG path data."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pipeline.render.map.projection import Dot, Point, Rect


def clipped(ring: Sequence[Point], rect: Rect) -> list[Point]:
    """The part of a ring within a rectangle (Sutherland and Hodgman), closed along the rectangle's edges.

    The ring need not end where it starts. Parts that are far apart may stay joined along an edge.
    """
    points = _without_detours(ring, rect)
    for axis, limit, sign in ((0, rect.left, 1), (0, rect.right, -1), (1, rect.bottom, 1), (1, rect.top, -1)):
        if not points:
            break
        kept: list[Point] = []
        before = points[-1]
        was_inside = sign * (before[axis] - limit) >= 0
        for point in points:
            is_inside = sign * (point[axis] - limit) >= 0
            if is_inside is not was_inside:
                share = (limit - before[axis]) / (point[axis] - before[axis])
                other = before[1 - axis] + (point[1 - axis] - before[1 - axis]) * share
                kept.append((limit, other) if axis == 0 else (other, limit))
            if is_inside:
                kept.append(point)
            before, was_inside = point, is_inside
        points = kept
    return points


def _without_detours(ring: Sequence[Point], rect: Rect) -> list[Point]:
    """Leaves out points that lie, with those kept before and after, beyond one edge: they change nothing inside."""
    left, bottom, right, top = rect
    codes = [(x < left) | (x > right) << 1 | (y < bottom) << 2 | (y > top) << 3 for x, y in ring]
    kept = [ring[0]]
    beyond = codes[0]
    for index in range(1, len(ring)):
        shared = beyond & codes[index]
        if shared & codes[(index + 1) % len(ring)]:
            beyond = shared
        else:
            kept.append(ring[index])
            beyond = codes[index]
    return kept


def thinned(dots: Sequence[Dot], least: float) -> list[Dot]:
    """A line without the points that are nearer than that to the one before. Its first and last point stay."""
    kept = [dots[0]]
    x, y = dots[0]
    square = least * least
    for dot in dots[1:-1]:
        if (dot[0] - x) ** 2 + (dot[1] - y) ** 2 >= square and dot != kept[-1]:
            kept.append(dot)
            x, y = dot
    if len(dots) > 1 and dots[-1] != kept[-1]:
        kept.append(dots[-1])
    return kept


def rejoined(rings: list[list[Dot]]) -> list[list[Dot]]:
    """Rings without the edges that are run once in each direction: pieces that were cut at a meridian are one again."""
    edges = Counter(edge for ring in rings for edge in pairwise(ring) if edge[0] != edge[1])
    doubled = {(a, b) for a, b in edges if edges.get((b, a))}
    if not doubled:
        return rings
    following: dict[Dot, list[Dot]] = defaultdict(list)
    for (a, b), count in edges.items():
        following[a] += [b] * (count - min(count, edges.get((b, a), 0)))
    found = []
    for start in list(following):
        while following[start]:
            ring = [start]
            while following[ring[-1]]:
                ring.append(following[ring[-1]].pop())
                if ring[-1] == start:
                    break
            found.append(ring)
    return found


def path(rings: Iterable[Sequence[Dot]], lines: Iterable[Sequence[Dot]] = ()) -> str:
    """SVG path data of closed rings and of open lines; a line of one point is a dot (with round line caps)."""
    closed = [f"{_run(ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring)}z" for ring in rings]
    return "".join([*closed, *(_run(line) if len(line) > 1 else f"{_run(line)}h0" for line in lines)])


def _run(dots: Sequence[Dot]) -> str:
    (x, y), *more = dots
    steps = ""
    for to_x, to_y in more:
        steps += _joined(to_x - x) + _joined(to_y - y)
        x, y = to_x, to_y
    return f"M{dots[0][0]}{_joined(dots[0][1])}" + (f"l{steps.removeprefix(' ')}" if steps else "")


def _joined(number: int) -> str:
    return f" {number}" if number >= 0 else str(number)


def steps(dots: Sequence[Dot]) -> list[int]:
    """A line as whole numbers for a script: x and y of its first point, then the differences from point to point."""
    numbers = list(dots[0])
    for (x, y), (to_x, to_y) in pairwise(dots):
        numbers += (to_x - x, to_y - y)
    return numbers
