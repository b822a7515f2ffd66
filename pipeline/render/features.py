"""GeoJSON of scenes and tiles (RFC 7946), with the package `geojson`."""

import functools
from typing import Any

import geojson
import msgspec

from pipeline.event import Status
from pipeline.footprint import FootprintInvalid, normalise, of_mgrs
from pipeline.products import describe
from pipeline.store.board import Board, BoardScene, BoardTile


class Footprint(msgspec.Struct, frozen=True):
    """Where a scene or tile lies: a GeoJSON geometry (WGS 84, degrees, longitude first) and where it is known from.

    `origin` is `event`, `mgrs` (approximate, from the product name's MGRS square) or `none`; `problem` says why a
    geometry in the event could not be used.
    """

    geometry: dict[str, Any] | None
    origin: str
    problem: str = ""


def footprint(of: BoardScene | BoardTile) -> Footprint:
    """The footprint from the event, or from the MGRS square of a product name, or none."""
    problem = ""
    if of.geometry is not None:
        try:
            geometry = normalise(msgspec.json.decode(of.geometry))
            if geometry is not None:
                return Footprint(geometry, "event")
        except (FootprintInvalid, msgspec.DecodeError, RecursionError) as error:
            problem = str(error)
    geometry = _of_name(of.source_id)
    return Footprint(geometry, "none" if geometry is None else "mgrs", problem)


@functools.lru_cache(maxsize=4096)
def _of_name(source_id: str) -> dict[str, Any] | None:
    square = describe(source_id).mgrs
    return None if square is None else of_mgrs(square)


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


def scenes(board: Board, status: Status | None = None) -> bytes:
    """The scenes of an AOI, all or those in a status, by id."""
    return _collection(
        [scene_feature(one, board.name) for one in board.scenes.values() if status in (None, one.status)]
    )


def tiles(board: Board, status: Status | None = None) -> bytes:
    """The tiles of an AOI, all or those in a status, by id."""
    found = [one for one in board.tiles.values() if status in (None, one.status)]
    return _collection([tile_feature(one, board.name) for one in found])


def scene_and_tiles(of: BoardScene, aoi: str) -> bytes:
    """A scene and its tiles."""
    return _collection([scene_feature(of, aoi), *(tile_feature(one, aoi) for one in of.tiles)])


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
    return geojson.Feature(id=f"{more['kind']}-{of.id}", geometry=where.geometry, properties=properties)


def _collection(features: list[geojson.Feature]) -> bytes:
    return msgspec.json.encode(geojson.FeatureCollection(features)) + b"\n"
