"""Applies the events of an AOI, in log order, each whole or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.event import (
    AoiCreated,
    AoiDeleted,
    AoiRetry,
    Event,
    SceneCreated,
    SceneData,
    SceneEvent,
    SceneFail,
    SceneForce,
    SceneResult,
    SceneRetry,
    TileData,
    TileEvent,
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
    """An AOI after its events so far, each event's outcome, and what each changed."""

    aoi: Aoi
    outcomes: list[Outcome] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    _journal: Journal = field(default_factory=Journal)

    def apply(self, number: int, event: Event, taken: str | None = None) -> Outcome:
        """Applies the next event in log order. One that is ignored or rejected changes nothing.

        `taken` says which id of a creation belongs to another natural key, if one does (see `owners`).
        """
        verdict: Verdict = "applied"
        try:
            reason = _apply(self.aoi, event, number, taken, self._journal)
            self.transitions += self._journal.transitions(number)
        except Ignored as ignored:
            verdict, reason = "ignored", str(ignored)
            self._journal.undo()
        except Rejected as rejected:
            verdict, reason = "rejected", str(rejected)
            self._journal.undo()
        self._journal.clear()
        outcome = Outcome(number, verdict, reason)
        self.outcomes.append(outcome)
        return outcome


def fold(name: str, events: Iterable[tuple[int, Event]], taken: Mapping[int, str]) -> Folded:
    """Folds the events of the AOI of that name, given in log order with their numbers.

    `taken` says, by the number of a creation, which of its ids belongs to another natural key.
    Events that no AOI can be found for are folded under the empty name: all of them are rejected.
    """
    folded = Folded(Aoi(name))
    for number, event in events:
        folded.apply(number, event, taken.get(number))
    return folded


def _apply(aoi: Aoi, event: Event, number: int, taken: str | None, journal: Journal) -> str:
    if event.partitionkey is not None and event.partitionkey != aoi.name:
        raise Rejected(f"its partition key names the AOI {event.partitionkey}")
    match event:
        case TileResult() | TileRetry() | TileFail() | TileForce() | TileData():
            _apply_to_tile(_tile(aoi, event), event, journal)
        case SceneResult() | SceneRetry() | SceneFail() | SceneForce() | SceneData():
            _apply_to_scene(_scene(aoi, event), event, journal)
        case SceneCreated():
            create_scene(aoi, event.data, number, taken)
        case AoiCreated():
            if aoi.exists:
                raise Rejected(f"AOI {aoi.name} exists already")
            aoi.exists = True
        case AoiRetry():
            if not aoi.exists:
                raise Rejected(f"AOI {aoi.name} is unknown")
            return operator.retry_aoi(aoi, bool(event.data.force), journal)
        case AoiDeleted():
            if not aoi.exists:
                raise Rejected(f"AOI {aoi.name} is unknown")
            aoi.exists = False
            aoi.scenes.clear()
            aoi.tiles.clear()
            aoi.by_source_id.clear()
    return ""


def _scene(aoi: Aoi, event: SceneEvent) -> Scene:
    scene = aoi.scenes.get(event.data.id)
    if scene is None:
        raise Rejected(f"scene {event.data.id} is unknown" + (f" in {aoi.name}" if aoi.name else ""))
    return scene


def _tile(aoi: Aoi, event: TileEvent) -> Tile:
    tile = aoi.tiles.get(event.data.id)
    if tile is None:
        raise Rejected(f"tile {event.data.id} is unknown" + (f" in {aoi.name}" if aoi.name else ""))
    return tile


def _apply_to_scene(scene: Scene, event: SceneEvent, journal: Journal) -> None:
    match event:
        case SceneResult(data=report):
            scene_rules.report(scene, report.status, report.message or "", journal)
            scene.by_hand = False
        case SceneRetry():
            operator.retry_scene(scene, journal)
            scene.by_hand = False
        case SceneFail(data=command):
            operator.fail_scene(scene, bool(command.force), journal)
            scene.by_hand = bool(command.force)
        case SceneForce(data=command):
            operator.force_scene(scene, command.status, journal)
            scene.by_hand = True
        case SceneData(data=replacement):
            scene.data = bytes(replacement.data)


def _apply_to_tile(tile: Tile, event: TileEvent, journal: Journal) -> None:
    match event:
        case TileResult(data=report):
            tile_rules.report(tile, report.status, report.message or "", journal)
            tile.by_hand = False
        case TileRetry():
            operator.retry_tile(tile, journal)
            tile.by_hand = False
        case TileFail(data=command):
            operator.fail_tile(tile, bool(command.force), journal)
            tile.by_hand = bool(command.force)
        case TileForce(data=command):
            operator.force_tile(tile, command.status, journal)
            tile.by_hand = True
        case TileData(data=replacement):
            tile.data = bytes(replacement.data)
