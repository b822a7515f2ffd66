"""Applies the events of an AOI, in log order, each whole or not at all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.event import (
    AoiCreated,
    AoiDeleted,
    AoiRetry,
    Event,
    SceneCreated,
    SceneData,
    SceneFail,
    SceneForce,
    SceneResult,
    SceneRetry,
    TileData,
    TileFail,
    TileForce,
    TileResult,
    TileRetry,
)  # fmt: skip
from pipeline.fold import operator
from pipeline.fold import scene as scene_rules
from pipeline.fold import tile as tile_rules
from pipeline.fold.creation import create_scene
from pipeline.fold.outcome import Ignored, Journal, Outcome, Rejected, Transition, Verdict
from pipeline.fold.state import Aoi, Scene, Tile


@dataclass(slots=True)
class Folded:
    """An AOI after its events so far, and what came of them.

    `outcomes` and `transitions` are kept only with `history`; without it just the outcomes that aren't plainly applied.
    """

    aoi: Aoi
    history: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    _journal: Journal = field(default_factory=Journal)

    def apply(self, number: int, event: Event, taken: str | None = None) -> Outcome | None:
        """Applies the next event in log order: wholly, or, if it is ignored or rejected, not at all.

        `taken` says which id of a creation belongs to another natural key, if one does (see `owners`).
        Returns its outcome; None stands for applied, with nothing to say.
        """
        journal = self._journal
        verdict: Verdict = "applied"
        try:
            if event.partitionkey is not None and event.partitionkey != self.aoi.name:
                raise Rejected(f"its partition key names the AOI {event.partitionkey}")
            reason = _RULES[type(event)](self.aoi, event, number, taken, journal)
            if not (reason or self.history):
                journal.clear()
                return None
        except Ignored as ignored:
            verdict, reason = "ignored", str(ignored)
            journal.undo()
        except Rejected as rejected:
            verdict, reason = "rejected", str(rejected)
            journal.undo()
        if self.history:
            self.transitions += journal.transitions(number)
        journal.clear()
        outcome = Outcome(number, verdict, reason)
        if self.history or reason or verdict != "applied":
            self.outcomes.append(outcome)
        return outcome if reason or verdict != "applied" else None


def fold(name: str, events: Iterable[tuple[int, Event]], taken: Mapping[int, str], *, history: bool = False) -> Folded:
    """Folds the events of the AOI of that name, given in log order with their numbers.

    `taken` says, by the number of a creation, which of its ids belongs to another natural key.
    Events that no AOI can be found for are folded under the empty name: all of them are rejected.
    """
    folded = Folded(Aoi(name), history)
    apply, taken_in = folded.apply, taken.get
    for number, event in events:
        apply(number, event, taken_in(number) if taken else None)
    return folded


def _known(aoi: Aoi) -> None:
    if not aoi.exists:
        raise Rejected(f"AOI {aoi.name} is unknown")


def _scene(aoi: Aoi, id: int) -> Scene:
    scene = aoi.scenes.get(id)
    if scene is None:
        raise Rejected(f"scene {id} is unknown" + (f" in {aoi.name}" if aoi.name else ""))
    return scene


def _tile(aoi: Aoi, id: int) -> Tile:
    tile = aoi.tiles.get(id)
    if tile is None:
        raise Rejected(f"tile {id} is unknown" + (f" in {aoi.name}" if aoi.name else ""))
    return tile


def _aoi_created(aoi: Aoi, event: AoiCreated, number: int, taken: str | None, journal: Journal) -> str:
    if aoi.exists:
        raise Rejected(f"AOI {aoi.name} exists already")
    aoi.exists = True
    return ""


def _aoi_deleted(aoi: Aoi, event: AoiDeleted, number: int, taken: str | None, journal: Journal) -> str:
    _known(aoi)
    aoi.exists = False
    aoi.clear()
    return ""


def _aoi_retry(aoi: Aoi, event: AoiRetry, number: int, taken: str | None, journal: Journal) -> str:
    _known(aoi)
    return operator.retry_aoi(aoi, bool(event.data.force), journal)


def _scene_created(aoi: Aoi, event: SceneCreated, number: int, taken: str | None, journal: Journal) -> str:
    create_scene(aoi, event.data, number, taken)
    return ""


def _scene_result(aoi: Aoi, event: SceneResult, number: int, taken: str | None, journal: Journal) -> str:
    scene = _scene(aoi, event.data.id)
    scene_rules.report(scene, event.data.status, event.data.message or "", journal)
    return ""


def _scene_retry(aoi: Aoi, event: SceneRetry, number: int, taken: str | None, journal: Journal) -> str:
    scene = _scene(aoi, event.data.id)
    operator.retry_scene(scene, journal)
    return ""


def _scene_fail(aoi: Aoi, event: SceneFail, number: int, taken: str | None, journal: Journal) -> str:
    scene = _scene(aoi, event.data.id)
    operator.fail_scene(scene, bool(event.data.force), journal)
    scene.by_hand = bool(event.data.force)
    return ""


def _scene_force(aoi: Aoi, event: SceneForce, number: int, taken: str | None, journal: Journal) -> str:
    scene = _scene(aoi, event.data.id)
    operator.force_scene(scene, event.data.status, journal)
    scene.by_hand = True
    return ""


def _scene_data(aoi: Aoi, event: SceneData, number: int, taken: str | None, journal: Journal) -> str:
    _scene(aoi, event.data.id).replaced = event.data.data
    return ""


def _tile_result(aoi: Aoi, event: TileResult, number: int, taken: str | None, journal: Journal) -> str:
    tile = _tile(aoi, event.data.id)
    tile_rules.report(tile, event.data.status, event.data.message or "", journal)
    return ""


def _tile_retry(aoi: Aoi, event: TileRetry, number: int, taken: str | None, journal: Journal) -> str:
    tile = _tile(aoi, event.data.id)
    operator.retry_tile(tile, journal)
    return ""


def _tile_fail(aoi: Aoi, event: TileFail, number: int, taken: str | None, journal: Journal) -> str:
    tile = _tile(aoi, event.data.id)
    operator.fail_tile(tile, bool(event.data.force), journal)
    tile.by_hand = bool(event.data.force)
    return ""


def _tile_force(aoi: Aoi, event: TileForce, number: int, taken: str | None, journal: Journal) -> str:
    tile = _tile(aoi, event.data.id)
    operator.force_tile(tile, event.data.status, journal)
    tile.by_hand = True
    return ""


def _tile_data(aoi: Aoi, event: TileData, number: int, taken: str | None, journal: Journal) -> str:
    _tile(aoi, event.data.id).replaced = event.data.data
    return ""


_RULES: dict[type, Callable[[Aoi, Any, int, str | None, Journal], str]] = {
    AoiCreated: _aoi_created,
    AoiDeleted: _aoi_deleted,
    AoiRetry: _aoi_retry,
    SceneCreated: _scene_created,
    SceneResult: _scene_result,
    SceneRetry: _scene_retry,
    SceneFail: _scene_fail,
    SceneForce: _scene_force,
    SceneData: _scene_data,
    TileResult: _tile_result,
    TileRetry: _tile_retry,
    TileFail: _tile_fail,
    TileForce: _tile_force,
    TileData: _tile_data,
}
"""What each type of event does. Each gives what could not be done of it, mostly nothing."""
