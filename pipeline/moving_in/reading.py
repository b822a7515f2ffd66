"""Reads all that a source answers about its AOIs, and makes sure that it is all there."""

import re
from collections.abc import Collection, Iterator

from pipeline.event_names import STATUSES
from pipeline.moving_in.answers import (
    AnswerInvalid,
    AoiAnswer,
    AoiAnswers,
    Place,
    SceneAnswer,
    Source,
    TileAnswer,
    places_in,
    typed,
)

_TOTAL = re.compile(rb"^  Total: +([0-9]{1,12})$", re.MULTILINE)
_TRIES = 3
"""A server goes on working while it is read: what doesn't fit together is read again."""


class AoiUnknown(LookupError):
    """An AOI that was asked for isn't there; the text names it."""


def read_aois(source: Source, wanted: Collection[str]) -> Iterator[AoiAnswers]:
    """What is answered about each AOI, by name: about all, or those that are wanted.

    Raises AoiUnknown, AnswerInvalid, SourceUnusable.
    """
    place, found = source.list_of("aoi")
    listed = {one.name: one.status for one in typed(found, AoiAnswer, place)}
    for name in wanted:
        if name not in listed:
            raise AoiUnknown(f"AOI {name} is not there; {place} has {', '.join(sorted(listed)) or 'none'}")
    for name in sorted(wanted or listed):
        for attempt in range(_TRIES):
            try:
                yield _read(source, AoiAnswer(name, listed[name]))
                break
            except _NotWhole as problem:
                if attempt + 1 == _TRIES:
                    raise AnswerInvalid(
                        f"{problem}. It changes faster than it can be read, or a list isn't whole: try again"
                    ) from None


class _NotWhole(Exception):
    """The lists of an AOI don't fit together."""


def _read(source: Source, aoi: AoiAnswer) -> AoiAnswers:
    place, found = source.list_of("aoi", aoi.name, "scenes")
    scenes = {one.id: one for one in typed(found, SceneAnswer, place)}
    if len(scenes) < len(found):
        raise _NotWhole(f"{place}: a scene is there twice")
    tiles: dict[int, TileAnswer] = {}
    count = 0
    for status in STATUSES:
        place, found = source.list_of("aoi", aoi.name, "tiles", status)
        tiles.update((one.id, one) for one in typed(found, TileAnswer, place))
        count += len(found)
    if len(tiles) < count:
        raise _NotWhole(f"AOI {aoi.name}: a tile is there twice")
    for tile in tiles.values():
        if tile.scene.id not in scenes:
            raise _NotWhole(f"AOI {aoi.name}: tile {tile.id} is of scene {tile.scene.id}, which is not in the list")
    _compare_counts(source.text_of("aoi", aoi.name), aoi.name, len(scenes), len(tiles))
    places: dict[tuple[str, int], Place] = {}
    for kind in ("scene", "tile"):
        text = source.text_of("aoi", aoi.name, f"{kind}s.geojson")
        if text is not None and text[:1] == b"{":
            places |= places_in(text, kind, f"{kind}s.geojson of {aoi.name}")
    return AoiAnswers(aoi.name, aoi.status, scenes, tiles, places)


def _compare_counts(overview: bytes | None, name: str, scenes: int, tiles: int) -> None:
    """The AOI's overview says how many there are."""
    totals = [int(total) for total in _TOTAL.findall(overview or b"")]
    if len(totals) == 2 and totals != [scenes, tiles]:
        raise _NotWhole(
            f"AOI {name} has {totals[0]:,} scenes and {totals[1]:,} tiles, but the lists {scenes:,} and {tiles:,}"
        )
