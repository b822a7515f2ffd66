"""Everything the site holds of one scene: its pages, the API's bodies of it and of its tiles, its GeoJSON."""

import hashlib
from typing import Any, NamedTuple

import msgspec

from pipeline.insight.waiting import Waiting
from pipeline.render.interchange import bodies
from pipeline.render.interchange.features import Features
from pipeline.render.interchange.stac_paths import item_path
from pipeline.render.scene.history import Happened
from pipeline.render.scene.page import ScenePages
from pipeline.store.board import Board, BoardScene, BoardTile


class Fingerprint(NamedTuple):
    """What a scene's files are made from, in two hashes. The second stands for all of it."""

    answers: str
    pages: str


class SceneFiles:
    """The files of an AOI's scenes, one scene after the other. Make one for each board.

    `folder` is that of the AOI. `waiting` and `features` are made if they aren't given. With `stac` each has its item
    in the catalogue.
    """

    def __init__(
        self,
        board: Board,
        folder: str,
        waiting: Waiting | None = None,
        features: Features | None = None,
        *,
        stac: bool = False,
    ) -> None:
        self._board = board
        self._features = features or Features(board)
        self._folder = folder
        self._stac = stac
        self._pages = ScenePages(board, folder, waiting)

    def files(self, scene: BoardScene) -> dict[str, bytes]:
        """The files of a scene, by path."""
        return self.answers(scene) | self.pages(scene)

    def answers(self, scene: BoardScene) -> dict[str, bytes]:
        """Those for programs: nothing of what happened is in them."""
        aoi = self._board.name
        files = {
            f"scene/{scene.id}.json": bodies.scene(scene, aoi),
            f"scene/{scene.id}.geojson": self._features.scene_and_tiles(scene),
            f"scene/{scene.id}/tiles.json": bodies.scene_tiles(scene),
        }
        for tile in scene.tiles:
            files[f"tile/{tile.id}.json"] = bodies.tile(tile, aoi)
        if self._stac:
            from pipeline.render.interchange import stac

            files[item_path(self._folder, scene.id)] = stac.item(scene, aoi, self._folder)
        return files

    def answer_paths(self, scene: BoardScene) -> list[str]:
        """Their paths, known without making them."""
        paths = [f"scene/{scene.id}.json", f"scene/{scene.id}.geojson", f"scene/{scene.id}/tiles.json"]
        paths += [f"tile/{tile.id}.json" for tile in scene.tiles]
        return [*paths, item_path(self._folder, scene.id)] if self._stac else paths

    def pages(self, scene: BoardScene) -> dict[str, bytes]:
        """Those for people, by path."""
        return self._pages.pages(scene)

    def fingerprint(self, scene: BoardScene) -> Fingerprint:
        """Hashes over all that its answers and its pages are made from: the same as long as these would be the same."""
        answers = _hash(
            (
                self._board.name,
                self._folder,
                scene.created,
                scene.date,
                _entity(scene),
                [(*_entity(tile), tile.prev and tile.prev.id, tile.ref and tile.ref.id) for tile in scene.tiles],
            )
        )
        told = self._pages.told(scene)
        pages = _hash(
            (
                answers,
                [[_seen(one) for one in (tile.prev, tile.ref, *tile.next)] for tile in scene.tiles],
                [(*reason, self._home(reason.root_kind, reason.root_id)) for reason in told.reasons],
                [self._event(one) for one in told.happened],
            )
        )
        return Fingerprint(answers, pages)

    def _event(self, happened: Happened) -> tuple[Any, ...]:
        event = happened.event
        return (
            event.text,
            event.verdict,
            event.reason,
            self._home(event.kind, event.entity),
            [change[1:] for change in happened.here],
            [(*change[1:], self._home(change.kind, change.id)) for change in happened.elsewhere],
            happened.more,
        )

    def _home(self, kind: str | None, id: int | None) -> int | None:
        """The scene whose page a link leads to; None if there is none."""
        if id is None or kind == "aoi":
            return None
        if kind == "tile":
            return self._board.tiles[id].scene.id if id in self._board.tiles else None
        return id if id in self._board.scenes else None


def _hash(made_from: object) -> str:
    return hashlib.blake2b(_encoder.encode(made_from), digest_size=12).hexdigest()


_encoder = msgspec.msgpack.Encoder()


def _entity(of: BoardScene | BoardTile) -> tuple[Any, ...]:
    return (
        of.id, of.source_id, of.status, of.message, of.retry_countdown, of.by_hand, of.since, of.data, of.geometry,
        of.tags,
    )  # fmt: skip


def _seen(of: BoardTile | None) -> tuple[Any, ...] | None:
    """What a page shows of another tile, and what the commands that are allowed depend on."""
    return None if of is None else (of.id, of.status, of.scene.id, of.scene.status, of.scene.date)
