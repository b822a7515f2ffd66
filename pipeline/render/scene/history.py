"""What happened to a scene and its tiles: the events that named or changed them, in plain words."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import msgspec
from markupsafe import Markup, escape

from pipeline.event import NewTile, SceneCreated, Status
from pipeline.fold.outcome import Transition
from pipeline.insight.words import counted
from pipeline.render import payload
from pipeline.render.environment import time_of
from pipeline.render.event_words import in_words
from pipeline.render.plain import built, lines, one_line
from pipeline.store.board import Board, BoardEvent, BoardScene

_ELSEWHERE_TOLD = 5
_ENVELOPE = frozenset(
    ("specversion", "id", "source", "type", "time", "sequence", "partitionkey", "subject", "data")
)  # fmt: skip
_TILES_ASKED = 200
"""Of a new scene's tiles so many are looked through for members that the program doesn't know."""
_FIELDS_COMPARED = 40

_Object: TypeAlias = dict[str, msgspec.Raw]
_object = msgspec.json.Decoder(_Object)
_objects = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]])


class Happened(NamedTuple):
    """An event and what it changed: in this scene and its tiles, and elsewhere in the AOI (the first few)."""

    event: BoardEvent
    here: list[Transition]
    elsewhere: list[Transition]
    more: int
    """How many more changes there were elsewhere."""


class Entry(NamedTuple):
    """An event as the page shows it. Empty texts are left out."""

    verdict: str
    time: Markup
    what: Markup
    outcome: str
    by: str
    why: str
    message: str
    changes: Markup
    source: str
    id: str
    more: Markup
    """What else the event says."""


class Histories:
    """What happened to each scene of a board, found in one walk through its events."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._of: dict[int, list[tuple[BoardEvent, list[Transition]]]] = {id: [] for id in board.scenes}
        by_source_id = {scene.source_id: scene.id for scene in board.scenes.values()}
        scenes, tiles = board.scenes, board.tiles
        for event in board.events:
            here: dict[int, list[Transition]] = {}
            if event.kind == "tile":
                if event.entity in tiles:
                    here[tiles[event.entity].scene.id] = []
            elif event.kind == "scene" and event.entity is not None:
                if event.entity in scenes:
                    here[event.entity] = []
                if isinstance(event.event, SceneCreated):
                    named = by_source_id.get(event.event.data.source_id)
                    if named is not None:
                        here.setdefault(named, [])
            for change in event.changes:
                scene = change.id
                if change.kind == "tile":
                    if scene not in tiles:
                        continue
                    scene = tiles[scene].scene.id
                elif scene not in scenes:
                    continue
                here.setdefault(scene, []).append(change)
            for scene, changes in here.items():
                self._of[scene].append((event, changes))

    def of(self, scene: BoardScene) -> list[Happened]:
        """The events that named the scene or one of its tiles, or changed one of them; the latest first."""
        return [self._happened(event, here) for event, here in reversed(self._of[scene.id])]

    def _happened(self, event: BoardEvent, here: list[Transition]) -> Happened:
        others = len(event.changes) - len(here)
        if not others:
            return Happened(event, here, [], 0)
        if len(event.changes) > len(here) + _ELSEWHERE_TOLD:
            return Happened(event, here, [], others)
        inside = {(change.kind, change.id) for change in here}
        elsewhere = [change for change in event.changes if (change.kind, change.id) not in inside]
        return Happened(event, here, elsewhere, 0)


class Teller:
    """Puts what happened into words, for the page of one scene after the other.

    `up` leads from the page to the folder of the scenes' pages: it is empty for a page that stands there.
    """

    def __init__(self, board: Board, badges: Mapping[Status, Markup], up: str = "") -> None:
        self._board = board
        self._badges = badges
        self._up = up

    def entry(self, happened: Happened, scene: BoardScene, replaced: Mapping[int, bytes]) -> Entry:
        """An event on the scene's page. `replaced` has, by the events' numbers, the payloads that were replaced."""
        event = happened.event
        data: Any = event.event.data
        message = data.message or "" if event.type.endswith(".result") else ""
        return Entry(
            event.verdict,
            time_of(event.instant),
            self._what(event, scene),
            _outcome(event),
            one_line(getattr(data, "by", None) or ""),
            lines(getattr(data, "reason", None) or ""),
            lines(message),
            self._changes(happened, scene),
            one_line(event.source),
            one_line(event.id),
            _more(event, replaced.get(event.number)),
        )

    def entity(self, kind: str, id: int | None, scene: BoardScene) -> str:
        """`tile 12`, with a link to where it stands, seen from the scene's page, and its scene if that is another."""
        if kind == "scene":
            if id == scene.id:
                return "the scene"
            return f'<a href="{self._up}{id}.html">scene {id}</a>' if id in self._board.scenes else f"scene {id}"
        tile = self._board.tiles.get(id) if id is not None else None
        if tile is None:
            return f"tile {id}"
        if tile.scene is scene:
            page = f"{self._up}{scene.id}.html" if self._up else ""
            return f'<a href="{page}#tile-{id}">tile {id}</a>'
        return f'<a href="{self._up}{tile.scene.id}.html#tile-{id}">tile {id}</a> of scene {tile.scene.id}'

    def _what(self, event: BoardEvent, scene: BoardScene) -> Markup:
        if isinstance(event.event, SceneCreated) and event.entity != scene.id:
            # Another id for a scene that has one already.
            return built(in_words(event.type, event.event, f"the scene as scene {event.entity}", self._badges))
        return built(in_words(event.type, event.event, self.entity(event.kind, event.entity, scene), self._badges))

    def _changes(self, happened: Happened, scene: BoardScene) -> Markup:
        event = happened.event.event
        told = [self._change(change, scene) for change in happened.here]
        told += [self._change(change, scene) for change in happened.elsewhere]
        if happened.more:
            told.append(f"<li>and {counted(happened.more, 'change', 'changes')} in other scenes</li>")
        if not told and isinstance(event, SceneCreated) and happened.event.verdict == "applied":
            told.append(f"<li>the scene: {self._badges['PENDING']}</li><li>its tiles: {self._badges['NEW']}</li>")
        if not told:
            return _NOTHING
        return built(f'<ul class="changes">{"".join(told)}</ul>')

    def _change(self, change: Transition, scene: BoardScene) -> str:
        said = []
        badges = self._badges
        if change.status_before != change.status_after:
            said.append(f"{badges[change.status_before]} → {badges[change.status_after]}")
        elif change.status_after == "PENDING" and change.retries_before != change.retries_after:
            said.append(f"{badges['PENDING']} again")
        if change.retries_before != change.retries_after:
            said.append(f"retries left {change.retries_before} → {change.retries_after}")
        if change.prev_before != change.prev_after:
            said.append(f"previous {_id(change.prev_before)} → {_id(change.prev_after)}")
        if change.ref_before != change.ref_after:
            said.append(f"reference {_id(change.ref_before)} → {_id(change.ref_after)}")
        if not said:
            said.append("message")
        return f"<li>{self.entity(change.kind, change.id, scene)}: {', '.join(said)}</li>"


_NOTHING = Markup()


def _id(id: int | None) -> str:
    return "none" if id is None else str(id)


def _outcome(event: BoardEvent) -> str:
    """What the verdict means, in words; nothing if the event simply did what it says."""
    match event.verdict:
        case "rejected":
            return f"rejected: {one_line(event.reason)}"
        case "ignored":
            return f"ignored: {one_line(event.reason)}" if event.reason else "ignored: there was nothing to do"
        case _:
            return one_line(event.reason)


def replaced_payloads(happened: list[Happened]) -> dict[int, bytes]:
    """By the number of an event that replaced a payload: the one that it replaced. `happened`: the latest first."""
    found: dict[int, bytes] = {}
    if not any(one.event.type.endswith(".data") for one in happened):
        return found
    now: dict[tuple[str, int | None], bytes] = {}
    for one in reversed(happened):
        event = one.event
        if event.verdict != "applied":
            continue
        if isinstance(event.event, SceneCreated):
            now["scene", event.entity] = bytes(event.event.data.data)
            for tile in (event.event.data.tiles or {}).values():
                now["tile", tile.id] = bytes(tile.data)
        elif event.type.endswith(".data"):
            key = event.kind, event.entity
            if key in now:
                found[event.number] = now[key]
            data: Any = event.event.data
            now[key] = bytes(data.data)
    return found


def _more(event: BoardEvent, replaced: bytes | None) -> Markup:
    """What the event says that isn't told already: members that the program doesn't know, and a new payload."""
    try:
        envelope = _object.decode(event.text)
        data = _object.decode(envelope["data"])
    except (msgspec.DecodeError, RecursionError):
        return _NOTHING
    known = _known(type(event.event.data))
    found: list[tuple[str, Markup]] = []
    if envelope.keys() - _ENVELOPE:
        found += [(name, payload.value(bytes(raw))) for name, raw in envelope.items() if name not in _ENVELOPE]
    if data.keys() - known:
        found += [(f"data.{name}", payload.value(bytes(raw))) for name, raw in data.items() if name not in known]
    if isinstance(event.event, SceneCreated) and "tiles" in data:
        found += _unknown_of_tiles(data["tiles"])
    if event.type.endswith(".data") and "data" in data:
        found.append(("the new payload", _compared(replaced, bytes(data["data"]))))
    if not found:
        return _NOTHING
    shown = "".join([f"<dt>{escape(one_line(name))}</dt><dd>{value}</dd>" for name, value in found])
    return built(f'<dl class="payload">{shown}</dl>')


@functools.cache
def _known(of: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(of))


def _unknown_of_tiles(tiles: msgspec.Raw) -> list[tuple[str, Markup]]:
    try:
        found = _objects.decode(tiles)
    except (msgspec.DecodeError, RecursionError):
        return []
    known = _known(NewTile)
    return [
        (f"data.tiles.{tile}.{name}", payload.value(bytes(raw)))
        for tile, members in list(found.items())[:_TILES_ASKED]
        if members.keys() - known
        for name, raw in members.items()
        if name not in known
    ]


def _compared(before: bytes | None, after: bytes) -> Markup:
    """A new payload: the members that differ from the one before, or all where that isn't known."""
    if before is None:
        return payload.laid_out(after)
    try:
        old, new = _object.decode(before), _object.decode(after)
    except (msgspec.DecodeError, RecursionError):
        return payload.laid_out(after)
    rows = []
    for name in [*old, *(name for name in new if name not in old)]:
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None and bytes(was) == bytes(now):
            continue
        rows.append(
            f"<dt>{escape(one_line(name))}</dt>"
            f"<dd>{_or_none(was)} → {_or_none(now)}</dd>"
        )  # fmt: skip
        if len(rows) == _FIELDS_COMPARED:
            break
    if not rows:
        return Markup("the same as before")
    return built(f'<dl class="payload">{"".join(rows)}</dl>')


def _or_none(raw: msgspec.Raw | None) -> Markup:
    return Markup('<span class="none">none</span>') if raw is None else payload.value(bytes(raw))
