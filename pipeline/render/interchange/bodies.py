"""The API's own bodies (monitoring-api.md): what a client of the server reads, it reads here unchanged."""

from collections.abc import Iterable

import msgspec

from pipeline.event import STATUSES, Status
from pipeline.insight.workload import Overview, leaves, roots
from pipeline.store.board import Board, BoardScene, BoardTile

_IN_OVERVIEW: tuple[Status, ...] = ("NEW", "PENDING", "DONE", "RETRY", "FAILED")
"""The statuses in the order of the API's text."""


class _SceneBody(msgspec.Struct):
    id: int
    source_id: str
    aoi: str
    data: msgspec.Raw
    status: str
    message: str
    retry_countdown: int = msgspec.field(name="RetryCountDown")


class _SceneOfTile(msgspec.Struct):
    id: int
    source_id: str
    aoi: str
    data: msgspec.Raw


class _TileBody(msgspec.Struct):
    id: int
    source_id: str
    scene: _SceneOfTile
    data: msgspec.Raw
    status: str
    message: str
    previous_id: int | None = msgspec.field(name="PreviousID")
    reference_id: int | None = msgspec.field(name="ReferenceID")
    retry_countdown: int = msgspec.field(name="RetryCountDown")


class _EndTileBody(msgspec.Struct):
    id: int
    source_id: str
    scene: _SceneOfTile
    data: msgspec.Raw


class _AoiBody(msgspec.Struct):
    id: str = msgspec.field(name="ID")
    status: str


_EMPTY_DATA = msgspec.Raw(
    b'{"uuid":"","date":"0001-01-01T00:00:00Z","graph_name":"","graph_config":null,"record_id":"","metadata":null,'
    b'"is_retriable":false,"storage_uri":""}'
)
"""The scene's data in lists of tiles, as in the document's example."""

MOST_REPEATED_BYTES = 4 * 1024 * 1024
"""The bodies of a scene's tiles repeat the scene's data, unless all of them together would repeat more than that."""

_encoder = msgspec.json.Encoder()


def _json(body: object) -> bytes:
    return _encoder.encode(body) + b"\n"


def aois(found: Iterable[tuple[str, Status]]) -> bytes:
    """`GET /aoi/`: names and statuses, by name."""
    return _json([_AoiBody(name, status) for name, status in sorted(found)])


def scene(of: BoardScene, aoi: str) -> bytes:
    """`GET /scene/{scene}`."""
    return _json(_scene(of, aoi))


def scenes(board: Board) -> dict[Status | None, bytes]:
    """`GET /aoi/{aoi}/scenes` and `/scenes/{status}`: by id."""
    return _by_status((one.status, _encoder.encode(_scene(one, board.name))) for one in board.scenes.values())


def tile(of: BoardTile, aoi: str) -> bytes:
    """`GET /tile/{tile}`: with its scene."""
    return _json(_tile(of, _scene_of(of, aoi)))


def scene_tiles(of: BoardScene) -> bytes:
    """`GET /scene/{scene}/tiles`: by id, with the empty scene."""
    return _json([_tile(one, _empty_scene(one)) for one in of.tiles])


def tiles(board: Board) -> dict[Status | None, bytes]:
    """`GET /aoi/{aoi}/tiles/{status}`, and all tiles: by id, with the empty scene."""
    return _by_status((one.status, _encoder.encode(_tile(one, _empty_scene(one)))) for one in board.tiles.values())


def root_tiles(board: Board) -> bytes:
    """`GET /aoi/{aoi}/roottiles`."""
    return _json([_end(one, board.name) for one in roots(board)])


def leaf_tiles(board: Board) -> bytes:
    """`GET /aoi/{aoi}/leaftiles`."""
    return _json([_end(one, board.name) for one in leaves(board)])


def overview_text(of: Overview) -> bytes:
    """`GET /aoi/{aoi}`, the API's text, to the byte."""
    lines = []
    for title, counts in (("Scenes", of.scenes), ("Tiles", of.tiles)):
        lines.append(f"{title}:")
        lines += [f"  {status.lower() + ':':<8} {counts.of(status)}" for status in _IN_OVERVIEW]
        lines.append(f"  {'Total:':<8} {counts.total}")
    lines += ["", f"Root tiles : {of.root_tiles}", f"  From: {of.first or '-'}", f"  To:   {of.last or '-'}", ""]
    return "\n".join(lines).encode()


def overview_json(of: Overview) -> bytes:
    """The same as JSON."""
    return msgspec.json.encode(of) + b"\n"


def _by_status(bodies: Iterable[tuple[Status, bytes]]) -> dict[Status | None, bytes]:
    """Arrays of what is encoded already, each once for both that it stands in."""
    found: dict[Status | None, list[bytes]] = {status: [] for status in (None, *STATUSES)}
    for status, body in bodies:
        found[None].append(body)
        found[status].append(body)
    return {status: b"[" + b",".join(some) + b"]\n" for status, some in found.items()}


def _scene(of: BoardScene, aoi: str) -> _SceneBody:
    return _SceneBody(of.id, of.source_id, aoi, msgspec.Raw(of.data), of.status, of.message, of.retry_countdown)


def _scene_of(of: BoardTile, aoi: str) -> _SceneOfTile:
    scene = of.scene
    is_small = len(scene.data) * len(scene.tiles) <= MOST_REPEATED_BYTES
    return _SceneOfTile(scene.id, scene.source_id, aoi, msgspec.Raw(scene.data) if is_small else _EMPTY_DATA)


def _empty_scene(of: BoardTile) -> _SceneOfTile:
    return _SceneOfTile(of.scene.id, "", "", _EMPTY_DATA)


def _tile(of: BoardTile, scene: _SceneOfTile) -> _TileBody:
    return _TileBody(
        of.id, of.source_id, scene, msgspec.Raw(of.data), of.status, of.message,
        None if of.prev is None else of.prev.id, None if of.ref is None else of.ref.id, of.retry_countdown,
    )  # fmt: skip


def _end(of: BoardTile, aoi: str) -> _EndTileBody:
    return _EndTileBody(of.id, of.source_id, _scene_of(of, aoi), msgspec.Raw(of.data))
