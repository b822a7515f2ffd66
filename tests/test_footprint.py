"""Footprints: GeoJSON checked and put right by RFC 7946, Sentinel-2 tiles by their MGRS square, well-known text."""

import copy
import json
import math
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import geojson
import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mgrs import MGRS

from pipeline.footprint import MAX_POSITIONS, FootprintInvalid, bounds, from_wkt, normalise, of_mgrs

Ring = list[list[float]]


def polygon(*positions: tuple[float, float], holes: tuple[Ring, ...] = ()) -> dict[str, Any]:
    """A Polygon; its ring is closed here."""
    ring = [list(position) for position in (*positions, positions[0])]
    return {"type": "Polygon", "coordinates": [ring, *holes]}


def polygons_of(geometry: dict[str, Any] | None) -> list[list[Ring]]:
    assert geometry is not None
    match geometry["type"]:
        case "Polygon":
            return [geometry["coordinates"]]
        case "MultiPolygon":
            return list(geometry["coordinates"])
    return []


def exact_area(ring: Ring) -> Fraction:
    """Signed area in square degrees without any rounding: positive counter-clockwise."""
    return sum(
        (Fraction(a[0]) * Fraction(b[1]) - Fraction(b[0]) * Fraction(a[1]) for a, b in pairwise(ring)),
        start=Fraction(0),
    ) / Fraction(2)


def area(geometry: dict[str, Any] | None) -> float:
    """Area in square degrees, holes taken off."""
    return float(sum(exact_area(ring) for rings in polygons_of(geometry) for ring in rings))


def positions_of(coordinates: Any) -> list[list[float]]:
    if coordinates and isinstance(coordinates[0], list):
        return [position for part in coordinates for position in positions_of(part)]
    return [coordinates]


def assert_keeps_to_rfc_7946(geometry: dict[str, Any]) -> None:
    if geometry["type"] == "GeometryCollection":
        assert set(geometry) == {"type", "geometries"}
        for member in geometry["geometries"]:
            assert member["type"] != "GeometryCollection"
            assert_keeps_to_rfc_7946(member)
        return
    assert set(geometry) == {"type", "coordinates"}
    for position in positions_of(geometry["coordinates"]):
        lon, lat = position
        assert -180 <= lon <= 180 and -90 <= lat <= 90
    for rings in polygons_of(geometry):
        for index, ring in enumerate(rings):
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            assert (exact_area(ring) > 0) is (index == 0)


def same_shape(found: dict[str, Any] | None, *exteriors: Ring) -> bool:
    """Whether the exterior rings are these, wherever each starts."""

    def turned(ring: Ring) -> Ring:
        start = ring.index(min(ring[:-1]))
        return ring[start:-1] + ring[:start]

    rings = [rings[0] for rings in polygons_of(found)]
    return sorted(map(turned, rings)) == sorted(turned([*ring, ring[0]]) for ring in exteriors)


# --- Winding ---------------------------------------------------------------------------------------------------------

SQUARE = ((9, 54), (10, 54), (10, 55), (9, 55))


def test_a_counter_clockwise_exterior_stays_as_it_is() -> None:
    assert normalise(polygon(*SQUARE)) == polygon(*SQUARE)


def test_a_clockwise_exterior_is_turned_round() -> None:
    found = normalise(polygon(*reversed(SQUARE)))
    assert same_shape(found, [list(position) for position in SQUARE])


def test_holes_run_clockwise() -> None:
    hole: Ring = [[9.2, 54.2], [9.8, 54.2], [9.8, 54.8], [9.2, 54.2]]
    expected = polygon(*SQUARE, holes=(hole[::-1],))
    assert normalise(polygon(*SQUARE, holes=(hole,))) == expected
    assert normalise(polygon(*SQUARE, holes=(hole[::-1],))) == expected


def test_every_polygon_of_a_multipolygon_is_wound() -> None:
    clockwise = [[list(position) for position in (*reversed(SQUARE), SQUARE[-1])]]
    found = normalise({"type": "MultiPolygon", "coordinates": [clockwise, polygon(*SQUARE)["coordinates"]]})
    assert found is not None and found["type"] == "MultiPolygon"
    assert area(found) == 2


def test_the_argument_is_not_changed() -> None:
    geometry = polygon((179, 0), (179, 5), (-179, 5), (-179, 0), holes=([[179.5, 1], [180, 1], [180, 2], [179.5, 1]],))
    before = copy.deepcopy(geometry)
    normalise(geometry)
    assert geometry == before


# --- What is kept and what is left out -------------------------------------------------------------------------------


def test_no_digit_of_a_position_is_lost() -> None:
    geometry = polygon((10.061230468750068, 54.88637695312502), (10.5, 54.9), (9.77119140625004, 55.059912109375034))
    assert normalise(geometry) == geometry


def test_altitudes_bounding_boxes_and_unknown_members_are_left_out() -> None:
    geometry = {"type": "Point", "coordinates": [9.5, 54.5, 120.0], "bbox": [9, 54, 10, 55], "colour": "red"}
    assert normalise(geometry) == {"type": "Point", "coordinates": [9.5, 54.5]}


@pytest.mark.parametrize(
    "empty",
    [
        None,
        {"type": "Polygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": []}]},
    ],
)
def test_null_and_empty_geometries_are_no_footprint(empty: object) -> None:
    assert normalise(empty) is None


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [9.5, 54]},
        {"type": "MultiPoint", "coordinates": [[9.5, 54], [9, 54]]},
        {"type": "LineString", "coordinates": [[9.5, 54], [9, 54]]},
        {"type": "MultiLineString", "coordinates": [[[9.5, 54], [9, 54]], [[-180, 0], [180, 0]]]},
        {"type": "MultiPolygon", "coordinates": [polygon(*SQUARE)["coordinates"]]},
        {"type": "GeometryCollection", "geometries": [polygon(*SQUARE), {"type": "Point", "coordinates": [1, 2]}]},
    ],
)
def test_every_type_of_geometry_is_a_footprint(geometry: dict[str, Any]) -> None:
    assert normalise(geometry) == geometry


# --- The antimeridian ------------------------------------------------------------------------------------------------

WEST_PART: Ring = [[179, 0], [180, 0], [180, 5], [179, 5]]
EAST_PART: Ring = [[-180, 0], [-179, 0], [-179, 5], [-180, 5]]


@pytest.mark.parametrize(
    "geometry",
    [
        polygon((179, 0), (-179, 0), (-179, 5), (179, 5)),
        polygon((179, 0), (181, 0), (181, 5), (179, 5)),
        polygon((-181, 0), (-179, 0), (-179, 5), (-181, 5)),
        polygon((179, 5), (-179, 5), (-179, 0), (179, 0)),
        polygon((-179, 0), (179, 0), (179, 5), (-179, 5)),
        polygon((179, 0), (180, 0), (-180, 0), (-179, 0), (-179, 5), (-180, 5), (180, 5), (179, 5)),
    ],
    ids=["jump", "beyond 180", "beyond -180", "clockwise", "from the east", "points on both sides"],
)
def test_a_polygon_is_cut_at_the_antimeridian_however_it_is_written(geometry: dict[str, Any]) -> None:
    found = normalise(geometry)
    assert found is not None and found["type"] == "MultiPolygon"
    assert same_shape(found, WEST_PART, EAST_PART)
    assert bounds(found) == (179, 0, -179, 5)


def test_the_cut_goes_through_the_edge_at_the_antimeridian() -> None:
    found = normalise(polygon((179, 0), (-178, 3), (179, 3)))
    assert same_shape(found, [[179, 0], [180, 1], [180, 3], [179, 3]], [[-180, 1], [-178, 3], [-180, 3]])


def test_a_polygon_that_only_touches_the_antimeridian_is_not_cut() -> None:
    west = polygon((179, 0), (180, 0), (180, 5), (179, 5))
    assert normalise(west) == west
    found = normalise(polygon((180, 0), (-179, 0), (-179, 5), (180, 5)))
    assert found is not None and found["type"] == "Polygon"
    assert same_shape(found, EAST_PART)


def test_longitudes_from_0_to_360_are_brought_back() -> None:
    assert normalise(polygon((350, 0), (352, 0), (352, 5), (350, 5))) == polygon((-10, 0), (-8, 0), (-8, 5), (-10, 5))
    assert normalise({"type": "Point", "coordinates": [190, 5]}) == {"type": "Point", "coordinates": [-170, 5]}
    assert normalise({"type": "Point", "coordinates": [-360, 5]}) == {"type": "Point", "coordinates": [0, 5]}


def test_a_concave_polygon_gives_a_part_for_each_arm() -> None:
    letter_c = polygon((178, 0), (182, 0), (182, 1), (179, 1), (179, 4), (182, 4), (182, 5), (178, 5))
    assert same_shape(
        normalise(letter_c),
        [[178, 0], [180, 0], [180, 1], [179, 1], [179, 4], [180, 4], [180, 5], [178, 5]],
        [[-180, 0], [-178, 0], [-178, 1], [-180, 1]],
        [[-180, 4], [-178, 4], [-178, 5], [-180, 5]],
    )


def test_a_hole_across_the_antimeridian_opens_into_both_parts() -> None:
    hole: Ring = [[179.5, 1], [179.5, 2], [-179.5, 2], [-179.5, 1], [179.5, 1]]
    found = normalise(polygon((179, 0), (-179, 0), (-179, 5), (179, 5), holes=(hole,)))
    assert same_shape(
        found,
        [[179, 0], [180, 0], [180, 1], [179.5, 1], [179.5, 2], [180, 2], [180, 5], [179, 5]],
        [[-180, 0], [-179, 0], [-179, 5], [-180, 5], [-180, 2], [-179.5, 2], [-179.5, 1], [-180, 1]],
    )
    assert area(found) == 10 - 1


def test_a_hole_on_one_side_stays_with_its_part() -> None:
    hole: Ring = [[-179.8, 1], [-179.8, 2], [-179.2, 2], [-179.2, 1], [-179.8, 1]]
    found = normalise(polygon((179, 0), (181, 0), (181, 5), (179, 5), holes=(hole,)))
    assert [(rings[0][0][0] < 0, len(rings)) for rings in polygons_of(found)] == [(False, 1), (True, 2)]
    assert area(found) == pytest.approx(10 - 0.6)


def test_a_multipolygon_is_cut_part_by_part() -> None:
    crossing = polygon((179, 0), (-179, 0), (-179, 5), (179, 5))["coordinates"]
    found = normalise({"type": "MultiPolygon", "coordinates": [crossing, polygon(*SQUARE)["coordinates"]]})
    assert same_shape(found, WEST_PART, EAST_PART, [list(position) for position in SQUARE])


def test_a_line_is_cut_at_the_antimeridian() -> None:
    assert normalise({"type": "LineString", "coordinates": [[170, 0], [-170, 10], [-160, 10]]}) == {
        "type": "MultiLineString",
        "coordinates": [[[170, 0], [180, 5]], [[-180, 5], [-170, 10], [-160, 10]]],
    }


def test_an_orbits_ground_track_of_many_turns_is_cut_at_each() -> None:
    line = [[-179.5 + 45 * step - 360 * math.floor(45 * step / 360), 50 * math.sin(step)] for step in range(80)]
    found = normalise({"type": "LineString", "coordinates": line})
    assert found is not None and found["type"] == "MultiLineString"
    assert len(found["coordinates"]) == 10
    assert_keeps_to_rfc_7946(found)


def test_a_line_along_the_antimeridian_is_cut_only_where_it_crosses() -> None:
    line = [[170, 0], [180, 0], [180, 5], [170, 5], [-170, 5]]
    assert normalise({"type": "LineString", "coordinates": line}) == {
        "type": "MultiLineString",
        "coordinates": [[[170, 0], [180, 0], [180, 5], [170, 5], [180, 5]], [[-180, 5], [-170, 5]]],
    }


def test_a_box_as_wide_as_the_map_stays_so() -> None:
    for south, north in ((-90, 90), (-60, 75), (-90, 75)):
        world = polygon((-180, south), (180, south), (180, north), (-180, north))
        assert normalise(world) == world
        assert bounds(world) == (-180, south, 180, north)


# --- Poles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turned_round", [False, True])
def test_a_ring_round_the_north_pole_gets_the_poles_edge(turned_round: bool) -> None:
    ring = [(0, 80), (90, 70), (180, 80), (-90, 85)]
    found = normalise(polygon(*(reversed(ring) if turned_round else ring)))
    assert same_shape(found, [[-180, 80], [-90, 85], [0, 80], [90, 70], [180, 80], [180, 90], [-180, 90]])
    assert found is not None and bounds(found) == (-180, 70, 180, 90)


def test_a_ring_round_the_south_pole_gets_the_poles_edge() -> None:
    found = normalise(polygon((-120, -70), (0, -80), (120, -70)))
    assert same_shape(found, [[-180, -90], [180, -90], [180, -70], [120, -70], [0, -80], [-120, -70], [-180, -70]])


def test_a_cap_that_was_cut_before_stays_as_it_is() -> None:
    cap = polygon((-180, 80), (-90, 80), (0, 80), (90, 80), (180, 80), (180, 90), (-180, 90))
    assert normalise(cap) == cap


def test_a_part_of_a_cap_stays_as_wide_as_it_is() -> None:
    part = polygon((-100, 80), (0, 80), (100, 80), (100, 90), (-100, 90))
    assert normalise(part) == part


def test_a_polygon_from_the_antimeridian_up_to_the_pole_is_cut_and_no_wider() -> None:
    expected: list[Ring] = [
        [[170, 80], [180, 80], [180, 90], [170, 90]],
        [[-180, 80], [-170, 80], [-170, 90], [-180, 90]],
    ]
    assert same_shape(normalise(polygon((170, 80), (-170, 80), (-170, 90), (170, 90))), *expected)
    written_twice = ((170, 80), (180, 80), (-180, 80), (-170, 80), (-170, 90), (-180, 90), (180, 90), (170, 90))
    assert same_shape(normalise(polygon(*written_twice)), *expected)


def test_a_ring_round_a_pole_may_run_along_the_antimeridian() -> None:
    found = normalise(polygon((180, 80), (180, 85), (-60, 80), (60, 80)))
    assert found is not None
    assert_keeps_to_rfc_7946(found)
    assert bounds(found) == (-180, 80, 180, 90)


def test_a_ring_round_a_pole_may_go_back_over_the_antimeridian() -> None:
    found = normalise(polygon((170, 70), (-170, 75), (175, 78), (-160, 80), (-60, 70), (60, 70)))
    assert found is not None and len(found["coordinates"]) == 3
    assert_keeps_to_rfc_7946(found)


def test_a_hole_in_a_cap() -> None:
    hole: Ring = [[10, 82], [10, 83], [20, 83], [10, 82]]
    found = normalise(polygon((0, 80), (90, 80), (180, 80), (-90, 80), holes=(hole,)))
    assert area(found) == 3600 - 5


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ("POINT(9 54)", "a GeoJSON geometry, an object"),
        ([9, 54], "a GeoJSON geometry, an object"),
        ({}, "type is None"),
        ({"type": ["Polygon"]}, "type is ['Polygon']"),
        ({"type": "Feature", "geometry": polygon(*SQUARE)}, "this is a Feature: give the geometry alone"),
        ({"type": "Polygon"}, "coordinates of the Polygon is no array"),
        ({"type": "Polygon", "coordinates": [9, 54]}, "coordinates[0] is no array of positions"),
        ({"type": "Polygon", "coordinates": [[]]}, "coordinates[0] has 0 positions"),
        ({"type": "Polygon", "coordinates": [[[9, 54], [10, 54], [9, 54]]]}, "coordinates[0] has 3 positions"),
        ({"type": "Polygon", "coordinates": [[[9, 54], [9, 55], [8, 54], [8, 55]]]}, "coordinates[0] is open"),
        ({"type": "LineString", "coordinates": [[9, 54]]}, "coordinates has 1 positions"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "coordinates[0] is []"),
        ({"type": "Point", "coordinates": [9]}, "coordinates is [9]: a position is"),
        ({"type": "Point", "coordinates": ["9", "54"]}, "longitude and latitude are finite numbers"),
        ({"type": "Point", "coordinates": [True, False]}, "longitude and latitude are finite numbers"),
        ({"type": "Point", "coordinates": [9, None]}, "longitude and latitude are finite numbers"),
        ({"type": "Point", "coordinates": [math.nan, 54]}, "longitude and latitude are finite numbers"),
        ({"type": "Point", "coordinates": [9, 54, math.inf]}, "longitude and latitude are finite numbers"),
        ({"type": "Point", "coordinates": [54, 95]}, "latitude is beyond 90 degrees. Longitude comes first."),
        ({"type": "Point", "coordinates": [361, 54]}, "longitude is beyond 360 degrees"),
        ({"type": "Point", "coordinates": [10**5000, 54]}, "longitude is beyond 360 degrees"),
        (polygon((9, 54), (10, 55), (11, 56)), "coordinates[0] has no area"),
        (polygon((9, 54), (11, 56), (11, 54), (9, 56)), "coordinates[0] has no area"),
        (polygon((0, 80), (120, 80), (-120, 80), (0, 81), (120, 81), (-120, 81)), "round the earth more than once"),
        ({"type": "GeometryCollection", "geometries": {}}, "no array of geometries"),
        ({"type": "GeometryCollection", "geometries": [7]}, "geometries[0] is no geometry"),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 91]}]},
            "geometries[0].coordinates is [0, 91]",
        ),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
            "geometries[0] is a GeometryCollection in a GeometryCollection",
        ),
        (
            {
                "type": "Point",
                "coordinates": [9, 54],
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
            },
            "give longitude and latitude on WGS 84",
        ),
        (
            {"type": "GeometryCollection", "geometries": [], "crs": {"type": "link"}},
            "give longitude and latitude on WGS 84",
        ),
        (
            polygon((179, 0), (-179, 0), (-179, 5), (179, 5), holes=([[50, 1], [51, 1], [51, 2], [50, 1]],)),
            "coordinates[1] is a hole that is outside [0]",
        ),
        (
            polygon((0, 60), (120, 60), (-120, 60), holes=([[0, 80], [120, 80], [-120, 80], [0, 80]],)),
            "coordinates[1] is a hole that runs round the earth",
        ),
        (
            polygon((0, 60), (120, 60), (-120, 60), holes=([[179, 80], [-179, 80], [-179, 81], [179, 80]],)),
            "coordinates[1] is a hole that crosses the antimeridian beside a pole",
        ),
    ],
)
def test_what_is_no_footprint_is_refused_and_told_why(geometry: object, message: str) -> None:
    with pytest.raises(FootprintInvalid) as refused:
        normalise(geometry)
    assert message in str(refused.value)


def test_the_old_crs_member_is_fine_if_it_names_wgs_84() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert normalise({"type": "Point", "coordinates": [9, 54], "crs": crs}) == {"type": "Point", "coordinates": [9, 54]}


def test_a_footprint_has_an_end() -> None:
    line = [[9, 54]] * MAX_POSITIONS
    assert normalise({"type": "LineString", "coordinates": line}) is not None
    with pytest.raises(FootprintInvalid, match="100,000 positions"):
        normalise({"type": "LineString", "coordinates": [*line, [9, 54]]})


def test_a_message_shows_hostile_text_in_short() -> None:
    with pytest.raises(FootprintInvalid) as refused:
        normalise({"type": "<script>" * 100_000, "coordinates": []})
    assert len(str(refused.value)) < 300


def test_hostile_spirals_are_refused_at_once() -> None:
    spiral = [[(179 * step) % 360 - 180, step % 7] for step in range(50_000)]
    with pytest.raises(FootprintInvalid, match="round the earth"):
        normalise({"type": "Polygon", "coordinates": [[*spiral, *reversed(spiral)]]})


# --- Properties ------------------------------------------------------------------------------------------------------


@st.composite
def star_shaped(draw: st.DrawFn) -> tuple[Ring, dict[str, Any]]:
    """A simple polygon of edges shorter than 180 degrees: its ring in one piece, and as a log might have it."""
    # No two neighbours are half a turn or more apart, seen from the middle: so the ring doesn't cross itself.
    gaps = draw(st.lists(st.floats(1, 1.9), min_size=3, max_size=9))
    lon, lat = draw(st.floats(-180, 180)), draw(st.floats(-60, 60))
    ring = []
    for turned in accumulate(gaps):
        angle = math.tau * turned / sum(gaps)
        radius = draw(st.floats(1, 29))
        ring.append([lon + 2 * radius * math.cos(angle), lat + radius * math.sin(angle)])
    ring.append(ring[0])
    written = ring
    if draw(st.booleans()):
        written = [[(x + 180) % 360 - 180, y] for x, y in ring]
    if draw(st.booleans()):
        written = written[::-1]
    return ring, {"type": "Polygon", "coordinates": [written]}


@given(star_shaped())
@settings(deadline=None, max_examples=examples(100, at_length=200))
def test_a_cut_keeps_the_area(case: tuple[Ring, dict[str, Any]]) -> None:
    ring, geometry = case
    found = normalise(geometry)
    assert found is not None
    assert_keeps_to_rfc_7946(found)
    assert area(found) == pytest.approx(float(exact_area(ring)), abs=1e-4)
    crosses = any(min(x for x, _ in ring) < edge < max(x for x, _ in ring) for edge in (-180, 180))
    assert crosses or found["type"] == "Polygon"


@given(star_shaped())
@settings(deadline=None, max_examples=examples(50, at_length=100))
def test_what_is_right_already_stays_as_it_is(case: tuple[Ring, dict[str, Any]]) -> None:
    found = normalise(case[1])
    assert normalise(found) == found
    assert geojson.loads(json.dumps(found)).is_valid


LON = st.one_of(st.floats(-360, 360), st.integers(-360, 360), st.sampled_from([-180, 180, -180.0, 180.0, 179.9999999]))
LAT = st.one_of(st.floats(-90, 90), st.integers(-90, 90), st.sampled_from([-90, 90]))
POSITION = st.lists(st.one_of(LON, LAT), min_size=1, max_size=3) | st.tuples(LON, LAT).map(list)
RING = st.lists(st.tuples(LON, LAT).map(list), min_size=3, max_size=8).map(lambda ring: [*ring, ring[0]])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | POSITION,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
KIND = st.sampled_from(["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "Feature"])
GEOMETRY = st.one_of(
    st.fixed_dictionaries({"type": KIND, "coordinates": JSON}),
    st.fixed_dictionaries({"type": KIND, "coordinates": POSITION}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["LineString", "MultiPoint"]), "coordinates": st.lists(POSITION, max_size=6)}
    ),
    st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": st.lists(RING, min_size=1, max_size=2)}),
    st.fixed_dictionaries(
        {
            "type": st.just("MultiPolygon"),
            "coordinates": st.lists(st.lists(RING, min_size=1, max_size=2), max_size=2),
        }
    ),
)
ANYTHING = st.one_of(
    JSON,
    GEOMETRY,
    st.fixed_dictionaries({"type": st.just("GeometryCollection"), "geometries": st.lists(GEOMETRY, max_size=3)}),
)


@given(ANYTHING)
@example(polygon((180.00000000000003, 80), (300, 80), (60, 80)))
@example(polygon((-179.99999999999997, 80), (-60, 80), (60, 80)))
@example(polygon((179.99999999999997, 0), (181, 0), (181, 1)))
@example({"type": "LineString", "coordinates": [[254, -90], [-183.2, -90], [-180, -52]]})
@settings(deadline=None, max_examples=examples(150, at_length=400))
def test_whatever_the_log_holds_the_result_is_right_or_refused(value: object) -> None:
    try:
        found = normalise(value)
    except FootprintInvalid:
        return
    if found is None:
        return
    assert_keeps_to_rfc_7946(found)
    west, south, east, north = bounds(found)
    assert -180 <= west <= 180 and -180 <= east <= 180
    assert -90 <= south <= north <= 90


# --- Bounds ----------------------------------------------------------------------------------------------------------


def test_bounds_are_west_south_east_north() -> None:
    assert bounds(polygon(*SQUARE)) == (9, 54, 10, 55)
    assert bounds({"type": "Point", "coordinates": [9, 54]}) == (9, 54, 9, 54)
    collection = {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [1, 2]}, polygon(*SQUARE)],
    }
    assert bounds(collection) == (1, 2, 10, 55)


def test_parts_that_meet_round_the_whole_earth_have_the_whole_width() -> None:
    west, east = polygon((-180, 0), (5, 0), (5, 9), (-180, 9)), polygon((0, 0), (180, 0), (180, 9), (0, 9))
    assert bounds({"type": "MultiPolygon", "coordinates": [east["coordinates"], west["coordinates"]]}) == (
        -180,
        0,
        180,
        9,
    )


# --- Sentinel-2 tiles by MGRS square ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("square", "south_west", "south_east", "north_east", "north_west"),
    # Computed by PROJ from the tile's corners in UTM.
    [
        ("32UNG", (9.0, 54.9587394), (10.7142823, 54.9466541), (10.7575794, 55.9328387), (9.0, 55.945375)),
        ("31UDP", (1.6656687, 47.7574097), (3.1307826, 47.7650921), (3.1333268, 48.7529359), (1.6397208, 48.7449841)),
        # South of the equator, and beside it on both sides.
        (
            "56HLH",
            (150.8239461, -34.4103213),
            (152.018351, -34.4257428),
            (152.0296469, -33.4355984),
            (150.8489673, -33.4207385),
        ),
        ("19MGV", (-67.202679, -0.9929021), (-66.2165931, -0.9922144), (-66.217008, 0.0), (-67.2029472, 0.0)),
        (
            "19NGA",
            (-67.2029451, -0.0886198),
            (-66.2170046, -0.0885584),
            (-66.2166638, 0.9036563),
            (-67.2027248, 0.9042826),
        ),
        # The wide zone of Svalbard.
        ("33XVG", (10.9038003, 77.3578808), (15.4020901, 77.38885), (15.4355741, 78.3726987), (10.5639864, 78.3390365)),
    ],
)
def test_the_tile_of_a_square(
    square: str,
    south_west: tuple[float, float],
    south_east: tuple[float, float],
    north_east: tuple[float, float],
    north_west: tuple[float, float],
) -> None:
    found = of_mgrs(square)
    assert found is not None and found["type"] == "Polygon"
    corners = [south_west, south_east, north_east, north_west, south_west]
    for position, corner in zip(found["coordinates"][0], corners, strict=True):
        assert position == pytest.approx(corner, abs=2e-7)
    assert normalise(found) == found


@pytest.mark.parametrize(
    ("square", "south_west", "south_east", "north_east", "north_west"),
    [
        (
            "60XWL",
            (177.0, 76.4930266),
            (-178.7960091, 76.4579137),
            (-178.4730269, 77.4390068),
            (177.0, 77.4769676),
        ),
        (
            "01CCV",
            (176.8645612, -72.9916517),
            (-179.7751756, -73.064812),
            (-179.6274698, -72.0815765),
            (177.1892845, -72.0126563),
        ),
    ],
)
def test_a_tile_on_the_antimeridian_is_cut(
    square: str,
    south_west: tuple[float, float],
    south_east: tuple[float, float],
    north_east: tuple[float, float],
    north_west: tuple[float, float],
) -> None:
    found = of_mgrs(square)
    assert found is not None and found["type"] == "MultiPolygon"
    assert_keeps_to_rfc_7946(found)
    cut = normalise(polygon(south_west, south_east, north_east, north_west))
    for rings, expected in zip(polygons_of(found), polygons_of(cut), strict=True):
        assert positions_of(rings) == [pytest.approx(position, abs=4e-7) for position in positions_of(expected)]
    assert bounds(found)[0] > bounds(found)[2]


@pytest.mark.parametrize("square", ["32UNG", "31TCJ", "53JLJ", "28QBG", "36QXG", "41SMT", "22WES", "34HDF", "10SDG"])
def test_the_upper_left_corner_is_the_squares(square: str) -> None:
    found = of_mgrs(square)
    assert found is not None
    lon, lat = found["coordinates"][0][3]
    # A few metres to the south-east, still in the square: the other way round, by the package's own conversion.
    inside = MGRS().toMGRS(lat - 3e-5, lon + 3e-5)
    assert inside[:5] == square
    assert int(inside[5:10]) < 10 and int(inside[10:]) > 99_990


@pytest.mark.parametrize("square", ["32UNG", "56HLH", "33XVG"])
def test_the_tile_is_109_800_metres_wide_and_high(square: str) -> None:
    found = of_mgrs(square)
    assert found is not None
    south_west, south_east, _, north_west, _ = found["coordinates"][0]
    for (lon0, lat0), (lon1, lat1) in ((south_west, south_east), (south_west, north_west)):
        # On a sphere: good to half a per cent.
        middle = math.radians((lat0 + lat1) / 2)
        metres = 6_371_000 * math.hypot(math.radians(lat1 - lat0), math.radians(lon1 - lon0) * math.cos(middle))
        assert metres == pytest.approx(109_800, rel=0.006)


@pytest.mark.parametrize("square", ["13SFR", "31TDN", "16QEJ", "20PNC", "33KWP", "37LDL", "34VEN", "35PLN", "32VKM"])
def test_squares_that_sentinel_2_names_tiles_by_are_known(square: str) -> None:
    assert of_mgrs(square) is not None


@pytest.mark.parametrize(
    "square",
    [
        "",
        "32",
        "T32UNG",
        "32ung",
        "32UNG\n",
        "32UNG\0",
        "32UNG00",
        "00UNG",
        "61UNG",
        "32INO",  # I and O are no letters of the grid
        "32UAA",  # a column of another zone
        "32CNG",  # a row of another latitude band
        "32XNG",  # the zone that Svalbard's neighbours took over
        "01XAA",  # beyond the zone's edge
        "AZA",  # round the south pole
        "3" * 1_000_000,
        "٣٢UNG",
    ],
)
def test_what_is_no_square_of_the_grid_has_no_tile(square: str) -> None:
    assert of_mgrs(square) is None


@given(st.from_regex(r"[0-6][0-9][C-X][A-Z][A-V]", fullmatch=True) | st.text(max_size=6))
@example("32UNG\ud800")
@settings(deadline=None, max_examples=examples(100, at_length=300))
def test_every_tile_is_right_and_small(square: str) -> None:
    found = of_mgrs(square)
    if found is None:
        return
    assert_keeps_to_rfc_7946(found)
    assert normalise(found) == found
    west, south, east, north = bounds(found)
    assert north - south < 1.6
    assert (east - west) % 360 * math.cos(math.radians((south + north) / 2)) < 1.6


def test_a_tile_is_outlined_once() -> None:
    assert of_mgrs("32UNG") is of_mgrs("32UNG")


# --- Well-known text -------------------------------------------------------------------------------------------------


def test_the_catalogues_polygon() -> None:
    text = "POLYGON((9.019858 54.602843, 8.959417 54.767446, 10.442057 54.936948, 9.019858 54.602843))"
    assert from_wkt(text) == polygon((9.019858, 54.602843), (8.959417, 54.767446), (10.442057, 54.936948))


def test_the_catalogues_multipolygon() -> None:
    text = "MULTIPOLYGON (((9 54, 13 54, 12 56, 9 54)), ((0 0, 9 0, 9 9, 0 0), (5 1, 5 2, 6 2, 5 1)))"
    hole: Ring = [[5, 1], [5, 2], [6, 2], [5, 1]]
    assert from_wkt(text) == {
        "type": "MultiPolygon",
        "coordinates": [
            polygon((9, 54), (13, 54), (12, 56))["coordinates"],
            polygon((0, 0), (9, 0), (9, 9), holes=(hole,))["coordinates"],
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        "polygon ((0 0,1 0,1 1,0 0))",
        "  POLYGON\n( ( 0 0 , 1 0 , 1 1 , 0 0 ) )  ",
        "SRID=4326;POLYGON((0 0,1 0,1 1,0 0))",
        "POLYGON Z ((0 0 5, 1 0 5, 1 1 5, 0 0 5))",
        "POLYGONZM((0 0 5 6,1 0 5 6,1 1 5 6,0 0 5 6))",
        "POLYGON((0. +0, 1e0 .0, 10e-1 1.0, -0 0))",
    ],
)
def test_ways_to_write_a_polygon(text: str) -> None:
    assert from_wkt(text) == polygon((0, 0), (1, 0), (1, 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POLYGON",
        "POLYGON EMPTY",
        "POINT(1 2)",
        "POLYGON(0 0, 1 0, 1 1, 0 0)",
        "POLYGON((0 0, 1 0, 1 1, 0 0)",
        "POLYGON((0 0, 1 0, 1 1, 0 0)))",
        "POLYGON((0 0, 1 0, 1 1, 0 0)) x",
        "POLYGON((0 0, 1 0,, 0 0))",
        "POLYGON((0, 1, 1, 0))",
        "POLYGON((0 0 0 0 0, 1 0, 1 1, 0 0))",
        "POLYGON((0 0, nan 0, inf 1, 0 0))",
        "POLYGON((0 0, 1_0 0, 1 1, 0 0))",
        "POLYGON((0 0, ١ 0, 1 1, 0 0))",
        "POLYGON(((0 0, 1 0, 1 1, 0 0)))",
        "MULTIPOLYGON((0 0, 1 0, 1 1, 0 0))",
        "SRID=32632;POLYGON((0 0,1 0,1 1,0 0))",
        "POLYGON((0 0, 1 0, 1 1, 0 0))\0",
        " " * 1_000_000 + "x",
        "POLYGON" + " " * 1_000_000 + "x",
        "POLYGON" + "(" * 1_000_000,
        "POLYGON((" + "1 2," * 100_000,
        "POLYGON((" + "1" * 1_000_000 + " " * 1_000_000,
    ],
)
def test_other_text_is_no_polygon(text: str) -> None:
    assert from_wkt(text) is None


def test_what_was_read_is_still_to_be_checked() -> None:
    huge = from_wkt("POLYGON((0 0, 1e999 0, 1 1, 0 0))")
    with pytest.raises(FootprintInvalid, match="finite"):
        normalise(huge)


@given(star_shaped())
@settings(deadline=None, max_examples=examples(20, at_length=50))
def test_well_known_text_and_geojson_give_the_same_footprint(case: tuple[Ring, dict[str, Any]]) -> None:
    geometry = case[1]
    text = "POLYGON ((" + ", ".join(f"{lon!r} {lat!r}" for lon, lat in geometry["coordinates"][0]) + "))"
    assert normalise(from_wkt(text)) == normalise(geometry)


@given(st.text(alphabet="POLYGNMUTIZSRD=4326; ().,-+e01٣", max_size=40))
@settings(deadline=None)
def test_no_text_makes_the_reader_raise(text: str) -> None:
    found = from_wkt(text)
    assert found is None or found["type"] in ("Polygon", "MultiPolygon")
