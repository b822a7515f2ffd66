"""The two Sentinel-2 AOIs of the sample log: the ones that the monitoring API's documentation shows.

`DenmarkDemo` ends in the state of its overview, `DenmarkDemoS2` holds the scenes and the tile of its JSON examples.
Nothing here is a state: each follows from creations, workers' results and operators' commands.
"""

import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from pipeline.demo.acquisitions import (
    MGRS_RING,
    Sentinel2Scene,
    catalogue_uuid,
    record_uuid,
    sentinel2_scene,
    sentinel2_unit,
)
from pipeline.demo.eventlog import Draft

OVERVIEW_AOI = "DenmarkDemo"
EXAMPLES_AOI = "DenmarkDemoS2"

_CATALOGUE = "ingester/catalogue"
_ANNA = "sceneboard/ops/anna"
_JONAS = "sceneboard/ops/jonas"
_BY = {_ANNA: "anna", _JONAS: "jonas"}
_WITHOUT_PARTITIONKEY = "ingester/worker/5"  # an older release

# The instances of the geocube's variables that the bands go to: the same for every scene of the area.
_INSTANCES = {
    "B01": "7b2cb808-a021-4de1-8703-716824fc23d8",
    "B02": "7b750eec-692a-45d0-ada9-92beb26e9f60",
    "B03": "7044c9d4-547e-4f22-8eeb-d6fbecc8b764",
    "B04": "cdce88a6-32b4-4b1e-af5e-c1e2f274cf2e",
    "B05": "b902d419-56d2-461e-b436-a8248cd10ff1",
    "B06": "82187d20-b58c-4324-a113-7b8ebd1b8cf7",
    "B07": "10c6f347-ed88-45ab-8c05-e434167d31f2",
    "B08": "23e10257-4d57-4094-b96e-ecc484671f68",
    "B09": "4274efb4-f2c4-4132-9905-a8f9d6accad1",
    "B10": "5eb73278-ce79-4374-a5c7-77c269f8e6e1",
    "B11": "f910e281-f870-487e-9b58-a8768ef1ba07",
    "B12": "613094ff-a87e-4107-bb29-a84f05ccea88",
}
# What the archive and the geocube called the products of the documentation's examples: uuid and record_id.
_KNOWN = {
    "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507": (
        "4c0e52b5-c96d-5bfc-b0f0-c78ed9c50d48",
        "ea343a2a-4189-466c-9519-eb38b908ab13",
    ),
    "S2B_MSIL1C_20220112T104319_N0510_R008_T32UNG_20240428T024837": (
        "d16f8a29-cabc-48c2-a569-3a3d633dc2c4",
        "70439ab1-b2c8-433a-a3ff-f5dfa0249c11",
    ),
}
_PROVIDERS = "ProcessScene.ImageProviders"
_NOT_FOUND = (
    f"{_PROVIDERS}.URLImageProvider: unable to retrieve download Link: scene metadata is empty\n"
    " Product not found or unavailable: ..."
)


@dataclass(slots=True)
class _Story:
    """What happens in an AOI. Each moment gets seconds and microseconds of its own."""

    aoi: str
    drafts: list[Draft] = field(default_factory=list)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.aoi)

    def tell(self, moment: datetime, source: str, type_: str, data: Mapping[str, object]) -> None:
        moment += timedelta(microseconds=int(self.rng.random() * 40_000_000))
        self.drafts.append(Draft(moment, source, type_, data, None if source == _WITHOUT_PARTITIONKEY else self.aoi))

    def create(self, moment: datetime, id_: int, scene: Sentinel2Scene, *, footprint: bool = True) -> None:
        self.tell(moment, _CATALOGUE, "scene.created", _creation(self.aoi, id_, scene, footprint=footprint))

    def report(self, moment: datetime, worker: int, kind: str, id_: int, status: str, message: str = "") -> None:
        data = {"type": kind, "id": id_, "status": status, "message": message}
        self.tell(moment, f"ingester/worker/{worker}", f"{kind}.result", data)

    def command(self, moment: datetime, operator: str, type_: str, data: Mapping[str, object], reason: str) -> None:
        self.tell(moment, operator, type_, {**data, "by": _BY[operator], "reason": reason})

    def stops(self, moment: datetime, worker: int, kind: str, id_: int, messages: tuple[str, str]) -> None:
        """The worker fails, by itself tries again after some twenty minutes, fails again: RETRY."""
        self.report(moment, worker, kind, id_, "RETRY", messages[0])
        self.report(moment + self.between(15, 25), worker, kind, id_, "RETRY", messages[1])

    def between(self, low: float, high: float) -> timedelta:
        """A time between that many minutes."""
        return timedelta(minutes=low + self.rng.random() * (high - low))


def _creation(aoi: str, id_: int, scene: Sentinel2Scene, *, footprint: bool) -> dict[str, object]:
    name = scene.source_id
    body: dict[str, object] = {
        "id": id_,
        "source_id": name,
        "aoi": aoi,
        "retry_count": 1,
        "data": _scene_data(scene),
        "tiles": {name: _new_tile(id_, scene, footprint=footprint)},
    }
    if footprint:
        body["geometry"] = {"type": "Polygon", "coordinates": [MGRS_RING[scene.mgrs]]}
        body["tags"] = {
            "area": "Denmark",
            "cloudCoverPercentage": f"{zlib.crc32(name.encode()) % 8000 / 100:.2f}",
            "constellation": "SENTINEL2",
            "orbitDirection": "DESCENDING",
            "productType": "S2MSI1C",
            "provider": "geocube-ingester",
            "relativeOrbit": str(scene.relative_orbit),
            "satellite": f"SENTINEL{scene.unit[1:]}",
            "source": "tutorial",
            "sourceID": name,
        }
    return body


def _scene_data(scene: Sentinel2Scene, storage_uri: str = "") -> dict[str, object]:
    name = scene.source_id
    uuid, record_id = _KNOWN.get(name) or (catalogue_uuid(name), record_uuid(name))
    return {
        "uuid": uuid,
        "date": scene.acquired,
        "tiles": {name: {"swath_id": "", "tile_nr": 0}},
        "graph_name": "CopyProductToStorage",
        "graph_config": {},
        "record_id": record_id,
        "instances_id": _INSTANCES,
        "metadata": None,
        "is_retriable": True,
        "storage_uri": storage_uri,
    }


def _new_tile(id_: int, scene: Sentinel2Scene, *, footprint: bool) -> dict[str, object]:
    tile: dict[str, object] = {
        "id": id_,
        "previous_tile_id": "",
        "previous_scene_id": "",
        "reference_tile_id": "",
        "reference_scene_id": "",
        "data": _tile_data("library/graph/ExtractS2Bands.json"),
    }
    if footprint:
        tile["geometry"] = {"type": "Polygon", "coordinates": [MGRS_RING[scene.mgrs]]}
    return tile


def _tile_data(graph_name: str) -> dict[str, object]:
    return {"swath_id": "", "tile_nr": 0, "graph_name": graph_name, "is_retriable": True}


def _passes(first: date, last: date, relative_orbits: tuple[int, ...]) -> list[tuple[date, int]]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(day, orbit) for day in days for orbit in relative_orbits if sentinel2_unit(day, orbit) is not None]


def overview_aoi(first_id: int) -> list[Draft]:
    """The events of `DenmarkDemo`: 46 scenes of 2022, each with one tile; ids count up from `first_id`.

    At the end 36 scenes are DONE and 10 PENDING; of the tiles 15 are DONE, 21 PENDING and 10 NEW.
    """
    story = _Story(OVERVIEW_AOI)
    scenes = _cloudless_46(story.rng)
    start = datetime(2024, 5, 16, 12, 2, tzinfo=UTC)
    story.tell(start, _CATALOGUE, "aoi.created", {"id": OVERVIEW_AOI})
    done_scenes, done_tiles = 36, 15
    for index, scene in enumerate(scenes):
        id_ = first_id + index
        created = start + timedelta(minutes=1 + index)
        story.create(created, id_, scene)
        if index == 20:  # the catalogue asks twice: the second is ignored
            story.create(created + timedelta(hours=3), id_, scene)
        if index >= done_scenes:
            continue
        worker = index % 6 + 1
        moment = created + timedelta(minutes=30 * (index // 6)) + story.between(8, 24)
        if index in (4, 17, 29):  # tried again by itself
            message = f"{_PROVIDERS}.CreodiasImageProvider: download {scene.source_id}: 503 Service Unavailable"
            story.report(moment, worker, "scene", id_, "RETRY", message)
            moment += story.between(12, 20)
        story.report(moment, worker, "scene", id_, "DONE")
        if index >= done_tiles:
            continue
        moment = start + timedelta(hours=5, minutes=50 * index) + story.between(5, 40)
        if index == 9:
            message = f"ProcessTile[{_label(scene)}].ExtractBands: exit status 137 (killed: out of memory)"
            story.report(moment - story.between(22, 34), 2, "tile", id_, "RETRY", message)
        story.report(moment, (index + 2) % 6 + 1, "tile", id_, "DONE")
    return story.drafts


def _cloudless_46(rng: random.Random) -> list[Sentinel2Scene]:
    """46 passes over western Denmark from 2022-01-04 to 2022-10-12, as if the others were cloudy."""
    first, last = date(2022, 1, 4), date(2022, 10, 12)
    wanted = {(first, 108), (date(2022, 3, 26), 51), (date(2022, 8, 8), 51), (last, 51)}
    others = [found for found in _passes(first, last, (8, 108)) if found not in wanted]
    while len(wanted) < 46:
        wanted.add(others[int(rng.random() * len(others))])
    return [sentinel2_scene(day, orbit, "32UMG" if orbit == 51 else "32UNG") for day, orbit in sorted(wanted)]


def _label(scene: Sentinel2Scene) -> str:
    return f"{scene.acquired[:10].replace('-', '')}_{scene.source_id}"


# DenmarkDemoS2, by scene: what goes wrong. All others go well.
_FIRST, _SECOND, _LAST = (
    datetime(2024, 4, 29, 7, 12, tzinfo=UTC),
    datetime(2024, 5, 2, 6, 5, tzinfo=UTC),
    datetime(2024, 5, 17, 5, 40, tzinfo=UTC),
)
_CLOUDY = {(date(2022, 1, 7), 8)}


def examples_aoi() -> list[Draft]:
    """The events of `DenmarkDemoS2`: scenes and tiles 1 to 40. Scenes 12 and 14 and tile 12 are the documentation's."""
    story = _Story(EXAMPLES_AOI)
    story.tell(_FIRST, _CATALOGUE, "aoi.created", {"id": EXAMPLES_AOI})
    passes = [found for found in _passes(date(2021, 12, 8), date(2022, 3, 18), (8, 108)) if found not in _CLOUDY]
    scenes = {id_: _product(*found) for id_, found in enumerate(passes, start=1)}
    for id_, scene in scenes.items():
        batch, first = (_FIRST, 1) if id_ <= 14 else (_SECOND, 15) if id_ <= 34 else (_LAST, 35)
        created = batch + timedelta(minutes=1 + id_ - first)
        story.create(created, id_, scene, footprint=id_ > 2)
        _process(story, id_, scene, created)
    return story.drafts


def _product(day: date, relative_orbit: int) -> Sentinel2Scene:
    reprocessed = datetime(2024, 4, 28, 2, 48, 37, tzinfo=UTC) if day == date(2022, 1, 12) else None
    return sentinel2_scene(day, relative_orbit, "32UNG", reprocessed=reprocessed)


def _process(story: _Story, id_: int, scene: Sentinel2Scene, created: datetime) -> None:
    worker = id_ % 6 + 1
    moment = created + story.between(5, 11)
    match id_:
        case 12:
            message = f"{_PROVIDERS}.CreodiasImageProvider: context deadline exceeded"
            # The second time the worker was killed by the machine, so there is nothing that it could say.
            story.stops(moment, 4, "scene", 12, (message, ""))
            reason = "worker 4 ran out of memory, it has more now"
            story.command(_at(29, 13, 20), _ANNA, "scene.retry", {"id": 12}, reason)
            story.report(_at(29, 13, 31), 4, "scene", 12, "DONE")
            _tile(story, 12, scene, _at(29, 13, 50))
        case 14:
            story.stops(moment, 3, "scene", 14, (_NOT_FOUND, _NOT_FOUND))
            reason = "reprocessed two days ago, the archive may be late"
            story.command(_at(30, 7, 41), _ANNA, "scene.retry", {"id": 14}, reason)
            story.report(_at(30, 7, 58), 2, "scene", 14, "RETRY", _NOT_FOUND)
            story.command(_may(3, 8, 15), _JONAS, "scene.fail", {"id": 14, "force": False}, "still not in the archive")
        case 20:
            message = f"{_PROVIDERS}.CreodiasImageProvider: download {scene.source_id}: 503 Service Unavailable"
            story.stops(moment, worker, "scene", 20, (message, message))
            data = _scene_data(scene, f"gs://denmark-mirror/{scene.source_id}")
            reason = "there is a copy in the mirror"
            story.command(_may(3, 8, 40), _JONAS, "scene.data", {"id": 20, "data": data}, reason)
        case 23:
            forced, reason = {"id": 23, "status": "DONE"}, "no word from its worker, but the product is in the storage"
            story.command(_may(3, 8, 31), _JONAS, "scene.force", forced, reason)
            _tile(story, 23, scene, _may(3, 8, 50))
        case 27:
            get = f'{_PROVIDERS}.URLImageProvider: Get "https://archive.example/{scene.source_id}.zip": i/o timeout'
            story.stops(moment, worker, "scene", 27, (f"{get} after 1827 s", f"{get} after 1803 s"))
            story.command(_may(3, 8, 20), _JONAS, "scene.retry", {"id": 27}, "the archive answers again")
            story.report(_may(3, 8, 57), worker, "scene", 27, "RETRY", f"{get} after 1811 s")
        case 31:
            message = f"ProcessScene.Unarchive: {scene.source_id}.zip: zip: not a valid zip file"
            story.report(moment, worker, "scene", 31, "FAILED", message)
        case 38 | 39 | 40:
            pass  # not yet
        case _:
            story.report(moment, worker, "scene", id_, "DONE")
            _tile(story, id_, scene, moment + story.between(6, 20))


def _tile(story: _Story, id_: int, scene: Sentinel2Scene, moment: datetime) -> None:
    worker = (id_ + 1) % 6 + 1
    label = f"ProcessTile[{_label(scene)}]"
    match id_:
        case 3 | 5 | 8 | 12:
            message = (
                f"{label}.LoadGraphFromFile.stat library/graph/ExtractS2Bands.json: no such file or directory\n"
                " badly formatted storage uri"
            )
            story.stops(moment, 4, "tile", id_, (message, message))
            again = _at(30, 8, 2 + id_)
            story.command(again, _ANNA, "tile.retry", {"id": id_}, "node-a has the graphs, node-b doesn't")
            if id_ == 12:  # to node-b again
                story.report(again + story.between(4, 6), 4, "tile", 12, "RETRY", message)
            else:
                story.report(again + story.between(9, 16), id_ % 3 + 1, "tile", id_, "DONE")
        case 17:
            paths = [f"/scratch/node-b/{job}/{scene.source_id}/B08.tif" for job in ("0d3f77a1", "c41b902e")]
            first, second = (f"{label}.ExtractBands: write {path}: no space left on device" for path in paths)
            story.stops(moment, 5, "tile", 17, (first, second))
        case 22:
            first, second = (
                f"{label}.ExtractBands: {band}.jp2: unable to decode codestream <tile-part 14>"
                for band in ("B03", "B08")
            )
            story.stops(moment, worker, "tile", 22, (first, second))
            reason = "the archive's own file is damaged"
            story.command(_may(3, 9, 5), _ANNA, "tile.fail", {"id": 22, "force": False}, reason)
        case 25:
            message = f"{label}.Upload: checksum of B11.tif differs: expected 5f2e<…>, got 91aa<…>"
            story.stops(moment, worker, "tile", 25, (message, message))
            forced, reason = {"id": 25, "status": "DONE"}, "compared by hand: the file is right, the checksum wasn’t"
            story.command(_may(3, 10, 12), _JONAS, "tile.force", forced, reason)
        case 29:
            message = f"{label}.ExtractBands: exit status 137 (killed: out of memory)"
            story.stops(moment, worker, "tile", 29, (message, message))
            data = _tile_data("library/graph/ExtractS2BandsLowMemory.json")
            reason = "a graph that reads band by band"
            story.command(_may(3, 10, 30), _JONAS, "tile.data", {"id": 29, "data": data}, reason)
            story.command(_may(3, 10, 31), _JONAS, "tile.retry", {"id": 29}, "with the new graph")
            story.report(_may(3, 10, 52), worker, "tile", 29, "DONE")
        case 33 | 34 | 36 | 37:
            pass  # not yet
        case _:
            story.report(moment, worker, "tile", id_, "DONE")


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2024, 4, day, hour, minute, tzinfo=UTC)


def _may(day: int, hour: int, minute: int) -> datetime:
    return datetime(2024, 5, day, hour, minute, tzinfo=UTC)
