"""Places the dependency graph by Graphviz' `dot`.

Only the graph's shape goes to the program: names made of ids, sizes, edges. No text of the log does, so no label can
trip it, and neither fonts nor versions of it show in the drawing but by where things stand.
"""

import hashlib
import os
import shutil
import subprocess
from base64 import b85decode, b85encode
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import zstandard

from pipeline.render.graph.layout import Columns, Layout, Placed
from pipeline.render.graph.svg import columns_of
from pipeline.store.board import Board

_POINTS = 72.0
"""Points, of which one is drawn as a pixel, in an inch: Graphviz' unit of length."""
_CHARACTER = 6.1
"""The width of a character of a label."""
_PADDING = 12
_LEVEL = 12
"""A layout is kept as long as its graph has that shape, and takes 5 ms to compress so well."""


class LayoutFailed(Exception):
    """`dot` didn't give a layout; its text says why."""


def find_dot(choice: str | None = None) -> Path:
    """The program to run: by default the one that pip installed with this package, the same on every machine.

    `choice` is the path of another one, or `auto`: a `dot` on the PATH if there is one. Raises LayoutFailed if there
    is none.
    """
    if choice not in (None, "auto"):
        found = shutil.which(choice)
        if found is None:
            raise LayoutFailed(f"there is no program {choice}: give --dot the path of Graphviz' dot, or leave it out")
        return Path(found)
    on_path = shutil.which("dot") if choice == "auto" else None
    return _installed() if on_path is None else Path(on_path)


def _installed() -> Path:
    try:
        files = distribution("graphviz-pure").files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "graphviz-pure" and file.parent.name in ("bin", "Scripts"):
            path = Path(str(file.locate()))
            if path.exists():
                return path.resolve()
    raise LayoutFailed("the package graphviz-pure isn't installed: install it with pip, or give --dot another program")


def dot_layout(
    board: Board,
    columns: Columns,
    scenes: Mapping[int, str],
    tiles: Mapping[int, str],
    program: Path,
    timeout_s: float,
    known: str = "",
) -> tuple[Layout, str]:
    """The graph as `dot` places it, with room for the labels that are given by id; and what is `known` from then on.

    If that is given the next time, and the graph has the same shape still, the program isn't asked again: it takes half
    a second for a thousand nodes, and what most events change are statuses. Raises LayoutFailed if the program fails,
    takes longer than `timeout_s`, or answers with something else.
    """
    shape = _shape(board, columns, scenes, tiles)
    asked, _, packed = known.partition(" ")
    try:
        question = _question(program, shape)
        if asked == question:
            with suppress(KeyError, ValueError, IndexError, zstandard.ZstdError):  # what was kept is harmed: ask again
                return _read(zstandard.decompress(b85decode(packed)).decode(), board), known
        answer = _answer(program, shape, timeout_s)
    except OSError as error:
        raise LayoutFailed(f"{program} can't be run: {error.strerror}") from error
    try:
        return _read(answer, board), f"{question} {b85encode(zstandard.compress(answer.encode(), _LEVEL)).decode()}"
    except (KeyError, ValueError, IndexError) as error:
        raise LayoutFailed(f"{program.name} answered with something else than a layout") from error


def _question(program: Path, shape: str) -> str:
    """A hash of the program, by what tells a new version of it, and of the graph's shape."""
    found = program.stat()
    about = f"{program}\0{found.st_size}\0{found.st_mtime_ns}\0{shape}"
    return hashlib.blake2b(about.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _answer(program: Path, shape: str, timeout_s: float) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 (a program that the caller chose, with nothing of the log in its input)
            [str(program), "-Kdot", "-Tplain"],
            input=shape,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LayoutFailed(f"{program.name} took longer than {timeout_s:g} s") from None
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines() or ["it gave no reason"]
        raise LayoutFailed(f"{program.name} failed with {answer.returncode}: {said[0]}")
    return answer.stdout


def _shape(board: Board, columns: Columns, scenes: Mapping[int, str], tiles: Mapping[int, str]) -> str:
    """The graph without its texts. Tiles of a column are a group: `dot` draws the edges within one straight."""
    lines = [
        "digraph {",
        'graph [pack=16, packmode="array_i", nodesep=0.2, ranksep=0.45]; edge [arrowhead=none];',
        'node [label="", fixedsize=true, height=0.4723];',
    ]
    groups: dict[object, int] = defaultdict(lambda: len(groups))
    for id in board.scenes:
        lines.append(f"s{id} [shape=box, width={_inches(scenes[id], 1.0)}];")
    for id, tile in board.tiles.items():
        key = columns.key(tile)
        group = "" if key is None else f", group=g{groups[key]}"
        lines.append(f"t{id} [width={_inches(tiles[id], 1.2)}{group}];")
    lines += [f"s{tile.scene.id} -> t{id};" for id, tile in board.tiles.items()]
    lines += [f"t{tile.prev.id} -> t{id} [weight=4];" for id, tile in board.tiles.items() if tile.prev is not None]
    return "\n".join([*lines, "}\n"])


def _inches(label: str, spread: float) -> str:
    return f"{(max(12, columns_of(label)) * _CHARACTER * spread + 2 * _PADDING) / _POINTS:.4f}"


def _read(answer: str, board: Board) -> Layout:
    """The plain format: `graph scale width height`, `node name x y width height …`, `edge tail head n x1 y1 … xn yn …`.

    Inches, y up.
    """
    margin = 8
    height = 0.0
    layout = Layout()
    placed: dict[str, Placed] = {}
    for line in answer.splitlines():
        kind, *words = line.split()
        if kind == "graph":
            height = float(words[2]) * _POINTS + margin
            layout.width, layout.height = float(words[1]) * _POINTS + 2 * margin, height + margin
        elif kind == "node":
            x, y, wide, high = (round(float(word) * _POINTS, 1) for word in words[1:5])
            placed[words[0]] = Placed(x + margin, round(height - y, 1), wide, high)
        elif kind == "edge":
            tail, head, count = words[0], words[1], int(words[2])
            numbers = [float(word) * _POINTS for word in words[3 : 3 + 2 * count]]
            points = [(x + margin, height - y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            _draw(placed[tail if tail.startswith("s") else head], points)
    layout.nodes = [(scene, placed[f"s{id}"]) for id, scene in board.scenes.items()]
    layout.nodes += [(tile, placed[f"t{id}"]) for id, tile in board.tiles.items()]
    return layout


def _draw(at: Placed, points: list[tuple[float, float]]) -> None:
    """Adds an edge, a row of Bézier curves, to the node that it is drawn with."""
    (x, y), *rest = [(x - at.x, y - at.y) for x, y in points]
    at.line += f"M{x:.1f} {y:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in rest)
    (from_x, from_y), (to_x, to_y) = rest[-2], rest[-1]
    length = max(0.1, ((to_x - from_x) ** 2 + (to_y - from_y) ** 2) ** 0.5)
    at.heads.append((to_x, to_y, (to_x - from_x) / length, (to_y - from_y) / length))
