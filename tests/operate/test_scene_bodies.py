"""What `scene add` is given: the API's body, a list, JSON Lines, or the catalogue's FeatureCollection."""

import json
from typing import Any

import pytest

from pipeline.operate.scene_bodies import BodyInvalid, read_bodies


def body(name: str, *waits_for: str) -> dict[str, Any]:
    tiles = {
        f"{name}-{number}": {
            "previous_scene_id": other, "previous_tile_id": f"{other}-0",
            "reference_scene_id": other, "reference_tile_id": f"{other}-0",
        }
        for number, other in enumerate(waits_for)
    } or {f"{name}-0": {}}  # fmt: skip
    return {"source_id": name, "data": {"tiles": {one: {} for one in tiles}}, "tiles": tiles}


def names(text: str) -> list[Any]:
    return [one.get("source_id") for one in read_bodies(text, "file")]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([body("a"), body("b")]),
        json.dumps(body("a")) + "\n" + json.dumps(body("b")) + "\n",
        json.dumps(body("a")) + "\r\n\r\n" + json.dumps(body("b")),
        json.dumps([body("a")]) + "\n" + json.dumps([body("b")]),
        json.dumps([[body("a")], [[body("b")]]], indent=2),
    ],
    ids=["list", "lines", "windows lines", "lines of lists", "lists of lists"],
)
def test_several_scenes(text: str) -> None:
    assert read_bodies(text, "file") == [body("a"), body("b")]


def test_one_scene_over_several_lines() -> None:
    assert read_bodies(json.dumps(body("a"), indent=2), "file") == [body("a")]


def test_no_scenes() -> None:
    assert read_bodies("[]", "file") == []


def test_scenes_come_after_those_that_they_wait_for() -> None:
    """Else as they came."""
    given = [body("c", "b"), body("x"), body("b", "a"), body("d", "c", "x"), body("a"), body("y", "elsewhere")]
    assert names(json.dumps(given)) == ["a", "b", "c", "x", "d", "y"]


def test_scenes_that_wait_for_each_other_come_all_the_same() -> None:
    """They will be refused; that isn't for the reader to say."""
    assert sorted(names(json.dumps([body("a", "b"), body("b", "a"), body("c", "c")]))) == ["a", "b", "c"]


def test_a_long_chain_is_no_matter() -> None:
    given = [body(f"{number}", f"{number - 1}") for number in range(3000, 0, -1)]
    assert names(json.dumps(given)) == [f"{number}" for number in range(1, 3001)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "file: not JSON"),
        ("nonsense", "file: not JSON"),
        ('{"a":1}\nnonsense\n', "file, line 2: neither JSON nor JSON Lines"),
        ("[5]", "file, item 1: a scene is an object; this is 5"),
        ('"text"', "file: a scene is an object"),
        ("null", "file: a scene is an object"),
        ('{"type": "FeatureCollection"}', "file: a FeatureCollection without a list of features"),
        ('{"type": "FeatureCollection", "features": [{}]}', "file, feature 1: a feature without properties"),
        ('{"type": "Feature", "properties": {"Tiles": [5]}}', "file: its Tiles are no list of tiles"),
        ('{"type": "Feature", "properties": {"Tiles": {"a": 1}}}', "file: its Tiles are no list of tiles"),
        ("[" * 100_000, "file: not JSON"),
    ],
)
def test_what_is_no_scene_is_told_with_its_place(text: str, why: str) -> None:
    with pytest.raises(BodyInvalid) as refused:
        read_bodies(text, "file")
    assert str(refused.value).startswith(why)


# The catalogue's FeatureCollection


def feature(**properties: Any) -> str:
    geometry = {"type": "Point", "coordinates": [9, 55]}
    return json.dumps({
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "id": 0, "geometry": geometry, "properties": properties}],
    })  # fmt: skip


def test_a_feature_becomes_a_body() -> None:
    tile = {
        "SourceID": "T1", "Data": {"swath_id": "IW1"}, "GeometryWKT": "POLYGON((0 0, 1 0, 1 1, 0 0))",
        "Previous": {"SourceID": "T0", "SceneID": "S0"}, "Reference": {"SourceID": "T9", "SceneID": "S9"},
    }  # fmt: skip
    (scene,) = read_bodies(
        feature(
            source_id="S1", aoi="Demo", data={"date": "2022-01-01T00:00:00Z"}, retry_count=3, Tags={"sensor": "SAR"},
            Tiles=[tile, {"SourceID": "T2", "Previous": {"SourceID": "", "SceneID": ""}, "Reference": None}],
            GeometryWKT="POLYGON((0 0, 2 0, 2 2, 0 0))", Ingested=False,
        ),
        "file",
    )  # fmt: skip
    assert scene == {
        "source_id": "S1", "aoi": "Demo", "data": {"date": "2022-01-01T00:00:00Z"}, "retry_count": 3,
        "tags": {"sensor": "SAR"},
        "geometry": {"type": "Polygon", "coordinates": [[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 0.0]]]},
        "tiles": {
            "T1": {
                "data": {"swath_id": "IW1"},
                "previous_tile_id": "T0", "previous_scene_id": "S0",
                "reference_tile_id": "T9", "reference_scene_id": "S9",
                "geometry": {"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]},
            },
            "T2": {"data": {}},
        },
    }  # fmt: skip


def test_a_feature_without_a_footprint_of_its_own_has_its_geometry() -> None:
    (scene,) = read_bodies(feature(source_id="S1", GeometryWKT="nonsense"), "file")
    assert scene["geometry"] == {"type": "Point", "coordinates": [9, 55]}
