"""`GET /aoi/{aoi}/dot`: the dependency graph in the DOT language.

pydot writes a statement of each kind once, and the head of the graph; names and labels are filled in here. Built node
by node as pydot's objects the same text takes ten times as long.
"""

from typing import Any

import pydot

from pipeline.event import STATUSES, Status
from pipeline.render.paths import url
from pipeline.render.plain import visible
from pipeline.store.board import Board

COLOURS: dict[Status, str] = {"NEW": "gray", "PENDING": "blue", "DONE": "green", "RETRY": "orange", "FAILED": "red"}


def quoted(text: str) -> str:
    """A text as a quoted string of DOT that stands for itself: no escape of the language, no control character."""
    return f'"{_escaped(text)}"'


def dot(board: Board, page: str) -> str:
    """The graph as the API draws it: scenes as boxes, then tiles; dotted where a tile has to wait still.

    Each node links to its scene's page, seen from the page at the path `page`.
    """
    folder = url("scene/", page)
    boxes = {status: _node("s{id}", shape="box", color=COLOURS[status], URL='"{page}"') for status in STATUSES}
    ellipses = {status: _node("t{id}", color=COLOURS[status], URL='"{page}"') for status in STATUSES}
    feed, feed_dotted = _edge("s{0} -> t{1}", color="gray"), _edge("s{0} -> t{1}", color="gray", style="dotted")
    chain, chain_dotted = _edge("t{0} -> t{1}"), _edge("t{0} -> t{1}", style="dotted")
    empty = str(pydot.Dot(graph_type="digraph", graph_name=quoted(board.name)).to_string())
    lines = [empty.removesuffix("}\n")]
    for id, scene in board.scenes.items():
        page = f"{folder}{id}.html"
        lines.append(boxes[scene.status].format(id=id, name=_escaped(scene.source_id), page=page))
    for id, tile in board.tiles.items():
        page = f"{folder}{tile.scene.id}.html#tile-{id}"
        lines.append(ellipses[tile.status].format(id=id, name=_escaped(tile.source_id), page=page))
    for id, tile in board.tiles.items():
        lines.append((feed if tile.scene.status == "DONE" else feed_dotted).format(tile.scene.id, id))
    for id, tile in board.tiles.items():
        if tile.prev is not None:
            lines.append((chain if tile.status == "DONE" else chain_dotted).format(tile.prev.id, id))
    return "".join(lines) + "}\n"


def _escaped(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def _node(name: str, **attributes: Any) -> str:
    """pydot's statement for a node, to be filled in with its `id`, `name` and `page`."""
    statement = str(pydot.Node("NAME", label='"{name}\\n(id={id})"', **attributes).to_string())
    return statement.replace("NAME", name, 1) + "\n"


def _edge(ends: str, **attributes: Any) -> str:
    """pydot's statement for an edge, to be filled in with the ids of its ends."""
    graph = pydot.Dot(graph_type="digraph")
    graph.add_edge(pydot.Edge("TAIL", "HEAD", **attributes))
    return str(graph.to_string()).splitlines()[1].replace("TAIL -> HEAD", ends, 1) + "\n"
