"""What happened on each day, by the events' own times in UTC: a handover sheet a day, made in one pass.

Stuck is what stands in RETRY: only an operator, or a late word of its worker, moves it. FAILED is given up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Literal, TypeAlias

import msgspec

from pipeline.event import STATUSES, EntityForce, NewScene, SceneCreated, Status
from pipeline.fold.outcome import Transition, Verdict
from pipeline.store.board import Board, BoardEvent, acquisition_date
from pipeline.timestamp import utc_day

Kind: TypeAlias = Literal["scene", "tile"]
Ending: TypeAlias = Literal["DONE", "given up", "tried again", "waiting"]

STUCK_LISTED = 50
"""How many of what is still stuck are named, the longest stuck first: else sheets would grow with the days."""


@dataclass(slots=True, eq=False)
class Subject:
    """A scene or tile that sheets speak of."""

    kind: Kind
    id: int
    source_id: str
    scene: int
    """Id of its scene, or its own."""
    acquired: str | None
    """Day of acquisition, in UTC, as its creation told it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A scene or tile on a sheet, as it was at the end of the day."""

    subject: Subject
    status: Status
    since: str
    """The instant since when it had that status."""
    message: str
    """Its message at the end of the day; of what was settled, the last one with which it failed."""
    by_operator: bool
    """An operator's command brought it to that status."""
    with_scene: bool
    """It failed because its scene did, without a message of its own."""
    failures: int
    """How often it became RETRY or FAILED on that day."""

    @property
    def ending(self) -> Ending:
        """How what was settled ended."""
        match self.status:
            case "DONE":
                return "DONE"
            case "FAILED":
                return "given up"
            case "PENDING":
                return "tried again"
            case _:
                return "waiting"


@dataclass(slots=True)
class Action:
    """What an operator did. Commands of the same kind, by the same one, for the same reason and with the same outcome
    are one action, where no other command of the AOI came between them."""

    instant: str
    """Of the first command."""
    by: str
    """Who; the source of the event where it doesn't say."""
    type: str
    """The events' type, as `tile.retry`."""
    status: Status | None
    """The status that was forced."""
    force: bool
    reason: str
    verdict: Verdict
    refused: str
    """Why it was rejected, or what could not be done."""
    ids: list[int] = field(default_factory=list)
    """Of the scenes or tiles, in log order. Empty for a command about the AOI."""


@dataclass(slots=True)
class Day:
    """The sheet of a day, in UTC, on which the AOI had an event.

    What failed or was stuck is on exactly one of `newly_failed`, `settled` and `still_stuck`.
    """

    day: str
    events: int = 0
    rejected: int = 0
    new_scenes: int = 0
    new_tiles: int = 0
    done_scenes: int = 0
    done_tiles: int = 0
    """Those that were DONE at the day's end and not before."""
    undone_scenes: int = 0
    undone_tiles: int = 0
    """Those that had been DONE and weren't at the day's end, or were gone with their AOI."""
    newly_failed: list[Line] = field(default_factory=list)
    """Those in RETRY or FAILED at its end that were in neither at its beginning, or in FAILED and now in RETRY."""
    settled: list[Line] = field(default_factory=list)
    """Those that left RETRY or FAILED, or went from RETRY to FAILED, since its beginning."""
    still_stuck: list[Line] = field(default_factory=list)
    """Those in RETRY at its beginning and at its end, the longest stuck first; at most STUCK_LISTED."""
    still_stuck_total: int = 0
    actions: list[Action] = field(default_factory=list)
    scenes: dict[Status, int] = field(default_factory=dict)
    tiles: dict[Status, int] = field(default_factory=dict)
    """How many were in each status at its end."""

    @property
    def total_tiles(self) -> int:
        return sum(self.tiles.values())

    @property
    def total_scenes(self) -> int:
        return sum(self.scenes.values())

    @property
    def newly_stuck(self) -> int:
        """How many of what newly failed is in RETRY; the others are FAILED."""
        return sum(line.status == "RETRY" for line in self.newly_failed)

    @property
    def stuck(self) -> int:
        """How many scenes and tiles were in RETRY at its end: the newly stuck and the still stuck."""
        return self.scenes["RETRY"] + self.tiles["RETRY"]


def days(board: Board) -> list[Day]:
    """The sheets of an AOI, ascending by day. The last one ends in the state of the board."""
    state = _State()
    return [state.day(day, events) for day, events in groupby(board.events, key=lambda event: event.instant[:10])]


_Key: TypeAlias = tuple[Kind, int]
_WENT_WRONG: tuple[Status, ...] = ("RETRY", "FAILED")


class _Entity(msgspec.Struct):
    subject: Subject
    status: Status
    since: str
    message: str = ""
    failure: str = ""
    """The message at the last time it became RETRY or FAILED."""
    by_operator: bool = False
    with_scene: bool = False


class _Before(msgspec.Struct):
    """How something that the day touched stood at its beginning; None if it wasn't there."""

    status: Status | None
    failures: int = 0


class _State:
    def __init__(self) -> None:
        self._entities: dict[_Key, _Entity] = {}
        self._counts: dict[Kind, dict[Status, int]] = _no_counts()
        self._stuck: dict[_Key, None] = {}
        """What is in RETRY, in the order in which it became so."""
        self._touched: dict[_Key, _Before] = {}

    def day(self, day: str, events: Iterable[BoardEvent]) -> Day:
        sheet = Day(day)
        self._touched = {}
        for event in events:
            sheet.events += 1
            self._operator(sheet, event)
            if event.verdict == "rejected":
                sheet.rejected += 1
            elif event.verdict == "applied":
                self._apply(sheet, event)
        for key, before in self._touched.items():
            self._sum_up(sheet, key, before)
        sheet.still_stuck_total = len(self._stuck) - sheet.newly_stuck
        sheet.still_stuck = [self._line(key) for key in islice(self._stuck_before(), STUCK_LISTED)]
        sheet.scenes, sheet.tiles = dict(self._counts["scene"]), dict(self._counts["tile"])
        return sheet

    def _apply(self, sheet: Day, event: BoardEvent) -> None:
        if isinstance(event.event, SceneCreated):
            self._create(sheet, event.event.data, event.instant)
        elif event.type == "aoi.deleted":
            self._delete(sheet)
        for change in event.changes:
            self._change(change, event)

    def _create(self, sheet: Day, new: NewScene, instant: str) -> None:
        acquired = utc_day(acquisition_date(new.data))
        self._add(Subject("scene", new.id, new.source_id, new.id, acquired), "PENDING", instant)
        for source_id, tile in (new.tiles or {}).items():
            self._add(Subject("tile", tile.id, source_id, new.id, acquired), "NEW", instant)
        sheet.new_scenes += 1
        sheet.new_tiles += len(new.tiles or {})

    def _add(self, subject: Subject, status: Status, instant: str) -> None:
        key = (subject.kind, subject.id)
        self._entities[key] = _Entity(subject, status, instant)
        self._counts[subject.kind][status] += 1
        self._touched.setdefault(key, _Before(None))

    def _delete(self, sheet: Day) -> None:
        """The AOI goes with all its scenes and tiles. They are on no list of the day."""
        for key, entity in self._entities.items():
            before = self._touched.get(key)
            if (entity.status if before is None else before.status) == "DONE":
                _count_undone(sheet, key[0])
        self._entities.clear()
        self._stuck.clear()
        self._touched.clear()
        self._counts = _no_counts()

    def _change(self, change: Transition, event: BoardEvent) -> None:
        key: _Key = (change.kind, change.id)
        entity = self._entities[key]
        before = self._touched.setdefault(key, _Before(entity.status))
        if change.message is not None:
            entity.message = change.message
        if change.status_before == change.status_after:
            return
        counts = self._counts[change.kind]
        counts[change.status_before] -= 1
        counts[change.status_after] += 1
        entity.status, entity.since, entity.by_operator = change.status_after, event.instant, _is_command(event)
        entity.with_scene = change.kind == "tile" and change.status_after == "FAILED" and event.kind == "scene"
        if change.status_after in _WENT_WRONG:
            before.failures += 1
            entity.failure = entity.message
        if change.status_after == "RETRY":
            self._stuck[key] = None
        else:
            self._stuck.pop(key, None)

    def _sum_up(self, sheet: Day, key: _Key, before: _Before) -> None:
        """What became of something that the day touched."""
        was, now = before.status, self._entities[key].status
        if now == "DONE" and was != "DONE":
            if key[0] == "scene":
                sheet.done_scenes += 1
            else:
                sheet.done_tiles += 1
        elif was == "DONE" and now != "DONE":
            _count_undone(sheet, key[0])
        if now in _WENT_WRONG and (was not in _WENT_WRONG or (was, now) == ("FAILED", "RETRY")):
            sheet.newly_failed.append(self._line(key))
        elif (now not in _WENT_WRONG and (was in _WENT_WRONG or before.failures)) or (was, now) == ("RETRY", "FAILED"):
            sheet.settled.append(self._line(key))

    def _stuck_before(self) -> Iterable[_Key]:
        """What is stuck and was so when the day began, the longest first."""
        for key in self._stuck:
            before = self._touched.get(key)
            if before is None or before.status == "RETRY":
                yield key

    def _line(self, key: _Key) -> Line:
        entity = self._entities[key]
        before = self._touched.get(key)
        stands = entity.status in _WENT_WRONG
        return Line(
            entity.subject,
            entity.status,
            entity.since,
            entity.message if stands else entity.failure,
            entity.by_operator,
            entity.with_scene,
            0 if before is None else before.failures,
        )

    def _operator(self, sheet: Day, event: BoardEvent) -> None:
        if not _is_command(event):
            return
        action = _action(event)
        last = sheet.actions[-1] if sheet.actions else None
        if last is not None and last.ids and action.ids and _alike(last) == _alike(action):
            last.ids += action.ids
        else:
            sheet.actions.append(action)


def _no_counts() -> dict[Kind, dict[Status, int]]:
    return {"scene": dict.fromkeys(STATUSES, 0), "tile": dict.fromkeys(STATUSES, 0)}


def _count_undone(sheet: Day, kind: Kind) -> None:
    if kind == "scene":
        sheet.undone_scenes += 1
    else:
        sheet.undone_tiles += 1


def _is_command(event: BoardEvent) -> bool:
    """An operator gives it: it is neither a worker's result nor a catalogue's scene."""
    return event.type != "scene.created" and not event.type.endswith(".result")


def _action(event: BoardEvent) -> Action:
    data = event.event.data
    return Action(
        event.instant,
        getattr(data, "by", None) or event.source,
        event.type,
        data.status if isinstance(data, EntityForce) else None,
        bool(getattr(data, "force", False)),
        getattr(data, "reason", None) or "",
        event.verdict,
        event.reason,
        [] if event.entity is None else [event.entity],
    )


def _alike(action: Action) -> tuple[object, ...]:
    return (
        action.by,
        action.type,
        action.status,
        action.force,
        action.reason,
        action.verdict,
        action.refused,
    )
