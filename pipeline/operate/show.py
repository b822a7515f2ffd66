"""What the read commands tell: the latest state, in text for people and in the API's own bodies."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import msgspec

from pipeline.event import Status
from pipeline.insight.workload import overview
from pipeline.log.place import Data
from pipeline.operate.latest import latest
from pipeline.render.graph.dot import dot
from pipeline.render.interchange import bodies, pending
from pipeline.store import record
from pipeline.store.board import Board, BoardScene, BoardTile
from pipeline.store.database import Database
from pipeline.store.folds import load_board
from pipeline.store.known import aoi_of

_Told = TypeVar("_Told")


class _Node(msgspec.Struct):
    name: str
    kind: str
    id: int
    source_id: str
    status: Status


class Shown(NamedTuple):
    """Lines for people, and the API's body."""

    lines: list[str]
    body: bytes


def list_aois(data: Data, pattern: str | None, wait_seconds: float) -> list[tuple[str, Status]]:
    """Names and statuses of the AOIs whose name matches the API's pattern: `*` any text, `?` one character."""
    found = _ask(data, wait_seconds, record.aois)
    return found if pattern is None else [(name, status) for name, status in found if matches(name, pattern)]


def matches(name: str, pattern: str) -> bool:
    """Whether a name matches a pattern of the API, whole: `*` is any text, `?` any one character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None


def show_aoi(data: Data, name: str, wait_seconds: float) -> Shown | None:
    """The workload of an AOI; None if it isn't known."""

    def tell(board: Board) -> Shown:
        found = overview(board)
        return Shown(bodies.overview_text(found).decode().splitlines(), bodies.overview_json(found))

    return _ask(data, wait_seconds, lambda database: _of_aoi(database, name, tell))


def graph_of(data: Data, name: str, wait_seconds: float) -> Shown | None:
    """The dependency graph of an AOI, in the DOT language and as JSON; None if it isn't known."""

    def tell(board: Board) -> Shown:
        return Shown(dot(board, "graph.dot").splitlines(), _graph_json(board))

    return _ask(data, wait_seconds, lambda database: _of_aoi(database, name, tell))


def _graph_json(board: Board) -> bytes:
    """Nodes and edges by the names that they have in the graph."""
    nodes = [
        *(_Node(f"s{one.id}", "scene", one.id, one.source_id, one.status) for one in board.scenes.values()),
        *(_Node(f"t{one.id}", "tile", one.id, one.source_id, one.status) for one in board.tiles.values()),
    ]
    edges = [(f"s{one.scene.id}", f"t{one.id}") for one in board.tiles.values()]
    edges += [(f"t{one.prev.id}", f"t{one.id}") for one in board.tiles.values() if one.prev]
    return msgspec.json.encode({"nodes": nodes, "edges": edges}) + b"\n"


def work_list(data: Data, name: str, wait_seconds: float) -> Shown | None:
    """What of an AOI may be processed now; None if it isn't known."""

    def tell(board: Board) -> Shown:
        found: list[BoardScene | BoardTile] = [*pending.pending_scenes(board), *pending.pending_tiles(board)]
        lines = [f"{'tile' if isinstance(one, BoardTile) else 'scene'} {one.id} {one.source_id}" for one in found]
        return Shown(lines, pending.pending_json(board))

    return _ask(data, wait_seconds, lambda database: _of_aoi(database, name, tell))


def list_entities(data: Data, kind: str, aoi: str, status: str | None, wait_seconds: float) -> Shown | None:
    """The scenes or tiles of an AOI, all or those in a status; None if it isn't known."""
    wanted = next((one for one in ("NEW", "PENDING", "DONE", "RETRY", "FAILED") if one == (status or "").upper()), None)

    def tell(board: Board) -> Shown:
        entities: Iterable[BoardScene | BoardTile] = (board.scenes if kind == "scene" else board.tiles).values()
        lines = [_line(one) for one in entities if wanted in (None, one.status)]
        return Shown(lines, (bodies.scenes if kind == "scene" else bodies.tiles)(board)[wanted])

    return _ask(data, wait_seconds, lambda database: _of_aoi(database, aoi, tell))


def show_entity(data: Data, kind: str, id: int, wait_seconds: float) -> Shown | None:
    """A scene or tile; None if it isn't known."""

    def find(database: Database) -> Shown | None:
        aoi = aoi_of(database, kind, id)
        if aoi is None:
            return None
        board = load_board(database, aoi)
        if kind == "scene":
            return Shown(_facts(board.scenes[id], board), bodies.scene(board.scenes[id], aoi))
        return Shown(_facts(board.tiles[id], board), bodies.tile(board.tiles[id], aoi))

    return _ask(data, wait_seconds, find)


def _facts(one: BoardScene | BoardTile, board: Board) -> list[str]:
    facts = [
        ("id", str(one.id)), ("source id", one.source_id), ("AOI", board.name), ("status", one.status),
        ("since", one.since + "Z"), ("retries left", str(one.retry_countdown)), ("message", one.message),
    ]  # fmt: skip
    if isinstance(one, BoardTile):
        facts += [
            ("scene", f"{one.scene.id} {one.scene.source_id} {one.scene.status}"),
            ("previous", "none" if one.prev is None else f"{one.prev.id} {one.prev.status}"),
            ("reference", "none" if one.ref is None else str(one.ref.id)),
        ]
    else:
        facts += [
            ("acquired", one.date or "unknown"),
            ("tiles", " ".join(f"{tile.id}:{tile.status}" for tile in one.tiles)),
        ]
    return [f"{name + ':':<13} {value}" for name, value in facts]


def _line(one: BoardScene | BoardTile) -> str:
    return f"{one.id:>8} {one.status:<8} {one.retry_countdown:>3} {one.source_id}" + (
        f"  {one.message}" if one.message else ""
    )


def _ask(data: Data, wait_seconds: float, question: Callable[[Database], _Told]) -> _Told:
    with latest(data, wait_seconds) as database:
        return question(database)


def _of_aoi(database: Database, name: str, tell: Callable[[Board], _Told]) -> _Told | None:
    try:
        return tell(load_board(database, name))
    except KeyError:
        return None
