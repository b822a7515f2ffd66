"""AOIs that grow event by event through the pure fold: no files, no store."""

import json
from collections.abc import Mapping
from typing import Any

from log_lines import at, event, line, scene_body

from pipeline.event import Event, SceneCreated, decode
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded
from pipeline.fold.outcome import Outcome, Transition
from pipeline.fold.owners import Claim, Kind, claims, taken
from pipeline.fold.state import Aoi, Scene, Tile


class World:
    """All AOIs. Events are handed to the AOI that they are about, as the store does it."""

    def __init__(self) -> None:
        self._folds: dict[str, Folded] = {}
        self._owners: dict[tuple[Kind, int], Claim] = {}
        self._last = 0

    def apply(self, type: str, data: Mapping[str, Any], partitionkey: str | None = None) -> Outcome:
        """The outcome of the next event in log order."""
        self._last = number = self._last + 1
        written = event(type, data, at(number), f"e{number}", partitionkey=partitionkey)
        read = decode(line(written))
        refused = self._claim(read)
        folded = self._folds.setdefault(home := self._home(read), Folded(Aoi(home), history=True))
        folded.apply(number, read, refused)
        return folded.outcomes[-1]

    def _claim(self, read: Event) -> str | None:
        if not isinstance(read, SceneCreated):
            return None
        named = claims(read.data)
        for claim in named:
            self._owners.setdefault((claim.kind, claim.id), claim)
        return taken(named, self._owners)

    def _home(self, read: Event) -> str:
        if isinstance(read, SceneCreated):
            return read.data.aoi
        if isinstance(read.data.id, str):
            return read.data.id
        if read.partitionkey is not None:
            return read.partitionkey
        kind: Kind = "scene" if type(read).__name__.startswith("Scene") else "tile"
        owner = self._owners.get((kind, read.data.id))
        return owner.aoi if owner else ""

    # What happens, in short

    def aoi(self, name: str = "Demo") -> Outcome:
        return self.apply("aoi.created", {"id": name})

    def scene(self, id: int, tiles: Mapping[int, int | None], **body: Any) -> Outcome:
        """A creation: tiles by id, each with the tile that it waits for (31 is in scene 3)."""
        return self.apply("scene.created", scene_body(id, tiles, **body))

    def says(self, kind: str, id: int, status: str, message: str = "") -> Outcome:
        """A worker's result."""
        return self.apply(f"{kind}.result", {"type": kind, "id": id, "status": status, "message": message})

    def retry(self, kind: str, id: int) -> Outcome:
        return self.apply(f"{kind}.retry", {"id": id})

    def fail(self, kind: str, id: int, *, force: bool = False) -> Outcome:
        return self.apply(f"{kind}.fail", {"id": id, "force": force})

    def force(self, kind: str, id: int, status: str) -> Outcome:
        return self.apply(f"{kind}.force", {"id": id, "status": status})

    def bring(self, kind: str, id: int, status: str) -> None:
        """Brings a scene or tile to a status, whatever it has; nothing else changes."""
        self.of(kind, id).status = status

    # What has become of it

    def aois(self) -> list[Aoi]:
        return [folded.aoi for folded in self._folds.values() if folded.aoi.exists]

    def of(self, kind: str, id: int) -> Scene | Tile:
        return self.a_scene(id) if kind == "scene" else self.a_tile(id)

    def a_scene(self, id: int) -> Scene:
        return next(aoi.scenes[id] for aoi in self.aois() if id in aoi.scenes)

    def a_tile(self, id: int) -> Tile:
        return next(aoi.tiles[id] for aoi in self.aois() if id in aoi.tiles)

    def status(self, kind: str, id: int) -> str:
        return self.of(kind, id).status

    def state(self) -> dict[str, Any]:
        """Everything that is there, as in the recorded runs."""
        aois = self.aois()
        return {
            "aoi": {aoi.name: aoi_status(aoi) for aoi in aois},
            "scene": {str(id): {"aoi": aoi.name, **_facts(scene)} for aoi in aois for id, scene in aoi.scenes.items()},
            "tile": {
                str(id): {"scene": tile.scene.id, **_facts(tile), "prev": _id(tile.prev), "ref": _id(tile.ref)}
                for aoi in aois
                for id, tile in aoi.tiles.items()
            },
        }

    def payloads(self) -> dict[tuple[str, int], bytes]:
        """The data of all scenes and tiles."""
        return {
            (kind, id): entity.data
            for aoi in self.aois()
            for kind, entities in (("scene", aoi.scenes), ("tile", aoi.tiles))
            for id, entity in entities.items()
        }

    def data(self, kind: str, id: int) -> Any:
        return json.loads(self.of(kind, id).data)

    def transitions(self) -> list[Transition]:
        """What the last event changed."""
        last = self._last
        return [change for folded in self._folds.values() for change in folded.transitions if change.event == last]


def _facts(entity: Scene | Tile) -> dict[str, Any]:
    return {
        "source_id": entity.source_id,
        "status": entity.status,
        "message": entity.message,
        "retry_countdown": entity.retry_countdown,
    }


def _id(tile: Tile | None) -> int | None:
    return None if tile is None else tile.id
