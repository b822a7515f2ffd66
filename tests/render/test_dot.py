"""`graph.dot`: the API's graph, whatever the names are."""

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import pydot
import pytest

from pipeline.event import STATUSES, Status
from pipeline.render.graph.dot import COLOURS, dot, quoted
from pipeline.render.graph.dot_layout import find_dot
from pipeline.render.plain import visible
from pipeline.store.board import Board, BoardScene, BoardTile

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot", "ignore::DeprecationWarning:pyparsing")
"""pydot's reader uses old names of pyparsing."""

SINCE = "2022-03-01T00:00:00.000000000"
PAGE = "aoi/Demo/graph.dot"
HOSTILE = [
    'say "hello"',
    "ends with a backslash\\",
    '\\"',
    '"];evil [label="',
    r"\N \G \E \T \l \n \x41",
    "<b>html</b>",
    "<",
    "a:b",
    "s1:n",
    "graph",
    "node",
    "strict digraph {",
    "}",
    "a -> b; c",
    "// comment /* comment */ # comment",
    "é 日本語 \N{CRAB}",
    "{name} {0} %s NAME TAIL -> HEAD",
    "x" * 300,
    "  two  spaces  ",
    "1",
    "-.5",
]


def board_of(scenes: Iterable[tuple[str, Status, list[tuple[str, Status]]]], name: str = "Demo") -> Board:
    """Scenes with their tiles; each tile comes after the last one of its name."""
    board = Board(name, "DONE", {}, {}, [])
    last: dict[str, BoardTile] = {}
    for number, (source_id, status, tiles) in enumerate(scenes, start=1):
        scene = BoardScene(number, source_id, status, "", 0, False, b"{}", None, None, SINCE, SINCE, None)
        board.scenes[number] = scene
        for tile_name, tile_status in tiles:
            tile = BoardTile(
                100 + len(board.tiles), tile_name, scene, tile_status, "", 0, False, b"{}", None, None, SINCE, SINCE
            )
            tile.prev = last.get(tile_name)
            last[tile_name] = tile
            board.tiles[tile.id] = tile
            scene.tiles.append(tile)
    return board


def read(text: str) -> pydot.Dot:
    [graph] = pydot.graph_from_dot_data(text) or []
    return graph


def unquoted(text: str) -> str:
    """What a quoted string of DOT stands for, with its line breaks as line breaks."""
    assert text[0] == text[-1] == '"'
    return text[1:-1].replace("\\\\", "\0").replace('\\"', '"').replace("\\n", "\n").replace("\0", "\\")


def test_the_graph_is_the_apis() -> None:
    board = board_of([("first", "DONE", [("A", "DONE"), ("B", "RETRY")]), ("second", "PENDING", [("A", "NEW")])])
    graph = read(dot(board, PAGE))
    assert graph.get_type() == "digraph"
    assert {node.get_name(): node.get_attributes() for node in graph.get_nodes()} == {
        "s1": {"label": '"first\\n(id=1)"', "shape": "box", "color": "green", "URL": '"../../scene/1.html"'},
        "s2": {"label": '"second\\n(id=2)"', "shape": "box", "color": "blue", "URL": '"../../scene/2.html"'},
        "t100": {"label": '"A\\n(id=100)"', "color": "green", "URL": '"../../scene/1.html#tile-100"'},
        "t101": {"label": '"B\\n(id=101)"', "color": "orange", "URL": '"../../scene/1.html#tile-101"'},
        "t102": {"label": '"A\\n(id=102)"', "color": "gray", "URL": '"../../scene/2.html#tile-102"'},
    }
    assert {(edge.get_source(), edge.get_destination()): edge.get_attributes() for edge in graph.get_edges()} == {
        ("s1", "t100"): {"color": "gray"},
        ("s1", "t101"): {"color": "gray"},
        ("s2", "t102"): {"color": "gray", "style": "dotted"},
        ("t100", "t102"): {"style": "dotted"},
    }


def test_it_is_what_pydot_writes_node_by_node() -> None:
    tiles: list[tuple[str, Status]] = [("A", "DONE"), ('B"', "NEW")]
    board = board_of([(f"scene {status}", status, tiles) for status in STATUSES], name='An "AOI"')
    graph = pydot.Dot(graph_type="digraph", graph_name=quoted(board.name))
    for scene in board.scenes.values():
        graph.add_node(
            pydot.Node(
                f"s{scene.id}",
                label=f'{quoted(scene.source_id)[:-1]}\\n(id={scene.id})"',
                shape="box",
                color=COLOURS[scene.status],
                URL=quoted(f"../../scene/{scene.id}.html"),
            )
        )
    for tile in board.tiles.values():
        label = f'{quoted(tile.source_id)[:-1]}\\n(id={tile.id})"'
        page = quoted(f"../../scene/{tile.scene.id}.html#tile-{tile.id}")
        graph.add_node(pydot.Node(f"t{tile.id}", label=label, color=COLOURS[tile.status], URL=page))
    for tile in board.tiles.values():
        dotted = {} if tile.scene.status == "DONE" else {"style": "dotted"}
        graph.add_edge(pydot.Edge(f"s{tile.scene.id}", f"t{tile.id}", color="gray", **dotted))
    for tile in board.tiles.values():
        if tile.prev is not None:
            dotted = {} if tile.status == "DONE" else {"style": "dotted"}
            graph.add_edge(pydot.Edge(f"t{tile.prev.id}", f"t{tile.id}", **dotted))
    assert dot(board, PAGE) == graph.to_string()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_read_back_as_it_is(name: str) -> None:
    graph = read(dot(board_of([(name, "DONE", [(name, "DONE")])], name=name), PAGE))
    labels = [unquoted(node.get_attributes()["label"]) for node in graph.get_nodes()]
    assert labels == [f"{name}\n(id=1)", f"{name}\n(id=100)"]
    assert unquoted(graph.get_name() or "") == name
    assert [(edge.get_source(), edge.get_destination()) for edge in graph.get_edges()] == [("s1", "t100")]


def test_dot_shows_any_name_as_it_is() -> None:
    """Not only is it one string: none of its characters is an escape of labels (`\\N` would be the node's name)."""
    board = board_of([(name, "DONE", []) for name in HOSTILE])
    drawn = subprocess.run(
        [find_dot(), "-Kdot", "-Tsvg"], input=dot(board, PAGE).encode(), capture_output=True, check=True, timeout=30
    )
    texts = [element.text or "" for element in ET.fromstring(drawn.stdout).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    shown = [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]
    assert [name for name in HOSTILE if name not in shown] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", "two�lines"),
        ("nothing\0here", "nothing�here"),
        ("\x1b[31mred", "�[31mred"),
        ("right\u202eleft", "right�left"),
        ("half a pair \ud800", "half a pair �"),
        ("no character \uffff \U0010ffff", "no character � �"),
        ("zero\u200bwidth", "zero�width"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\N{CRAB} é 日本", "\N{CRAB} é 日本"),
    ],
)
def test_what_cannot_be_seen_is_replaced(text: str, shown: str) -> None:
    assert visible(text) == shown
    board = board_of([(text, "DONE", [])])
    assert f'"{shown}\\n(id=1)"' in dot(board, PAGE)
    dot(board, PAGE).encode("utf-8")


def test_an_aoi_without_scenes_is_an_empty_graph() -> None:
    graph = read(dot(board_of([]), PAGE))
    assert (graph.get_nodes(), graph.get_edges()) == ([], [])
