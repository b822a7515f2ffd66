"""The sample log is what it is said to be, and large logs are the same for the same numbers."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline import event as events
from pipeline.demo import LogCounts, LogFileExists, write_large, write_sample
from pipeline.demo.acquisitions import Frame, sentinel2_scene
from pipeline.insight.workload import overview
from pipeline.products import describe, describe_tile
from pipeline.refresh import refresh
from pipeline.render.interchange import bodies
from pipeline.render.interchange.bodies import overview_text
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

COMMITTED = Path(__file__).parents[1] / "data" / "events"
SMALL = {"aois": 3, "scenes": 300, "tiles": 5, "seed": 11}

OVERVIEW = """\
Scenes:
  new:     0
  pending: 10
  done:    36
  retry:   0
  failed:  0
  Total:   46
Tiles:
  new:     10
  pending: 21
  done:    15
  retry:   0
  failed:  0
  Total:   46

Root tiles : 46
  From: 2022-01-04
  To:   2022-10-12
"""
INSTANCES = {
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
SCENE_12 = {
    "id": 12,
    "source_id": "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507",
    "aoi": "DenmarkDemoS2",
    "data": {
        "uuid": "4c0e52b5-c96d-5bfc-b0f0-c78ed9c50d48",
        "date": "2022-01-04T10:34:31.024Z",
        "tiles": {
            "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507": {"swath_id": "", "tile_nr": 0},
        },
        "graph_name": "CopyProductToStorage",
        "graph_config": {},
        "record_id": "ea343a2a-4189-466c-9519-eb38b908ab13",
        "instances_id": INSTANCES,
        "metadata": None,
        "is_retriable": True,
        "storage_uri": "",
    },
    "status": "DONE",
    "message": "",
    "RetryCountDown": -1,
}
SCENE_14 = {
    "id": 14,
    "source_id": "S2B_MSIL1C_20220112T104319_N0510_R008_T32UNG_20240428T024837",
    "aoi": "DenmarkDemoS2",
    "data": {
        "uuid": "d16f8a29-cabc-48c2-a569-3a3d633dc2c4",
        "date": "2022-01-12T10:43:19Z",
        "tiles": {
            "S2B_MSIL1C_20220112T104319_N0510_R008_T32UNG_20240428T024837": {"swath_id": "", "tile_nr": 0},
        },
        "graph_name": "CopyProductToStorage",
        "graph_config": {},
        "record_id": "70439ab1-b2c8-433a-a3ff-f5dfa0249c11",
        "instances_id": INSTANCES,
        "metadata": None,
        "is_retriable": True,
        "storage_uri": "",
    },
    "status": "FAILED",
    "message": "ProcessScene.ImageProviders.URLImageProvider: unable to retrieve download Link: "
    "scene metadata is empty\n Product not found or unavailable: ...",
    "RetryCountDown": -1,
}
TILES_OF_SCENE_12 = [
    {
        "id": 12,
        "source_id": "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507",
        "scene": {
            "id": 12,
            "source_id": "",
            "aoi": "",
            "data": {
                "uuid": "",
                "date": "0001-01-01T00:00:00Z",
                "graph_name": "",
                "graph_config": None,
                "record_id": "",
                "metadata": None,
                "is_retriable": False,
                "storage_uri": "",
            },
        },
        "data": {
            "swath_id": "",
            "tile_nr": 0,
            "graph_name": "library/graph/ExtractS2Bands.json",
            "is_retriable": True,
        },
        "status": "RETRY",
        "message": "ProcessTile[20220104_S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507]."
        "LoadGraphFromFile.stat library/graph/ExtractS2Bands.json: no such file or directory\n"
        " badly formatted storage uri",
        "PreviousID": None,
        "ReferenceID": None,
        "RetryCountDown": -1,
    }
]


class Log(NamedTuple):
    folder: Path
    counts: LogCounts


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("sample") / "events"
    return Log(folder, write_sample(folder))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("large") / "events"
    return Log(folder, write_large(folder, **SMALL, files=4))


@pytest.fixture(scope="module")
def sample_boards(sample: Log) -> dict[str, Board]:
    return boards(sample.folder)


@pytest.fixture(scope="module")
def large_boards(large: Log) -> dict[str, Board]:
    return boards(large.folder)


def boards(folder: Path) -> dict[str, Board]:
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        return {name: load_board(database, name) for (name,) in database.rows("SELECT name FROM aois WHERE present")}


def contents(folder: Path) -> dict[str, bytes]:
    """What a log's files hold. Compressed bytes differ between releases of zlib, what is in them doesn't."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
        for path in found
    }


def lines_by_file(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """The events of each file; lines that aren't JSON are left out."""
    for raw in contents(folder).values():
        found = []
        for line in raw.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        yield found


def all_events(folder: Path) -> list[dict[str, Any]]:
    return sorted((event for file in lines_by_file(folder) for event in file), key=lambda event: event["time"])


# The sample


def test_the_committed_sample_is_what_the_program_writes(sample: Log) -> None:
    assert contents(COMMITTED) == contents(sample.folder)


def test_the_sample_is_small_and_one_file_is_rotated(sample: Log) -> None:
    assert sample.counts.bytes < 1_500_000
    assert sample.counts.files == len(contents(sample.folder)) > 5
    (rotated,) = sample.folder.rglob("*.gz")
    header = rotated.read_bytes()[:10]
    assert header[3] == 0, "no name in it"
    assert header[4:8] == bytes(4), "no time in it"


@pytest.mark.parametrize("log", ["sample", "large"])
def test_every_line_is_an_event_but_the_torn_one(log: str, request: pytest.FixtureRequest) -> None:
    folder, counts = request.getfixturevalue(log)
    broken = []
    read = 0
    for raw in contents(folder).values():
        assert raw.endswith(b"\n")
        for line in raw.splitlines():
            try:
                event = events.decode(line)
            except events.EventInvalid:
                broken.append(line)
                continue
            events.moment(event)
            read += 1
    assert read == counts.events
    assert len(broken) == counts.broken_lines == (1 if log == "sample" else 0)


def test_the_torn_line_was_written_again(sample: Log) -> None:
    found = b"".join(contents(sample.folder).values()).splitlines()
    (torn,) = [line for line in found if not line.endswith(b"}}")]
    assert found[found.index(torn) + 1].startswith(torn)


@pytest.mark.parametrize("log", ["sample", "large"])
def test_ids_are_unique_and_times_rise_for_each_source(log: str, request: pytest.FixtureRequest) -> None:
    folder, _ = request.getfixturevalue(log)
    for file in lines_by_file(folder):
        times = [event["time"] for event in file]
        assert times == sorted(times)
    identities: Counter[tuple[str, str]] = Counter()
    by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in all_events(folder):
        identities[event["source"], event["id"]] += 1
        by_source[event["source"]].append((event["id"], event["time"]))
    assert set(identities.values()) == {1}
    for found in by_source.values():
        times = [time for _, time in sorted(found)]
        assert all(earlier < later for earlier, later in pairwise(times))


@pytest.mark.parametrize("log", ["sample", "large"])
def test_lines_are_compact_and_most_are_stamped(log: str, request: pytest.FixtureRequest) -> None:
    folder, _ = request.getfixturevalue(log)
    found = all_events(folder)
    stamped = sum("partitionkey" in event for event in found)
    assert 0.6 < stamped / len(found) < 1
    line = next(iter(contents(folder).values())).splitlines()[-1]
    assert line == json.dumps(json.loads(line), separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("log", ["sample", "large"])
def test_an_id_names_one_scene_or_tile_over_all_aois(log: str, request: pytest.FixtureRequest) -> None:
    folder, counts = request.getfixturevalue(log)
    scenes: dict[int, set[tuple[str, str]]] = defaultdict(set)
    tiles: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for event in all_events(folder):
        if event["type"] == "scene.created":
            scene = event["data"]
            scenes[scene["id"]].add((scene["aoi"], scene["source_id"]))
            assert scene["tiles"].keys() == scene["data"]["tiles"].keys()
            for name, tile in scene["tiles"].items():
                tiles[tile["id"]].add((scene["aoi"], scene["source_id"], name))
    assert {len(keys) for keys in (*scenes.values(), *tiles.values())} == {1}
    assert (len(scenes), len(tiles)) == (counts.scenes, counts.tiles)


def test_denmark_demo_stands_as_in_the_documentation(sample_boards: dict[str, Board]) -> None:
    assert overview_text(overview(sample_boards["DenmarkDemo"])).decode() == OVERVIEW


def test_scenes_12_and_14_stand_as_in_the_documentation(sample_boards: dict[str, Board]) -> None:
    board = sample_boards["DenmarkDemoS2"]
    found = {scene["id"]: scene for scene in json.loads(bodies.scenes(board)[None])}
    assert found[12] == SCENE_12
    assert found[14] == SCENE_14
    assert list(found[12]["data"]) == list(SCENE_12["data"]), "in the order of the documentation"  # type: ignore[call-overload]


def test_tile_12_stands_as_in_the_documentation(sample_boards: dict[str, Board]) -> None:
    board = sample_boards["DenmarkDemoS2"]
    assert json.loads(bodies.scene_tiles(board.scenes[12])) == TILES_OF_SCENE_12


@pytest.mark.parametrize(("type_", "id_"), [("scene.retry", 12), ("scene.retry", 14), ("tile.retry", 12)])
def test_their_countdowns_are_an_operators_doing(sample: Log, type_: str, id_: int) -> None:
    (command,) = [event for event in all_events(sample.folder) if event["type"] == type_ and event["data"]["id"] == id_]
    assert command["source"].startswith("sceneboard/ops/")
    assert command["data"]["by"]
    assert command["data"]["reason"]


def test_the_sample_has_three_aois_and_what_was_counted(sample: Log, sample_boards: dict[str, Board]) -> None:
    assert set(sample_boards) == {"DenmarkDemo", "DenmarkDemoS2", "BurstStackD37"}
    assert sample.counts.aois == 3
    assert sum(len(board.scenes) for board in sample_boards.values()) == sample.counts.scenes
    assert sum(len(board.tiles) for board in sample_boards.values()) == sample.counts.tiles
    assert sample.counts.by_type.total() == sample.counts.events


@pytest.mark.parametrize("log", ["sample", "large"])
def test_only_what_is_meant_to_be_refused_is(log: str, request: pytest.FixtureRequest) -> None:
    counts = request.getfixturevalue(log).counts
    found: dict[str, Board] = request.getfixturevalue(f"{log}_boards")
    verdicts = Counter(event.verdict for board in found.values() for event in board.events)
    assert verdicts["rejected"] == counts.rejected
    assert verdicts.total() == counts.events
    assert verdicts["ignored"] < 0.01 * counts.events


def test_the_refused_events_of_the_sample(sample_boards: dict[str, Board]) -> None:
    refused = [event for board in sample_boards.values() for event in board.events if event.verdict == "rejected"]
    assert sorted(event.type for event in refused) == ["scene.created", "tile.result", "tile.retry"]


def test_chains_of_bursts_wait_where_a_tile_stands_in_retry(sample_boards: dict[str, Board]) -> None:
    board = sample_boards["BurstStackD37"]
    statuses = Counter(tile.status for tile in board.tiles.values())
    assert set(statuses) == {"NEW", "PENDING", "DONE", "RETRY", "FAILED"}
    assert statuses["DONE"] > 0.8 * len(board.tiles)
    waiting = [
        tile for tile in board.tiles.values() if tile.status == "NEW" and tile.prev and tile.prev.status == "RETRY"
    ]
    assert any(tile.scene.status == "DONE" for tile in waiting)


def test_a_failed_root_handed_its_chain_on(sample_boards: dict[str, Board]) -> None:
    board = sample_boards["BurstStackD37"]
    chain = sorted(
        (tile.scene.date or "", tile.id) for tile in board.tiles.values() if tile.source_id == "D110_IW2_21189"
    )
    tiles = [board.tiles[id_] for _, id_ in chain]
    assert tiles[0].status == "FAILED"
    assert (tiles[1].prev, tiles[1].ref) == (None, None)
    assert {tile.ref for tile in tiles[2:] if tile.status != "FAILED"} == {tiles[1]}


def test_troubles_of_the_sample_have_a_few_causes(sample: Log) -> None:
    messages = [event["data"].get("message", "") for event in all_events(sample.folder)]
    for cause in (
        "no space left on device",
        "Product not found or unavailable",
        "timeout after",
        "exit status 1\n",
        "503 Service Unavailable",
    ):
        assert len({message for message in messages if cause in message}) > 1, cause


def test_a_late_event_stands_in_a_file_of_its_own(sample: Log, sample_boards: dict[str, Board]) -> None:
    (late,) = [file for file in lines_by_file(sample.folder) if file[0]["source"] == "ingester/worker/7"]
    assert len(late) == 1
    tile = sample_boards["BurstStackD37"].tiles[late[0]["data"]["id"]]
    assert tile.status == "DONE"


# Footprints and names


@pytest.mark.parametrize("log", ["sample", "large"])
def test_footprints_are_closed_counter_clockwise_rings(log: str, request: pytest.FixtureRequest) -> None:
    folder, _ = request.getfixturevalue(log)
    seen = 0
    for event in all_events(folder):
        if event["type"] != "scene.created":
            continue
        for holder in (event["data"], *event["data"]["tiles"].values()):
            if "geometry" not in holder:
                continue
            (ring,) = holder["geometry"]["coordinates"]
            assert ring[0] == ring[-1]
            assert all(-180 <= lon <= 180 and -80 < lat < 80 for lon, lat in ring)
            lons = [lon + 360 if lon < 0 and max(x for x, _ in ring) - lon > 180 else lon for lon, _ in ring]
            corners = list(zip(lons, (lat for _, lat in ring), strict=True))
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(corners))
            assert area > 0
            seen += 1
    assert seen > 100


@pytest.mark.parametrize("log", ["sample", "large"])
def test_names_agree_with_dates_orbits_and_tracks(log: str, request: pytest.FixtureRequest) -> None:
    folder, _ = request.getfixturevalue(log)
    for event in all_events(folder):
        if event["type"] == "scene.created":
            scene = event["data"]
            product = describe(scene["source_id"])
            assert product.acquired is not None
            assert product.acquired[:19] == scene["data"]["date"][:19]
            for name in scene["tiles"]:
                if product.constellation == "Sentinel-1":
                    assert describe_tile(name).relative_orbit == product.relative_orbit
                else:
                    assert name == scene["source_id"]


def test_a_burst_lies_where_sentinel_1_passes() -> None:
    """The first burst of relative orbit 44 over Denmark starts at 9.02 degrees east, 54.60 north."""
    burst = Frame(44, 895.1, 3).burst(0)
    assert burst.name == "A44_IW1_8951"
    lon, lat = burst.ring[0]
    assert lon == pytest.approx(9.02, abs=0.25)
    assert lat == pytest.approx(54.60, abs=0.25)


def test_no_satellite_passes_on_other_days() -> None:
    with pytest.raises(ValueError, match="no Sentinel-2 passes on 2022-01-05"):
        sentinel2_scene(date(2022, 1, 5), 108, "32UNG")


# Large logs


def test_the_same_numbers_give_the_same_bytes(large: Log, tmp_path: Path) -> None:
    again = write_large(tmp_path, **SMALL, files=4)
    assert contents(tmp_path) == contents(large.folder)
    assert again == large.counts


def test_another_seed_gives_other_bytes(large: Log, tmp_path: Path) -> None:
    write_large(tmp_path, **{**SMALL, "seed": 12}, files=4)
    assert set(contents(tmp_path).values()).isdisjoint(contents(large.folder).values())


def test_a_large_log_has_what_was_asked_for(large: Log, large_boards: dict[str, Board]) -> None:
    assert large.counts.files == len(contents(large.folder)) == 4
    assert large.counts.bytes == sum(len(raw) for raw in contents(large.folder).values())
    assert (large.counts.aois, large.counts.scenes, large.counts.tiles) == (3, 900, 4500)
    assert [len(board.scenes) for board in large_boards.values()] == [300] * 3
    assert [len(board.tiles) for board in large_boards.values()] == [1500] * 3


def test_aois_of_a_large_log_are_interleaved(large: Log) -> None:
    created = [event["data"]["aoi"] for event in all_events(large.folder) if event["type"] == "scene.created"]
    third = len(created) // 3
    assert len(set(created[:third])) == len(set(created[-third:])) == 3


def test_most_of_a_large_log_goes_well_and_some_does_not(large: Log, large_boards: dict[str, Board]) -> None:
    found = large_boards.values()
    scenes = Counter(scene.status for board in found for scene in board.scenes.values())
    tiles = Counter(tile.status for board in found for tile in board.tiles.values())
    assert scenes["DONE"] > 0.95 * scenes.total()
    assert 0.9 < tiles["DONE"] / tiles.total() < 0.99
    assert tiles["FAILED"] > 20
    assert tiles["RETRY"] > 5
    assert any(tile.prev and tile.prev.status == "RETRY" for board in found for tile in board.tiles.values())
    assert {"tile.retry", "tile.fail", "scene.retry"} <= large.counts.by_type.keys()


def test_tiles_of_aois_of_a_large_log_have_names_of_their_own(large_boards: dict[str, Board]) -> None:
    first, second, third = ({tile.source_id for tile in board.tiles.values()} for board in large_boards.values())
    assert first.isdisjoint(second)
    assert second.isdisjoint(third)
    assert third.isdisjoint(first)


@pytest.mark.parametrize("name", ["aois", "scenes", "tiles", "files"])
def test_there_is_no_log_of_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 1 or more, not 0"):
        write_large(tmp_path / "events", **{"aois": 1, "scenes": 1, "tiles": 1, "seed": 1, "files": 1, name: 0})
    assert not (tmp_path / "events").exists()


# A log is never written over


def test_a_sample_is_not_written_over_a_log(tmp_path: Path) -> None:
    write_sample(tmp_path)
    before = contents(tmp_path)
    kept = tmp_path / sorted(before)[-1]
    kept.write_bytes(b"more\n")
    for path in set(before) - {sorted(before)[-1]}:
        (tmp_path / path).unlink()
    with pytest.raises(LogFileExists, match="never written over"):
        write_sample(tmp_path)
    assert contents(tmp_path) == {sorted(before)[-1]: b"more\n"}


def test_a_large_log_is_not_written_over_another(tmp_path: Path) -> None:
    write_large(tmp_path, aois=1, scenes=2, tiles=1, seed=5, files=2)
    before = contents(tmp_path)
    first = sorted(before)[0]
    (tmp_path / first).unlink()
    with pytest.raises(LogFileExists, match="never written over"):
        write_large(tmp_path, aois=1, scenes=9, tiles=1, seed=5, files=2)
    assert contents(tmp_path) == {path: raw for path, raw in before.items() if path != first}
