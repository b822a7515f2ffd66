"""Creating, and who an id belongs to, as the contract's section of that name has it."""

from typing import Any

import msgspec
import pytest
from log_lines import scene_body
from world import World

from pipeline.event import NewScene
from pipeline.fold.owners import first_claims, taken

# aoi.created, aoi.deleted


def test_a_new_aoi_is_new(nothing: World) -> None:
    assert nothing.aoi("Demo").verdict == "applied"
    assert nothing.state() == {"aoi": {"Demo": "NEW"}, "scene": {}, "tile": {}}


def test_a_name_that_exists_already_is_rejected(world: World) -> None:
    outcome = world.aoi("Demo")
    assert (outcome.verdict, outcome.reason) == ("rejected", "AOI Demo exists already")


def test_names_that_differ_in_case_are_two(world: World) -> None:
    assert world.aoi("demo").verdict == "applied"


def test_with_its_aoi_scenes_and_tiles_go(world: World) -> None:
    world.scene(1, {11: None})
    assert world.apply("aoi.deleted", {"id": "Demo"}).verdict == "applied"
    assert world.state() == {"aoi": {}, "scene": {}, "tile": {}}
    assert world.says("scene", 1, "DONE").reason == "scene 1 is unknown in Demo"
    assert world.retry("tile", 11).reason == "tile 11 is unknown in Demo"


@pytest.mark.parametrize("type", ["aoi.deleted", "aoi.retry"])
def test_an_aoi_that_is_not_there_is_rejected(world: World, type: str) -> None:
    world.apply("aoi.deleted", {"id": "Demo"})
    for name in ("Demo", "Nowhere"):
        outcome = world.apply(type, {"id": name})
        assert (outcome.verdict, outcome.reason) == ("rejected", f"AOI {name} is unknown")


def test_the_name_of_a_deleted_aoi_may_be_created_again(world: World) -> None:
    """It starts empty; the same scene may come again, with its ids."""
    world.scene(1, {11: None}, retries=4)
    world.apply("aoi.deleted", {"id": "Demo"})
    assert world.aoi("Demo").verdict == "applied"
    assert world.state() == {"aoi": {"Demo": "NEW"}, "scene": {}, "tile": {}}
    assert world.scene(1, {11: None}, retries=1).verdict == "applied"
    assert (world.a_scene(1).status, world.a_scene(1).retry_countdown) == ("PENDING", 1)


# scene.created: what it makes


def test_a_scene_starts_pending_and_its_tiles_new(world: World) -> None:
    world.scene(1, {12: None, 11: None}, retries=3)
    facts = {"message": "", "retry_countdown": 3}
    assert world.state()["scene"] == {"1": {"aoi": "Demo", "source_id": "S1", "status": "PENDING", **facts}}
    assert world.state()["tile"] == {
        str(id): {"scene": 1, "source_id": f"T{id}", "status": "NEW", "prev": None, "ref": None, **facts}
        for id in (11, 12)
    }


@pytest.mark.parametrize("left_out", [{}, {"retry_count": None}])
def test_no_retries_unless_said(world: World, left_out: dict[str, Any]) -> None:
    body = scene_body(1, {11: None})
    del body["retry_count"]
    assert world.apply("scene.created", body | left_out).verdict == "applied"
    assert (world.a_scene(1).retry_countdown, world.a_tile(11).retry_countdown) == (0, 0)


def test_a_negative_retry_count_is_taken_as_it_is(world: World) -> None:
    world.scene(1, {11: None}, retries=-2)
    assert (world.a_scene(1).retry_countdown, world.a_tile(11).retry_countdown) == (-2, -2)


def test_payloads_footprints_and_tags_are_kept(world: World) -> None:
    body = scene_body(1, {11: None}, geometry={"type": "Point", "coordinates": [1, 2]}, tags={"sensor": "SAR"})
    body["data"]["unknown"] = {"kept": [1.50, None]}
    body["tiles"]["T11"] |= {"data": {"swath_id": "IW1"}, "geometry": {"type": "Point", "coordinates": [3, 4]}}
    world.apply("scene.created", body)
    scene, tile = world.a_scene(1), world.a_tile(11)
    assert b'"kept":[1.5,null]' in scene.data
    assert (scene.geometry, scene.tags) == (b'{"type":"Point","coordinates":[1,2]}', b'{"sensor":"SAR"}')
    assert (tile.data, tile.geometry, tile.tags) == (
        b'{"swath_id":"IW1"}', b'{"type":"Point","coordinates":[3,4]}', None
    )  # fmt: skip


# Previous and reference


@pytest.fixture
def one(world: World) -> World:
    """Scene 1 with the root tile 11."""
    world.scene(1, {11: None})
    return world


def chained(tile: dict[str, str], **more: Any) -> dict[str, Any]:
    """Scene 2, its tile 21 as it is given."""
    body = scene_body(2, {21: None}, **more)
    body["tiles"]["T21"] |= tile
    return body


BOTH = {
    "previous_tile_id": "T11", "previous_scene_id": "S1", "reference_tile_id": "T11", "reference_scene_id": "S1",
}  # fmt: skip


def test_a_tile_finds_its_previous_and_reference_by_source_ids(one: World) -> None:
    assert one.apply("scene.created", chained(BOTH)).verdict == "applied"
    assert (one.a_tile(21).prev, one.a_tile(21).ref) == (one.a_tile(11), one.a_tile(11))


@pytest.mark.parametrize(
    "tile",
    [
        {},
        dict.fromkeys(BOTH, ""),
        {"previous_tile_id": "T11", "previous_scene_id": "S1"},
        {"reference_tile_id": "T11", "reference_scene_id": "S1"},
        {**BOTH, "reference_tile_id": ""},
        {**BOTH, "previous_tile_id": ""},
        {"previous_scene_id": "S1", "reference_scene_id": "S1"},
        {"previous_tile_id": "never seen", "previous_scene_id": "S1"},
    ],
    ids=["none", "empty", "previous", "reference", "empty reference", "empty previous", "scenes", "unknown previous"],
)
def test_a_tile_that_gives_not_both_is_a_root_tile(one: World, tile: dict[str, str]) -> None:
    assert one.apply("scene.created", chained(tile)).verdict == "applied"
    assert (one.a_tile(21).prev, one.a_tile(21).ref) == (None, None)


@pytest.mark.parametrize("role", ["previous", "reference"])
@pytest.mark.parametrize("name", ["tile_id", "scene_id"])
def test_an_unknown_previous_or_reference_is_rejected(one: World, role: str, name: str) -> None:
    before = one.state()
    outcome = one.apply("scene.created", chained({**BOTH, f"{role}_{name}": "never seen"}))
    assert outcome.verdict == "rejected"
    assert outcome.reason.startswith(f"{role} tile ")
    assert one.state() == before


@pytest.mark.parametrize("role", ["previous", "reference"])
def test_a_failed_previous_or_reference_is_rejected(one: World, role: str) -> None:
    one.scene(3, {31: None})
    one.bring("tile", 31, "FAILED")
    outcome = one.apply("scene.created", chained({**BOTH, f"{role}_tile_id": "T31", f"{role}_scene_id": "S3"}))
    assert (outcome.verdict, outcome.reason) == ("rejected", f"{role} tile 31 of tile T21 is FAILED")


def test_a_previous_in_the_same_scene_or_a_later_one_is_rejected(one: World) -> None:
    itself = {name: value.replace("T11", "T21").replace("S1", "S2") for name, value in BOTH.items()}
    assert one.apply("scene.created", chained(itself)).verdict == "rejected"
    assert one.scene(2, {21: 31}).verdict == "rejected"
    assert one.scene(3, {31: 11}).verdict == "applied"
    assert one.scene(2, {21: 31}).verdict == "applied"


def test_a_previous_in_another_aoi_is_rejected(one: World) -> None:
    one.aoi("Other")
    assert one.apply("scene.created", chained(BOTH, aoi="Other")).verdict == "rejected"


def test_a_previous_of_a_deleted_aoi_is_not_there(one: World) -> None:
    one.apply("aoi.deleted", {"id": "Demo"})
    one.aoi()
    assert one.scene(2, {21: 11}).verdict == "rejected"


def test_one_tile_that_can_not_be_is_the_whole_scene(one: World) -> None:
    before = one.state()
    assert one.scene(2, {21: 11, 22: 99}).verdict == "rejected"
    assert one.state() == before


# The checks, in their order: each scene fails at one check, and would at all that come later, if there are any


def a_scene(**changes: Any) -> dict[str, Any]:
    """A scene to which nothing that is checked holds: it takes an id, and waits for what isn't there."""
    body = scene_body(1, {11: 99}, source_id="another")
    return {**body, **changes}


def test_first_the_aoi_is_known(one: World) -> None:
    outcome = one.apply("scene.created", a_scene(aoi="Nowhere", tiles={}))
    assert (outcome.verdict, outcome.reason) == ("rejected", "AOI Nowhere is unknown")


@pytest.mark.parametrize("tiles", [{}, None])
@pytest.mark.parametrize("source_id", ["S1", "another"])
def test_then_there_is_a_tile(one: World, tiles: Any, source_id: str) -> None:
    outcome = one.apply("scene.created", a_scene(tiles=tiles, source_id=source_id))
    assert (outcome.verdict, outcome.reason) == ("rejected", f"scene {source_id} has no tiles")


@pytest.mark.parametrize("named", [{"T11": {}, "T12": {}}, {}, None])
@pytest.mark.parametrize("source_id", ["S1", "another"])
def test_then_there_are_as_many_as_the_payload_names(one: World, named: Any, source_id: str) -> None:
    outcome = one.apply("scene.created", a_scene(data={"tiles": named}, source_id=source_id))
    assert outcome.verdict == "rejected"
    assert outcome.reason == f"scene {source_id} has 1 tiles, but data.tiles names {len(named or {})}"


def test_only_the_count_is_compared(one: World) -> None:
    body = scene_body(2, {21: None})
    body["data"]["tiles"] = {"another name": {}}
    assert one.apply("scene.created", body).verdict == "applied"


def test_then_a_scene_that_is_there_is_ignored(one: World) -> None:
    """Though its ids are another's, and what it waits for isn't there."""
    before = one.state()
    assert one.apply("scene.created", a_scene(source_id="S1")).verdict == "ignored"
    assert one.state() == before


def test_then_its_ids_are_free(one: World) -> None:
    outcome = one.apply("scene.created", a_scene())
    assert (outcome.verdict, outcome.reason) == ("rejected", "scene id 1 belongs to S1 of Demo")


def test_last_what_it_waits_for_is_there(one: World) -> None:
    outcome = one.apply("scene.created", {**a_scene(), "id": 9, "tiles": {"T91": {**BOTH, "id": 91}}})
    assert outcome.verdict == "applied"
    outcome = one.apply("scene.created", {**scene_body(8, {81: 99})})
    assert outcome.verdict == "rejected"
    assert "tile T99 (scene S9) of tile T81 is unknown" in outcome.reason


# Ids


def test_an_id_belongs_to_whom_it_named_first_over_all_aois(one: World) -> None:
    one.aoi("Other")
    assert one.scene(1, {91: None}, aoi="Other").reason == "scene id 1 belongs to S1 of Demo"
    assert one.scene(9, {11: None}, aoi="Other").reason == "tile id 11 belongs to T11 of Demo"
    assert one.scene(9, {92: None}, aoi="Other").verdict == "applied"


def test_scenes_and_tiles_have_ids_of_their_own(one: World) -> None:
    assert one.scene(11, {1: None}).verdict == "applied"


def test_a_tiles_id_belongs_to_its_scene_too(one: World) -> None:
    """The natural key of a tile is AOI, the scene's source id, its own."""
    body = scene_body(2, {21: None})
    body["tiles"] = {"T11": {"id": 11}}
    assert one.apply("scene.created", body).reason == "tile id 11 belongs to T11 of Demo"


@pytest.mark.parametrize("how", ["rejected", "ignored"])
def test_an_id_is_taken_whether_its_creation_was_applied_or_not(one: World, how: str) -> None:
    if how == "rejected":
        assert one.scene(2, {21: 99}).verdict == "rejected"
    else:
        assert one.scene(2, {21: None}, source_id="S1").verdict == "ignored"
    assert one.scene(2, {22: None}, source_id="another").verdict == "rejected"
    assert one.scene(3, {21: None}).verdict == "rejected"


def test_an_id_is_taken_even_by_a_creation_in_an_unknown_aoi(one: World) -> None:
    assert one.scene(2, {21: None}, aoi="Nowhere").verdict == "rejected"
    assert one.scene(2, {22: None}).reason == "scene id 2 belongs to S2 of Nowhere"


def test_an_id_is_taken_when_its_aoi_is_gone(one: World) -> None:
    one.apply("aoi.deleted", {"id": "Demo"})
    one.aoi("Demo")
    assert one.scene(1, {12: None}, source_id="another").verdict == "rejected"
    assert one.scene(2, {11: None}).verdict == "rejected"
    assert one.scene(1, {11: None}).verdict == "applied"


def test_a_scene_may_come_again_under_other_ids(one: World) -> None:
    one.apply("aoi.deleted", {"id": "Demo"})
    one.aoi("Demo")
    assert one.scene(2, {21: None}, source_id="S1").verdict == "applied"
    assert one.says("scene", 1, "DONE").verdict == "rejected"
    assert one.says("scene", 2, "DONE").verdict == "applied"


def test_two_tiles_of_one_scene_can_not_have_one_id(one: World) -> None:
    body = scene_body(2, {21: None, 22: None})
    body["tiles"]["T22"]["id"] = 21
    assert one.apply("scene.created", body).reason == "tile id 21 belongs to T21 of Demo"


def test_who_owns_an_id_follows_from_the_creations_alone() -> None:
    first, second = (
        msgspec.convert(scene_body(1, {11: None}, source_id=name, data=msgspec.Raw(b"{}")), NewScene)
        for name in ("first", "second")
    )
    owners = first_claims([first, second])
    assert {key: claim.key for key, claim in owners.items()} == {
        ("scene", 1): ("Demo", "first", ""),
        ("tile", 11): ("Demo", "first", "T11"),
    }
    assert taken([owners["scene", 1]], owners) is None


# Events for an entity


@pytest.mark.parametrize("what", ["scene.result", "scene.retry", "tile.force", "tile.data"])
def test_with_a_partition_key_an_entity_is_looked_for_in_that_aoi_only(one: World, what: str) -> None:
    one.aoi("Other")
    id = 1 if what.startswith("scene") else 11
    one.bring("scene", 1, "RETRY")
    body = {"id": id, "status": "DONE", "data": {}}
    assert one.apply(what, body, partitionkey="Demo").verdict == "applied"
    before = one.state()
    for elsewhere in ("Other", "Nowhere"):
        outcome = one.apply(what, body, partitionkey=elsewhere)
        kind = what.partition(".")[0]
        assert (outcome.verdict, outcome.reason) == ("rejected", f"{kind} {id} is unknown in {elsewhere}")
    assert one.state() == before


def test_an_event_is_rejected_if_its_partition_key_names_another_aoi_than_it_does(one: World) -> None:
    one.aoi("Other")
    for type, body in (
        ("aoi.retry", {"id": "Demo"}),
        ("aoi.deleted", {"id": "Demo"}),
        ("aoi.created", {"id": "New"}),
        ("scene.created", scene_body(2, {21: None})),
    ):
        outcome = one.apply(type, body, partitionkey="Other")
        assert (outcome.verdict, outcome.reason) == ("rejected", "its partition key names the AOI Other")


def test_an_event_that_is_older_than_the_creation_is_rejected(world: World) -> None:
    assert world.says("scene", 1, "DONE").reason == "scene 1 is unknown"
    world.scene(1, {11: None})
    assert world.status("scene", 1) == "PENDING"
