"""What an event came to, and what it changed."""

from typing import Literal, NamedTuple, TypeAlias

from pipeline.event import Status
from pipeline.fold.state import Scene, Tile

Verdict: TypeAlias = Literal["applied", "ignored", "rejected"]


class Rejected(Exception):
    """The event isn't allowed; its text is the reason. Nothing has changed."""


class Ignored(Exception):
    """There is nothing to do: the entity already is what the event asks for."""


class Outcome(NamedTuple):
    """`event` is its number; `reason` says why it was rejected, or what of it could not be done."""

    event: int
    verdict: Verdict
    reason: str


class Transition(NamedTuple):
    """What one event changed in one scene or tile: each field before and after; `message` only where it was set."""

    event: int
    kind: Literal["scene", "tile"]
    id: int
    status_before: Status
    status_after: Status
    retries_before: int
    retries_after: int
    prev_before: int | None
    prev_after: int | None
    ref_before: int | None
    ref_after: int | None
    message: str | None


class Journal:
    """What the event under way has touched, as it was before: to tell what it changed, or to undo it.

    Every rule calls `touch` before it changes a scene or tile.
    """

    def __init__(self) -> None:
        self._before: dict[Scene | Tile, Scene | Tile] = {}
        """By scene or tile, a copy of what it was."""

    def touch(self, entity: Scene | Tile) -> None:
        """Keeps what a scene or tile is, unless it was touched before."""
        if entity not in self._before:
            self._before[entity] = entity.__copy__()

    def undo(self) -> None:
        """Everything is as it was before the event."""
        for entity, before in self._before.items():
            entity.status, entity.retry_countdown = before.status, before.retry_countdown
            entity.message, entity.by_hand = before.message, before.by_hand
            if isinstance(entity, Tile) and isinstance(before, Tile):
                entity.set_prev(before.prev)
                entity.set_ref(before.ref)
        self.clear()

    def clear(self) -> None:
        """Forgets what was touched: the next event begins."""
        if self._before:
            self._before.clear()

    def transitions(self, event: int) -> list[Transition]:
        """What the event changed, scenes before tiles, in ascending id; what it left as it was is left out."""
        found = [change for entity, before in self._before.items() if (change := _transition(event, before, entity))]
        if len(found) > 1:
            found.sort(key=lambda change: (change.kind, change.id))
        return found


def _transition(event: int, was: Scene | Tile, now: Scene | Tile) -> Transition | None:
    """What became of a scene or tile; None if it is as it was."""
    message = now.message if now.message != was.message else None
    if isinstance(was, Tile) and isinstance(now, Tile):
        kind: Literal["scene", "tile"] = "tile"
        waits = _id(was.prev), _id(now.prev), _id(was.ref), _id(now.ref)
    else:
        kind = "scene"
        waits = None, None, None, None
    if (
        message is None
        and was.status == now.status
        and was.retry_countdown == now.retry_countdown
        and waits[0] == waits[1]
        and waits[2] == waits[3]
    ):
        return None
    return Transition(
        event, kind, now.id, was.status, now.status, was.retry_countdown, now.retry_countdown, *waits, message
    )


def _id(tile: Tile | None) -> int | None:
    return None if tile is None else tile.id
