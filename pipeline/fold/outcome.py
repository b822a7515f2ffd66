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
        self._scenes: dict[Scene, tuple[Status, int, str, bool]] = {}
        self._tiles: dict[Tile, tuple[Status, int, str, bool, Tile | None, Tile | None]] = {}

    def touch_scene(self, scene: Scene) -> None:
        if scene not in self._scenes:
            self._scenes[scene] = (scene.status, scene.retry_countdown, scene.message, scene.by_hand)

    def touch_tile(self, tile: Tile) -> None:
        if tile not in self._tiles:
            self._tiles[tile] = (tile.status, tile.retry_countdown, tile.message, tile.by_hand, tile.prev, tile.ref)

    def undo(self) -> None:
        """Everything is as it was before the event."""
        for scene, before in self._scenes.items():
            scene.status, scene.retry_countdown, scene.message, scene.by_hand = before
        for tile, (status, countdown, message, by_hand, prev, ref) in self._tiles.items():
            tile.status, tile.retry_countdown, tile.message, tile.by_hand = status, countdown, message, by_hand
            tile.set_prev(prev)
            tile.set_ref(ref)
        self.clear()

    def clear(self) -> None:
        if self._scenes:
            self._scenes.clear()
        if self._tiles:
            self._tiles.clear()

    def transitions(self, event: int) -> list[Transition]:
        """What the event changed, scenes before tiles, in ascending id; what it left as it was is left out."""
        found = [
            Transition(
                event,
                "scene",
                scene.id,
                status,
                scene.status,
                countdown,
                scene.retry_countdown,
                None,
                None,
                None,
                None,
                scene.message if scene.message != message else None,
            )
            for scene, (status, countdown, message, by_hand) in self._scenes.items()
            if (status, countdown, message) != (scene.status, scene.retry_countdown, scene.message)
        ]
        found += [
            Transition(
                event,
                "tile",
                tile.id,
                status,
                tile.status,
                countdown,
                tile.retry_countdown,
                _id(prev),
                _id(tile.prev),
                _id(ref),
                _id(tile.ref),
                tile.message if tile.message != message else None,
            )
            for tile, (status, countdown, message, by_hand, prev, ref) in self._tiles.items()
            if (status, countdown, message, prev, ref)
            != (tile.status, tile.retry_countdown, tile.message, tile.prev, tile.ref)
        ]
        if len(found) > 1:
            found.sort(key=lambda change: (change.kind, change.id))
        return found


def _id(tile: Tile | None) -> int | None:
    return None if tile is None else tile.id
