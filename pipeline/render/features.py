"""GeoJSON of scenes and tiles (RFC 7946), with the package `geojson`."""

import functools
from collections.abc import Iterable
from typing import Any

import geojson
import msgspec

from pipeline.event import STATUSES, Status
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


def scenes(board: Board) -> dict[Status | None, bytes]:
    """The scenes of an AOI by id: all of them, and those in each status."""
    return _by_status((one.status, _encoder.encode(scene_feature(one, board.name))) for one in board.scenes.values())


def tiles(board: Board) -> dict[Status | None, bytes]:
    """The tiles of an AOI by id: all of them, and those in each status."""
    return _by_status((one.status, _encoder.encode(tile_feature(one, board.name))) for one in board.tiles.values())


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
    feature = geojson.Feature(id=f"{more['kind']}-{of.id}", properties=properties)
    feature["geometry"] = where.geometry  # checked already; the constructor would copy every position
    return feature


_encoder = msgspec.json.Encoder()


def _collection(features: list[geojson.Feature]) -> bytes:
    return _encoder.encode(geojson.FeatureCollection(features)) + b"\n"


def _by_status(features: Iterable[tuple[Status, bytes]]) -> dict[Status | None, bytes]:
    """Collections of features that are encoded already, each once for both collections that it stands in."""
    found: dict[Status | None, list[bytes]] = {status: [] for status in (None, *STATUSES)}
    for status, feature in features:
        found[None].append(feature)
        found[status].append(feature)
    head, tail = _collection([]).split(b"[]")
    return {status: b"".join((head, b"[", b",".join(some), b"]", tail)) for status, some in found.items()}
