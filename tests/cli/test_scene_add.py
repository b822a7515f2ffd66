"""`scene add`: ids are handed out, chains are kept, and the API's refusals are refusals with a reason."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from log_lines import Log
from site_tree import read

if TYPE_CHECKING:
    from conftest import Command


def body(name: str, *tiles: str, **more: Any) -> dict[str, Any]:
    """A scene; a tile named X>Y waits for the tile Y, of the scene called as Y's first letter."""
    named: dict[str, dict[str, str]] = {}
    for tile in tiles:
        own, _, other = tile.partition(">")
        named[own] = {}
        if other:
            named[own] = {
                "previous_tile_id": other, "previous_scene_id": other[0],
                "reference_tile_id": other, "reference_scene_id": other[0],
            }  # fmt: skip
    data = {"date": "2022-01-02T10:00:00Z", "tiles": {tile: {} for tile in named}}
    return {"source_id": name, "data": data, "tiles": named, **more}


@pytest.fixture
def empty(sceneboard: "Command") -> "Command":
    """The AOI Demo, and nothing in it."""
    assert sceneboard("aoi", "create", "Demo").code == 0
    return sceneboard


def add(sceneboard: "Command", *bodies: Any, aoi: str = "Demo", arguments: tuple[object, ...] = ()) -> Any:
    return sceneboard("scene", "add", aoi, "-", *arguments, text=json.dumps(list(bodies)))


def written(log: Log) -> list[dict[str, Any]]:
    lines = [line for path in log.folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]
    return [event for event in map(json.loads, lines) if event["type"] == "scene.created"]


# What goes in


def test_the_body_of_the_api_goes_in_as_it_is(empty: "Command", log: Log) -> None:
    given = body("A", "A1", "A2", retry_count=2, unknown={"kept": 1.50}, tags={"t": 1}, geometry=None)
    said = add(empty, given)
    assert (said.code, said.text) == (0, "scene A: appended as scene 1, tiles 1 to 2\n")
    (event,) = written(log)
    assert event["partitionkey"] == "Demo"
    assert event["data"] == {**given, "aoi": "Demo", "id": 1, "tiles": {"A1": {"id": 1}, "A2": {"id": 2}}}


@pytest.mark.parametrize("how", ["list", "lines", "files", "feature collection"])
def test_several_scenes(empty: "Command", tmp_path: Path, how: str) -> None:
    bodies = [body("B", "B1>A1"), body("A", "A1")]
    paths = [tmp_path / "one", tmp_path / "two"]
    match how:
        case "list":
            paths[0].write_text(json.dumps(bodies))
        case "lines":
            paths[0].write_text("".join(json.dumps(one) + "\n" for one in bodies))
        case "feature collection":
            paths[0].write_text(json.dumps(collection()))
        case "files":
            for path, one in zip(paths, bodies, strict=True):
                path.write_text(json.dumps(one))
    assert empty("scene", "add", "Demo", *(path for path in paths if path.exists())).code == 0
    assert [scene["source_id"] for scene in empty("scene", "list", "Demo", "--json").json] == ["A", "B"]
    assert empty("tile", "show", 2, "--json").json["PreviousID"] == 1


def collection() -> dict[str, Any]:
    """As the catalogue returns it: the later scene first, with footprints, tags and bursts in chains."""

    def feature(name: str, day: str, tiles: list[dict[str, Any]]) -> dict[str, Any]:
        data = {"date": f"{day}T17:01:23Z", "tiles": {tile["SourceID"]: tile["Data"] for tile in tiles}}
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [9, 55]},
            "properties": {
                "source_id": name, "aoi": "Demo", "retry_count": 1, "data": data,
                "Tags": {"orbitDirection": "ASCENDING"},
                "Tiles": tiles, "GeometryWKT": "POLYGON ((9 54, 13 54, 13 56, 9 54))", "Ingested": False,
            },
        }  # fmt: skip

    def burst(name: str, other: str | None) -> dict[str, Any]:
        chain = {"SourceID": other, "SceneID": other[0]} if other else {"SourceID": "", "SceneID": ""}
        wkt = "POLYGON ((9 54, 10 54, 10 55, 9 54))"
        return {
            "SourceID": name, "Data": {"swath_id": "IW1", "tile_nr": 4}, "GeometryWKT": wkt, "AnxTime": 8951,
            "Previous": chain, "Reference": chain,
        }  # fmt: skip

    features = [feature("B", "2022-01-14", [burst("B1", "A1")]), feature("A", "2022-01-02", [burst("A1", None)])]
    return {"type": "FeatureCollection", "features": features}


def test_of_a_feature_collection_footprints_and_tags_are_kept(empty: "Command", site: Path) -> None:
    assert empty("scene", "add", "Demo", "-", text=json.dumps(collection())).code == 0
    assert empty("build", "--workers", 1).code == 0
    features = {one["id"]: one for one in read(site, "scene/2.geojson")["features"]}
    assert features["scene-2"]["geometry"] == {
        "type": "Polygon", "coordinates": [[[9.0, 54.0], [13.0, 54.0], [13.0, 56.0], [9.0, 54.0]]]
    }  # fmt: skip
    assert features["scene-2"]["properties"]["tags"] == {"orbitDirection": "ASCENDING"}
    assert features["scene-2"]["properties"]["retry_countdown"] == 1
    assert features["tile-2"]["geometry"]["coordinates"][0][1] == [10.0, 54.0]
    assert features["tile-2"]["properties"]["data"] == {"swath_id": "IW1", "tile_nr": 4}
    assert [tile["id"] for tile in read(site, "aoi/Demo/roottiles.json")] == [1]


def test_what_is_added_is_seen_by_what_comes_next(empty: "Command") -> None:
    assert add(empty, body("A", "A1")).code == 0
    assert add(empty, body("B", "B1>A1"), body("C", "C1>B1")).code == 0
    assert [empty("tile", "show", id, "--json").json["PreviousID"] for id in (1, 2, 3)] == [None, 1, 2]


def test_retries_may_be_given_for_all(empty: "Command") -> None:
    add(empty, body("A", "A1", retry_count=7), body("B", "B1"), arguments=("--retry-count", 3))
    assert [scene["RetryCountDown"] for scene in empty("scene", "list", "Demo", "--json").json] == [3, 3]
    assert empty("tile", "show", 1, "--json").json["RetryCountDown"] == 3


def test_ids_rise_over_all_aois_and_above_what_came_from_elsewhere(empty: "Command", log: Log) -> None:
    add(empty, body("A", "A1", "A2"))
    log.scene(57, {907: None})
    empty("aoi", "create", "Other")
    said = add(empty, body("A", "A1"), aoi="Other")
    assert said.text == "scene A: appended as scene 58, tiles 908\n"


def test_ids_within_a_scene_rise_with_the_tiles_names(empty: "Command", log: Log) -> None:
    add(empty, body("A", "A3", "A1", "A2"))
    assert {name: tile["id"] for name, tile in written(log)[0]["data"]["tiles"].items()} == {"A1": 1, "A2": 2, "A3": 3}


def test_nothing_to_add_is_no_fault(empty: "Command") -> None:
    assert add(empty).code == 0
    assert empty("scene", "add", "Demo", "-", "--json", text="[]").json == []


# What the API refuses


REFUSALS: dict[str, tuple[dict[str, Any], int, str]] = {
    "there already": (body("A", "X1"), 5, "scene A is there already"),
    "its id set": (body("N", "N1", id=5), 4, "scene N has an id (5): ids are handed out here"),
    "a tile's id set": ({**body("N", "N1"), "tiles": {"N1": {"id": 5}}}, 4, "a tile of scene N has an id"),
    "no tiles": ({**body("N"), "tiles": {}}, 4, "scene N has no tiles"),
    "tiles left out": ({"source_id": "N", "data": {"tiles": {"N1": {}}}}, 4, "scene N has no tiles"),
    "tile counts differ": ({**body("N", "N1"), "data": {"tiles": {}}}, 4, "has 1 tiles, but data.tiles names 0"),
    "an unknown previous": (body("N", "N1>Z1"), 4, "previous tile Z1 (scene Z) of tile N1 is unknown in Demo"),
    "a failed previous": (body("N", "N1>F1"), 4, "previous tile 2 of tile N1 is FAILED"),
    "another AOI in the body": (body("N", "N1", aoi="Other"), 4, "scene N names the AOI Other, not Demo"),
    "no name": (body("", "N1"), 2, "not an event"),
    "no name at all": ({"data": {}, "tiles": {}}, 2, "missing required field `source_id`"),
    "a name of the wrong kind": ({**body("N", "N1"), "source_id": 5}, 2, "Expected `str`, got `int`"),
    "tiles of the wrong kind": ({**body("N", "N1"), "tiles": ["N1"]}, 2, "Expected `object | null`, got `array`"),
    "a retry count of the wrong kind": (body("N", "N1", retry_count="many"), 2, "Expected `int | null`, got `str`"),
}


@pytest.mark.parametrize(("given", "code", "why"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal(empty: "Command", log: Log, given: dict[str, Any], code: int, why: str) -> None:
    add(empty, body("A", "A1"), body("F", "F1"))
    empty("scene", "fail", 2, "--force")
    before = written(log)
    said = add(empty, given)
    assert (said.code, why in said.text) == (code, True), said.text
    assert written(log) == before


def test_an_unknown_aoi_is_not_found(empty: "Command", log: Log) -> None:
    said = add(empty, body("A", "A1"), aoi="Nowhere")
    assert (said.code, said.text) == (3, "error: AOI Nowhere is unknown\n")
    assert written(log) == []


def test_the_others_go_in_and_the_exit_code_is_the_worst(empty: "Command") -> None:
    said = add(empty, body("A", "A1"), body("A", "A1"), body("B"), body("C", "C1>A1"), arguments=("--json",))
    assert said.code == 5
    assert [(one["about"], one["code"], one["appended"]) for one in said.json] == [
        ("scene A", 0, True), ("scene A", 5, False), ("scene B", 4, False), ("scene C", 0, True)
    ]  # fmt: skip


def test_the_aoi_in_the_body_may_be_the_same(empty: "Command") -> None:
    assert add(empty, body("A", "A1", aoi="Demo"), body("B", "B1", aoi=""), body("C", "C1", id=0)).code == 0


@pytest.mark.parametrize("text", ["", "nonsense", "5", '{"type":"FeatureCollection"}', b"\xff\xfe", '{"a": NaN'])
def test_what_is_no_scene_is_wrong_usage(empty: "Command", log: Log, text: str | bytes) -> None:
    assert empty("scene", "add", "Demo", "-", text=text).code == 2
    assert written(log) == []


@pytest.mark.parametrize("payload", ['{"x":NaN,"tiles":{"T":{}}}', '{"x":1e999,"tiles":{"T":{}}}', '{"x":"\\ud800"}'])
def test_a_payload_that_can_not_be_written_is_wrong_usage(empty: "Command", log: Log, payload: str) -> None:
    said = empty("scene", "add", "Demo", "-", text=f'{{"source_id":"S","data":{payload},"tiles":{{"T":{{}}}}}}')
    assert said.code == 2
    assert written(log) == []
