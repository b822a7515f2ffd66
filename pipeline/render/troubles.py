"""What went into RETRY or FAILED, event by event: what the feeds are made of."""

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from pipeline.event import Status
from pipeline.fold.outcome import Transition
from pipeline.insight.words import counted, excerpt
from pipeline.render.plain import lines, one_line
from pipeline.store.board import Board, BoardEvent

_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sceneboard")
_LONGEST_NAME = 120


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event by which something went into RETRY or FAILED. `path` is that of a page of the site."""

    id: str
    """Of the event, as `urn:uuid:…`: the same whenever and wherever the site is built."""
    instant: str
    status: Status
    title: str
    path: str
    message: str = ""


def troubles(board: Board, most: int, *, whole_messages: bool) -> list[Trouble]:
    """The latest of an AOI, the latest first. Messages are whole (up to 4,000 characters), or their first line."""
    found: list[Trouble] = []
    for event in reversed(board.events):
        if len(found) == most:
            break
        changes = list(_gone_wrong(board, event))
        if changes:
            found.append(_trouble(board, event, changes, whole_messages))
    return found


def named(*words: str) -> str:
    """A name for something that these words tell from everything else, as `urn:uuid:…`."""
    return uuid.uuid5(_NAMES, msgspec.json.encode(words).decode()).urn


def _gone_wrong(board: Board, event: BoardEvent) -> Iterator[Transition]:
    for change in event.changes:
        is_there = change.id in (board.scenes if change.kind == "scene" else board.tiles)
        if is_there and change.status_after in ("RETRY", "FAILED") and change.status_before != change.status_after:
            yield change


def _trouble(board: Board, event: BoardEvent, changes: list[Transition], whole_messages: bool) -> Trouble:
    """Told of the scene or tile that the event is about, and how many others went with it."""
    own = [change for change in changes if (change.kind, change.id) == (event.kind, event.entity)]
    main = (own or changes)[0]
    more = len(changes) - 1
    others = f", and {counted(more, 'other', 'others')} with it" if more else ""
    message = _message(event)
    return Trouble(
        named("event", event.source, event.id),
        event.instant,
        main.status_after,
        f"{main.status_after}: {_about(board, main)}{others}",
        _path(board, main),
        lines(message) if whole_messages else excerpt(message),
    )


def _about(board: Board, change: Transition) -> str:
    if change.kind == "scene":
        return f"scene {change.id}, {one_line(board.scenes[change.id].source_id, _LONGEST_NAME)}"
    tile = board.tiles[change.id]
    scene = one_line(tile.scene.source_id, _LONGEST_NAME)
    return f"tile {change.id}, {one_line(tile.source_id, _LONGEST_NAME)} of {scene}"


def _path(board: Board, change: Transition) -> str:
    if change.kind == "scene":
        return f"scene/{change.id}.html"
    return f"scene/{board.tiles[change.id].scene.id}.html#tile-{change.id}"


def _message(event: BoardEvent) -> str:
    """What the worker says; of an operator's command who gave it, and why."""
    data: Any = event.event.data
    if event.type.endswith(".result"):
        return data.message or ""
    by, reason = getattr(data, "by", None) or "", getattr(data, "reason", None) or ""
    return f"{by}: {reason}" if by and reason else by or reason
