"""Reads what `scene add` is given: the API's body, a list, JSON Lines, or the catalogue's GeoJSON FeatureCollection."""

import json
from collections.abc import Iterator
from typing import Any

from pipeline.footprint import from_wkt


class BodyInvalid(ValueError):
    """Something that is no scene; its text says what, and where."""


def read_bodies(text: str, name: str) -> list[dict[str, Any]]:
    """The scenes of a file, as bodies of `POST /aoi/{aoi}/scene`, each after those that its tiles wait for.

    Raises BodyInvalid.
    """
    found: list[dict[str, Any]] = []
    for place, value in _values(text.removeprefix("\ufeff"), name):  # PowerShell begins files with it
        found += _scenes(value, place)
    return in_order(found)


def _values(text: str, name: str) -> Iterator[tuple[str, Any]]:
    try:
        yield name, json.loads(text)
        return
    except (ValueError, RecursionError) as error:
        whole = error
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) < 2:
        raise BodyInvalid(f"{name}: not JSON: {whole}")
    for number, line in lines:
        try:
            yield f"{name}, line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BodyInvalid(f"{name}, line {number}: neither JSON nor JSON Lines: {error}") from None


def _scenes(value: Any, place: str) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [scene for number, one in enumerate(value, 1) for scene in _scenes(one, f"{place}, item {number}")]
    if not isinstance(value, dict):
        raise BodyInvalid(f"{place}: a scene is an object; this is {json.dumps(value)[:60]}")
    if value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list):
            raise BodyInvalid(f"{place}: a FeatureCollection without a list of features")
        return [_of_feature(feature, f"{place}, feature {number}") for number, feature in enumerate(features, 1)]
    if value.get("type") == "Feature":
        return [_of_feature(value, place)]
    return [value]


def _of_feature(feature: Any, place: str) -> dict[str, Any]:
    """The body of a catalogue's feature: its properties, with tags, tiles and footprints in their places."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise BodyInvalid(f"{place}: a feature without properties")
    tiles = properties.get("Tiles") or []
    if not isinstance(tiles, list) or not all(isinstance(tile, dict) and "SourceID" in tile for tile in tiles):
        raise BodyInvalid(f"{place}: its Tiles are no list of tiles with a SourceID")
    known = {"id", "source_id", "aoi", "data", "retry_count"}
    body = {key: properties[key] for key in known & properties.keys()}
    body["geometry"] = _geometry(properties, feature.get("geometry"))
    if properties.get("Tags") is not None:
        body["tags"] = properties["Tags"]
    body["tiles"] = {str(tile["SourceID"]): _of_catalogue_tile(tile) for tile in tiles}
    return body


def _of_catalogue_tile(tile: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"data": tile.get("Data") or {}}
    for role in ("previous", "reference"):
        other = tile.get(role.capitalize())
        if isinstance(other, dict) and other.get("SourceID"):
            body[f"{role}_tile_id"] = other["SourceID"]
            body[f"{role}_scene_id"] = other.get("SceneID", "")
    if (geometry := _geometry(tile, None)) is not None:
        body["geometry"] = geometry
    return body


def _geometry(of: dict[str, Any], otherwise: Any) -> Any:
    """The footprint from `GeometryWKT`, which is the scene's own (a feature's geometry has its tiles' in it too)."""
    text = of.get("GeometryWKT")
    geometry = from_wkt(text) if isinstance(text, str) else None
    return otherwise if geometry is None else geometry


def in_order(scenes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that others' tiles wait for first; else as they came."""
    by_source_id = {scene.get("source_id"): scene for scene in scenes if isinstance(scene.get("source_id"), str)}
    ordered: list[dict[str, Any]] = []
    seen: set[int] = set()
    for first in scenes:
        pending = [(first, False)]
        while pending:
            scene, ready = pending.pop()
            if ready:
                ordered.append(scene)
            elif id(scene) not in seen:
                seen.add(id(scene))
                pending.append((scene, True))
                pending += [(by_source_id[name], False) for name in _waited_for(scene) if name in by_source_id]
    return ordered


def _waited_for(scene: dict[str, Any]) -> list[str]:
    tiles = scene.get("tiles")
    named = [
        tile.get(f"{role}_scene_id")
        for tile in (tiles.values() if isinstance(tiles, dict) else ())
        if isinstance(tile, dict)
        for role in ("previous", "reference")
    ]
    return [name for name in named if isinstance(name, str) and name]
