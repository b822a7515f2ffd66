"""Logs of any size: Sentinel-1 areas whose scenes come in, are processed, fail and are looked after, all at once.

Each AOI is a simulation of its own that yields its events in time order; they are merged as they are written, so that
a million events take little memory. Only `random.random` is drawn from: its numbers for a seed are the same in every
release of Python.
"""

import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pipeline.demo.acquisitions import TRACKS, Frame, Ring, Unit, catalogue_uuid, record_uuid
from pipeline.demo.eventlog import LogCounts, LogFileExists
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

_EPOCH = datetime(2024, 1, 8, tzinfo=UTC)
"""Times are in microseconds from here."""
_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_LONGEST = 60 * _DAY
_PER_SCENE = 3 * _HOUR
"""An AOI's scenes come in over 60 days, or one every three hours if that is sooner."""
_STAGGER = 0.1
"""AOIs begin within the first tenth of that."""
_AFTER_LAST = 30 * _MINUTE
"""The log ends that long after the last scenes, so some are still under way."""

_DATES = 240
"""Dates of a frame, one every six days: S1A and S1B both flew for four years before and after cycle 0."""
_FIRST_CYCLE = -60
_CATALOGUE_BATCH = 50
"""A catalogue adds that many scenes, then another one goes on."""
_EVENTS_PER_FILE = 65_536
_MOST_FILES = 16
_WORKERS_PER_MACHINE = 3
_WITHOUT_PARTITIONKEY = 6
"""Every sixth worker runs an older release that doesn't stamp the partition key."""
_WITH_TILE_FOOTPRINTS = 4
"""Every fourth area's catalogue gives footprints of tiles; all give those of scenes."""
_FOOTPRINT_DIGITS = 4

# Shares of a worker's first answers.
_SCENE_RETRY, _SCENE_FAILED = 0.04, 0.003
_TILE_RETRY, _TILE_FAILED = 0.06, 0.005
_RETRY_AGAIN = 0.40  # of those that were tried again
# What an operator does with a tile in RETRY; the rest is given up.
_TRIED_AGAIN, _FORCED, _LEFT = 0.60, 0.03, 0.17
_SCENE_TRIED_AGAIN, _SCENE_LEFT = 0.60, 0.10
# Of the tiles that are given up: reported DONE all the same, which is rejected.
_STRAY = 0.05
# Of the tiles that are DONE: reported twice, which is ignored; given other data by an operator.
_TWICE, _DATA = 0.0015, 0.0005

_OPERATORS = ("anna", "jonas", "mira")
_HOPES = (
    "may have been the machine",
    "the archive answers again",
    "the customer asks",
    "scratch is cleaned up",
    "once more",
)
_REGRETS = ("the chain must go on", "no use without this input", "not in any archive")


class _Line(NamedTuple):
    """An event but for the id that its source will give it. Sorts by time, then AOI, then number in the AOI."""

    time_us: int
    aoi: int
    number: int
    source: str
    writer: int
    type: str
    tail: str
    """What follows the time in its line."""


_Act: TypeAlias = Callable[[int, Any], _Line | None]
"""What happens at a time to a scene or tile."""


def write_large(
    events_dir: Path, *, aois: int, scenes: int, tiles: int, seed: int, files: int | None = None
) -> LogCounts:
    """Writes a log of so many AOIs, with so many scenes each and tiles for each scene, over several files.

    The same arguments give the same bytes. Without `files` their number follows the number of events, up to 16.
    Raises ValueError if a number isn't positive, LogFileExists if one of the files is there already (then nothing is
    written), OSError if it can't be written.
    """
    for name, value in (("aois", aois), ("scenes", scenes), ("tiles", tiles), ("files", 1 if files is None else files)):
        if value < 1:
            raise ValueError(f"{name} must be 1 or more, not {value}")
    if files is None:
        files = min(_MOST_FILES, 2 + aois * scenes * (tiles + 2) // _EVENTS_PER_FILE)
    paths = [events_dir / f"{_writer_id(seed, writer)}.jsonl" for writer in range(files)]
    for path in paths:
        if path.exists():
            raise LogFileExists(path)
    events_dir.mkdir(parents=True, exist_ok=True)
    areas = [_Area(index, scenes, tiles, seed, files) for index in range(aois)]
    counts = LogCounts(files=files, aois=aois)
    _write(paths, heapq.merge(*(area.lines() for area in areas)), counts)
    counts.events = counts.by_type.total()
    counts.scenes = counts.by_type["scene.created"]
    counts.tiles = counts.scenes * tiles
    counts.rejected = sum(area.rejected for area in areas)
    return counts


def _writer_id(seed: int, writer: int) -> str:
    return f"node-{writer + 1:02d}-{record_uuid(f'{seed}/{writer}')[:8]}"


def _write(paths: list[Path], lines: Iterator[_Line], counts: LogCounts) -> None:
    """Gives each event its id. A source's times rise: one that doesn't is moved on by a microsecond."""
    numbers: Counter[str] = Counter()
    latest: dict[str, int] = {}
    types = counts.by_type
    day, day_text = -1, ""
    with ExitStack() as stack:
        writes = [stack.enter_context(path.open("xb", buffering=1 << 20)).write for path in paths]
        for time_us, _, _, source, writer, type_, tail in lines:
            time_us = max(time_us, latest.get(source, -1) + 1)
            latest[source] = time_us
            numbers[source] += 1
            types[type_] += 1
            days, of_day = divmod(time_us, _DAY)
            if days != day:
                day, day_text = days, (_EPOCH + timedelta(days=days)).date().isoformat()
            seconds, micros = divmod(of_day, 1_000_000)
            counts.bytes += writes[writer](
                f'{{"specversion":"1.0","id":"{numbers[source]:08d}","source":"{source}","type":"{type_}",'
                f'"time":"{day_text}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros:06d}Z",'
                f"{tail}\n".encode()
            )


@dataclass(slots=True)
class _Place:
    """A frame, and the parts of its scenes' JSON that are the same on every date."""

    frame: Frame
    names: list[str]
    rests: list[str]
    """By burst, what ends its tile's object: its data and, where the catalogue gives it, its footprint."""
    in_data: str
    """`data.tiles` of a scene."""
    geometry: str
    tags: str


class _Area:
    """One AOI: catalogues add its scenes, workers report, operators look after what failed.

    Roots of chains never fail, so a chain's reference stays what it was.
    """

    def __init__(self, index: int, scenes: int, tiles: int, seed: int, writers: int) -> None:
        self.rejected = 0
        self._index, self._scenes, self._tiles, self._writers = index, scenes, tiles, writers
        self._random = random.Random(f"{seed}/{index}").random
        self._retry_count = (1, 1, 2, 0)[index % 4]
        self._next_scene_id, self._next_tile_id = 1 + index * scenes, 1 + index * scenes * tiles
        self._lines, self._jobs_made = 0, 0
        self._jobs: list[tuple[int, int, _Act, object]] = []
        self._heads: dict[str, Tile] = {}
        """By burst: the tile that the next one is to wait for."""
        self._track = 1 + (36 + 73 * index) % TRACKS
        self._first_anx_s = 2060.0 + 23.1 * (index % 17) if index % 3 != 1 else 480.0 + 23.1 * (index % 17)
        self._places = [self._place(frame) for frame in range(-(-scenes // _DATES))]
        first = self._places[0].frame
        round_ = index // TRACKS
        self.name = f"Stack_{first.label}_N{round(first.footprint()[0][1])}" + (f"_{round_ + 1}" if round_ else "")
        self._key = f'"partitionkey":"{self.name}",'
        instances = {layer: record_uuid(f"{self.name}/{layer}") for layer in ("sigma0_VV", "coh_VV")}
        self._in_every_scene = (
            f'"graph_name":"S1Preprocessing","graph_config":{{"projection":"EPSG:4326","snap_cpu_parallelism":"8"}},'
            f'"instances_id":{_json(instances)},"metadata":null,"is_retriable":true,"storage_uri":""'
        )

    def _place(self, number: int) -> _Place:
        # Scenes lie behind each other along the track, 27 s apart, and take turns with other tracks after ten.
        track = (self._track - 1 + 16 * (number // 10)) % TRACKS + 1
        frame = Frame(track, self._first_anx_s + 27 * (number % 10) + 0.1 * (self._index // TRACKS), self._tiles)
        bursts = sorted((frame.burst(index) for index in range(self._tiles)), key=lambda burst: burst.name)
        with_footprints = self._index % _WITH_TILE_FOOTPRINTS == 0
        rests = []
        for burst in bursts:
            data = {
                "swath_id": burst.swath,
                "tile_nr": burst.tile_nr,
                "graph_name": "S1BackscatterCoherence",
                "is_retriable": True,
            }
            rests.append(
                f'"data":{_json(data)}' + (f',"geometry":{_polygon(burst.ring)}' if with_footprints else "") + "}"
            )
        return _Place(
            frame,
            [burst.name for burst in bursts],
            rests,
            _json({burst.name: {"swath_id": burst.swath, "tile_nr": burst.tile_nr} for burst in bursts}),
            _polygon(frame.footprint()),
            _json({"constellation": "SENTINEL1", "orbitDirection": frame.direction, "relativeOrbit": str(track)}),
        )

    def lines(self) -> Iterator[_Line]:
        """Its events, in time order."""
        span = min(_LONGEST, self._scenes * _PER_SCENE)
        start = round(self._random() * span * _STAGGER)
        end = round(span * (1 + _STAGGER))
        yield self._line(start, *self._catalogue(0), "aoi.created", f'"data":{{"id":"{self.name}"}}}}')
        for scene_number in range(self._scenes):
            place = self._places[scene_number % len(self._places)]
            unit: Unit = "S1A" if scene_number // len(self._places) % 2 else "S1B"
            moment = start + _MINUTE + round((scene_number + self._random() * 0.9) * (end - start) / self._scenes)
            yield from self._until(moment)
            yield self._create(moment, scene_number, place, unit)
        yield from self._until(end + _AFTER_LAST)

    def _until(self, moment: int) -> Iterator[_Line]:
        jobs = self._jobs
        while jobs and jobs[0][0] < moment:
            time_us, _, act, entity = heapq.heappop(jobs)
            line = act(time_us, entity)
            if line is not None:
                yield line

    # Events

    def _line(self, time_us: int, source: str, writer: int, type_: str, tail: str, *, stamped: bool = True) -> _Line:
        self._lines += 1
        return _Line(time_us, self._index, self._lines, source, writer, type_, self._key + tail if stamped else tail)

    def _catalogue(self, scene_number: int) -> tuple[str, int]:
        writer = (self._index + scene_number // _CATALOGUE_BATCH) % self._writers
        return f"ingester/catalogue/{writer + 1}", writer

    def _report(self, time_us: int, kind: str, id_: int, status: str, message: str = "") -> _Line:
        worker = int(self._random() * self._writers * _WORKERS_PER_MACHINE)
        text = _json(message) if message else '""'
        tail = f'"data":{{"type":"{kind}","id":{id_},"status":"{status}","message":{text}}}}}'
        source, writer = f"ingester/worker/{worker + 1}", worker // _WORKERS_PER_MACHINE
        stamped = (worker + 1) % _WITHOUT_PARTITIONKEY != 0
        return self._line(time_us, source, writer, f"{kind}.result", tail, stamped=stamped)

    def _command(self, time_us: int, type_: str, data: str, reasons: tuple[str, ...]) -> _Line:
        number = int(self._random() * len(_OPERATORS))
        operator, reason = _OPERATORS[number], reasons[int(self._random() * len(reasons))]
        tail = f'"data":{{{data},"by":"{operator}","reason":"{reason}"}}}}'
        return self._line(time_us, f"sceneboard/ops/{operator}", number % self._writers, type_, tail)

    def _later(self, time_us: int, low_minutes: int, high_minutes: int, act: _Act, entity: Scene | Tile) -> None:
        due = time_us + low_minutes * _MINUTE + int(self._random() * (high_minutes - low_minutes) * _MINUTE)
        self._jobs_made += 1
        heapq.heappush(self._jobs, (due, self._jobs_made, act, entity))

    # Catalogues

    def _create(self, time_us: int, scene_number: int, place: _Place, unit: Unit) -> _Line:
        date_number = scene_number // len(self._places)
        acquisition = place.frame.acquisition(unit, _FIRST_CYCLE + date_number // 2)
        source_id = acquisition.source_id
        scene = Scene(self._next_scene_id, source_id, self._retry_count)
        self._next_scene_id += 1
        heads, tile_id = self._heads, self._next_tile_id
        texts = []
        for name, rest in zip(place.names, place.rests, strict=True):
            prev = heads.get(name)
            tile = Tile(tile_id, name, scene, self._retry_count, prev)
            if prev is None:
                texts.append(f'"{name}":{{"id":{tile_id},{rest}')
            else:
                tile.ref = ref = prev.ref or prev
                prev.following.append(tile)
                texts.append(
                    f'"{name}":{{"id":{tile_id},"previous_tile_id":"{name}","previous_scene_id":"{prev.scene.source_id}",'
                    f'"reference_tile_id":"{name}","reference_scene_id":"{ref.scene.source_id}",{rest}'
                )
            heads[name] = tile
            scene.tiles.append(tile)
            tile_id += 1
        self._next_tile_id = tile_id
        self._later(time_us, 6, 35, self._scene_result, scene)
        tail = (
            f'"data":{{"id":{scene.id},"source_id":"{source_id}","aoi":"{self.name}","retry_count":{self._retry_count},'
            f'"data":{{"uuid":"{catalogue_uuid(source_id)}","date":"{acquisition.date}",'
            f'"tiles":{place.in_data},"record_id":"{record_uuid(source_id)}",{self._in_every_scene}}},'
            f'"tiles":{{{",".join(texts)}}},"geometry":{place.geometry},"tags":{place.tags}}}}}'
        )
        return self._line(time_us, *self._catalogue(scene_number), "scene.created", tail)

    # Workers

    def _scene_result(self, time_us: int, scene: Scene) -> _Line | None:
        if scene.status != "PENDING":
            return None
        draw = self._random()
        if scene.countdown < self._retry_count:
            wrong = draw < _RETRY_AGAIN
        elif draw < _SCENE_FAILED and _may_fail_scene(scene):
            line = self._report(time_us, "scene", scene.id, "FAILED", self._scene_trouble(scene))
            self._fail_scene(time_us, scene)
            return line
        else:
            wrong = draw < _SCENE_RETRY
        if wrong:
            if report_retry(scene):
                self._later(time_us, 12, 40, self._scene_result, scene)
            else:
                self._later(time_us, 60, 18 * 60, self._care_for_scene, scene)
            return self._report(time_us, "scene", scene.id, "RETRY", self._scene_trouble(scene))
        self._start(time_us, finish_scene(scene))
        scene.tiles = []  # all that follows goes by tiles; a large log is long
        return self._report(time_us, "scene", scene.id, "DONE")

    def _tile_result(self, time_us: int, tile: Tile) -> _Line | None:
        if tile.status != "PENDING":
            return None
        draw = self._random()
        if tile.countdown < self._retry_count:
            wrong = draw < _RETRY_AGAIN
        elif draw < _TILE_FAILED and tile.ref is not None and may_fail(tile):
            line = self._report(time_us, "tile", tile.id, "FAILED", self._tile_trouble(tile))
            self._fail_tile(time_us, tile)
            return line
        else:
            wrong = draw < _TILE_RETRY
        # A tile that was started because the one before was given up can't be tried again by itself while it must wait.
        if wrong and (tile.countdown <= 0 or tile.prev is None or tile.prev.status == "DONE"):
            if report_retry(tile):
                self._later(time_us, 15, 60, self._tile_result, tile)
            else:
                self._later(time_us, 60, 18 * 60, self._care_for_tile, tile)
            return self._report(time_us, "tile", tile.id, "RETRY", self._tile_trouble(tile))
        self._finish_tile(time_us, tile)
        return self._report(time_us, "tile", tile.id, "DONE")

    def _finish_tile(self, time_us: int, tile: Tile) -> None:
        self._start(time_us, finish_tile(tile))
        tile.prev, tile.following = None, []  # it can't fail any more, so the chain behind it is let go
        draw = self._random()
        if draw < _TWICE:
            self._later(time_us, 1, 5, self._repeat, tile)
        elif draw < _TWICE + _DATA:
            self._later(time_us, 60, 600, self._replace_data, tile)

    def _start(self, time_us: int, tiles: list[Tile]) -> None:
        for tile in tiles:
            self._later(time_us, 12, 55, self._tile_result, tile)

    def _repeat(self, time_us: int, tile: Tile) -> _Line:
        return self._report(time_us, "tile", tile.id, "DONE")

    def _stray(self, time_us: int, tile: Tile) -> _Line:
        self.rejected += 1
        return self._report(time_us, "tile", tile.id, "DONE")

    # Operators

    def _care_for_scene(self, time_us: int, scene: Scene) -> _Line | None:
        draw = self._random()
        if draw >= _SCENE_TRIED_AGAIN and _may_fail_scene(scene):
            if draw < _SCENE_TRIED_AGAIN + _SCENE_LEFT:
                for tile in scene.tiles:
                    self._leave(tile)
                return None
            self._fail_scene(time_us, scene)
            return self._command(time_us, "scene.fail", f'"id":{scene.id},"force":false', _REGRETS)
        retry(scene)
        self._later(time_us, 8, 40, self._scene_result, scene)
        return self._command(time_us, "scene.retry", f'"id":{scene.id}', _HOPES)

    def _care_for_tile(self, time_us: int, tile: Tile) -> _Line | None:
        draw = self._random()
        if draw < _FORCED:
            self._finish_tile(time_us, tile)
            return self._command(
                time_us, "tile.force", f'"id":{tile.id},"status":"DONE"', ("the result is there, seen by hand",)
            )
        if draw < _FORCED + _LEFT and tile.ref is not None:
            self._leave(tile)
            return None
        if draw < _FORCED + _LEFT + _TRIED_AGAIN or tile.ref is None:
            if not may_retry(tile):
                self._later(time_us, 600, 1200, self._care_for_tile, tile)
                return None
            retry(tile)
            self._later(time_us, 12, 55, self._tile_result, tile)
            return self._command(time_us, "tile.retry", f'"id":{tile.id}', _HOPES)
        line = self._command(time_us, "tile.fail", f'"id":{tile.id},"force":false', _REGRETS)
        if may_fail(tile):
            self._fail_tile(time_us, tile)
        else:  # a tile behind it was started already: refused, and so it stays
            self.rejected += 1
            self._leave(tile)
        return line

    def _leave(self, tile: Tile) -> None:
        """Nobody looks after the tile any more: what has been added behind it waits, what comes goes around it."""
        if tile.prev is not None:
            self._heads[tile.name] = tile.prev

    def _fail_tile(self, time_us: int, tile: Tile) -> None:
        self._around(tile)
        self._start(time_us, fail_tile(tile))
        if self._random() < _STRAY:
            self._later(time_us, 5, 90, self._stray, tile)

    def _fail_scene(self, time_us: int, scene: Scene) -> None:
        for tile in scene.tiles:
            self._around(tile)
        self._start(time_us, fail_scene(scene))

    def _around(self, tile: Tile) -> None:
        if self._heads[tile.name] is tile and tile.prev is not None:
            self._heads[tile.name] = tile.prev

    def _replace_data(self, time_us: int, tile: Tile) -> _Line:
        swath = tile.name.split("_")[1]
        data = f'{{"swath_id":"{swath}","graph_name":"S1BackscatterCoherence","is_retriable":false}}'
        return self._command(time_us, "tile.data", f'"id":{tile.id},"data":{data}', ("not to be made again",))

    # What goes wrong

    def _scene_trouble(self, scene: Scene) -> str:
        name, number = scene.source_id, self._random()
        if number < 0.45:
            return f"ProcessScene.ImageProviders.CopernicusImageProvider: download {name}: 503 Service Unavailable"
        if number < 0.75:
            url = f"https://archive.example/SLC/{name}.zip"
            return f'ProcessScene.ImageProviders.ASFImageProvider: Get "{url}": timeout after {round(600 * number)} s'
        return f"ProcessScene.ImageProviders: Product not found or unavailable: {name}"

    def _tile_trouble(self, tile: Tile) -> str:
        label, number = f"ProcessTile[{tile.scene.source_id[17:25]}_{tile.name}]", self._random()
        part = int(number * 0xFFFFFFFF)
        if number < 0.35:
            path = f"/scratch/node-{part % self._writers + 1:02d}/{part:08x}/{tile.name}_VV.img"
            return f"{label}.Export: write {path}: no space left on device"
        if number < 0.60:
            return f"{label}.S1_SLC_BkG: snap: exit status {137 if part % 2 else 1}"
        if number < 0.80:
            return f'{label}.Upload: Put "https://storage.example/{part:08x}": timeout after {60 + part % 60} s'
        exception = f"org.esa.snap.core.gpf.OperatorException: no valid GCPs in <{tile.name}>"
        return f"{label}.S1_SLC_BkG: snap: exit status 1\n {exception}"


def _may_fail_scene(scene: Scene) -> bool:
    return all(tile.ref is not None and may_fail(tile) for tile in scene.tiles)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _polygon(ring: Ring) -> str:
    rounded = [[round(lon, _FOOTPRINT_DIGITS), round(lat, _FOOTPRINT_DIGITS)] for lon, lat in ring]
    return _json({"type": "Polygon", "coordinates": [rounded]})
