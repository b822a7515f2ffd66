"""What the store hands on to be shown: an AOI with its scenes, its tiles and everything that happened to them."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from pipeline.event import Event, Status, decode
from pipeline.fold.outcome import Transition, Verdict
from pipeline.store.database import Database
from pipeline.store.texts import TextReader
from pipeline.timestamp import utc_day


@dataclass(slots=True)
class BoardEvent:
    """An event of the AOI, what it came to and what it changed. `instant` as in `timestamp`; `text` is its line."""

    number: int
    instant: str
    source: str
    id: str
    type: str
    entity: int | None
    verdict: Verdict
    reason: str
    event: Event
    text: bytes
    changes: list[Transition] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`aoi`, `scene` or `tile`."""
        return self.type.partition(".")[0]


@dataclass(slots=True, eq=False)
class BoardScene:
    """A scene as it stands. `data`, `geometry` and `tags` are JSON texts as they came."""

    id: int
    source_id: str
    status: Status
    message: str
    retry_countdown: int
    by_hand: bool
    data: bytes
    geometry: bytes | None
    tags: bytes | None
    created: str
    """The instant of its creation."""
    since: str
    """The instant since when it has its status."""
    date: str | None
    """`data.date` as it came: when it was acquired; None if there is none that can be read."""
    tiles: list["BoardTile"] = field(default_factory=list)
    """In ascending id."""

    @property
    def day(self) -> str | None:
        """The day of acquisition, in UTC."""
        return utc_day(self.date)


@dataclass(slots=True, eq=False)
class BoardTile:
    """A tile as it stands. `data`, `geometry` and `tags` are JSON texts as they came."""

    id: int
    source_id: str
    scene: BoardScene
    status: Status
    message: str
    retry_countdown: int
    by_hand: bool
    data: bytes
    geometry: bytes | None
    tags: bytes | None
    created: str
    since: str
    prev: "BoardTile | None" = None
    ref: "BoardTile | None" = None
    next: list["BoardTile"] = field(default_factory=list)
    """Those whose `prev` it is, in ascending id."""


@dataclass
class Board:
    """An AOI: scenes and tiles by id, ascending, and its events in log order."""

    name: str
    status: Status
    scenes: dict[int, BoardScene]
    tiles: dict[int, BoardTile]
    events: list[BoardEvent]

    @cached_property
    def histories(self) -> dict[int, list[BoardEvent]]:
        """By scene: the events that named it or one of its tiles, or changed one of them, in log order."""
        found: dict[int, list[BoardEvent]] = defaultdict(list)
        for event in self.events:
            concerned = set()
            if event.kind == "scene" and event.entity is not None:
                concerned.add(event.entity)
            elif event.kind == "tile" and event.entity in self.tiles:
                concerned.add(self.tiles[event.entity].scene.id)
            for change in event.changes:
                if change.kind == "scene":
                    concerned.add(change.id)
                elif change.id in self.tiles:
                    concerned.add(self.tiles[change.id].scene.id)
            for scene in concerned & self.scenes.keys():
                found[scene].append(event)
        return found


def load_board(database: Database, name: str) -> Board:
    """The AOI of that name. Raises KeyError if there is none."""
    status = database.rows("SELECT status FROM aois WHERE name = ? AND present", [name])
    if not status:
        raise KeyError(name)
    events = load_events(database, name)
    instants = {event.number: event.instant for event in events}
    since: dict[tuple[str, int], str] = {}
    for event in events:
        for change in event.changes:
            if change.status_before != change.status_after:
                since[change.kind, change.id] = event.instant
    board = Board(name, status[0][0], {}, {}, events)
    scenes = database.rows(
        """
        SELECT id, source_id, status, message, retry_countdown, by_hand, data, geometry, tags, created
        FROM scenes WHERE aoi = ? ORDER BY id
        """,
        [name],
    )
    for id, source_id, state, message, countdown, by_hand, data, geometry, tags, created in scenes:
        born = instants[created]
        board.scenes[id] = BoardScene(
            id, source_id, state, message, countdown, by_hand, data.encode(), _bytes(geometry), _bytes(tags),
            born, since.get(("scene", id), born), _date(data),
        )  # fmt: skip
    tiles = database.rows(
        """
        SELECT id, source_id, scene, status, message, retry_countdown, by_hand, data, geometry, tags, created, prev, ref
        FROM tiles WHERE aoi = ? ORDER BY id
        """,
        [name],
    )
    for id, source_id, scene, state, message, countdown, by_hand, data, geometry, tags, created, _, _ in tiles:
        born = instants[created]
        tile = BoardTile(
            id, source_id, board.scenes[scene], state, message, countdown, by_hand, data.encode(), _bytes(geometry),
            _bytes(tags), born, since.get(("tile", id), born),
        )  # fmt: skip
        board.tiles[id] = tile
        tile.scene.tiles.append(tile)
    for id, *_, prev, ref in tiles:
        tile = board.tiles[id]
        if prev is not None:
            tile.prev = board.tiles[prev]
            tile.prev.next.append(tile)
        if ref is not None:
            tile.ref = board.tiles[ref]
    return board


def load_events(database: Database, name: str) -> list[BoardEvent]:
    """The events that were folded under a name, '' for those that belong nowhere, in log order."""
    rows = database.rows(
        """
        SELECT event, instant, source, id, type, entity, verdict, reason, batch, start, length
        FROM events JOIN (FROM outcomes WHERE aoi = ?1) o USING (event) WHERE events.aoi = ?1
        ORDER BY instant, sequence, source, id
        """,
        [name],
    )
    reader = TextReader(database)
    reader.prepare(row[8] for row in rows)
    events: dict[int, BoardEvent] = {}
    for number, instant, source, id, type_, entity, verdict, reason, batch, start, length in rows:
        text = reader.text(batch, start, length)
        events[number] = BoardEvent(number, instant, source, id, type_, entity, verdict, reason, decode(text), text)
    changes = database.rows("SELECT * EXCLUDE aoi FROM transitions WHERE aoi = ? ORDER BY event, kind, id", [name])
    for change in map(Transition._make, changes):
        events[change.event].changes.append(change)
    return list(events.values())


class _Dated(msgspec.Struct):
    date: object = None


_dated = msgspec.json.Decoder(_Dated)


def _date(data: str) -> str | None:
    date = _dated.decode(data).date
    return date if isinstance(date, str) and utc_day(date) else None


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
