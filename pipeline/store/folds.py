"""Hands the events of AOIs to the fold, in log order, and keeps what it made of them."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from pipeline.event import Event, decode
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded
from pipeline.store.database import Database
from pipeline.store.texts import TextReader

_TABLES = ("scenes", "tiles", "outcomes", "transitions")


class Past(NamedTuple):
    """Everything that happened to an AOI: numbered events in log order, and which creations name another's id."""

    name: str
    events: list[tuple[int, Event]]
    taken: dict[int, str]


def pasts(database: Database, names: Iterable[str]) -> Iterator[Past]:
    """The past of each of these AOIs, one at a time."""
    database.keep("dirty", [(name,) for name in sorted(names)], "aoi VARCHAR")
    taken = dict(database.rows("FROM taken"))
    reader = TextReader(database)
    ordered = database.rows(
        """
        SELECT aoi, event, batch, start, length FROM events SEMI JOIN dirty USING (aoi)
        ORDER BY aoi, instant, sequence, source, id
        """
    )
    left = {row[0] for row in database.rows("FROM dirty")}
    for name, group in groupby(ordered, key=lambda row: row[0]):
        places = [(row[1], row[2], row[3], row[4]) for row in group]
        reader.prepare(place[1] for place in places)
        left.discard(name)
        yield Past(name, [(event, decode(reader.text(*place))) for event, *place in places], taken)
    for name in sorted(left):
        yield Past(name, [], {})


def save(database: Database, folds: Iterable[Folded], revision: int) -> None:
    """Keeps what the fold made of AOIs, in place of what it made of them before."""
    folded = list(folds)
    database.keep("saved", [(fold.aoi.name,) for fold in folded], "aoi VARCHAR")
    for table in _TABLES:
        database.run(f"DELETE FROM {table} WHERE aoi IN (FROM saved)")
    database.run("DELETE FROM aois WHERE name IN (FROM saved)")
    database.append(
        "aois",
        [(fold.aoi.name, fold.aoi.exists, aoi_status(fold.aoi), revision) for fold in folded if fold.aoi.name],
    )
    database.append("scenes", (row for fold in folded for row in _scene_rows(fold)))
    database.append("tiles", (row for fold in folded for row in _tile_rows(fold)))
    database.append(
        "outcomes",
        ((event, fold.aoi.name, verdict, reason) for fold in folded for event, verdict, reason in fold.outcomes),
    )
    database.append("transitions", ((fold.aoi.name, *change) for fold in folded for change in fold.transitions))


def _scene_rows(fold: Folded) -> Iterator[tuple[object, ...]]:
    for scene in sorted(fold.aoi.scenes.values(), key=lambda scene: scene.id):
        yield (
            fold.aoi.name, scene.id, scene.source_id, scene.status, scene.message, scene.retry_countdown,
            scene.by_hand, scene.data.decode(), _text(scene.geometry), _text(scene.tags), scene.created,
        )  # fmt: skip


def _tile_rows(fold: Folded) -> Iterator[tuple[object, ...]]:
    for tile in sorted(fold.aoi.tiles.values(), key=lambda tile: tile.id):
        yield (
            fold.aoi.name, tile.id, tile.scene.id, tile.source_id, tile.status, tile.message, tile.retry_countdown,
            None if tile.prev is None else tile.prev.id, None if tile.ref is None else tile.ref.id, tile.by_hand,
            tile.data.decode(), _text(tile.geometry), _text(tile.tags), tile.created,
        )  # fmt: skip


def _text(json: bytes | None) -> str | None:
    return None if json is None else json.decode()
