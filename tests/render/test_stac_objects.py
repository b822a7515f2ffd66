"""A collection of the STAC catalogue and its items: where, when, by what, and how far. All of them are valid STAC."""

import json
from typing import Any

import pytest
from arriving import Taken
from log_lines import Log
from pystac.errors import STACValidationError
from pystac.validation import validate_dict

from pipeline.insight.workload import overview
from pipeline.render.interchange import stac

S2 = "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507"
LANDSAT = "LC08_L1TP_196022_20220105_20220105_02_T1"
PNEO = "IMG_PNEO3_202204031105489_PMS-FS_ORT_PWOI_000125930_1_1_F_1_NED_R2C1.JP2"
SQUARE = {"type": "Polygon", "coordinates": [[[9, 54], [10, 54], [10, 55], [9, 55], [9, 54]]]}
ANTIMERIDIAN = {"type": "Polygon", "coordinates": [[[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]]}


def item(store: Taken, scene: int = 1) -> dict[str, Any]:
    """The item of a scene of the AOI Demo."""
    store.take()
    found = json.loads(stac.item(store.board("Demo").scenes[scene], "Demo", "Demo"))
    validate_dict(found)
    return dict(found)


def collection(store: Taken) -> dict[str, Any]:
    """The collection of the AOI Demo."""
    store.take()
    board = store.board("Demo")
    found = json.loads(stac.collection(board, "Demo", overview(board)))
    validate_dict(found)
    return dict(found)


def item_of(store: Taken, **body: Any) -> dict[str, Any]:
    """The item of the one scene of an AOI."""
    store.log.aoi()
    store.log.scene(1, {11: None}, **body)
    return item(store)


def test_an_item_tells_where_and_when_it_was_acquired_by_what_and_how_far_its_processing_is(
    store: Taken, log: Log
) -> None:
    log.aoi()
    date = "2022-01-04T11:34:31.024+01:00"
    log.scene(1, {11: None, 12: None, 13: None}, source_id=S2, geometry=SQUARE, date=date, retries=2)
    log.says("scene", 1, "DONE")
    log.says("tile", 12, "DONE")
    log.says("tile", 13, "FAILED", "no data")
    found = item(store)
    assert (found["id"], found["collection"]) == (S2, "Demo")
    assert (found["geometry"], found["bbox"]) == (SQUARE, [9, 54, 10, 55])
    assert found["properties"] == {
        "datetime": "2022-01-04T10:34:31.024000Z",
        "platform": "sentinel-2a",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "sceneboard:datetime": "data",
        "sceneboard:footprint": "event",
        "sceneboard:scene_id": 1,
        "sceneboard:status": "DONE",
        "sceneboard:message": "",
        "sceneboard:retry_countdown": 2,
        "sceneboard:since": "2022-03-01T00:00:03.000000000Z",
        "sceneboard:tiles": {"new": 0, "pending": 1, "done": 1, "retry": 0, "failed": 1, "total": 3},
    }
    assert {link["rel"]: link["href"] for link in found["links"]} == {
        "root": "../../catalog.json",
        "parent": "./collection.json",
        "collection": "./collection.json",
        "alternate": "../../../scene/1.html",
        "via": "../../../scene/1.json",
    }
    assert found["assets"]["tiles"]["href"] == "../../../scene/1.geojson"


def test_a_collection_tells_what_its_scenes_span_and_how_they_stand(store: Taken, log: Log) -> None:
    log.aoi()
    log.scene(1, {11: None}, source_id=S2, geometry=SQUARE, date="2022-01-04T10:34:31Z")
    log.scene(
        2, {21: None}, source_id=PNEO, geometry={"type": "Point", "coordinates": [12, 53]}, date="2022-04-03T11:05:48Z"
    )
    log.says("scene", 1, "DONE")
    told = collection(store)
    assert told["extent"] == {
        "spatial": {"bbox": [[9, 53, 12, 55]]},
        "temporal": {"interval": [["2022-01-04T10:34:31Z", "2022-04-03T11:05:48Z"]]},
    }
    assert told["summaries"] == {
        "platform": ["pleiades-neo-3", "sentinel-2a"],
        "constellation": ["pleiades-neo", "sentinel-2"],
        "instruments": ["msi"],
    }
    assert told["sceneboard:status"] == "PENDING"
    assert told["sceneboard:scenes"] == {"new": 0, "pending": 1, "done": 1, "retry": 0, "failed": 0, "total": 2}
    assert told["sceneboard:tiles"]["total"] == 2


def test_of_an_aoi_without_scenes_the_extent_is_the_world_at_any_time(store: Taken, log: Log) -> None:
    log.aoi()
    assert collection(store)["extent"] == {
        "spatial": {"bbox": [[-180, -90, 180, 90]]},
        "temporal": {"interval": [[None, None]]},
    }


def test_what_is_not_valid_would_be_found(store: Taken) -> None:
    found = item_of(store)
    with pytest.raises(STACValidationError):
        validate_dict(found | {"bbox": [0, 0, 1, 1]})


# Where


def test_without_a_footprint_there_is_no_geometry_and_no_box(store: Taken) -> None:
    found = item_of(store)
    assert found["geometry"] is None
    assert "bbox" not in found
    assert found["properties"]["sceneboard:footprint"] == "none"


def test_a_footprint_may_be_known_from_the_name(store: Taken) -> None:
    found = item_of(store, source_id=S2)
    assert found["properties"]["sceneboard:footprint"] == "mgrs"
    assert found["bbox"] == pytest.approx([9, 54.95, 10.76, 55.95], abs=0.01)


def test_across_the_antimeridian_west_is_greater_than_east(store: Taken) -> None:
    found = item_of(store, geometry=ANTIMERIDIAN)
    assert (found["geometry"]["type"], found["bbox"]) == ("MultiPolygon", [179, 0, -179, 1])
    assert collection(store)["extent"]["spatial"]["bbox"] == [[179, 0, -179, 1]]


POINT, POINTS = {"type": "Point", "coordinates": [5, 6]}, {"type": "MultiPoint", "coordinates": [[7, 8]]}
LINE = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([POINT, SQUARE, LINE], {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}),
        ([POINT, LINE], {"type": "MultiLineString", "coordinates": [LINE["coordinates"]]}),
        ([POINT, POINTS], {"type": "MultiPoint", "coordinates": [[5, 6], [7, 8]]}),
    ],
)
def test_of_a_geometry_collection_which_stac_has_not_the_areas_count_then_the_lines_then_the_points(
    store: Taken, members: list[Any], expected: dict[str, Any]
) -> None:
    found = item_of(store, geometry={"type": "GeometryCollection", "geometries": members})
    assert found["geometry"] == expected


def test_all_areas_of_a_geometry_collection_count(store: Taken) -> None:
    found = item_of(store, geometry={"type": "GeometryCollection", "geometries": [SQUARE, ANTIMERIDIAN]})
    assert len(found["geometry"]["coordinates"]) == 3, "the square, and both parts of what was cut"
    assert found["bbox"] == [9, 0, -179, 55]


# When


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2022-01-04T10:34:31.123456789Z", "2022-01-04T10:34:31.123456Z"),
        ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_it_was_acquired_when_the_payload_says_so(store: Taken, date: str, expected: str) -> None:
    assert item_of(store, date=date)["properties"]["datetime"] == expected
    assert collection(store)["extent"]["temporal"]["interval"] == [[expected, expected]]


@pytest.mark.parametrize(
    ("name", "expected", "span"),
    [
        (
            S2,
            {"datetime": "2022-01-04T10:34:31Z", "sceneboard:datetime": "name"},
            ["2022-01-04T10:34:31Z", "2022-01-04T10:34:31Z"],
        ),
        (
            LANDSAT,
            {
                "datetime": None,
                "start_datetime": "2022-01-05T00:00:00Z",
                "end_datetime": "2022-01-05T23:59:59Z",
                "sceneboard:datetime": "name",
            },
            ["2022-01-05T00:00:00Z", "2022-01-05T23:59:59Z"],
        ),
        ("S1", {"datetime": "2022-03-01T00:00:02Z", "sceneboard:datetime": "created"}, [None, None]),
    ],
)
def test_else_when_its_name_says_so_else_it_is_listed_under_the_time_of_its_creation(
    store: Taken, name: str, expected: dict[str, Any], span: list[str | None]
) -> None:
    told = item_of(store, source_id=name, date="no date")["properties"]
    assert {key: value for key, value in told.items() if "datetime" in key} == expected
    assert collection(store)["extent"]["temporal"]["interval"] == [span]
