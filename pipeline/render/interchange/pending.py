"""What may be processed now, in the messages that the API's server hands to its workers.

A scene goes to the queue of those who fetch scenes, a tile, with the tile before it and its reference, to the queue of
those who process tiles. A tile that has none of these comes with an empty one, as there.
"""

import msgspec

from pipeline.store.board import Board, BoardScene, BoardTile


class _Scene(msgspec.Struct):
    id: int
    source_id: str
    aoi: str
    data: msgspec.Raw


class _Tile(msgspec.Struct):
    id: int
    source_id: str
    scene: _Scene
    data: msgspec.Raw


class _TileToProcess(_Tile):
    tile_previous: _Tile
    tile_reference: _Tile


class _Pending(msgspec.Struct):
    scenes: list[_Scene]
    tiles: list[_TileToProcess]


_NO_SCENE = msgspec.Raw(
    b'{"uuid":"","date":"0001-01-01T00:00:00Z","graph_name":"","graph_config":null,"record_id":"","metadata":null,'
    b'"is_retriable":false,"storage_uri":""}'
)
_NO_TILE = _Tile(
    0,
    "",
    _Scene(0, "", "", _NO_SCENE),
    msgspec.Raw(b'{"swath_id":"","tile_nr":0,"graph_name":"","is_retriable":false}'),
)


def pending_scenes(board: Board) -> list[BoardScene]:
    """The scenes that a worker may fetch now, by id."""
    return [scene for scene in board.scenes.values() if scene.status == "PENDING"]


def pending_tiles(board: Board) -> list[BoardTile]:
    """The tiles that a worker may process now, by id."""
    return [tile for tile in board.tiles.values() if tile.status == "PENDING"]


def pending_json(board: Board) -> bytes:
    """`{"scenes": […], "tiles": […]}`: a message for each of them."""
    aoi = board.name
    scenes = [_scene(scene, aoi) for scene in pending_scenes(board)]
    tiles = [
        _TileToProcess(
            tile.id,
            tile.source_id,
            _scene(tile.scene, aoi),
            msgspec.Raw(tile.data),
            _tile(tile.prev, aoi),
            _tile(tile.ref, aoi),
        )
        for tile in pending_tiles(board)
    ]
    return msgspec.json.encode(_Pending(scenes, tiles)) + b"\n"


def _scene(of: BoardScene, aoi: str) -> _Scene:
    return _Scene(of.id, of.source_id, aoi, msgspec.Raw(of.data))


def _tile(of: BoardTile | None, aoi: str) -> _Tile:
    return _NO_TILE if of is None else _Tile(of.id, of.source_id, _scene(of.scene, aoi), msgspec.Raw(of.data))
