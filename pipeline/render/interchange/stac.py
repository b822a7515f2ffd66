"""A static STAC catalogue (SpatioTemporal Asset Catalog, 1.1): a collection for each AOI, an item for each scene.

It is self-contained in the sense of STAC's best practices: all links are relative, none leads to the file itself, so
that it works from any folder. What the processing has come to stands in fields whose names begin with `sceneboard:`.

Needs pystac (the extra `stac`): imported only where a catalogue is asked for.
"""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

import msgspec
import pystac

from pipeline.event import STATUSES
from pipeline.footprint import bounds
from pipeline.insight.location import footprint
from pipeline.insight.workload import Counts, Overview, count
from pipeline.products import Product, describe
from pipeline.render.interchange.stac_paths import CATALOG, collection_path, item_path
from pipeline.render.paths import url
from pipeline.store.board import Board, BoardScene
from pipeline.timestamp import instant

_PREFIX = "sceneboard:"
_WORLD = [-180.0, -90.0, 180.0, 90.0]
_AREAS, _LINES, _POINTS = ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString"), ("Point", "MultiPoint")
_encoder = msgspec.json.Encoder()


def catalog(aois: Iterable[tuple[str, str]]) -> bytes:
    """`stac/catalog.json`: names and folders of the AOIs, in that order."""
    made = pystac.Catalog("sceneboard", "Satellite scenes by area of interest, and their processing.", "Sceneboard")
    made.set_root(None)
    _link(made, pystac.RelType.ROOT, CATALOG, CATALOG, pystac.MediaType.JSON)
    for name, folder in aois:
        _link(made, pystac.RelType.CHILD, collection_path(folder), CATALOG, pystac.MediaType.JSON, name)
    _link(made, pystac.RelType.ALTERNATE, "index.html", CATALOG, pystac.MediaType.HTML, "All AOIs")
    return _json(made)


def collection(board: Board, folder: str, workload: Overview) -> bytes:
    """The collection of an AOI: extents and summaries of its scenes, how they and the tiles stand."""
    path = collection_path(folder)
    products = [describe(scene.source_id) for scene in board.scenes.values()]
    made = pystac.Collection(
        board.name,
        "Satellite scenes of an area of interest, and their processing.",
        _extent(board.scenes.values()),
        board.name,
        extra_fields={
            f"{_PREFIX}status": board.status,
            f"{_PREFIX}scenes": _counts(workload.scenes),
            f"{_PREFIX}tiles": _counts(workload.tiles),
        },
        summaries=_summaries(products),
    )
    made.set_root(None)
    _link(made, pystac.RelType.ROOT, CATALOG, path, pystac.MediaType.JSON)
    _link(made, pystac.RelType.PARENT, CATALOG, path, pystac.MediaType.JSON)
    for scene in board.scenes.values():
        item = item_path(folder, scene.id)
        _link(made, pystac.RelType.ITEM, item, path, pystac.MediaType.GEOJSON, scene.source_id)
    page = f"aoi/{folder}/index.html"
    _link(made, pystac.RelType.ALTERNATE, page, path, pystac.MediaType.HTML, "Board of the AOI")
    return _json(made)


def item(scene: BoardScene, aoi: str, folder: str) -> bytes:
    """The item of a scene: where and when it was acquired, by what, and how its processing stands."""
    path = item_path(folder, scene.id)
    product = describe(scene.source_id)
    lies = footprint(scene)
    geometry = None if lies.geometry is None else _single(lies.geometry)
    taken = _taken(scene, product)
    made = pystac.Item(
        scene.source_id,
        geometry,
        None if geometry is None else list(bounds(geometry)),
        taken.pop("datetime"),
        {
            **taken,
            **_craft(product),
            f"{_PREFIX}scene_id": scene.id,
            f"{_PREFIX}status": scene.status,
            f"{_PREFIX}message": scene.message,
            f"{_PREFIX}retry_countdown": scene.retry_countdown,
            f"{_PREFIX}since": scene.since + "Z",
            f"{_PREFIX}tiles": _counts(count([tile.status for tile in scene.tiles])),
            f"{_PREFIX}footprint": lies.origin,
        },
        collection=aoi,
        assets={
            "tiles": pystac.Asset(
                url(f"scene/{scene.id}.geojson", path),
                "The scene and its tiles, with status and payload",
                media_type=pystac.MediaType.GEOJSON,
                roles=["metadata"],
            )
        },
    )
    _link(made, pystac.RelType.ROOT, CATALOG, path, pystac.MediaType.JSON)
    for relation in (pystac.RelType.PARENT, pystac.RelType.COLLECTION):
        _link(made, relation, collection_path(folder), path, pystac.MediaType.JSON)
    _link(made, pystac.RelType.ALTERNATE, f"scene/{scene.id}.html", path, pystac.MediaType.HTML, "Page of the scene")
    _link(
        made, pystac.RelType.VIA, f"scene/{scene.id}.json", path, pystac.MediaType.JSON, "The monitoring API's answer"
    )
    return _json(made)


def _link(of: pystac.STACObject, relation: str, to: str, here: str, kind: str, title: str | None = None) -> None:
    """Links to a path of the site, as it stands: pystac would look links up in a hierarchy that isn't loaded."""
    href = url(to, here)
    of.add_link(pystac.Link(relation, href if href.startswith(".") else f"./{href}", kind, title))


def _json(of: pystac.STACObject) -> bytes:
    return _encoder.encode(of.to_dict(include_self_link=False, transform_hrefs=False)) + b"\n"


def _counts(of: Counts) -> dict[str, int]:
    return {status.lower(): of.of(status) for status in STATUSES} | {"total": of.total}


def _taken(scene: BoardScene, product: Product) -> dict[str, Any]:
    """When it was acquired, as STAC's fields, and what that is known from.

    An item without a time isn't valid: of a scene whose payload and name tell none it is the time of its creation.
    """
    if scene.date is not None:
        return _at(instant(scene.date), "data")
    if product.acquired is None:
        return _at(scene.created, "created")
    if len(product.acquired) > len("2022-01-04"):
        return _at(instant(product.acquired), "name")
    day = datetime.fromisoformat(product.acquired)
    start, end = (datetime.combine(day, one, UTC) for one in (time.min, time(23, 59, 59)))
    span = {name: pystac.utils.datetime_to_str(one) for name, one in (("start_datetime", start), ("end_datetime", end))}
    return {"datetime": None, **span, f"{_PREFIX}datetime": "name"}


def _at(of: str, known_from: str) -> dict[str, Any]:
    return {"datetime": _datetime(of), f"{_PREFIX}datetime": known_from}


def _datetime(of: str) -> datetime:
    """An instant to the microsecond; a leap second, which a datetime can't hold, is the second before it."""
    second = "59" if of[17:19] == "60" else of[17:19]
    return datetime.fromisoformat(f"{of[:17]}{second}{of[19:26]}+00:00")


def _craft(product: Product) -> dict[str, Any]:
    """What made it, by STAC's common metadata: in small letters, `sentinel-2a`, `pleiades-neo-3`."""
    found: dict[str, Any] = {}
    if product.satellite is not None:
        found["platform"] = _slug(product.satellite)
    if product.constellation is not None:
        found["constellation"] = _slug(product.constellation)
    if product.instruments:
        found["instruments"] = list(product.instruments)
    return found


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-")


def _summaries(products: Iterable[Product]) -> pystac.Summaries:
    found: dict[str, set[str]] = {"platform": set(), "constellation": set(), "instruments": set()}
    for made_by in map(_craft, products):
        for field, value in made_by.items():
            found[field].update([value] if isinstance(value, str) else value)
    return pystac.Summaries({field: sorted(values) for field, values in found.items() if values})


def _extent(scenes: Iterable[BoardScene]) -> pystac.Extent:
    """Where and when the scenes of an AOI were acquired: the world, and no times, where nothing is known."""
    geometries = []
    starts, ends = [], []
    for scene in scenes:
        lies = footprint(scene).geometry
        if lies is not None:
            geometries.append(_single(lies))
        taken = _taken(scene, describe(scene.source_id))
        if taken[f"{_PREFIX}datetime"] == "created":
            continue
        starts.append(taken["datetime"] or datetime.fromisoformat(taken["start_datetime"]))
        ends.append(taken["datetime"] or datetime.fromisoformat(taken["end_datetime"]))
    box = list(bounds({"type": "GeometryCollection", "geometries": geometries})) if geometries else _WORLD
    return pystac.Extent(
        pystac.SpatialExtent([box]),
        pystac.TemporalExtent([[min(starts, default=None), max(ends, default=None)]]),
    )


def _single(geometry: dict[str, Any]) -> dict[str, Any]:
    """STAC has no geometry collections: of one the areas, else the lines, else the points."""
    if geometry["type"] != "GeometryCollection":
        return geometry
    members = geometry["geometries"]
    types = {member["type"] for member in members}
    single, multi = next(kind for kind in (_AREAS, _LINES, _POINTS) if types & {*kind})
    parts: list[Any] = []
    for member in members:
        if member["type"] == single:
            parts.append(member["coordinates"])
        elif member["type"] == multi:
            parts += member["coordinates"]
    return {"type": multi, "coordinates": parts}
