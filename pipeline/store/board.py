"""What the store hands on to be shown: an AOI with its scenes, its tiles and everything that happened to them."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import msgspec

from pipeline.event import Event, Status, type_of
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded, fold
from pipeline.fold.outcome import Transition, Verdict
from pipeline.store.past import Past
from pipeline.timestamp import utc_day


class BoardEvent(msgspec.Struct):
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
    changes: list[Transition] = []

    @property
    def kind(self) -> str:
        """`aoi`, `scene` or `tile`."""
        return self.type.partition(".")[0]


class BoardScene(msgspec.Struct, eq=False):
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
    tiles: list["BoardTile"] = []
    """In ascending id."""
    day: str | None = None
    """The day of acquisition, in UTC: follows from the date."""

    def __post_init__(self) -> None:
        self.day = utc_day(self.date)


class BoardTile(msgspec.Struct, eq=False):
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
    next: list["BoardTile"] = []
    """Those whose `prev` it is, in ascending id."""


@dataclass
class Board:
    """An AOI: scenes and tiles by id, ascending, and its events in log order."""

    name: str
    status: Status
    scenes: dict[int, BoardScene]
    tiles: dict[int, BoardTile]
    events: list[BoardEvent]

    def clear(self) -> None:
        """Forgets its scenes, tiles and events.

        Scenes and tiles lead to one another, and what is left of a page may lead to the board: without that they stay
        until Python looks for them, which is much where many AOIs come one after the other.
        """
        for tile in self.tiles.values():
            tile.prev = tile.ref = None
            tile.next = []
        for scene in self.scenes.values():
            scene.tiles = []
        self.scenes.clear()
        self.tiles.clear()
        self.events.clear()
        self.__dict__.pop("histories", None)

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


def make_board(past: Past) -> Board | None:
    """The AOI that comes of these events; None if it isn't there."""
    folded = fold(past.name, past.events, past.taken, history=True)
    if not folded.aoi.exists:
        return None
    events = _board_events(past, folded)
    since: dict[tuple[str, int], str] = {}
    for event in events.values():
        for change in event.changes:
            if change.status_before != change.status_after:
                since[change.kind, change.id] = event.instant
    scenes: dict[int, BoardScene] = {}
    tiles: dict[int, BoardTile] = {}
    for _, scene in sorted(folded.aoi.scenes.items()):
        born = events[scene.created].instant
        shown = BoardScene(
            scene.id, scene.source_id, scene.status, scene.message, scene.retry_countdown, scene.by_hand, scene.data,
            scene.geometry, scene.tags, born, max(born, since.get(("scene", scene.id), born)),
            acquisition_date(scene.data),
        )  # fmt: skip
        scenes[scene.id] = shown
        for tile in scene.tiles.values():
            placed = BoardTile(
                tile.id, tile.source_id, shown, tile.status, tile.message, tile.retry_countdown, tile.by_hand,
                tile.data, tile.geometry, tile.tags, born, max(born, since.get(("tile", tile.id), born)),
            )  # fmt: skip
            tiles[tile.id] = placed
            shown.tiles.append(placed)
    tiles = dict(sorted(tiles.items()))
    for id, placed in tiles.items():
        tile = folded.aoi.tiles[id]
        placed.prev = None if tile.prev is None else tiles[tile.prev.id]
        placed.ref = None if tile.ref is None else tiles[tile.ref.id]
        placed.next = [tiles[following.id] for following in tile.next_tiles()]
    status = aoi_status(folded.aoi)
    folded.aoi.clear()
    return Board(past.name, status, scenes, tiles, list(events.values()))


def _board_events(past: Past, folded: Folded) -> dict[int, BoardEvent]:
    events = {
        number: BoardEvent(
            number, instant, event.source, event.id, type_of(event),
            None if isinstance(event.data.id, str) else event.data.id,
            outcome.verdict, outcome.reason, event, text,
        )
        for (number, event), text, instant, outcome in zip(
            past.events, past.texts, past.instants, folded.outcomes, strict=True
        )
    }  # fmt: skip
    for change in folded.transitions:
        events[change.event].changes.append(change)
    return events


class _Dated(msgspec.Struct):
    date: msgspec.Raw = msgspec.Raw(b"null")


_dated = msgspec.json.Decoder(_Dated)
_text = msgspec.json.Decoder(str)


def acquisition_date(data: bytes | msgspec.Raw) -> str | None:
    """`data.date` as it came; None if there is none that can be read, whatever else the payload holds."""
    try:
        date = _text.decode(_dated.decode(data).date)
    except msgspec.DecodeError:
        return None
    return date if utc_day(date) else None
