"""The work list: the messages that the API's server puts on its queues, and for whom."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from log_lines import Log

from pipeline.build import build
from pipeline.cli import main
from pipeline.refresh import refresh
from pipeline.render.interchange.pending import pending_json
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

TILE_KEYS = ["id", "source_id", "scene", "data"]


def pending(log: Log) -> Any:
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        return json.loads(pending_json(load_board(database, "Demo")))


@pytest.fixture
def chain(log: Log) -> Log:
    """Scenes 1, 2 and 3, a tile each, in a chain: 11, 21, 31."""
    log.aoi()
    log.scene(1, {11: None})
    log.scene(2, {21: 11})
    log.scene(3, {31: 21}, refs={31: 11})
    return log


def test_a_new_scene_is_there_to_be_fetched_and_none_of_its_tiles(chain: Log) -> None:
    found = pending(chain)
    assert [scene["id"] for scene in found["scenes"]] == [1, 2, 3]
    assert found["tiles"] == []


def test_a_scene_is_told_as_on_the_queue(chain: Log) -> None:
    assert pending(chain)["scenes"][0] == {
        "id": 1,
        "source_id": "S1",
        "aoi": "Demo",
        "data": {"date": "2022-01-02T10:00:00Z", "tiles": {"T11": {}}},
    }


def test_a_root_tile_comes_with_an_empty_previous_and_reference(chain: Log) -> None:
    chain.says("scene", 1, "DONE")
    found = pending(chain)
    assert [scene["id"] for scene in found["scenes"]] == [2, 3]
    tile = found["tiles"][0]
    assert list(tile) == [*TILE_KEYS, "tile_previous", "tile_reference"]
    assert tile["scene"] == {"id": 1, "source_id": "S1", "aoi": "Demo", "data": tile["scene"]["data"]}
    for role in ("tile_previous", "tile_reference"):
        assert list(tile[role]) == TILE_KEYS
        assert (tile[role]["id"], tile[role]["source_id"], tile[role]["scene"]["id"]) == (0, "", 0)
        assert tile[role]["scene"]["data"]["date"] == "0001-01-01T00:00:00Z", "as a program in Go reads no date"


def test_a_tile_comes_with_the_tile_before_it_and_its_reference_each_with_its_scene(chain: Log) -> None:
    for scene in (1, 2, 3):
        chain.says("scene", scene, "DONE")
    chain.says("tile", 11, "DONE")
    chain.says("tile", 21, "DONE")
    (tile,) = pending(chain)["tiles"]
    assert tile["id"] == 31
    assert (tile["tile_previous"]["id"], tile["tile_previous"]["scene"]["source_id"]) == (21, "S2")
    assert (tile["tile_reference"]["id"], tile["tile_reference"]["scene"]["source_id"]) == (11, "S1")


def test_a_retry_is_on_the_list_again(chain: Log) -> None:
    chain.says("scene", 1, "RETRY", "no")
    assert 1 not in [scene["id"] for scene in pending(chain)["scenes"]]
    chain.add("scene.retry", {"id": 1})
    assert 1 in [scene["id"] for scene in pending(chain)["scenes"]]


def test_fields_that_nobody_knows_are_handed_on(log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None}, data={"tiles": {"T11": {}}, "new": [1, {"in": "v2"}]})
    assert pending(log)["scenes"][0]["data"]["new"] == [1, {"in": "v2"}]


def test_the_command_prints_the_file_of_the_site(chain: Log, data: Path, site: Path) -> None:
    chain.says("scene", 1, "DONE")
    build(data, site)
    told = CliRunner().invoke(main, ["--data", str(data), "pending", "Demo", "--json"])
    assert told.exit_code == 0
    assert told.stdout_bytes == (site / "aoi/Demo/pending.json").read_bytes()
    lines = CliRunner().invoke(main, ["--data", str(data), "pending", "Demo"]).output
    assert lines.splitlines() == ["scene 2 S2", "scene 3 S3", "tile 11 T11"]
    assert CliRunner().invoke(main, ["--data", str(data), "pending", "Other"]).exit_code == 3
