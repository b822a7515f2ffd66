"""What new events mean for those that are there: identity, who owns an id, and which AOI an event belongs to."""

import json
from itertools import permutations
from typing import Any

import pytest
from arriving import Taken
from log_lines import at

# Late events: an AOI whose past changed is folded again from its start, the others aren't touched


def test_only_the_aoi_of_a_late_event_is_folded_again(two: Taken) -> None:
    two.take(two.scene(2, {21: None}, aoi="B"))
    assert two.take(two.says("scene", 1, "RETRY", "late", time=at(5))).folded == ["A"]
    assert two.take(two.says("scene", 2, "DONE")).folded == ["B"]
    assert two.take().folded == []


def test_a_late_event_changes_what_came_of_those_after_it(two: Taken) -> None:
    two.take(two.says("scene", 1, "DONE", id="done", time=at(20)))
    assert two.board().scenes[1].status == "DONE"
    two.take(two.says("scene", 1, "FAILED", "gone", time=at(10)))
    assert (two.board().scenes[1].status, two.board().scenes[1].message) == ("FAILED", "gone")
    assert two.rejected() == {"done": "scene 1 is FAILED: a worker can't make it DONE"}


def test_an_event_before_the_creation_of_what_it_names_is_judged_again_when_that_arrives(store: Taken) -> None:
    result = store.says("scene", 1, "DONE", id="early", time=at(50))
    assert store.take(store.aoi("A"), result).folded == ["", "A"]
    assert store.rejected() == {"early": "scene 1 is unknown"}
    assert store.take(store.scene(1, {11: None}, time=at(40))).folded == ["", "A"]
    assert store.rejected() == {}
    assert store.board().scenes[1].status == "DONE"


def test_an_event_that_names_its_aoi_is_folded_there_before_its_creation_arrives(store: Taken) -> None:
    result = store.says("scene", 1, "DONE", id="early", time=at(50), partitionkey="A")
    assert store.take(result).folded == ["A"]
    assert store.rejected() == {"early": "scene 1 is unknown in A"}
    assert store.take(store.aoi("A"), store.scene(1, {11: None})).folded == ["A"]
    assert store.rejected() == {}


def test_an_empty_partition_key_names_no_aoi_that_there_is(two: Taken) -> None:
    """Whether the id's owner is known by then or not."""
    two.take(two.says("scene", 1, "DONE", id="after", partitionkey=""))
    two.take(two.says("scene", 2, "DONE", id="before", partitionkey="", time=at(99)))
    two.take(two.scene(2, {21: None}))
    assert two.rejected() == {"after": "scene 1 is unknown", "before": "scene 2 is unknown"}


# Order: time, then sequence, then source, then id


ORDERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "time": ({"time": "2022-03-01T00:01:00Z"}, {"time": "2022-03-01T00:01:01Z"}),
    "time in nanoseconds": (
        {"time": "2022-03-01T00:01:00.000000001Z"}, {"time": "2022-03-01T00:01:00.000000002Z"}
    ),
    "time in zones": ({"time": "2022-03-01T10:00:00+09:00"}, {"time": "2022-03-01T02:00:00Z"}),
    "sequence": ({"sequence": "00001", "id": "z"}, {"sequence": "00002", "id": "a"}),
    "a sequence after none": ({"id": "z"}, {"sequence": "00001", "id": "a"}),
    "source": ({"source": "a", "id": "z"}, {"source": "b", "id": "a"}),
    "id": ({"id": "a"}, {"id": "b"}),
    "id, as text": ({"id": "10"}, {"id": "9"}),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), ORDERS.values(), ids=ORDERS.keys())
@pytest.mark.parametrize("arriving", ["in order", "the other way round", "late"])
def test_log_order(two: Taken, first: dict[str, Any], second: dict[str, Any], arriving: str) -> None:
    """Two results: in log order the first is taken, which leaves the second nothing to say."""
    same = {"time": at(60)}
    events = [
        two.says("scene", 1, "DONE", **{**same, "id": "first", **first}),
        two.says("scene", 1, "FAILED", **{**same, "id": "second", **second}),
    ]
    if arriving != "in order":
        events.reverse()
    if arriving == "late":
        two.take(events.pop(0))
    two.take(*events)
    assert two.board().scenes[1].status == "DONE"
    assert list(two.rejected()) == [second.get("id", "second")]


# Identity


def test_the_same_id_of_two_sources_is_two_events(two: Taken) -> None:
    two.take(
        two.says("scene", 1, "RETRY", "a", id="x", source="w/1"),
        two.says("scene", 1, "FAILED", "b", id="x", source="w/2"),
    )
    assert (two.board().scenes[1].status, two.board().scenes[1].message) == ("FAILED", "b")
    assert two.conflicts() == []


@pytest.mark.parametrize("when", ["in one build", "in two"])
def test_a_duplicate_has_no_effect(two: Taken, when: str) -> None:
    """Though its members come in another order, and its numbers are written otherwise."""
    first = two.log.event("scene.data", {"id": 1, "data": {"a": 1.0, "b": [1e2, "é"]}}, id="x")
    again = (
        b'{ "data": {"data": {"b": [100, "\\u00e9"], "a": 1}, "id": 1}, "time": "%b", "type": "scene.data",'
        b' "source": "tests", "id": "x", "specversion": "1.0"}' % first["time"].encode()
    )
    if when == "in two":
        two.take(first)
        two.take(again)
    else:
        two.take(first, again)
    assert (two.conflicts(), two.rejected()) == ([], {})
    assert [event.id for event in two.board().events].count("x") == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("in_builds", [1, 3])
def test_of_one_identity_the_first_in_log_order_counts(two: Taken, order: tuple[int, ...], in_builds: int) -> None:
    """Whichever came first; the others are kept in quarantine, once each, however often they come."""
    variants = [
        two.says("scene", 1, "RETRY", message, id="x", time=at(time))
        for message, time in (("first", 10), ("second", 20), ("third", 20))
    ]
    arriving = [variants[place] for place in order] * 2
    for start in range(0, 6, 6 // in_builds):
        two.take(*arriving[start : start + 6 // in_builds])
    assert two.board().scenes[1].message == "first"
    assert sorted(json.loads(text)["data"]["message"] for text in two.conflicts()) == ["second", "third"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_content_that_lost_is_shown_by_the_least_of_its_lines(two: Taken, order: tuple[int, ...]) -> None:
    """Several spellings, in several files: whichever came first."""
    others = [two.says("scene", 1, "RETRY", message, id="y", time=at(30)) for message in ("first", "second")]
    two.take(*others, file="0.jsonl")
    counts = two.says("scene", 1, "RETRY", "first", id="x", time=at(10))
    lost = two.says("scene", 1, "RETRY", "second", id="x", time=at(20))
    files = {"1.jsonl": lost, "2.jsonl": dict(reversed(lost.items())), "3.jsonl": counts, "4.jsonl": lost}
    for place in order:
        name = list(files)[place]
        two.take(files[name], file=name)
    texts = {name: json.dumps(files[name], separators=(",", ":")) for name in ("1.jsonl", "2.jsonl", "4.jsonl")}
    text, name = min((text, name) for name, text in texts.items())
    assert [(file, shown) for file, _, _, _, shown in two.quarantine() if file > "0.jsonl"] == [(name, text)]
    assert len(two.conflicts()) == 2


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_line_that_lost_is_shown_at_its_least_place_whichever_was_read_first(
    two: Taken, order: tuple[int, ...]
) -> None:
    """It may have counted meanwhile, at several places and in several wordings, and lose to what comes last."""
    counts, lost = (two.says("scene", 1, "RETRY", "", id="x", time=at(time)) for time in (10, 20))
    files = {
        "c.jsonl": counts, "b1.jsonl": lost, "b.jsonl": lost,
        "a.jsonl": {**lost, "data": dict(sorted(lost["data"].items(), reverse=True))},
    }  # fmt: skip
    for place in order:
        name = list(files)[place]
        two.take(files[name], file=name)
    assert [(file, number) for file, _, number, *_ in two.quarantine()] == [("b.jsonl", 1)]


def test_of_one_identity_and_moment_the_smaller_canonical_json_counts(two: Taken) -> None:
    larger = two.says("scene", 1, "RETRY", "b", id="x", time=at(10))
    two.take(larger)
    two.take({**larger, "data": {"message": "a", "id": 1, "type": "scene", "status": "RETRY"}})
    assert two.board().scenes[1].message == "a"
    assert two.conflicts() == [json.dumps(larger, separators=(",", ":"))]


def test_an_event_that_does_not_count_any_more_leaves_its_aoi(two: Taken) -> None:
    """Its AOI is folded without it, and the one of the event that counts in its place with that."""
    two.take(two.aoi("C", id="x", time=at(100)))
    assert two.take(two.aoi("D", id="x", time=at(50))).folded == ["C", "D"]
    with pytest.raises(KeyError):
        two.board("C")
    assert two.board("D").status == "NEW"


# Ids: they belong to whom a creation first names, in log order


def test_an_earlier_creation_that_arrives_late_takes_an_id_over(two: Taken) -> None:
    result = two.says("scene", 7, "DONE", id="result", time=at(90))
    two.take(two.scene(7, {71: None}, aoi="B", time=at(80), id="later"), result)
    assert two.board("B").scenes[7].status == "DONE"
    assert two.take(two.scene(7, {72: None}, aoi="A", time=at(70), source_id="earlier")).folded == ["A", "B"]
    assert two.rejected() == {"later": "scene id 7 belongs to earlier of A"}
    assert two.home("result") == "A"
    assert (two.board("A").scenes[7].status, 7 in two.board("B").scenes) == ("DONE", False)


def test_a_creation_that_does_not_count_any_more_gives_its_id_back(two: Taken) -> None:
    """To the one that was refused for it, with what names that id by itself."""
    owner = two.scene(7, {71: None}, aoi="A", time=at(70), id="owner")
    refused = two.scene(7, {72: None}, aoi="B", time=at(80), id="refused", source_id="another")
    two.take(owner, refused, two.says("scene", 7, "DONE", id="result", time=at(90)))
    assert two.rejected() == {"refused": "scene id 7 belongs to S7 of A"}
    assert two.take({**two.scene(8, {81: None}, aoi="A"), "id": "owner", "time": at(60)}).folded == ["A", "B"]
    assert two.rejected() == {}
    assert two.board("B").scenes[7].status == "DONE"


def test_events_whose_creation_does_not_count_any_more_belong_nowhere(two: Taken) -> None:
    two.take(
        two.scene(7, {71: None}, aoi="A", time=at(70), id="owner"),
        two.says("scene", 7, "DONE", id="result", time=at(90)),
    )
    assert two.home("result") == "A"
    two.take({**two.scene(8, {81: None}, aoi="A"), "id": "owner", "time": at(60)})
    assert two.home("result") == ""
    assert two.rejected() == {"result": "scene 7 is unknown"}


def test_a_new_event_goes_to_the_owner_of_an_id_that_several_creations_name(two: Taken) -> None:
    two.take(
        two.scene(7, {71: None}, aoi="B", time=at(80), id="no 1", source_id="x"),
        two.scene(7, {72: None}, aoi="A", time=at(70)),
        two.scene(7, {73: None}, aoi="B", time=at(90), id="no 2", source_id="y"),
    )
    two.take(two.says("scene", 7, "DONE", id="result", time=at(100)))
    assert two.home("result") == "A"
    assert two.board("A").scenes[7].status == "DONE"


def test_the_owner_may_be_refused_for_another_reason_and_keeps_the_id(two: Taken) -> None:
    two.take(two.scene(7, {71: 99}, aoi="A", id="no previous", time=at(70)))
    two.take(two.scene(7, {72: None}, aoi="B", id="not its own", time=at(80)))
    assert set(two.rejected()) == {"no previous", "not its own"}
    two.take(two.says("scene", 7, "DONE", id="result", time=at(90)))
    assert two.home("result") == "A"
    assert two.rejected()["result"] == "scene 7 is unknown in A"
