"""The Sentinel-1 AOI of the sample log: chains of bursts over half a year, processed in two and a half weeks.

A small simulation: a catalogue, workers, and two operators with office hours. What goes wrong is written down at the
top; all else follows from the rules of `lifecycle`.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from pipeline.demo.acquisitions import Acquisition, Burst, Frame, Ring, Unit, catalogue_uuid, record_uuid
from pipeline.demo.eventlog import Draft
from pipeline.demo.lifecycle import (
    Scene,
    Tile,
    fail_scene,
    fail_tile,
    finish_scene,
    finish_tile,
    may_fail,
    may_retry,
    report_retry,
    retry,
)

AOI = "BurstStackD37"

_START = datetime(2024, 4, 29, 6, 10, tzinfo=UTC)
_END = datetime(2024, 5, 17, 7, 8, tzinfo=UTC)
_OFFICE_CLOSES = datetime(2024, 5, 16, 9, 30, tzinfo=UTC)  # what fails later is left as it is
_CATALOGUE = "ingester/catalogue"

_D37 = Frame(37, 2118.4, 12)
_D110 = Frame(110, 2118.0, 6)
_D37_DATES = 30
_D110_DATES = 12

# By frame label and number of the date, from 0.
_NOT_ACQUIRED = {("D37", 9)}
_PARTIAL = {("D37", 14): 8}
"""Scenes of which the archive has the first bursts only."""
_NOT_IN_ARCHIVE = {("D37", 18), ("D110", 4)}
_NAMES_A_MISSING_PREVIOUS = ("D37", 10)

# By burst and number of the date: tiles that no retry helps.
_STUBBORN = {("D37_IW2_21221", 7), ("D37_IW1_21267", 16), ("D110_IW2_21189", 0)}
_LEFT_IN_RETRY = ("D37_IW3_21230", 21)
_HUNG = ("D37_IW2_21248", 6)
"""Its worker hung, an operator gave it up; the result came all the same."""
_LATE = ("D37_IW3_21203", 4)
"""Its worker had no network for three days."""
_LATE_WORKER = "ingester/worker/7"
_FATAL = ("D110_IW1_21208", 3)
"""Its worker gives it up by itself."""

_DISK_FULL = (
    (datetime(2024, 5, 3, 5, 0, tzinfo=UTC), datetime(2024, 5, 3, 11, 15, tzinfo=UTC)),
    (datetime(2024, 5, 16, 6, 40, tzinfo=UTC), _END),
)
_ARCHIVE_DOWN = (datetime(2024, 5, 7, 5, 30, tzinfo=UTC), datetime(2024, 5, 7, 9, 40, tzinfo=UTC))

_INSTANCES = {layer: record_uuid(f"{AOI}/{layer}") for layer in ("sigma0_VV", "sigma0_VH", "coh_VV", "coh_VH")}
_GRAPH_CONFIG = {
    "bkg_resampling": "BISINC_5_POINT_INTERPOLATION",
    "projection": "EPSG:32632",
    "snap_cpu_parallelism": "8",
}


@dataclass(slots=True)
class _Planned:
    """A scene that the catalogue will add."""

    frame: Frame
    number: int
    acquisition: Acquisition

    @property
    def key(self) -> tuple[str, int]:
        return self.frame.label, self.number


def burst_aoi(first_scene_id: int, first_tile_id: int) -> tuple[list[Draft], int]:
    """The events of `BurstStackD37`, and how many of them the rules refuse. Ids count up from the given ones."""
    stack = _Stack(first_scene_id, first_tile_id)
    stack.run()
    return stack.drafts, stack.rejected


def _dates(frame: Frame, dates: int) -> list[_Planned]:
    if frame is _D110:  # S1A alone, every 12 days
        passes: list[tuple[Unit, int]] = [("S1A", cycle) for cycle in range(-1, dates - 1)]
    else:
        passes = [(unit, cycle) for cycle in range(dates // 2) for unit in ("S1B", "S1A")]
    return [_Planned(frame, number, frame.acquisition(*found)) for number, found in enumerate(passes)]


def _schedule() -> list[tuple[datetime, _Planned]]:
    """When the catalogue adds which scene: some to begin with, then a few each morning; D110 is thought of later."""
    mornings = [_START + timedelta(days=day) for day in range(19)]
    d37 = [planned for planned in _dates(_D37, _D37_DATES) if planned.key not in _NOT_ACQUIRED]
    d110 = _dates(_D110, _D110_DATES)
    batches = [(mornings[0], d37[:6]), (mornings[8], d110[:8]), (mornings[14], d110[8:])]
    days = [1, 2, 4, 7, 8, 9, 10, 11, 14, 15, 17, 18]
    rest = d37[6:]
    for index, day in enumerate(days):
        batches.append((mornings[day], rest[2 * index : 2 * index + 2] if day != days[-1] else rest[2 * index :]))
    schedule = []
    for start, batch in batches:
        for index, planned in enumerate(batch):
            shift = 40 if planned.frame is _D110 else 0
            schedule.append((start + timedelta(minutes=shift + 2 * index), planned))
    return schedule


@dataclass
class _Stack:
    next_scene_id: int
    next_tile_id: int
    drafts: list[Draft] = field(default_factory=list)
    rejected: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(AOI))
    now: datetime = _START
    scenes: list[Scene] = field(default_factory=list)
    chains: dict[str, list[Tile]] = field(default_factory=dict)
    planned: dict[Scene, _Planned] = field(default_factory=dict)
    helped: set[Scene | Tile] = field(default_factory=set)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def run(self) -> None:
        self._at(_START - timedelta(minutes=2), lambda: self._tell(_CATALOGUE, "aoi.created", {"id": AOI}))
        for moment, planned in _schedule():
            self._at(moment, lambda planned=planned: self._create(planned))  # type: ignore[misc]
        self._at(datetime(2024, 5, 3, 11, 20, tzinfo=UTC), self._retry_all)
        self._at(datetime(2024, 5, 6, 9, 12, tzinfo=UTC), self._retry_by_mistake)
        while self._agenda:
            self.now, _, action = heapq.heappop(self._agenda)
            if self.now > _END:
                break
            action()

    # The clock and the log

    def _at(self, moment: datetime, action: Callable[[], None]) -> None:
        moment += timedelta(microseconds=int(self.rng.random() * 30_000_000))
        heapq.heappush(self._agenda, (moment, next(self._numbers), action))

    def _after(self, low_minutes: float, high_minutes: float, action: Callable[[], None]) -> None:
        minutes = low_minutes + self.rng.random() * (high_minutes - low_minutes)
        self._at(self.now + timedelta(minutes=minutes), action)

    def _tell(self, source: str, type_: str, data: Mapping[str, object]) -> None:
        stamped = source not in ("ingester/worker/5", _LATE_WORKER)  # an older release leaves the partition key out
        self.drafts.append(Draft(self.now, source, type_, data, AOI if stamped else None))

    def _command(self, type_: str, data: Mapping[str, object], reason: str) -> None:
        operator = "anna" if self.rng.random() < 0.6 else "jonas"
        self._tell(f"sceneboard/ops/{operator}", type_, {**data, "by": operator, "reason": reason})

    def _report(self, worker: int, kind: str, id_: int, status: str, message: str = "") -> None:
        data = {"type": kind, "id": id_, "status": status, "message": message}
        self._tell(f"ingester/worker/{worker}", f"{kind}.result", data)

    def _worker(self) -> int:
        return 1 + int(self.rng.random() * 6)

    # The catalogue

    def _create(self, planned: _Planned) -> None:
        bursts = [planned.frame.burst(index) for index in range(planned.frame.bursts)]
        bursts = sorted(bursts[: _PARTIAL.get(planned.key, len(bursts))], key=lambda burst: burst.name)
        scene = Scene(self.next_scene_id, planned.acquisition.source_id, 1)
        self.next_scene_id += 1
        body = _scene_body(scene, planned, bursts)
        tiles: dict[str, object] = {}
        for burst in bursts:
            chain = self.chains.setdefault(burst.name, [])
            prev = next((tile for tile in reversed(chain) if tile.status != "FAILED"), None)
            ref = None if prev is None else prev.ref or prev
            tile = Tile(self.next_tile_id, burst.name, scene, 1, prev, ref)
            self.next_tile_id += 1
            tiles[burst.name] = _tile_body(tile, burst, self._drift())
            scene.tiles.append(tile)
        body["tiles"] = tiles
        if planned.key == _NAMES_A_MISSING_PREVIOUS and planned.frame is _D37:
            missing = _dates(_D37, _D37_DATES)[planned.number - 1].acquisition.source_id
            self.rejected += 1
            self._tell(_CATALOGUE, "scene.created", {**body, "tiles": _with_previous(tiles, missing)})
            self._after(130, 150, lambda: self._add(scene, planned, body))
        else:
            self._add(scene, planned, body)

    def _add(self, scene: Scene, planned: _Planned, body: Mapping[str, object]) -> None:
        self._tell(_CATALOGUE, "scene.created", body)
        self.scenes.append(scene)
        self.planned[scene] = planned
        for tile in scene.tiles:
            self.chains[tile.name].append(tile)
            if tile.prev is not None:
                tile.prev.following.append(tile)
        self._start_scene(scene)

    def _drift(self) -> float:
        """Footprints differ by some hundred metres from pass to pass."""
        return round((self.rng.random() - 0.5) * 0.004, 6)

    # The workers

    def _start_scene(self, scene: Scene) -> None:
        self._after(9, 26, lambda: self._scene_result(scene, self._worker()))

    def _scene_result(self, scene: Scene, worker: int) -> None:
        if scene.status != "PENDING":
            return
        message = self._scene_fault(scene)
        if message is None:
            self._report(worker, "scene", scene.id, "DONE")
            self._start(finish_scene(scene))
            return
        self._report(worker, "scene", scene.id, "RETRY", message)
        if report_retry(scene):
            self._after(5, 9, lambda: self._start_scene(scene))
        else:
            self._in_office_hours(lambda: self._care_for_scene(scene))

    def _scene_fault(self, scene: Scene) -> str | None:
        name = scene.source_id
        if self.planned[scene].key in _NOT_IN_ARCHIVE:
            return f"ProcessScene.ImageProviders: Product not found or unavailable: {name}"
        if _ARCHIVE_DOWN[0] <= self.now < _ARCHIVE_DOWN[1]:
            return f"ProcessScene.ImageProviders.CopernicusImageProvider: download {name}: 503 Service Unavailable"
        if self.rng.random() < 0.12:
            seconds = 1800 + int(self.rng.random() * 90)
            url = f"https://archive.example/SLC/{name}.zip"
            return f'ProcessScene.ImageProviders.ASFImageProvider: Get "{url}": timeout after {seconds} s'
        return None

    def _start(self, tiles: list[Tile], delay_minutes: float = 0) -> None:
        for tile in tiles:
            if self._key(tile) == _HUNG:
                self._after(170, 180, lambda tile=tile: self._give_up(tile))  # type: ignore[misc]
                self._after(200, 210, lambda tile=tile: self._straggle(tile))  # type: ignore[misc]
            else:
                self._after(14 + delay_minutes, 48 + delay_minutes, lambda tile=tile: self._tile_result(tile))  # type: ignore[misc]

    def _key(self, tile: Tile) -> tuple[str, int]:
        return tile.name, self.planned[tile.scene].number

    def _tile_result(self, tile: Tile) -> None:
        if tile.status != "PENDING":
            return
        worker = self._worker()
        if self._key(tile) == _FATAL and may_fail(tile):
            self._report(
                worker,
                "tile",
                tile.id,
                "FAILED",
                f"{_label(tile)}.CheckInput: annotation of {tile.name[5:8]}: unexpected end of file, giving up",
            )
            self._start(fail_tile(tile))
            return
        message = self._tile_fault(tile, worker)
        if message is None and self._key(tile) == _LATE:
            data = {"type": "tile", "id": tile.id, "status": "DONE", "message": ""}
            self._tell(_LATE_WORKER, "tile.result", data)
            self._start(finish_tile(tile), delay_minutes=3 * 24 * 60)  # nobody knew before
        elif message is None:
            self._report(worker, "tile", tile.id, "DONE")
            self._start(finish_tile(tile))
        else:
            self._report(worker, "tile", tile.id, "RETRY", message)
            if report_retry(tile):
                self._start([tile])
            else:
                self._in_office_hours(lambda: self._care_for_tile(tile))

    def _tile_fault(self, tile: Tile, worker: int) -> str | None:
        label, scratch = _label(tile), record_uuid(f"{tile.id}/{self.now}")[:8]
        key = self._key(tile)
        if key in _STUBBORN or key == _LEFT_IN_RETRY:
            return (
                f"{label}.S1_SLC_BkG: snap: exit status 1\n"
                f" org.esa.snap.core.gpf.OperatorException: no valid GCPs after cross-correlation of <{tile.name}>"
            )
        if worker > 3 and any(start <= self.now < end for start, end in _DISK_FULL):
            return f"{label}.Export: write /scratch/node-b/{scratch}/{tile.name}_VV.img: no space left on device"
        chance = self.rng.random()
        if chance < 0.02:
            return f"{label}.S1_SLC_BkG: snap: exit status 137"
        if chance < 0.03:
            seconds = 60 + int(self.rng.random() * 60)
            return f'{label}.Upload: Put "https://storage.example/bursts/{scratch}": timeout after {seconds} s'
        return None

    # The operators

    def _in_office_hours(self, action: Callable[[], None]) -> None:
        moment = self.now + timedelta(minutes=25)
        if moment.hour >= 15:
            moment = moment.replace(hour=7, minute=10) + timedelta(days=1)
        elif moment.hour < 7:
            moment = moment.replace(hour=7, minute=10)
        while moment.weekday() >= 5 or moment.date().isoformat() in ("2024-05-01", "2024-05-09"):
            moment = moment.replace(hour=7, minute=10) + timedelta(days=1)
        moment += timedelta(minutes=self.rng.random() * 80)
        if moment < _OFFICE_CLOSES:
            self._at(moment, action)

    def _care_for_scene(self, scene: Scene) -> None:
        if scene.status != "RETRY":
            return
        if scene not in self.helped:
            self.helped.add(scene)
            down = _ARCHIVE_DOWN[0] <= self.now < _ARCHIVE_DOWN[1]
            self._command("scene.retry", {"id": scene.id}, "is the archive back?" if down else "try the archive again")
            retry(scene)
            self._start_scene(scene)
        elif self.planned[scene].key in _NOT_IN_ARCHIVE:
            self._command(
                "scene.fail", {"id": scene.id, "force": False}, "not in any archive, the chains can do without"
            )
            self._start(fail_scene(scene))
        else:
            self._command("scene.retry", {"id": scene.id}, "once more")
            retry(scene)
            self._start_scene(scene)

    def _care_for_tile(self, tile: Tile) -> None:
        if tile.status != "RETRY":
            return
        if tile not in self.helped and may_retry(tile):
            self.helped.add(tile)
            self._command("tile.retry", {"id": tile.id}, "may have been the machine")
            retry(tile)
            self._start([tile])
        elif self._key(tile) == _LEFT_IN_RETRY:
            pass  # asked the ones who wrote the graph; its chain waits
        elif self._key(tile) in _STUBBORN and may_fail(tile):
            self._command(
                "tile.fail",
                {"id": tile.id, "force": False},
                "the river was out of its banks: nothing to match on this date",
            )
            self._start(fail_tile(tile))
        elif may_retry(tile):
            self._command("tile.retry", {"id": tile.id}, "once more")
            retry(tile)
            self._start([tile])

    def _give_up(self, tile: Tile) -> None:
        if tile.status == "PENDING" and may_fail(tile):
            self._command("tile.fail", {"id": tile.id, "force": True}, "its worker hangs and the chain waits")
            self._start(fail_tile(tile))

    def _straggle(self, tile: Tile) -> None:
        """The worker that hung ends after all."""
        self.rejected += tile.status == "FAILED"
        self._report(3, "tile", tile.id, "DONE")

    def _retry_all(self) -> None:
        self._command("aoi.retry", {"id": AOI, "force": False}, "scratch of node-b is cleaned up")
        for scene in self.scenes:
            if scene.status == "RETRY":
                retry(scene)
                self._start_scene(scene)
        for scene in self.scenes:
            for tile in scene.tiles:
                if may_retry(tile):
                    retry(tile)
                    self._start([tile])

    def _retry_by_mistake(self) -> None:
        """Appended from a machine that couldn't look at the state: the tile is DONE."""
        tile = self.scenes[1].tiles[3]
        self.rejected += tile.status not in ("RETRY", "PENDING")
        self._command("tile.retry", {"id": tile.id}, "looks odd on the map")


def _label(tile: Tile) -> str:
    return f"ProcessTile[{tile.scene.source_id[17:25]}_{tile.name}]"


def _scene_body(scene: Scene, planned: _Planned, bursts: list[Burst]) -> dict[str, object]:
    acquisition, frame = planned.acquisition, planned.frame
    uuid = catalogue_uuid(scene.source_id)
    return {
        "id": scene.id,
        "source_id": scene.source_id,
        "aoi": AOI,
        "retry_count": 1,
        "data": {
            "uuid": uuid,
            "date": acquisition.date,
            "tiles": {burst.name: {"swath_id": burst.swath, "tile_nr": burst.tile_nr} for burst in bursts},
            "graph_name": "S1Preprocessing",
            "graph_config": _GRAPH_CONFIG,
            "record_id": record_uuid(scene.source_id),
            "instances_id": _INSTANCES,
            "metadata": None,
            "is_retriable": True,
            "storage_uri": "",
        },
        "geometry": {"type": "Polygon", "coordinates": [frame.footprint()]},
        "tags": {
            "area": "Rhine",
            "constellation": "SENTINEL1",
            "orbit": str(acquisition.orbit),
            "orbitDirection": frame.direction,
            "polarisationMode": "VV VH",
            "productType": "SLC",
            "provider": "geocube-ingester",
            "relativeOrbit": str(frame.track),
            "satellite": f"SENTINEL{acquisition.unit[1:]}",
            "sourceID": scene.source_id,
            "uuid": uuid,
        },
    }


def _tile_body(tile: Tile, burst: Burst, drift_deg: float) -> dict[str, object]:
    ring: Ring = [[round(lon + drift_deg, 6), round(lat - drift_deg / 2, 6)] for lon, lat in burst.ring]
    body: dict[str, object] = {"id": tile.id}
    if tile.prev is not None and tile.ref is not None:
        body |= {
            "previous_tile_id": tile.prev.name,
            "previous_scene_id": tile.prev.scene.source_id,
            "reference_tile_id": tile.ref.name,
            "reference_scene_id": tile.ref.scene.source_id,
        }
    body |= {
        "data": {
            "swath_id": burst.swath,
            "tile_nr": burst.tile_nr,
            "graph_name": "S1BackscatterCoherence",
            "is_retriable": True,
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "tags": {"anxTime": tile.name.rpartition("_")[2], "swath": burst.swath},
    }
    return body


def _with_previous(tiles: Mapping[str, object], scene_source_id: str) -> dict[str, object]:
    renamed: dict[str, object] = {}
    for name, tile in tiles.items():
        if not isinstance(tile, dict):
            raise TypeError(f"tile {name} is no object")
        renamed[name] = {**tile, "previous_scene_id": scene_source_id}
    return renamed
