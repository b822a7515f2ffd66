"""Plans that lead to the states of recorded runs of the server, and what becomes of answers that no run can give."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from log_lines import recorded

from pipeline.event import STATUSES, decode, type_of
from pipeline.fold.apply import fold
from pipeline.moving_in.answers import AoiAnswers, SceneAnswer, TileAnswer, typed
from pipeline.moving_in.importing import ImportedAoi, plan_aoi
from pipeline.store.past import Past
from pipeline.timestamp import instant

RUNS = list(recorded("transitions.jsonl.gz"))
SOURCE = "tests/import"


def answers(name: str, state: Mapping[str, Any], payload: bytes | None = None) -> AoiAnswers:
    """What a server in a recorded state answers about an AOI; `payload` is that of its scenes, if it matters."""
    tiles = [
        {
            "id": int(id), "source_id": one["source_id"], "scene": {"id": one["scene"]}, "status": one["status"],
            "message": one["message"], "PreviousID": one["prev"], "ReferenceID": one["ref"],
            "RetryCountDown": one["retry_countdown"], "data": {"swath_id": "IW1"},
        }
        for id, one in state["tile"].items()
        if state["scene"][str(one["scene"])]["aoi"] == name
    ]  # fmt: skip
    scenes = []
    for id, one in state["scene"].items():
        if one["aoi"] == name:
            named = {tile["source_id"]: {} for tile in tiles if tile["scene"] == {"id": int(id)}}
            data = msgspec.Raw(payload) if payload is not None else {"tiles": named}
            scenes.append({**one, "id": int(id), "data": data, "RetryCountDown": one["retry_countdown"]})
    return AoiAnswers(name, None, _by_id(scenes, SceneAnswer), _by_id(tiles, TileAnswer), {})


def _by_id(entries: list[dict[str, Any]], of: Any) -> dict[int, Any]:
    return {one.id: one for one in typed([msgspec.Raw(msgspec.json.encode(one)) for one in entries], of, "tests")}


def past_of(name: str, lines: list[bytes]) -> Past:
    events = [decode(one) for one in lines]
    return Past(name, list(enumerate(events, 1)), lines, [instant(one.time) for one in events], {})


def planned(there: AoiAnswers, *before: ImportedAoi) -> ImportedAoi:
    lines = [one for done in before for one in done.lines]
    return plan_aoi(past_of(there.name, lines), there, SOURCE)


def last_states() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for run in RUNS:
        state = run["steps"][-1]["state"]
        found += [(run["name"], name, state) for name in state["aoi"]]
    return found


# One tile there is left with a reference by a chain of failures that a plan, which closes chains once, doesn't find.
BEYOND = {("random-2011", "AOI_A"): ["ReferenceID"]}


def test_every_recorded_state_is_reached_from_nothing() -> None:
    """All that the server had in its database after nonsense of all kinds: 183 AOIs."""
    left = {}
    for run, name, state in last_states():
        there = answers(name, state)
        found = planned(there)
        if found.differences:
            left[run, name] = [one.what for one in found.differences]
        assert planned(there, found).lines == []
    assert left == BEYOND
    assert len(last_states()) > 150


def test_a_later_state_is_reached_from_an_earlier_one() -> None:
    """From the middle of a run to its end, for an AOI that wasn't made again in between. Then nothing is left to do."""
    reached = left = 0
    for run in RUNS:
        states = [step["state"] for step in run["steps"] if "state" in step]
        end = states[-1]
        for name in end["aoi"]:
            for state in (states[len(states) // 3], states[2 * len(states) // 3]):
                if name not in state["aoi"]:
                    continue
                earlier, there = answers(name, state), answers(name, end)
                if not earlier.scenes.keys() <= there.scenes.keys():
                    continue
                first = planned(earlier)
                then = planned(there, first)
                reached += 1
                left += bool(then.differences) and not first.differences
                assert planned(there, first, then).lines == []
    assert reached > 200
    assert left <= reached // 25


def test_what_is_new_goes_the_way_of_workers_and_what_was_there_is_forced() -> None:
    """So that the pages don't say of everything that it was set by hand."""
    state = STATE | {"tile": {"11": TILE, "12": TILE | {"source_id": "T12", "status": "RETRY", "message": "disk full"}}}
    first = planned(answers("A", state))
    assert types(first) == ["aoi.created", "scene.created", "scene.result", "tile.result", "tile.result"]
    later = {
        **state,
        "tile": {**state["tile"], "12": TILE | {"source_id": "T12", "status": "DONE", "message": "disk full"}},
    }
    assert types(planned(answers("A", later), first)) == ["tile.force"]


SCENE = {"aoi": "A", "source_id": "S1", "status": "DONE", "message": "", "retry_countdown": 0}
TILE = {
    "scene": 1, "source_id": "T11", "status": "DONE", "message": "", "retry_countdown": 0, "prev": None, "ref": None,
}  # fmt: skip
STATE: dict[str, Any] = {"aoi": {"A": "DONE"}, "scene": {"1": SCENE}, "tile": {"11": TILE}}


def types(found: ImportedAoi) -> list[str]:
    return [type_of(decode(one)) for one in found.lines]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("countdown", [-3, -1, 0, 2])
def test_a_scene_and_a_tile_of_any_status_with_any_countdown_and_message(status: str, countdown: int) -> None:
    """A root tile of a DONE scene, and a scene whose tile is NEW: both can have come to all of these."""
    one = {"status": status, "retry_countdown": countdown, "message": "disk full"}
    tile = planned(answers("A", STATE | {"tile": {"11": TILE | one}}))
    assert tile.differences == []
    root = TILE | {"status": "FAILED" if status == "FAILED" else "NEW", "retry_countdown": countdown}
    scene = planned(answers("A", STATE | {"scene": {"1": SCENE | one}, "tile": {"11": root}}))
    assert scene.differences == []


def test_an_operator_is_told_why_before_how_often() -> None:
    """A tile that waits for another, in RETRY with retries left and a message: no event leads there."""
    waiting = TILE | {"source_id": "T12", "prev": 11, "ref": 11, "scene": 2}
    scenes = {"1": SCENE, "2": SCENE | {"source_id": "S2"}}
    retry = waiting | {"status": "RETRY", "retry_countdown": 1, "message": "disk full"}
    found = planned(answers("A", STATE | {"scene": scenes, "tile": {"11": TILE, "21": retry}}))
    assert [(one.what, one.there, one.here) for one in found.differences] == [("RetryCountDown", "1", "0")]


def test_a_status_counts_more_than_how_often() -> None:
    """A scene is PENDING again, as often as it has retries left: only a retry makes it so, and costs one."""
    first = planned(answers("A", STATE))
    again = answers("A", STATE | {"scene": {"1": SCENE | {"status": "PENDING"}}})
    found = planned(again, first)
    assert types(found) == ["scene.force"]
    assert [(one.what, one.there, one.here) for one in found.differences] == [("RetryCountDown", "0", "-1")]
    assert planned(again, first, found).lines == []


def test_payloads_come_to_the_digit_and_are_replaced_when_they_change() -> None:
    """Where fewer tiles are named in it than there are, the creation can't have it: it is given after."""
    text = b'{"date": "2022-01-02T10:00:00Z", "x": 1.50000000000000000001, "tiles": {"Gone": {}}, "n": 1e400}'
    found = planned(answers("A", STATE, text))
    assert found.differences == []
    assert text in found.lines[1]
    two = STATE | {"tile": {"11": TILE, "12": TILE | {"source_id": "T12"}}}
    found = planned(answers("A", two, text))
    assert found.differences == []
    assert types(found)[-1] == "scene.data"
    assert text in found.lines[-1]
    assert planned(answers("A", two, text.replace(b" ", b"")), found).lines == []
    other = planned(answers("A", two, text.replace(b"Gone", b"Came")), found)
    assert types(other) == ["scene.data"]


def test_what_has_no_place_in_the_log_is_named() -> None:
    """A scene without tiles; and a retry more often than is made up for."""
    found = planned(answers("A", STATE | {"tile": {}}))
    assert [one.sentence for one in found.differences] == [
        "AOI A, scene 1: it is DONE there, missing here: a scene without tiles can't be added"
    ]
    worn = answers("A", STATE | {"tile": {"11": TILE | {"retry_countdown": -(2**31)}}})
    found = planned(worn)
    assert [one.what for one in found.differences] == ["RetryCountDown"]
    assert len(found.lines) < 20


def test_events_follow_each_other_in_time_and_name_the_aoi() -> None:
    found = planned(answers(*next((name, state) for _, name, state in last_states() if len(state["tile"]) > 5)))
    events = [decode(one) for one in found.lines]
    moments = [instant(one.time) for one in events]
    assert moments == sorted(set(moments))
    assert {(one.source, one.partitionkey) for one in events} == {(SOURCE, found.name)}


_status = st.sampled_from(STATUSES)
_message = st.sampled_from(["", "disk full", "no data"])
_countdown = st.integers(-3, 3)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    """Any answers: three scenes of two tiles, with any chains between them, backwards and in circles too."""
    scenes, tiles = {}, {}
    for scene in (1, 2, 3):
        scenes[str(scene)] = {
            "aoi": "A", "source_id": f"S{scene}", "status": draw(_status), "message": draw(_message),
            "retry_countdown": draw(_countdown),
        }  # fmt: skip
        for tile in (1, 2):
            tiles[str(scene * 10 + tile)] = {
                "scene": scene, "source_id": f"T{tile}", "status": draw(_status), "message": draw(_message),
                "retry_countdown": draw(_countdown), "prev": None, "ref": None,
            }  # fmt: skip
    ids = st.one_of(st.none(), st.sampled_from(sorted(map(int, tiles))), st.just(99))
    for one in tiles.values():
        one["prev"], one["ref"] = draw(ids), draw(ids)
    return {"aoi": {"A": "NEW"}, "scene": scenes, "tile": tiles}


@settings(max_examples=examples(20, at_length=60))
@given(states(), states())
def test_any_answers_give_a_plan_that_holds_and_a_second_that_is_empty(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whatever is answered: no event of a plan is rejected, all differences are told, and nothing is appended twice."""
    first = planned(answers("A", one))
    assert planned(answers("A", one), first).lines == []
    there = answers("A", other)
    second = planned(there, first)
    assert planned(there, first, second).lines == []
    folded = fold("A", past_of("A", [*first.lines, *second.lines]).events, {}, history=True)
    assert [outcome for outcome in folded.outcomes if outcome.verdict != "applied"] == []
    for id, tile in folded.aoi.tiles.items():
        told = {each.what for each in second.differences if (each.kind, each.id) == ("tile", id)}
        answer = there.tiles[id]
        assert (tile.status != answer.status) == ("status" in told)
        assert (tile.message != answer.message) == ("message" in told)
        assert (tile.retry_countdown != answer.retry_countdown) == ("RetryCountDown" in told)
        assert ((tile.prev and tile.prev.id) != answer.previous_id) == ("PreviousID" in told)
        assert ((tile.ref and tile.ref.id) != answer.reference_id) == ("ReferenceID" in told)
