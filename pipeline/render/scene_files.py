"""Everything the site holds of one scene: its page, the API's bodies of it and of its tiles, its GeoJSON."""

import hashlib
from collections.abc import Iterator

from pipeline.render import bodies, features
from pipeline.render.scene_page import scene_page
from pipeline.store.board import Board, BoardScene


def scene_files(board: Board, scene: BoardScene, folder: str) -> dict[str, bytes]:
    """The files of a scene, whose AOI has that folder."""
    files = {
        f"scene/{scene.id}.json": bodies.scene(scene, board.name),
        f"scene/{scene.id}.geojson": features.scene_and_tiles(scene, board.name),
        f"scene/{scene.id}.html": scene_page(board, scene, folder),
        f"scene/{scene.id}/tiles.json": bodies.scene_tiles(scene),
    }
    for tile in scene.tiles:
        files[f"tile/{tile.id}.json"] = bodies.tile(tile, board.name)
    return files


def scene_fingerprint(board: Board, scene: BoardScene, folder: str) -> str:
    """A hash over all that the scene's files are made from: the same as long as they would be the same."""
    digest = hashlib.blake2b(digest_size=12)
    for piece in _pieces(board, scene, folder):
        digest.update(piece)
        digest.update(b"\0")
    return digest.hexdigest()


def _pieces(board: Board, scene: BoardScene, folder: str) -> Iterator[bytes]:
    yield repr(
        (board.name, folder, scene.id, scene.source_id, scene.status, scene.message, scene.retry_countdown)
    ).encode()
    yield repr((scene.by_hand, scene.created, scene.since, scene.date)).encode()
    yield from (scene.data, scene.geometry or b"", scene.tags or b"")
    for tile in scene.tiles:
        chain = [None if other is None else (other.id, other.scene.id, other.status) for other in (tile.prev, tile.ref)]
        following = [(other.id, other.scene.id, other.status) for other in tile.next]
        yield repr(
            (tile.id, tile.source_id, tile.status, tile.message, tile.retry_countdown, chain, following)
        ).encode()
        yield repr((tile.by_hand, tile.created, tile.since)).encode()
        yield from (tile.data, tile.geometry or b"", tile.tags or b"")
    for event in board.histories[scene.id]:
        yield repr((event.verdict, event.reason, [change[1:] for change in event.changes])).encode()
        yield event.text
