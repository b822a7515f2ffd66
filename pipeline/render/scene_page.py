"""The page of a scene: what it is, its tiles, its history."""

import json

import msgspec

from pipeline.products import describe
from pipeline.render.environment import page
from pipeline.store.board import Board, BoardScene


def scene_page(board: Board, scene: BoardScene, folder: str) -> bytes:
    """`scene/{id}.html`, its tiles and its history on it."""
    return page(
        "scene/scene.html",
        f"scene/{scene.id}.html",
        board=board,
        scene=scene,
        folder=folder,
        product=describe(scene.source_id),
        history=board.histories[scene.id][::-1],
        payload=laid_out(scene.data),
        tags=None if scene.tags is None else laid_out(scene.tags),
        tile_payloads={tile.id: laid_out(tile.data) for tile in scene.tiles},
    )


def laid_out(text: bytes) -> str:
    """A JSON text on several lines, to be read."""
    return json.dumps(msgspec.json.decode(text), indent=2, ensure_ascii=False)
