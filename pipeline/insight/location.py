"""Where a scene or tile lies, and where that is known from."""

import functools
from typing import Any

import msgspec

from pipeline.footprint import FootprintInvalid, normalise, of_mgrs
from pipeline.products import describe
from pipeline.store.board import BoardScene, BoardTile


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
