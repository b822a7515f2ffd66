"""GeoJSON of scenes and tiles (RFC 7946), with the package `geojson`."""

from collections.abc import Callable, Iterable
from typing import Any

import geojson
import msgspec

from pipeline.event import STATUSES, Status
from pipeline.insight.location import footprint
from pipeline.render.section import Section
from pipeline.store.board import Board, BoardScene, BoardTile


def scene_feature(of: BoardScene, aoi: str) -> geojson.Feature:
    """A scene with its status, product tags and payload."""
    return _feature(of, {"kind": "scene", "aoi": aoi, "date": of.date})


def tile_feature(of: BoardTile, aoi: str) -> geojson.Feature:
    """A tile with its status, tags and payload, and what it waits for."""
    properties = {
        "kind": "tile",
        "aoi": aoi,
        "date": of.scene.date,
        "scene_id": of.scene.id,
        "previous_id": None if of.prev is None else of.prev.id,
        "reference_id": None if of.ref is None else of.ref.id,
    }
    return _feature(of, properties)


class Features:
    """The features of an AOI's scenes and tiles, each encoded once for all the collections that it stands in."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._scenes: dict[int, bytes] = {}
        self._tiles: dict[int, bytes] = {}

    def scenes(self) -> dict[Status | None, bytes]:
        """The scenes by id: all of them, and those in each status."""
        return _by_status((one.status, self._scene(one)) for one in self._board.scenes.values())

    def tiles(self) -> dict[Status | None, bytes]:
        """The tiles by id: all of them, and those in each status."""
        return _by_status((one.status, self._tile(one)) for one in self._board.tiles.values())

    def sections(self, folder: str) -> list[Section]:
        """The files of the AOI's folder: scenes and tiles, whole and by status."""
        aoi, scenes, tiles = self._board.name, self._board.scenes.values(), self._board.tiles.values()
        return [
            _section(folder, "scenes", lambda: [aoi, *[(*_told(one), one.date) for one in scenes]], self.scenes),
            _section(folder, "tiles", lambda: [aoi, *[(*_told(one), *_of_tile(one)) for one in tiles]], self.tiles),
        ]

    def scene_and_tiles(self, of: BoardScene) -> bytes:
        """A scene and its tiles."""
        return _collection([self._scene(of), *[self._tile(one) for one in of.tiles]])

    def _scene(self, of: BoardScene) -> bytes:
        found = self._scenes.get(of.id)
        if found is None:
            found = self._scenes[of.id] = _encoder.encode(scene_feature(of, self._board.name))
        return found

    def _tile(self, of: BoardTile) -> bytes:
        found = self._tiles.get(of.id)
        if found is None:
            found = self._tiles[of.id] = _encoder.encode(tile_feature(of, self._board.name))
        return found


def _feature(of: BoardScene | BoardTile, more: dict[str, Any]) -> geojson.Feature:
    where = footprint(of)
    properties = {
        "id": of.id,
        "source_id": of.source_id,
        **more,
        "status": of.status,
        "message": of.message,
        "retry_countdown": of.retry_countdown,
        "since": of.since + "Z",
        "footprint": where.origin,
        **({"footprint_problem": where.problem} if where.problem else {}),
        "tags": None if of.tags is None else msgspec.Raw(of.tags),
        "data": msgspec.Raw(of.data),
    }
    feature = geojson.Feature(id=f"{more['kind']}-{of.id}", properties=properties)
    feature["geometry"] = where.geometry  # checked already; the constructor would copy every position
    return feature


def _section(
    folder: str, kind: str, made_from: Callable[[], object], make: Callable[[], dict[Status | None, bytes]]
) -> Section:
    paths = {status: f"aoi/{folder}/{kind}{f'/{status}' if status else ''}.geojson" for status in (None, *STATUSES)}
    return Section(
        kind,
        tuple(paths.values()),
        made_from,
        lambda: {paths[status]: data for status, data in make().items()},
    )


def _told(of: BoardScene | BoardTile) -> tuple[Any, ...]:
    """What a feature is made from, as plain values."""
    return of.id, of.source_id, of.status, of.message, of.retry_countdown, of.since, of.tags, of.data, of.geometry


def _of_tile(of: BoardTile) -> tuple[Any, ...]:
    """And what a tile's has beyond that."""
    return of.scene.id, of.scene.date, of.prev and of.prev.id, of.ref and of.ref.id


_encoder = msgspec.json.Encoder()


def _by_status(features: Iterable[tuple[Status, bytes]]) -> dict[Status | None, bytes]:
    found: dict[Status | None, list[bytes]] = {status: [] for status in (None, *STATUSES)}
    for status, feature in features:
        found[None].append(feature)
        found[status].append(feature)
    return {status: _collection(some) for status, some in found.items()}


_HEAD, _TAIL = _encoder.encode(geojson.FeatureCollection([])).split(b"[]")


def _collection(features: list[bytes]) -> bytes:
    return b"".join((_HEAD, b"[", b",".join(features), b"]", _TAIL, b"\n"))
