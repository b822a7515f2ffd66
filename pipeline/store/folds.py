"""Hands the events of AOIs to the fold, in log order, and keeps what it made of them."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from pipeline.event import Event
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded
from pipeline.store.database import Database
from pipeline.store.texts import TextReader, event_of

_TABLES = ("scenes", "tiles", "outcomes")


class Past(NamedTuple):
    """Everything that happened to an AOI: numbered events in log order, their lines and instants.

    `taken` says, by number, which creations name an id of something else.
    """

    name: str
    events: list[tuple[int, Event]]
    texts: list[bytes]
    instants: list[str]
    taken: dict[int, str]


def pasts(database: Database, names: Iterable[str]) -> Iterator[Past]:
    """The past of each of these AOIs, by name."""
    database.keep("dirty", [(name,) for name in sorted(names)], "aoi VARCHAR")
    taken = dict(database.rows("FROM taken"))
    left = {row[0] for row in database.rows("FROM dirty")}
    reader = TextReader(database)
    ordered = database.rows(
        """
        SELECT aoi, event, instant, batch, start, length FROM events SEMI JOIN dirty USING (aoi)
        ORDER BY aoi, instant, sequence, source, id
        """
    )
    for name, group in groupby(ordered, key=lambda row: row[0]):
        rows = list(group)
        reader.prepare(row[3] for row in rows)
        texts = [reader.text(*row[3:]) for row in rows]
        left.discard(name)
        yield Past(
            name,
            [(row[1], event_of(text)) for row, text in zip(rows, texts, strict=True)],
            texts,
            [row[2] for row in rows],
            taken,
        )
    for name in sorted(left):
        yield Past(name, [], [], [], {})


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
    database.load("scenes", (row for fold in folded for row in _scene_rows(fold)))
    database.load("tiles", (row for fold in folded for row in _tile_rows(fold)))
    database.append(
        "outcomes",
        ((event, fold.aoi.name, verdict, reason) for fold in folded for event, verdict, reason in fold.outcomes),
    )


class _SceneRow(msgspec.Struct, gc=False):
    """A row of `scenes`."""

    aoi: str
    id: int
    source_id: str
    status: str
    message: str
    retry_countdown: int


class _TileRow(msgspec.Struct, gc=False):
    """A row of `tiles`."""

    aoi: str
    id: int
    scene: int
    source_id: str
    status: str
    message: str
    retry_countdown: int
    prev: int | None
    ref: int | None


def _scene_rows(fold: Folded) -> Iterator[_SceneRow]:
    name = fold.aoi.name
    for scene in fold.aoi.scenes.values():
        yield _SceneRow(name, scene.id, scene.source_id, scene.status, scene.message, scene.retry_countdown)


def _tile_rows(fold: Folded) -> Iterator[_TileRow]:
    name = fold.aoi.name
    for tile in fold.aoi.tiles.values():
        yield _TileRow(
            name, tile.id, tile.scene.id, tile.source_id, tile.status, tile.message, tile.retry_countdown,
            None if tile.prev is None else tile.prev.id, None if tile.ref is None else tile.ref.id,
        )  # fmt: skip
