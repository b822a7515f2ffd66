"""Plans the events that make an AOI as a server answers it: by the fold's own rules, each event tried before it counts.

What the log lacks is created. Then, each step leaving the next what it needs:

1. what is FAILED there is given up, so that chains close as they did there;
2. scenes: retries used up, messages, DONE;
3. tiles, each after those that it waits for: the same. What a tile waits for is DONE meanwhile, and so is its scene;
4. tiles that are PENDING, RETRY or NEW there, each before those that it waits for;
5. scenes that are PENDING, RETRY or NEW there; payloads.

What was there before is changed by `…force` events; what is new goes the way that workers go, by results. A message
comes with a result in any case: no other event carries one.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline.event import EventInvalid, Status, decode
from pipeline.fold.apply import Folded
from pipeline.fold.outcome import Outcome
from pipeline.fold.state import Scene, Tile
from pipeline.moving_in.answers import AoiAnswers, SceneAnswer, TileAnswer
from pipeline.moving_in.creations import as_root, creations
from pipeline.moving_in.differences import same_json
from pipeline.moving_in.lines import Writer

MOST_RETRIES = 1_000
"""Each retry that was used up is an event: more than so many aren't made up for one scene or tile."""
_UNNUMBERED = -1


class Plan(NamedTuple):
    """Events as lines, in order; and of scenes that could not be added, by id, why not."""

    lines: list[bytes]
    refused: dict[int, str]


def plan(folded: Folded, answers: AoiAnswers, writer: Writer, *, parents_first: bool = False) -> Plan:
    """The events after which an AOI is as answered, as far as the rules let it. `folded` is changed by them.

    `parents_first`: of tiles that were given up, those that others wait for first (see step 1), else last.
    """
    planner = _Planner(folded, answers, writer)
    planner.create()
    planner.give_up(parents_first)
    planner.advance_scenes()
    planner.advance_tiles()
    planner.settle_tiles()
    planner.settle_scenes()
    planner.set_data()
    return Plan(planner.lines, planner.refused)


class _Planner:
    def __init__(self, folded: Folded, answers: AoiAnswers, writer: Writer) -> None:
        self._folded, self._aoi, self._answers, self._writer = folded, folded.aoi, answers, writer
        self._new: set[tuple[str, int]] = set()
        self._previous = {tile.previous_id for tile in answers.tiles.values()}
        self.lines: list[bytes] = []
        self.refused: dict[int, str] = {}

    # How events are tried

    def _try(self, type: str, data: Mapping[str, Any]) -> str | None:
        """Adds an event if it would be applied; else nothing has changed, and the reason is given."""
        line = self._writer.line(type, data)
        try:
            outcome: Outcome | None = self._folded.apply(_UNNUMBERED, decode(line))
        except EventInvalid as invalid:
            return str(invalid)
        if outcome is not None and outcome.verdict != "applied":
            return outcome.reason or outcome.verdict
        self.lines.append(line)
        self._writer.taken()
        return None

    def _force(self, entity: Scene | Tile, status: Status) -> bool:
        return self._try(f"{_kind(entity)}.force", {"id": entity.id, "status": status}) is None

    def _report(self, entity: Scene | Tile, status: Status, message: str) -> bool:
        kind = _kind(entity)
        data = {"type": kind, "id": entity.id, "status": status, "message": message}
        return self._try(f"{kind}.result", data) is None

    # What the log lacks

    def create(self) -> None:
        """The AOI and the scenes that aren't there, each after those that its tiles name."""
        if not self._aoi.exists:
            self._try("aoi.created", {"id": self._answers.name})
        for entity in [*self._known(self._aoi.scenes), *self._known(self._aoi.tiles)]:
            if entity.status == "FAILED" and self._wanted(entity) != "FAILED":
                self._force(entity, "NEW")  # what waits for a FAILED one can be neither added nor failed
        missing = self._answers.scenes.keys() - self._aoi.scenes.keys()
        bodies = creations(self._answers, missing)
        for id in missing - {body["id"] for body in bodies}:
            self.refused[id] = "a scene without tiles can't be added"
        for body in bodies:
            self._create(body)

    def _create(self, body: dict[str, Any]) -> None:
        problem = self._try("scene.created", body)
        if problem is not None:
            tiles = {name: tile if self._can_wait(tile) else as_root(tile) for name, tile in body["tiles"].items()}
            problem = self._try("scene.created", {**body, "tiles": tiles})
        if problem is not None:
            self.refused[body["id"]] = problem
            return
        scene = self._aoi.scenes[body["id"]]
        self._new.add(("scene", scene.id))
        self._new |= {("tile", tile.id) for tile in scene.tiles.values()}
        self._go_back_from_failed(scene)

    def _can_wait(self, new: Mapping[str, Any]) -> bool:
        """Whether what a new tile names is there, and not FAILED."""
        for role in ("previous", "reference"):
            scene = self._aoi.by_source_id.get(new.get(f"{role}_scene_id", ""))
            tile = scene.tiles.get(new[f"{role}_tile_id"]) if scene else None
            if tile is None or tile.status == "FAILED":
                return False
        return True

    def _go_back_from_failed(self, scene: Scene) -> None:
        """Right after its creation, while nothing waits for it: what only a FAILED one comes to, and is left with.

        A message while retries are left; a tile with a reference that waits for nothing.
        """
        there = self._answers.scenes[scene.id]
        chains = [self._answers.tiles[tile.id] for tile in scene.tiles.values()]
        left_it = any(tile.status != "FAILED" and tile.id in self._previous for tile in chains)
        if all(tile.previous_id is None for tile in chains) and (
            _was_failed(there) or (there.status == "FAILED" and left_it)
        ):
            self._lower(scene, there.retry_countdown + (there.status == "PENDING"))
            self._fail_scene(scene, there.message or "")
            if there.status != "FAILED":
                self._force(scene, "RETRY")
            for tile in scene.tiles.values():
                self._force(tile, "NEW")
        for tile in scene.tiles.values():
            answer = self._answers.tiles[tile.id]
            if self._has_lost_previous(tile) or (_was_failed(answer) and answer.previous_id is None):
                self._fail_tile(tile, answer.message or "" if _was_failed(answer) else "")
                self._force(tile, "NEW")

    # Step 1: FAILED

    def give_up(self, parents_first: bool) -> None:
        """Fails what is FAILED there; each again while another's failing has made it possible."""
        scenes = [
            scene
            for id, scene in self._aoi.scenes.items()
            if (there := self._answers.scenes.get(id)) and there.status == "FAILED" and not self._is_as_answered(scene)
        ]
        failed = {scene.id for scene in scenes}
        tiles = [
            tile
            for id, tile in self._aoi.tiles.items()
            if (answer := self._answers.tiles.get(id))
            and answer.status == "FAILED"
            and tile.scene.id not in failed
            and not self._is_as_answered(tile)
        ]
        depths = _depths(self._aoi.tiles)
        todo: list[tuple[int, Scene | Tile]] = [
            *((max((depths[tile.id] for tile in scene.tiles.values()), default=0), scene) for scene in scenes),
            *((depths[tile.id], tile) for tile in tiles),
        ]
        todo.sort(key=lambda one: (one[0] if parents_first else -one[0], isinstance(one[1], Tile), one[1].id))
        self._until_nothing_moves([one for _, one in todo], self._give_up)
        of_scenes = [tile for scene in scenes for tile in scene.tiles.values()]
        self._until_nothing_moves(
            [tile for tile in of_scenes if self._wanted(tile) == "FAILED" and not self._is_as_answered(tile)],
            self._give_up,
        )
        lost = [tile for tile in self._known(self._aoi.tiles) if self._has_lost_previous(tile)]
        lost.sort(key=lambda tile: (depths[tile.id] if parents_first else -depths[tile.id], tile.id))
        self._until_nothing_moves(lost, self._fail_for_a_moment)

    def _has_lost_previous(self, tile: Tile) -> bool:
        answer = self._answers.tiles[tile.id]
        return tile.prev is not None and answer.previous_id is None and answer.status != "FAILED"

    def _fail_for_a_moment(self, tile: Tile) -> bool:
        """A tile that waits for nothing any more, and neither does what waits for it: it was FAILED in between."""
        if not self._has_lost_previous(tile):
            return True
        there = self._there(tile)
        message = (there.message or "") if _was_failed(there) else tile.message
        return self._fail_tile(tile, message) and self._force(tile, "NEW")

    def _until_nothing_moves(self, todo: list[Any], step: Callable[[Any], bool]) -> None:
        while todo:
            left = [one for one in todo if not step(one)]
            if len(left) == len(todo):
                return
            todo = left

    def _give_up(self, entity: Scene | Tile) -> bool:
        """Whether it could be failed. Its countdown is lowered where that is possible without harm to others."""
        there = self._there(entity)
        message = there.message or ""
        if isinstance(entity, Scene):
            self._lower(entity, there.retry_countdown)
            return self._fail_scene(entity, message)
        if (entity.status, entity.message) != ("FAILED", message) and not self._fail_tile(entity, message):
            return False
        if entity.retry_countdown > there.retry_countdown and self._lower(entity, there.retry_countdown):
            return self._force(entity, "FAILED")
        return True

    def _fail_scene(self, scene: Scene, message: str) -> bool:
        """Fails a scene with its tiles: they must be NEW, and so must be what waits for them."""
        for tile in scene.tiles.values():
            if tile.status != "NEW" and not self._force(tile, "NEW"):
                return False
        return self._fail(scene, message)

    def _fail_tile(self, tile: Tile, message: str) -> bool:
        for waiting in tile.next_tiles():
            if waiting.status != "NEW":
                self._force(waiting, "NEW")
        return self._fail(tile, message)

    def _fail(self, entity: Scene | Tile, message: str) -> bool:
        if entity.message == message and entity.status != "FAILED" and not self._is_new(entity):
            return self._force(entity, "FAILED")
        if entity.status not in ("PENDING", "RETRY"):
            self._force(entity, "RETRY")
        return self._report(entity, "FAILED", message)

    # Steps 2 and 3: retries, messages, DONE

    def advance_scenes(self) -> None:
        for scene in self._known(self._aoi.scenes):
            if self._wanted(scene) != "FAILED":
                self._advance(scene)

    def advance_tiles(self) -> None:
        depths = _depths(self._aoi.tiles)
        for tile in sorted(self._known(self._aoi.tiles), key=lambda tile: (depths[tile.id], tile.id)):
            if self._wanted(tile) != "FAILED":
                self._advance(tile)

    def _advance(self, entity: Scene | Tile) -> None:
        """Retries and message, and DONE. Where it is PENDING there, the last retry is left to the steps after."""
        there = self._there(entity)
        again = there.status == "PENDING"
        message = there.message or ""
        if entity.message != message:
            level = there.retry_countdown + again
            if level > 0 and there.status == "RETRY":  # what an operator has to know, before what is left of retries
                level = 0
            if level <= 0 and self._pend(entity, level):
                self._report(entity, "RETRY", message)
        if not (again and entity.status == "PENDING" and entity.retry_countdown == there.retry_countdown):
            self._lower(entity, there.retry_countdown + again)
        if again and entity.status != "PENDING" and entity.retry_countdown == there.retry_countdown:
            self._pend(entity, there.retry_countdown)
        if there.status == "DONE" and entity.status != "DONE":
            self._finish(entity)

    def _finish(self, entity: Scene | Tile) -> None:
        if self._is_new(entity) and entity.status in ("PENDING", "RETRY"):
            self._report(entity, "DONE", "")
        else:
            self._force(entity, "DONE")

    def _lower(self, entity: Scene | Tile, level: int) -> bool:
        """Uses up retries until so many are left: then it is PENDING, if there were any to use up."""
        if entity.retry_countdown - level > MOST_RETRIES:
            return False
        while entity.retry_countdown > level:
            if isinstance(entity, Tile):
                self._finish_previous(entity)
            if not self._force(entity, "PENDING"):
                return False
        return True

    def _pend(self, entity: Scene | Tile, level: int) -> bool:
        """Makes it PENDING with so many retries left, by a retry or, at no cost, by what unlocks a tile."""
        if not self._lower(entity, level) or entity.retry_countdown != level:
            return False
        if isinstance(entity, Tile) and entity.status != "PENDING":
            self._unlock(entity)
        return entity.status == "PENDING" and entity.retry_countdown == level

    def _unlock(self, tile: Tile) -> None:
        """Makes a tile PENDING as its scene's end does, if what it waits for may be DONE."""
        if not (self._may_be_done(tile.scene) and self._finish_previous(tile)):
            return
        if tile.status != "NEW":
            self._force(tile, "NEW")
        if tile.status == "NEW":
            self._force(tile.scene, "DONE")

    def _finish_previous(self, tile: Tile) -> bool:
        """Makes what a tile waits for DONE, for now; whether it is."""
        prev = tile.prev
        if prev is None or prev.status == "DONE":
            return True
        return self._may_be_done(prev) and self._force(prev, "DONE")

    def _may_be_done(self, entity: Scene | Tile) -> bool:
        """Whether it can be made DONE and come back to its own status after."""
        there = (self._answers.scenes if isinstance(entity, Scene) else self._answers.tiles).get(entity.id)
        if entity.status == "DONE":
            return True
        if there is None or there.status == "FAILED" or entity.status == "FAILED":
            return False
        return there.status != "PENDING" or entity.retry_countdown > there.retry_countdown

    # Steps 4 and 5: what isn't DONE

    def settle_tiles(self) -> None:
        depths = _depths(self._aoi.tiles)
        tiles = sorted(self._known(self._aoi.tiles), key=lambda tile: (-depths[tile.id], tile.id))
        for tile in tiles:
            self._settle(tile)
        for tile in tiles:  # which others' DONE may have made PENDING
            if self._wanted(tile) in ("NEW", "RETRY"):
                self._settle(tile)

    def settle_scenes(self) -> None:
        for scene in self._known(self._aoi.scenes):
            self._settle(scene)

    def _settle(self, entity: Scene | Tile) -> None:
        there = self._there(entity)
        match there.status:
            case "NEW" | "RETRY" if entity.status != there.status:
                self._force(entity, there.status)
            case "PENDING" if entity.status != "PENDING" or entity.retry_countdown > there.retry_countdown:
                self._lower(entity, min(there.retry_countdown, entity.retry_countdown - 1))
            case "DONE" if entity.status != "DONE":
                self._force(entity, "DONE")

    def set_data(self) -> None:
        """Payloads that aren't as answered."""
        for entity in [*self._known(self._aoi.scenes), *self._known(self._aoi.tiles)]:
            data = self._there(entity).data
            if not same_json(entity.data, bytes(data)):
                self._try(f"{_kind(entity)}.data", {"id": entity.id, "data": data})

    # What is there, and here

    def _is_new(self, entity: Scene | Tile) -> bool:
        return (_kind(entity), entity.id) in self._new

    def _known(self, entities: Mapping[int, Any]) -> list[Any]:
        """Of scenes or tiles those that are answered, by id."""
        return [entities[id] for id in sorted(entities) if self._has_answer(entities[id])]

    def _has_answer(self, entity: Scene | Tile) -> bool:
        if isinstance(entity, Scene):
            return entity.id in self._answers.scenes
        return entity.id in self._answers.tiles

    def _there(self, entity: Scene | Tile) -> SceneAnswer | TileAnswer:
        if isinstance(entity, Scene):
            return self._answers.scenes[entity.id]
        return self._answers.tiles[entity.id]

    def _wanted(self, entity: Scene | Tile) -> Status | None:
        return self._there(entity).status if self._has_answer(entity) else None

    def _is_as_answered(self, entity: Scene | Tile) -> bool:
        there = self._there(entity)
        return (
            entity.status == there.status
            and entity.message == (there.message or "")
            and entity.retry_countdown <= there.retry_countdown
        )


def _kind(entity: Scene | Tile) -> str:
    return "scene" if isinstance(entity, Scene) else "tile"


def _was_failed(there: SceneAnswer | TileAnswer) -> bool:
    """It has a message that only came when it was FAILED, and isn't any more."""
    if not there.message or there.status == "FAILED":
        return False
    return there.retry_countdown + (there.status == "PENDING") > 0


def _depths(tiles: Mapping[int, Tile]) -> dict[int, int]:
    """How many tiles each waits for, one after the other."""
    found: dict[int, int] = {}
    for first in tiles.values():
        way: list[Tile] = []
        tile: Tile | None = first
        while tile is not None and tile.id not in found:
            way.append(tile)
            tile = tile.prev
        depth = -1 if tile is None else found[tile.id]
        for tile in reversed(way):
            depth += 1
            found[tile.id] = depth
    return found
