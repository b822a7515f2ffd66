"""Tables for notebooks and databases: AOIs, scenes, tiles and transitions as Parquet or CSV, written by DuckDB."""

import re
import uuid
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from pipeline.fold.outcome import Transition
from pipeline.insight.location import footprint
from pipeline.log.place import Data
from pipeline.operate.latest import latest
from pipeline.products import describe
from pipeline.scratch import scratch_folder
from pipeline.store import record
from pipeline.store.board import Board, BoardEvent, BoardScene, BoardTile, make_board
from pipeline.store.database import Database, batched, open_database
from pipeline.store.folds import pasts
from pipeline.timestamp import TimestampInvalid, instant

Format: TypeAlias = Literal["parquet", "csv"]
TABLES = ("aois", "scenes", "tiles", "transitions")
_AOIS_AT_ONCE = 16
_OPTIONS: dict[Format, str] = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


def export(data: Data, folder: Path, format: Format, wait_seconds: float) -> dict[Path, int]:
    """Writes the four tables into a folder, each file whole or not at all; the files with their numbers of rows.

    Raises StoreHeld, StoreBroken, OSError.
    """
    with scratch_folder() as scratch, open_database(scratch / "export") as into:
        into.run("SET TimeZone = 'UTC'")
        for statement in _statements():
            into.run(statement)
        with latest(data, wait_seconds) as database:
            names = [name for name, _ in record.aois(database)]
            for some in batched(names, _AOIS_AT_ONCE):
                boards = [board for past in pasts(database, some) if (board := make_board(past)) is not None]
                for table, rows in _TABLE_ROWS.items():
                    into.load(f"export_{table}", (row for board in boards for row in rows(board)), scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return dict(_write(into, table, folder, format) for table in TABLES)


def _statements() -> list[str]:
    text = files("pipeline").joinpath("export.sql").read_text(encoding="utf-8")
    return [statement for statement in re.sub(r"--.*", "", text).split(";") if statement.strip()]


def _write(into: Database, table: str, folder: Path, format: Format) -> tuple[Path, int]:
    path = folder / f"{table}.{format}"
    beside = folder / f".{table}.{uuid.uuid4().hex}.tmp"
    try:
        into.run(f"COPY export_{table} TO ? ({_OPTIONS[format]})", [str(beside)])
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path, int(into.rows(f"SELECT count(*) FROM export_{table}")[0][0])


class _Aoi(msgspec.Struct, gc=False):
    aoi: str
    status: str
    scenes: int
    tiles: int
    first_event: str | None
    last_event: str | None


class _Entity(msgspec.Struct, gc=False):
    """What scenes and tiles have in common."""

    aoi: str
    id: int
    source_id: str
    status: str
    message: str
    retry_countdown: int
    set_by_hand: bool
    created: str
    since: str
    footprint: str | None
    footprint_origin: str
    data: str
    tags: str | None


class _Scene(_Entity, gc=False):
    acquired: str | None
    satellite: str | None
    relative_orbit: int | None
    tiles: int


class _Tile(_Entity, gc=False):
    scene_id: int
    previous_id: int | None
    reference_id: int | None


class _Transition(msgspec.Struct, gc=False):
    aoi: str
    time: str
    event_type: str
    event_source: str
    event_id: str
    kind: str
    id: int
    status_before: str
    status_after: str
    retries_before: int
    retries_after: int
    previous_before: int | None
    previous_after: int | None
    reference_before: int | None
    reference_after: int | None
    message: str | None
    given_by: str | None
    reason: str | None


def _aois(board: Board) -> Iterator[_Aoi]:
    instants = [event.instant for event in board.events]
    yield _Aoi(
        board.name,
        board.status,
        len(board.scenes),
        len(board.tiles),
        _time(min(instants, default=None)),
        _time(max(instants, default=None)),
    )


def _scenes(board: Board) -> Iterator[_Scene]:
    for scene in board.scenes.values():
        product = describe(scene.source_id)
        yield _Scene(
            **_common(board, scene),
            acquired=_acquired(scene),
            satellite=product.satellite,
            relative_orbit=product.relative_orbit,
            tiles=len(scene.tiles),
        )


def _tiles(board: Board) -> Iterator[_Tile]:
    for tile in board.tiles.values():
        yield _Tile(
            **_common(board, tile),
            scene_id=tile.scene.id,
            previous_id=None if tile.prev is None else tile.prev.id,
            reference_id=None if tile.ref is None else tile.ref.id,
        )


def _common(board: Board, one: BoardScene | BoardTile) -> dict[str, Any]:
    lies = footprint(one)
    return {
        "aoi": board.name,
        "id": one.id,
        "source_id": one.source_id,
        "status": one.status,
        "message": one.message,
        "retry_countdown": one.retry_countdown,
        "set_by_hand": one.by_hand,
        "created": _time(one.created),
        "since": _time(one.since),
        "footprint": None if lies.geometry is None else msgspec.json.encode(lies.geometry).decode(),
        "footprint_origin": lies.origin,
        "data": _text(one.data),
        "tags": _text(one.tags),
    }


def _transitions(board: Board) -> Iterator[_Transition]:
    for event in board.events:
        data: Any = event.event.data
        for change in event.changes:
            yield _Transition(
                board.name, _time(event.instant) or "", event.type, event.source, event.id, change.kind, change.id,
                change.status_before, change.status_after, change.retries_before, change.retries_after,
                change.prev_before, change.prev_after, change.ref_before, change.ref_after, _message(event, change),
                getattr(data, "by", None), getattr(data, "reason", None),
            )  # fmt: skip


def _message(event: BoardEvent, change: Transition) -> str | None:
    """What the worker said of it, the same as last time or not; of other changes the message that they set."""
    said: Any = getattr(event.event.data, "message", None)
    return said if said and (change.kind, change.id) == (event.kind, event.entity) else change.message


_TABLE_ROWS: dict[str, Any] = {"aois": _aois, "scenes": _scenes, "tiles": _tiles, "transitions": _transitions}


def _time(of: str | None) -> str | None:
    """An instant as DuckDB reads it: a leap second, which it doesn't know, is the last moment before it."""
    if of is None:
        return None
    return f"{of[:17]}59.999999Z" if of[17:19] == "60" else f"{of}Z"


def _acquired(scene: BoardScene) -> str | None:
    try:
        return None if scene.date is None else _time(instant(scene.date))
    except TimestampInvalid:
        return None


def _text(of: bytes | None) -> str | None:
    return None if of is None else bytes(of).decode()
