"""What failed, since when and how often, and whether trying again has helped: one walk through an AOI's events."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from pipeline.event import SceneResult, Status, TileResult
from pipeline.insight.cause import cause
from pipeline.store.board import Board, BoardEvent, BoardScene, BoardTile

Kind: TypeAlias = Literal["scene", "tile"]
Key: TypeAlias = tuple[Kind, int]

NO_MESSAGE = "no message"
"""The cause of what failed without a word."""
WITH_ITS_SCENE = "failed with its scene: "
"""What the cause of a tile that failed because its scene did begins with; the scene's cause follows."""


class Helped(NamedTuple):
    """How often a scene or tile was tried again after a cause, and how many of those tries ended DONE.

    A try that hasn't ended, or that an operator ended, doesn't count.
    """

    done: int
    tried: int


def kind_of(entity: BoardScene | BoardTile) -> Kind:
    return "scene" if isinstance(entity, BoardScene) else "tile"


@dataclass(slots=True)
class Failures:
    """What an AOI's events tell of its failures. Scenes and tiles by kind and id."""

    tries: dict[Key, int] = field(default_factory=dict)
    """How often a worker reported that it failed, since it was created, or was last DONE or set NEW."""
    first: dict[Key, str] = field(default_factory=dict)
    """The instant of the first failure since then; of what isn't DONE or NEW, and has failed."""
    failed_with_scene: set[int] = field(default_factory=set)
    """Tiles that are FAILED because their scene failed."""
    _helped: dict[tuple[Kind, str], list[int]] = field(default_factory=dict)

    def helped(self, kind: Kind, cause: str) -> Helped:
        """How often trying again has helped scenes (or tiles) after this cause, an automatic retry or an operator's."""
        done, tried = self._helped.get((kind, cause), (0, 0))
        return Helped(done, tried)

    def cause(self, entity: BoardScene | BoardTile) -> str:
        """What made a scene or tile RETRY or FAILED: its message's cause. Never empty."""
        if isinstance(entity, BoardTile) and entity.id in self.failed_with_scene:
            return WITH_ITS_SCENE + (cause(entity.scene.message) or NO_MESSAGE)
        return cause(entity.message) or NO_MESSAGE

    def message(self, entity: BoardScene | BoardTile) -> str:
        """The message that tells the cause, as it came."""
        if isinstance(entity, BoardTile) and entity.id in self.failed_with_scene:
            return entity.scene.message
        return entity.message


def failures(board: Board) -> Failures:
    """Walks through the AOI's events, in log order."""
    walk = _Walk()
    for event in board.events:
        if event.verdict == "applied":
            walk.take(event)
    return walk.found


class _Walk:
    def __init__(self) -> None:
        self.found = Failures()
        self._messages: dict[Key, str] = {}
        self._cause: dict[Key, str] = {}
        """The cause of the last failure."""
        self._trying: dict[Key, str] = {}
        """What is being tried again, and after which cause."""

    def take(self, event: BoardEvent) -> None:
        if event.type == "aoi.deleted":
            # What comes after has other scenes and tiles, though perhaps the same ids. What helped is still known.
            self._forget_all()
            return
        for change in event.changes:
            key: Key = (change.kind, change.id)
            if change.message is not None:
                self._messages[key] = change.message
            if event.entity == change.id and event.kind == change.kind and event.type.endswith(".result"):
                self._reported(key, change.status_after, event)
            elif change.status_before != change.status_after:
                self._changed(key, change.status_after, event)

    def _reported(self, key: Key, after: Status, event: BoardEvent) -> None:
        """A worker's result for this scene or tile."""
        assert isinstance(event.event, SceneResult | TileResult)  # noqa: S101 - says what the type of the event said
        report = event.event.data
        match report.status:
            case "RETRY" | "FAILED":
                self._ended(key, helped=False)
                self._failed(key, cause(report.message or "") or NO_MESSAGE, event.instant)
                self.found.tries[key] = self.found.tries.get(key, 0) + 1
                if after == "PENDING":
                    self._trying[key] = self._cause[key]
            case "DONE":
                self._ended(key, helped=True)
                self._forget(key)
            case _:
                self._tried_again(key)

    def _changed(self, key: Key, after: Status, event: BoardEvent) -> None:
        """An operator's command, or what another scene's or tile's event did to this one."""
        match after:
            case "PENDING":
                self._tried_again(key)
            case "RETRY" | "FAILED":
                self._trying.pop(key, None)
                self._failed(key, cause(self._messages.get(key, "")) or NO_MESSAGE, event.instant)
                if after == "FAILED" and key[0] == "tile" and event.kind == "scene":
                    self.found.failed_with_scene.add(key[1])
            case _:
                self._forget(key)

    def _tried_again(self, key: Key) -> None:
        if key in self._cause:
            self._trying[key] = self._cause[key]
        self._no_longer_failed_with_scene(key)

    def _failed(self, key: Key, why: str, instant: str) -> None:
        self._cause[key] = why
        self.found.first.setdefault(key, instant)
        self._no_longer_failed_with_scene(key)

    def _ended(self, key: Key, *, helped: bool) -> None:
        why = self._trying.pop(key, None)
        if why is not None:
            counts = self.found._helped.setdefault((key[0], why), [0, 0])
            counts[0] += helped
            counts[1] += 1

    def _forget(self, key: Key) -> None:
        for known in (self._cause, self._trying, self.found.first):
            known.pop(key, None)
        self.found.tries.pop(key, None)
        self._no_longer_failed_with_scene(key)

    def _no_longer_failed_with_scene(self, key: Key) -> None:
        if key[0] == "tile":
            self.found.failed_with_scene.discard(key[1])

    def _forget_all(self) -> None:
        self._messages.clear()
        self._cause.clear()
        self._trying.clear()
        self.found.first.clear()
        self.found.tries.clear()
        self.found.failed_with_scene.clear()
