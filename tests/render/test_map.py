"""Maps: where things are drawn, what is said about them, and how much it may weigh."""

import json
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.event import STATUSES, Status
from pipeline.footprint import normalise
from pipeline.render.assets import assets
from pipeline.render.environment import environment
from pipeline.render.map import svg as map_svg
from pipeline.render.map.data import MOST_BYTES, map_data
from pipeline.render.map.grid import grid, latitude, longitude, scale_bar
from pipeline.render.map.land import land_within
from pipeline.render.map.path import clipped, path, rejoined, steps, thinned
from pipeline.render.map.places import MOST_DRAWN, aoi_places
from pipeline.render.map.projection import UNITS, Frame, Point, Projection, Rect, Span, framed, suited
from pipeline.render.map.svg import WorldEntry, aoi_map, world_map
from pipeline.render.paths import url
from pipeline.render.templates import templates_folder
from pipeline.store.board import Board, BoardScene, BoardTile

PAGE = "aoi/Demo/index.html"
INSTANT = "2022-01-04T10:34:31.000000000"
DENMARK = "S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507"
HOSTILE = "</script><img src=x onerror=alert(1)>\u2028&\"'"


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def scene(
    id: int, geometry: Any = None, status: Status = "DONE", name: str = "", day: str = "2022-01-04"
) -> BoardScene:
    text = None if geometry is None else json.dumps(geometry).encode()
    return BoardScene(
        id, name or f"S{id}", status, "", 0, False, b"{}", text, None, INSTANT, INSTANT, f"{day}T10:34:31Z"
    )  # fmt: skip


def tile(id: int, of: BoardScene, geometry: Any = None, status: Status = "NEW", name: str = "") -> BoardTile:
    text = None if geometry is None else json.dumps(geometry).encode()
    made = BoardTile(id, name or f"T{id}", of, status, "", 0, False, b"{}", text, None, INSTANT, INSTANT)
    of.tiles.append(made)
    return made


def board(*scenes: BoardScene, name: str = "Demo") -> Board:
    tiles = {one.id: one for of in scenes for one in of.tiles}
    return Board(name, "PENDING", {one.id: one for one in scenes}, tiles, [])


def drawn(of: Board) -> dict[str, Any]:
    return aoi_map(of, PAGE)


def html(of: Board) -> str:
    return environment().get_template("aoi/map.html").render(map=drawn(of))


def data(of: Board) -> Any:
    text = map_data(aoi_places(of), PAGE).decode()
    assert text.startswith("window.sceneboardMap = ")
    return json.loads(text.removeprefix("window.sceneboardMap = ").rstrip().removesuffix(";"))


def lines_of(d: str) -> list[list[tuple[int, int]]]:
    """The points of path data as this project writes it."""
    found = []
    for run in re.findall(r"M[^Mz]*", d):
        numbers = [int(number) for number in re.findall(r"-?\d+", run)]
        x, y = numbers[:2]
        points = [(x, y)]
        for step_x, step_y in zip(numbers[2::2], numbers[3::2], strict=False):
            x, y = x + step_x, y + step_y
            points.append((x, y))
        found.append(points)
    return found


def area(ring: Sequence[tuple[float, float]]) -> float:
    closed = [*ring, ring[0]]
    return sum(x * to_y - to_x * y for (x, y), (to_x, to_y) in pairwise(closed)) / 2


def inside(point: Point, rings: Sequence[Sequence[Point]]) -> bool:
    """By the even-odd rule."""
    x, y = point
    edges = [edge for ring in rings for edge in pairwise([*ring, ring[0]])]
    return (
        sum((a[1] > y) != (b[1] > y) and x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) for a, b in edges) % 2
        == 1
    )


# --- Projections -----------------------------------------------------------------------------------------------------


def test_a_degree_of_longitude_is_shortened_by_the_latitude() -> None:
    projection = suited([Span(8, 55, 12, 57)])
    x0, y0 = projection.point(10, 56)
    x1, y1 = projection.point(11, 57)
    assert projection.kind == "plain"
    assert (x1 - x0) / (y1 - y0) == pytest.approx(math.cos(math.radians(56)))
    assert y1 - y0 == pytest.approx(111.195, abs=0.01)


def test_an_extent_on_both_sides_of_the_antimeridian_is_one_piece() -> None:
    projection = suited([Span(178, -19, 180, -17), Span(-180, -19, -179, -17)])
    assert (projection.west, projection.lon0) == (178, 179.5)
    [west, east] = [projection.line([(lon, -18.0)])[0][0] for lon in (178, -179)]
    assert 0 < east - west < 350


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        (Span(9, 76, 30, 80), "plain"),
        (Span(-100, 70, 100, 84), "north"),
        (Span(0, 60, 20, 90), "north"),
        (Span(-180, -85, 180, -65), "south"),
        (Span(-180, -60, 180, 84), "plain"),
        (Span(-180, -90, 180, 90), "plain"),
        (Span(170, -78, 179, -74), "plain"),
    ],
)
def test_near_a_pole_the_map_is_drawn_about_the_pole(span: Span, kind: str) -> None:
    assert suited([span]).kind == kind


@given(
    kind=st.sampled_from(["plain", "north", "south"]),
    lon0=st.floats(-180, 180),
    turn=st.floats(-179, 179),
    lat=st.floats(-85, 85),
)
def test_a_place_tells_its_position(kind: Any, lon0: float, turn: float, lat: float) -> None:
    projection = Projection(kind, lon0 - 180, lon0, 40)
    lon, back = projection.position(*projection.point(lon0 + turn, lat))
    assert (lon, back) == (pytest.approx(lon0 + turn, abs=1e-6), pytest.approx(lat, abs=1e-6))


def test_about_the_pole_east_is_to_the_left_going_round_and_north_up_in_the_middle() -> None:
    north, south = Projection("north", -180, 0, 80), Projection("south", -180, 0, -80)
    assert north.point(0, 80)[1] < 0 < north.point(90, 80)[0]
    assert south.point(0, -80)[1] > 0 and south.point(90, -80)[0] > 0


def test_edges_about_the_pole_bend_as_parallels_do() -> None:
    points = Projection("north", -180, 0, 80).line([(0, 80), (90, 80)])
    distances = [math.hypot(x, y) for x, y in points]
    assert len(points) > 20
    assert max(distances) == pytest.approx(min(distances))


def test_a_frame_holds_everything_with_a_margin_and_is_never_smaller_than_the_coastline_is_good_for() -> None:
    projection = suited([Span(10, 55, 10.01, 55.01)])
    frame = framed(projection, projection.line([(10, 55), (10.01, 55.01)]))
    assert frame.rect.right - frame.rect.left >= 150
    wide = framed(projection, [(0, 0), (1000, 300)])
    assert all(0 < x < UNITS and 0 < y < wide.height for x, y in wide.dots([(0, 0), (1000, 300)]))


# --- Lines -----------------------------------------------------------------------------------------------------------

points = st.tuples(st.floats(-10, 10), st.floats(-10, 10))


@given(st.lists(points, min_size=3, max_size=30))
def test_the_parts_of_a_ring_in_the_fields_of_a_grid_make_up_the_ring(ring: list[Point]) -> None:
    cuts = [-11.0, -3.0, 4.0, 11.0]
    fields = [Rect(x, y, to_x, to_y) for (x, to_x), (y, to_y) in product(pairwise(cuts), pairwise(cuts))]
    parts = [(field, clipped(ring, field)) for field in fields]
    assert sum(area(part) for _, part in parts if part) == pytest.approx(area(ring), abs=1e-6)
    for field, part in parts:
        assert all(
            field.left - 1e-9 <= x <= field.right + 1e-9 and field.bottom - 1e-9 <= y <= field.top + 1e-9
            for x, y in part
        )


def test_a_ring_that_goes_round_a_corner_of_the_frame_does_not_cut_it() -> None:
    ring = [(-5.0, -5.0), (-5.0, 5.0), (-5.0, 12.0), (-4.0, 12.0), (5.0, 12.0), (12.0, 12.0), (12.0, -5.0)]
    assert abs(area(clipped(ring, Rect(0, 0, 10, 10)))) == pytest.approx(100)


@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=2, max_size=20))
def test_path_data_and_steps_say_the_same_points(dots: list[tuple[int, int]]) -> None:
    [back] = lines_of(path([], [dots]))
    assert back == dots
    numbers = steps(dots)
    assert [sum(numbers[axis : 2 * index + axis + 1 : 2]) for index in range(len(dots)) for axis in (0, 1)] == [
        number for dot in dots for number in dot
    ]


def test_a_line_is_thinned_but_keeps_its_ends() -> None:
    assert thinned([(0, 0), (1, 0), (2, 0), (6, 0), (7, 0)], 5) == [(0, 0), (6, 0), (7, 0)]
    assert thinned([(3, 3)], 5) == [(3, 3)]


def test_pieces_that_were_cut_at_a_meridian_are_joined_again() -> None:
    west = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    east = [(10, 0), (20, 0), (20, 10), (10, 10), (10, 0)]
    [joined] = rejoined([west, east])
    assert abs(area(joined[:-1])) == 200
    assert not any({a[0], b[0]} == {10} for a, b in pairwise(joined))
    assert rejoined([west]) == [west]


# --- Land ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pixel_km", [1.0, 20.0])
@pytest.mark.parametrize(
    ("lon", "lat", "is_land"),
    [
        (2.3, 48.8, True),  # Paris
        (9.3, 56.2, True),  # Jutland
        (-30.0, 45.0, False),  # the Atlantic
        (51.0, 41.5, False),  # the Caspian Sea
        (178.0, -17.8, True),  # Fiji
        (-179.0, 67.0, True),  # Chukotka, beyond the antimeridian
        (0.0, -85.0, True),  # Antarctica
        (179.99, -85.0, True),
    ],
)
def test_land_is_where_it_is(pixel_km: float, lon: float, lat: float, is_land: bool) -> None:
    for projection in (
        suited([Span(lon - 1, lat - 1, lon + 1, lat + 1)]),
        Projection("plain", lon - 90, lon + 90, lat),
    ):
        x, y = projection.point(lon, lat)
        assert inside((x, y), land_within(projection, Rect(x - 400, y - 400, x + 400, y + 400), pixel_km)) is is_land


def test_land_about_the_pole_has_no_seam() -> None:
    south = Projection("south", -180, 0, -90)
    rings = land_within(south, Rect(-400, -400, 400, 400), 1.0)
    assert [abs(area(ring)) for ring in rings] == [pytest.approx(800 * 800)]


def test_antarctica_has_no_seam_at_the_antimeridian() -> None:
    plain = Projection("plain", 150, 180, -85)
    x, y = plain.point(180, -87)
    rect = Rect(x - 50, y - 50, x + 50, y + 50)
    [ring] = land_within(plain, rect, 1.0)
    assert set(ring) <= set(product((rect.left, rect.right), (rect.bottom, rect.top)))


def test_the_coastline_is_small_and_its_source_is_named() -> None:
    folder = templates_folder() / "assets"
    assert sum(file.stat().st_size for file in folder.glob("coastline*")) <= 150_000
    assert "public domain" in (folder / "coastline.NOTICE").read_text()


# --- Grid and scale --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (longitude(8.5), "8.5° E"), (longitude(-8), "8° W"), (longitude(0), "0°"), (longitude(180), "180°"),
        (longitude(-180), "180°"), (longitude(190), "170° W"), (latitude(56), "56° N"), (latitude(-0.5), "0.5° S"),
    ],
)  # fmt: skip
def test_degrees_are_written_as_people_do(text: str, said: str) -> None:
    assert text == said


@pytest.mark.parametrize("span", [Span(8, 55, 12, 57), Span(178, -19, 185, -15), Span(-180, -60, 180, 80)])
def test_grid_lines_stand_at_the_degrees_they_name(span: Span) -> None:
    projection = suited([span])
    rect = framed(projection, projection.line([(span.west, span.south), (span.east, span.north)])).rect
    lines = grid(projection, rect, 5)
    assert 4 <= len(lines) <= 12
    for line in lines:
        for point in line.points:
            lon, lat = projection.position(*point)
            said = longitude(round(lon, 6)) if line.kind == "meridian" else latitude(round(lat, 6))
            assert said == line.label


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    projection = suited([Span(8, 55, 12, 57)])
    frame = framed(projection, projection.line([(8, 55), (12, 57)]))
    length, label = scale_bar(frame)
    [km] = re.findall(r"^(\d+) km at 56° N$", label)
    assert length * frame.km_per_unit == pytest.approx(float(km), rel=0.001)
    assert UNITS / 10 < length < UNITS / 3


# --- What is where ---------------------------------------------------------------------------------------------------


def test_scenes_with_the_same_footprint_are_one_place_with_their_counts() -> None:
    statuses: list[Status] = ["DONE", "DONE", "FAILED", "PENDING"]
    found = drawn(board(*(scene(id, box(8, 55, 9, 56), status) for id, status in enumerate(statuses, 1))))
    [place] = found["places"]
    assert place["title"].splitlines()[0] == "4 scenes: 1 PENDING, 2 DONE, 1 FAILED"
    assert place["classes"] == "failed some"
    assert place["href"] == "../../scene/3.html"
    assert [tag["text"] for tag in found["tags"]] == ["1/4"]


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["DONE", "NEW"], "new"),
        (["NEW", "PENDING"], "pending"),
        (["PENDING", "FAILED"], "failed"),
        (["FAILED", "RETRY"], "retry"),
        (["DONE", "DONE"], "done"),
    ],
)
def test_a_place_has_the_status_that_needs_attention_first(statuses: list[Status], shown: str) -> None:
    found = drawn(board(*(scene(id, box(8, 55, 9, 56), status) for id, status in enumerate(statuses))))
    assert found["places"][0]["classes"].split()[0] == shown


def test_of_equally_urgent_scenes_the_latest_acquired_is_linked() -> None:
    days = ["2022-01-04", "2022-03-01", "2022-02-01"]
    found = drawn(board(*(scene(id, box(8, 55, 9, 56), "RETRY", day=day) for id, day in enumerate(days, 1))))
    assert found["places"][0]["href"] == "../../scene/2.html"


def test_a_tile_lies_where_its_scene_does_unless_it_has_a_footprint_of_its_own() -> None:
    one = scene(1, box(8, 55, 10, 57))
    tile(11, one, status="RETRY")
    tile(12, one, box(8.2, 55.2, 9, 56), "FAILED")
    found = drawn(board(one))
    titles = {place["href"]: place["title"] for place in found["places"]}
    assert titles == {
        "../../scene/1.html#tile-11": "S1\n1 scene: DONE\n1 tile: RETRY\nopens tile 11, RETRY",
        "../../scene/1.html#tile-12": "T12\n1 tile: FAILED",
    }
    assert [place["classes"] for place in found["places"]] == ["retry", "failed"], "the smaller lies on the larger"


@given(st.randoms(use_true_random=False))
def test_every_scene_and_tile_is_in_one_place_or_said_to_be_missing(chance: random.Random) -> None:
    def somewhere() -> Any:
        x, y = chance.randrange(0, 40), chance.randrange(0, 40)
        return chance.choice([None, {"type": "Point"}, box(x, y, x + 1, y + 1)])

    scenes = [scene(id, somewhere(), chance.choice(STATUSES)) for id in range(12)]
    for one in scenes:
        for number in range(chance.randrange(3)):
            tile(100 * one.id + number, one, somewhere(), chance.choice(STATUSES))
    found = aoi_places(board(*scenes))
    drawn_scenes = sorted(one.id for place in found.places for one in place.scenes)
    drawn_tiles = sorted(one.id for place in found.places for one in place.tiles)
    assert len(drawn_scenes) == len(set(drawn_scenes)) == found.scenes - found.scenes_missing
    assert len(drawn_tiles) == len(set(drawn_tiles)) == found.tiles - found.tiles_missing
    assert (found.scenes, found.tiles) == (12, sum(len(one.tiles) for one in scenes))


def test_what_has_no_footprint_is_said() -> None:
    lost = scene(3)
    tile(31, lost)
    assert drawn(board(scene(1, box(8, 55, 9, 56)), scene(2), lost))["notes"] == [
        "2 of 3 scenes and 1 of 1 tile have no known footprint."
    ]


def test_a_footprint_that_cannot_be_used_is_said_with_its_reason() -> None:
    notes = drawn(board(scene(1, box(8, 55, 9, 56)), scene(2, box(8, 95, 9, 96))))["notes"]
    assert notes[0] == "1 of 2 scenes has no known footprint."
    assert notes[1].startswith("1 footprint in the log can't be used: coordinates[0]")


def test_without_any_footprint_there_is_no_map_but_a_word() -> None:
    assert "1 of 1 scene has no known footprint." in html(board(scene(1)))
    assert "<svg" not in html(board(scene(1)))
    assert data(board(scene(1))) is None
    assert drawn(board())["shown"] is False


def test_a_footprint_from_a_name_is_marked_as_approximate() -> None:
    found = drawn(board(scene(1, name=DENMARK), scene(2, name=DENMARK.replace("20220104", "20220109"))))
    [place] = found["places"]
    assert place["classes"] == "done approximate"
    assert place["title"].splitlines()[:1] == ["MGRS square 32UNG"]
    assert "Dashed outlines are approximate" in html(board(scene(1, name=DENMARK)))


def test_footprints_that_hardly_differ_are_one_and_that_is_said() -> None:
    found = drawn(board(*(scene(id, box(8 + id / 10_000, 55, 9, 56)) for id in range(9))))
    assert len(found["places"]) == 1
    assert float(found["near"]) > 0
    assert drawn(board(scene(1, box(8, 55, 9, 56)), scene(2, box(8, 55, 9, 56))))["near"] == ""


def test_points_lines_and_tiny_areas_can_be_seen() -> None:
    found = drawn(
        board(
            scene(1, {"type": "Point", "coordinates": [12, 55]}),
            scene(2, {"type": "LineString", "coordinates": [[8, 55], [9, 56], [10, 55]]}),
            scene(3, box(11, 55, 11.001, 55.001)),
        )
    )
    by_href = {place["href"]: place for place in found["places"]}
    assert len(lines_of(by_href["../../scene/2.html"]["lines"])[0]) == 3
    for id in (1, 3):
        assert by_href[f"../../scene/{id}.html"]["lines"].endswith("h0")


def test_across_the_antimeridian_a_footprint_is_one_shape_in_the_frame() -> None:
    crossing = normalise(
        {"type": "Polygon", "coordinates": [[[179, -18], [-179, -18], [-179, -16], [179, -16], [179, -18]]]}
    )
    found = drawn(board(scene(1, crossing), scene(2, box(177, -18, 178, -16))))
    for place in found["places"]:
        [ring] = lines_of(place["areas"])
        assert len(ring) <= 6
        assert all(0 < x < UNITS and 0 < y < found["height"] for x, y in ring)


def test_a_footprint_round_the_pole_has_no_seam() -> None:
    found = drawn(board(scene(1, box(-180, 80, 180, 90))))
    [ring] = lines_of(found["places"][0]["areas"])
    middle = (UNITS / 2, found["height"] / 2)
    distances = [math.dist(middle, dot) for dot in ring]
    assert max(distances) - min(distances) < 0.02 * max(distances), "a circle about the pole"


def test_the_bounds_of_an_aoi_are_those_of_rfc_7946() -> None:
    assert aoi_places(board(scene(1, box(8, 55, 9, 56)), scene(2, box(10, 57, 11, 58)))).bounds == (8, 55, 11, 58)
    assert aoi_places(board(scene(1, box(177, -18, 179, -16)), scene(2, box(-179, -18, -178, -17)))).bounds == (
        177, -18, -178, -16,
    )  # fmt: skip
    assert aoi_places(board(scene(1))).bounds is None


# --- Pages and data --------------------------------------------------------------------------------------------------


def test_text_from_the_log_is_only_text() -> None:
    hostile = board(scene(1, box(8, 55, 9, 56), name=HOSTILE), scene(2, box(8, 95, 9, 96)), name=HOSTILE)
    assert "<img" not in html(hostile)
    script = map_data(aoi_places(hostile), PAGE).decode()
    assert not re.search("[<>&\u2028\u2029]", script)
    assert data(hostile)["places"][0]["name"].startswith("</script><img src=x onerror=alert(1)>")


def test_the_moving_map_has_the_same_places_as_the_still_one() -> None:
    one = scene(1, box(8, 55, 10, 57), "RETRY")
    tile(11, one, box(8.2, 55.2, 9, 56), "PENDING")
    of = board(one, scene(2, name=DENMARK))
    still, moving = drawn(of), data(of)
    assert [place["classes"] for place in moving["places"]] == [place["classes"] for place in still["places"]]
    for place, same in zip(moving["places"], still["places"], strict=True):
        [numbers], [ring] = place["rings"], lines_of(same["areas"])
        assert tuple(numbers[:2]) == ring[0]
        assert sum(place["scenes"]) + sum(place["tiles"]) == len(place["first"])
        assert place["first"][0][5] == same["href"]
    assert moving["size"] == [still["width"], still["height"]]
    assert [len(place["scenes"]) for place in moving["places"]] == [len(STATUSES)] * 3


def test_the_same_board_gives_the_same_bytes() -> None:
    def made() -> Board:
        return board(*(scene(id, box(id % 7, 50, id % 7 + 1, 51), STATUSES[id % 5]) for id in range(40)))

    assert html(made()) == html(made())
    assert map_data(aoi_places(made()), PAGE) == map_data(aoi_places(made()), PAGE)


def many_places() -> Board:
    made = []
    for id in range(3000):
        x, y = id % 60 * 2, id // 60
        made.append(scene(id, box(x, y, x + 1.5, y + 0.8), STATUSES[id % 5], f"{HOSTILE}{'<' * 90}{id}"))
        tile(10_000 + id, made[-1], status="RETRY", name=f"{'&' * 90}{id}")
    return board(*made)


def round_places() -> Board:
    def circle(x: float, y: float) -> dict[str, Any]:
        ring = [[x + math.cos(turn / 250 * math.pi), y + math.sin(turn / 250 * math.pi)] for turn in range(500)]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

    return board(*(scene(id, circle(id % 20 * 3, id // 20 * 3), name=f"{DENMARK}{id}") for id in range(300)))


def large_footprint() -> Board:
    parts = [box(x / 3, y / 3, x / 3 + 0.2, y / 3 + 0.2)["coordinates"] for x in range(100) for y in range(100)]
    dots = [[x / 200, y / 100] for x in range(200) for y in range(100)]
    return board(
        scene(1, {"type": "MultiPolygon", "coordinates": parts}), scene(2, {"type": "MultiPoint", "coordinates": dots})
    )


def fjords() -> Board:
    return board(scene(1, box(4, 58, 30, 71)))


@pytest.mark.parametrize("made", [many_places, round_places, large_footprint, fjords])
def test_a_map_keeps_to_its_weight(made: Callable[[], Board]) -> None:
    of = made()
    found = aoi_places(of)
    assert len(found.places) <= MOST_DRAWN
    assert sum(len(place.scenes) for place in found.places) == len(of.scenes)
    assert len(html(of).encode()) <= 60_000
    assert len(map_data(found, PAGE)) <= MOST_BYTES


def test_with_too_many_places_the_urgent_ones_keep_their_links_and_the_others_are_drawn() -> None:
    made = [scene(id, box(id % 20 * 3, id // 20 * 3, id % 20 * 3 + 2, id // 20 * 3 + 2)) for id in range(400)]
    made[399].status = "RETRY"
    found = drawn(board(*made))
    assert "../../scene/399.html" in [place["href"] for place in found["places"]]
    assert len(found["places"]) + found["only_drawn"] == 400
    assert sum(len(lines_of(rest["areas"])) for rest in found["rest"]) == found["only_drawn"]


def test_many_dates_of_one_track_are_one_link() -> None:
    found = drawn(board(*(scene(id, box(8, 55, 9, 56)) for id in range(5000))))
    assert [place["title"] for place in found["places"]] == ["5,000 scenes: 5,000 DONE\nopens scene 4999, DONE"]


@pytest.mark.parametrize("installed", [True, False])
def test_without_leaflet_the_still_map_stands_alone(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_svg, "has_leaflet", lambda: installed)
    text = html(board(scene(1, box(8, 55, 9, 56))))
    assert re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', text) == (
        ["../../assets/leaflet/leaflet.css", "../../assets/leaflet/leaflet.js", "map-data.js", "../../assets/map.js"]
        if installed
        else []
    )
    assert "<svg" in text


# --- The world -------------------------------------------------------------------------------------------------------


def test_each_aoi_has_a_marker_that_links_to_its_page() -> None:
    found = world_map(
        [
            WorldEntry("Denmark", "aoi/Denmark/index.html", "RETRY", (8, 54, 13, 58)),
            WorldEntry("Fiji", "aoi/Fiji/index.html", "DONE", (177, -20, -178, -16)),
        ],
        "index.html",
    )
    markers = {marker["href"]: marker for marker in found["markers"]}
    assert markers["aoi/Denmark/index.html"]["title"] == "Denmark: RETRY"
    assert abs(markers["aoi/Fiji/index.html"]["x"] - UNITS) < 40, "179.5° E"
    assert [marker["status"] for marker in found["markers"]] == ["done", "retry"], "the urgent on top"


def test_aois_near_to_each_other_share_a_marker_that_names_them() -> None:
    entries = [WorldEntry(f"A{n}", f"aoi/A{n}/index.html", STATUSES[n], (8, 54 + n / 100, 9, 55)) for n in range(5)]
    [marker] = world_map(entries, "index.html")["markers"]
    assert marker["title"].splitlines() == [
        "5 AOIs; opens the first", "A3: RETRY", "A4: FAILED", "A1: PENDING", "A0: NEW", "A2: DONE",
    ]  # fmt: skip
    assert (marker["href"], marker["text"], marker["status"]) == ("aoi/A3/index.html", "5", "retry")


def test_the_order_of_the_entries_does_not_matter() -> None:
    entries = [WorldEntry(f"A{n}", f"aoi/A{n}/index.html", STATUSES[n % 5], (n, n, n + 1, n + 1)) for n in range(40)]
    assert world_map(entries, "index.html") == world_map(entries[::-1], "index.html")


def test_bounds_across_the_antimeridian_are_two_boxes() -> None:
    [boxes] = world_map([WorldEntry("F", "aoi/F/index.html", "DONE", (170, -20, -170, 0))], "index.html")["boxes"]
    assert boxes["d"].count("M") == 2


def test_aois_without_a_footprint_are_said() -> None:
    entries = [
        WorldEntry("A", "aoi/A/index.html", "NEW", None),
        WorldEntry("B", "aoi/B/index.html", "NEW", (1, 1, 2, 2)),
    ]
    assert world_map(entries, "index.html")["notes"] == ["1 of 2 AOIs has no known footprint."]
    assert world_map(entries[:1], "index.html")["shown"] is False


def test_the_world_shows_the_poles_only_where_an_aoi_lies_there() -> None:
    def height(*bounds: tuple[float, float, float, float]) -> int:
        return int(world_map([WorldEntry("A", "a", "NEW", one) for one in bounds], "index.html")["height"])

    assert height((0, -80, 1, -79)) > height((0, 0, 1, 1)) < height((0, 85, 1, 88))


def test_a_thousand_aois_weigh_little() -> None:
    chance = random.Random(1)
    entries = []
    for n in range(1000):
        x, y = chance.uniform(-170, 160), chance.uniform(-50, 75)
        entries.append(
            WorldEntry(f"{HOSTILE}{n}", f"aoi/{n}/index.html", chance.choice(STATUSES), (x, y, x + 3, y + 2))
        )
    found = world_map(entries, "index.html")
    text = environment().get_template("world_map.html").render(world=found)
    assert len(text.encode()) < 130_000
    assert sum(int((marker["text"] or "1").replace(",", "")) for marker in found["markers"]) == 1000


# --- In a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need Playwright")
    program = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if path.exists()), None)
    if program is None:
        pytest.skip("the browser tests need Chromium in /usr/bin")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield found
        found.close()


def test_the_moving_map_works_from_a_folder_by_keyboard(browser: Any, tmp_path: Path) -> None:
    """From file://, with the pages' own policy: nothing blocked, nothing from elsewhere, no text turned to HTML."""
    pytest.importorskip("xstatic.pkg.leaflet")
    of = board(scene(1, box(8, 55, 9, 56), "FAILED", HOSTILE), scene(2, box(9, 55, 10, 56)))
    template = environment().from_string(
        '{% extends "base.html" %}{% block main %}<h1>Map</h1>{% include "aoi/map.html" %}{% endblock %}'
    )
    text = template.render(path=PAGE, link=lambda to: url(to, PAGE), map=drawn(of))
    files = {**assets(), PAGE: text.encode(), "aoi/Demo/map-data.js": map_data(aoi_places(of), PAGE)}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    opened = browser.new_page()
    problems, asked = [], []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto((tmp_path / PAGE).as_uri())
    shapes = opened.locator(".map-moving [role=button].shape")
    assert shapes.count() == 2
    opened.locator(".map-moving .shape.failed").focus()
    opened.keyboard.press("Enter")
    assert opened.locator(".leaflet-popup-content .name").first.inner_text().startswith("</script><img")
    assert opened.evaluate("document.activeElement.getAttribute('href')") == "../../scene/1.html"
    opened.keyboard.press("Escape")
    opened.wait_for_selector(".leaflet-popup", state="detached")
    assert "shape failed" in opened.evaluate("document.activeElement.getAttribute('class')")
    assert opened.locator(".map-still").evaluate("it => getComputedStyle(it).visibility") == "hidden"
    assert all(one.startswith(tmp_path.as_uri()) for one in asked)
    # What the site says of its last build isn't written here.
    assert [problem for problem in problems if "FILE_NOT_FOUND" not in problem] == []
    opened.close()


def test_without_javascript_the_still_map_is_a_set_of_links(browser: Any) -> None:
    opened = browser.new_page(java_script_enabled=False)
    opened.set_content(html(board(scene(1, box(8, 55, 9, 56)), scene(2, box(9, 55, 10, 56)))))
    assert opened.locator(".map-still a").count() == 2
    opened.close()


def test_a_frame_is_written_in_the_units_of_both_maps() -> None:
    frame = Frame(Projection("plain", -180, 0, 0), Rect(0, 0, 720, 360), 3600)
    assert frame.dots([(0, 360), (720, 0)]) == [(0, 0), (UNITS, 3600)]
