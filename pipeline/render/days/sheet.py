"""The sheet of a day as pages and Markdown show it: what is on its lists, and what operators did, in words."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.event import Status
from pipeline.insight import words
from pipeline.insight.days import Action, Day, Kind, Line
from pipeline.insight.words import counted
from pipeline.insight.workload import Counts
from pipeline.render.plain import one_line
from pipeline.store.board import Board

MOST_ITEMS = 200
"""On a list of a sheet."""
MOST_IDS = 20
"""Of a command that named many scenes or tiles."""
_LONGEST_NAME, _LONGEST_MESSAGE = 200, 300

_DONE = {
    "aoi.created": "created the AOI",
    "aoi.deleted": "deleted the AOI",
    "aoi.retry": "retried what the AOI has in RETRY",
    "retry": "retried",
    "fail": "failed",
    "force": "forced",
    "data": "replaced the data of",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A scene or tile that is named. `path` is its place in the site; empty if it is gone."""

    kind: Kind
    id: int
    path: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list. `status` since the instant `since`; `notes` are short remarks."""

    entity: Entity
    name: str
    acquired: str
    status: Status
    since: str
    message: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Deed:
    """What an operator `did` to those `named` (and `more` others), as `forced` … `to DONE`: the latter is `then`.

    `outcome` says what came of it, if it wasn't just done.
    """

    instant: str
    by: str
    did: str
    named: list[Entity]
    more: int
    then: str
    reason: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of a sheet. `total` counts all scenes and tiles, `more` those that aren't shown."""

    items: list[Item]
    total: int
    more: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A day's sheet, in UTC. `scenes` and `tiles` count them as they were at its end."""

    day: str
    answer: str
    newly_failed: Listing
    settled: Listing
    still_stuck: Listing
    deeds: list[Deed]
    deeds_more: int
    scenes: Counts
    tiles: Counts
    rejected: int


def sheet(day: Day, board: Board) -> Sheet:
    """The sheet of a day of the board's AOI."""
    return Sheet(
        day.day,
        _answer(day),
        _listing(day.newly_failed, len(day.newly_failed), board),
        _listing(day.settled, len(day.settled), board, settled=True),
        _listing(day.still_stuck, day.still_stuck_total, board),
        [_deed(action, board) for action in day.actions[:MOST_ITEMS]],
        max(len(day.actions) - MOST_ITEMS, 0),
        _counts(day.scenes),
        _counts(day.tiles),
        day.rejected,
    )


def _counts(of: Mapping[Status, int]) -> Counts:
    return Counts(of["NEW"], of["PENDING"], of["DONE"], of["RETRY"], of["FAILED"], sum(of.values()))


def _answer(day: Day) -> str:
    """As `12 tiles and 4 scenes done, 8 new tiles. 3 newly failed, 2 settled, 5 still stuck.`"""
    done = f"{counted(day.done_tiles, 'tile', 'tiles')} and {counted(day.done_scenes, 'scene', 'scenes')} done"
    new = f", {counted(day.new_tiles, 'new tile', 'new tiles')}" if day.new_tiles else ""
    undone = day.undone_scenes + day.undone_tiles
    back = f", {undone:,} no longer" if undone else ""
    failed = (
        f"{len(day.newly_failed):,} newly failed, {len(day.settled):,} settled, {day.still_stuck_total:,} still stuck"
    )
    return f"{done}{back}{new}. {failed}."


def _listing(lines: Sequence[Line], total: int, board: Board, *, settled: bool = False) -> Listing:
    """A line for each, but for tiles that failed with their scene: if it is on the list, it says how many."""
    scenes = {line.subject.id for line in lines if line.subject.kind == "scene" and line.status == "FAILED"}
    with_scene: Counter[int] = Counter()
    own = []
    for line in lines:
        if line.with_scene and line.subject.scene in scenes:
            with_scene[line.subject.scene] += 1
        else:
            own.append(line)
    items = [_item(line, with_scene, board, settled=settled) for line in own[:MOST_ITEMS]]
    return Listing(items, total, max(total - with_scene.total() - len(items), 0))


def _item(line: Line, with_scene: Counter[int], board: Board, *, settled: bool) -> Item:
    subject = line.subject
    notes = []
    if subject.kind == "scene" and subject.id in with_scene:
        notes.append(f"with {counted(with_scene[subject.id], 'tile', 'tiles')}")
    if line.with_scene:
        notes.append(f"with its scene {subject.scene}")
    elif line.by_operator:
        notes.append("by an operator")
    if settled and line.ending != "DONE":
        notes.append(line.ending)
    if line.failures > 1:
        notes.append(f"{line.failures:,} failures that day")
    return Item(
        _entity(subject.kind, subject.id, board),
        one_line(subject.source_id, _LONGEST_NAME),
        subject.acquired or "",
        line.status,
        line.since,
        _shortened(line.message),
        notes,
    )


def _entity(kind: Kind, id: int, board: Board) -> Entity:
    path = ""
    if kind == "scene" and id in board.scenes:
        path = f"scene/{id}.html"
    elif kind == "tile" and id in board.tiles:
        path = f"scene/{board.tiles[id].scene.id}.html#tile-{id}"
    return Entity(kind, id, path)


@functools.lru_cache(maxsize=1024)
def _shortened(message: str) -> str:
    """A message on one line, of at most 300 characters."""
    shown = words.one_line(message)
    return shown if len(shown) <= _LONGEST_MESSAGE else f"{shown[: _LONGEST_MESSAGE - 1].rstrip()}…"


def _deed(action: Action, board: Board) -> Deed:
    kind, _, verb = action.type.partition(".")
    did, then = _DONE[action.type if kind == "aoi" else verb], ""
    if action.type == "aoi.retry" and action.force:
        did = "retried everything of the AOI by force"
    elif verb == "fail" and action.force:
        then = "by force"
    elif action.status is not None:
        then = f"to {action.status}"
    of: Kind = "scene" if kind == "scene" else "tile"
    named = [_entity(of, id, board) for id in action.ids[:MOST_IDS]]
    outcome = ""
    match action.verdict:
        case "rejected":
            outcome = f"rejected: {_shortened(action.refused)}"
        case "ignored":
            outcome = "nothing to do"
        case "applied":
            outcome = _shortened(action.refused)
    return Deed(
        action.instant,
        one_line(action.by, _LONGEST_NAME),
        did,
        named,
        max(len(action.ids) - MOST_IDS, 0),
        then,
        _shortened(action.reason),
        outcome,
    )
