"""`GET /aoi/{aoi}/dot`: the dependency graph in the DOT language.

pydot writes a statement of each kind once, and the head of the graph; names and labels are filled in here. Built node
by node as pydot's objects the same text takes ten times as long.
"""

import re
from typing import Any

import pydot

from pipeline.event import STATUSES, Status
from pipeline.render.paths import url
from pipeline.store.board import Board

COLOURS: dict[Status, str] = {"NEW": "gray", "PENDING": "blue", "DONE": "green", "RETRY": "orange", "FAILED": "red"}

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    "\ud800-\udfff\U000e0000-\U000e007f"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Controls, surrogates, what is no character, and what can't be seen but turns or hides the text around it.

A list of our own: what `str.isprintable` says grows with each release of Python, and with it the bytes would.
"""


def visible(text: str) -> str:
    """A text that shows as what it is, on one line, and may stand in XML: other characters become U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


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
