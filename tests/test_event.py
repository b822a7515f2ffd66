"""Which lines are events, and when two of them say the same."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_lines import at, event, line, scene_body

from pipeline import event as events
from pipeline.event import EVENT_TYPES, EventInvalid, canonical, decode, moment, type_of

RESULT = {"type": "scene", "id": 1, "status": "DONE", "message": ""}
EXAMPLES: dict[str, dict[str, Any]] = {
    "aoi.created": {"id": "Demo"},
    "aoi.deleted": {"id": "Demo", "by": "anna"},
    "aoi.retry": {"id": "Demo", "force": True},
    "scene.created": scene_body(1, {11: None}),
    "scene.result": RESULT,
    "scene.retry": {"id": 1},
    "scene.fail": {"id": 1, "force": False},
    "scene.force": {"id": 1, "status": "RETRY"},
    "scene.data": {"id": 1, "data": {}},
    "tile.result": {**RESULT, "type": "tile"},
    "tile.retry": {"id": 1, "by": "anna", "reason": "disk full"},
    "tile.fail": {"id": 1},
    "tile.force": {"id": 1, "status": "NEW"},
    "tile.data": {"id": 1, "data": {"any": ["thing", None]}},
}


def an_event(type: str = "scene.result", data: Any = None, **more: Any) -> dict[str, Any]:
    return event(type, EXAMPLES.get(type, {}) if data is None else data, **{"time": at(1), "id": "e1", **more})


def refusal(text: bytes) -> str:
    with pytest.raises(EventInvalid) as refused:
        moment(decode(text))
    return str(refused.value)


# What is an event


def test_there_is_an_example_of_every_type() -> None:
    assert set(EXAMPLES) == set(EVENT_TYPES)


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_every_type(type: str) -> None:
    read = decode(line(an_event(type)))
    assert (type_of(read), read.id, read.source, read.data.id) == (type, "e1", "tests", EXAMPLES[type]["id"])


@pytest.mark.parametrize("type", EVENT_TYPES)
def test_what_the_program_does_not_know_is_no_fault(type: str) -> None:
    known = an_event(type)
    more = {**known, "subject": "x", "traceparent": "00-1", "data": {**known["data"], "worker": {"node": 7}}}
    assert type_of(decode(line(more))) == type


@pytest.mark.parametrize(
    ("type", "left_out"),
    [("aoi.retry", "force"), ("scene.fail", "force"), ("scene.result", "message"), ("scene.result", "type"),
     ("scene.created", "retry_count"), ("scene.created", "tiles"), ("scene.created", "data")],
)  # fmt: skip
def test_what_may_be_left_out(type: str, left_out: str) -> None:
    data = {name: value for name, value in EXAMPLES[type].items() if name != left_out}
    decode(line(an_event(type, data)))
    if left_out not in ("type", "data"):
        decode(line(an_event(type, {**data, left_out: None})))


@pytest.mark.parametrize("id", [0, 2**63 - 1])
def test_the_smallest_and_the_largest_id(id: int) -> None:
    assert decode(line(an_event("scene.retry", {"id": id}))).data.id == id


# What is none


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"not json", "not JSON"),
        (b'{"specversion":"1.0","id":"t', "not JSON"),
        (line(an_event()) + b" more", "not JSON"),
        (line(an_event()) * 2, "not JSON"),
        (b"[]", "not an event"),
        (b"null", "not an event"),
        (b'"text"', "not an event"),
        (b"{}", "not an event"),
        (b"\xff\xfe{}", "not UTF-8: byte 1 of the line is 0xff"),
        (line(an_event(id="caf\u00e9")).replace(b"\xc3\xa9", b"\xe9"), "not UTF-8"),
        (line(an_event()).replace(b'"message":""', b'"message":"\\ud800"'), "not JSON"),
        (line(an_event()).replace(b'"message":""', b'"message":NaN'), "not JSON"),
        (line(an_event()).replace(b'"message":""', b'"message":"\n"'), "not JSON"),
        (b"\xef\xbb\xbf" + line(an_event()), "not JSON"),
        (b'{"a":' + b"[" * 100_000, "not JSON"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else "",
)
def test_a_line_that_is_no_event(text: bytes, why: str) -> None:
    assert refusal(text).startswith(why)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "data"])
def test_an_attribute_that_has_to_be_there(name: str) -> None:
    left = {key: value for key, value in an_event().items() if key != name}
    assert f"missing required field `{name}`" in refusal(line(left))


@pytest.mark.parametrize(
    ("name", "value"),
    [("specversion", "0.3"), ("specversion", 1.0), ("id", ""), ("id", 5), ("source", ""), ("source", None),
     ("time", 1646092800), ("time", None), ("sequence", 5), ("partitionkey", 5), ("data", "text"), ("data", None),
     ("data", [])],
)  # fmt: skip
def test_an_attribute_of_the_wrong_kind(name: str, value: Any) -> None:
    assert refusal(json.dumps({**an_event(), name: value}).encode()).startswith("not an event")


@pytest.mark.parametrize("type", ["scene.moved", "SCENE.RETRY", "scene", "", "scene.retry "])
def test_an_unknown_type_is_never_guessed_at(type: str) -> None:
    told = refusal(line(an_event(type, {"id": 1})))
    assert told.startswith("unknown event type")
    assert "scene.retry" in told


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("aoi.created", {"id": ""}),
        ("aoi.created", {"id": 5}),
        ("aoi.created", {}),
        ("aoi.retry", {"id": "Demo", "force": "yes"}),
        ("scene.retry", {"id": "1"}),
        ("scene.retry", {"id": 1.5}),
        ("scene.retry", {"id": -1}),
        ("scene.retry", {"id": 2**63}),
        ("scene.retry", {"id": None}),
        ("scene.retry", {"id": True}),
        ("scene.retry", {"id": 1, "by": 7}),
        ("scene.result", {"id": 1}),
        ("scene.result", {**RESULT, "status": "BROKEN"}),
        ("scene.result", {**RESULT, "status": "done"}),
        ("scene.result", {**RESULT, "message": ["text"]}),
        ("scene.result", {**RESULT, "type": "tile"}),
        ("tile.result", RESULT),
        ("scene.force", {"id": 1}),
        ("scene.data", {"id": 1}),
        ("scene.data", {"id": 1, "data": "text"}),
        ("scene.data", {"id": 1, "data": None}),
        ("tile.data", {"id": 1, "data": []}),
        ("scene.created", {**EXAMPLES["scene.created"], "source_id": ""}),
        ("scene.created", {**EXAMPLES["scene.created"], "aoi": ""}),
        ("scene.created", {**EXAMPLES["scene.created"], "retry_count": 1.5}),
        ("scene.created", {**EXAMPLES["scene.created"], "retry_count": 2**31}),
        ("scene.created", {**EXAMPLES["scene.created"], "data": []}),
        ("scene.created", {**EXAMPLES["scene.created"], "data": {"tiles": ["T11"]}}),
        ("scene.created", {**EXAMPLES["scene.created"], "tiles": ["T11"]}),
        ("scene.created", {**EXAMPLES["scene.created"], "tiles": {"T11": {}}}),
        ("scene.created", {**EXAMPLES["scene.created"], "tiles": {"T11": {"id": "11"}}}),
        ("scene.created", {**EXAMPLES["scene.created"], "tiles": {"T11": {"id": 11, "data": "text"}}}),
        ("scene.created", {**EXAMPLES["scene.created"], "tiles": {"T11": {"id": 11, "previous_tile_id": 5}}}),
    ],
)
def test_data_of_the_wrong_kind(type: str, data: dict[str, Any]) -> None:
    assert refusal(line(an_event(type, data))).startswith("not an event")


@pytest.mark.parametrize(
    "time", ["yesterday", "2022-03-01T00:00:00", "2022-02-30T00:00:00Z", "2022-03-01 00:00:00Z", ""]
)
def test_a_time_that_is_none(time: str) -> None:
    assert refusal(line(an_event(time=time))).startswith("time ")


def test_a_line_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    text = line(an_event())
    monkeypatch.setattr(events, "MAX_LINE_BYTES", len(text))
    decode(text)
    assert refusal(text + b" ") == f"a line of {len(text) + 1:,} bytes; at most {len(text):,} are taken"


def test_a_scene_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_TILES", 2)
    decode(line(an_event("scene.created", scene_body(1, {11: None, 12: None}))))
    assert "a scene of 3 tiles" in refusal(line(an_event("scene.created", scene_body(1, dict.fromkeys([11, 12, 13])))))


# When two lines say the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": [true, null]}', '{"b":[true,null],"a":1}'),
        ('{"a":1}', '{"a":1.0}'),
        ('{"a":100}', '{"a":1e2}'),
        ('{"a":0.001}', '{"a":1E-3}'),
        ('{"a":0}', '{"a":-0.0}'),
        ('{"a":"é"}', '{"a":"\\u00e9"}'),
        ('{"a":"/"}', '{"a":"\\/"}'),
        ('{"a":1e400}', '{"a":10e399}'),
    ],
)
def test_the_same_value(one: str, other: str) -> None:
    assert canonical(one.encode()) == canonical(other.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1}', '{"a":"1"}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":[1,2]}', '{"a":[2,1]}'),
        ('{"a":9007199254740993}', '{"a":9007199254740992}'),
        ('{"a":0.1}', '{"a":0.10000000000000000001}'),
        ('{"a":1e400}', '{"a":1e401}'),
        ('{"a":null}', "{}"),
        ('{"a":-1}', '{"a":1}'),
    ],
)
def test_another_value(one: str, other: str) -> None:
    assert canonical(one.encode()) != canonical(other.encode())


def test_the_form_is_that_of_the_standard() -> None:
    """The example of RFC 8785, section 3.2.3, and its numbers where a double holds them as they are written."""
    text = """{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }"""
    assert canonical(text.encode()) == (
        '{"literals":[null,true,false],"numbers":[333333333.33333329,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@given(st.integers(-(10**25), 10**25) | st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 30))
def test_a_number_is_the_same_however_it_is_written(number: float, zeros: int) -> None:
    exact = Decimal(repr(number))
    written = f"{exact.scaleb(-zeros)}".replace("E+", "e")
    again = f"{written}E{zeros}" if "e" not in written.lower() else f"{exact:e}"
    assert canonical(again.encode()) == canonical(repr(number).encode())
    assert Decimal(canonical(repr(number).encode())) == exact


@pytest.mark.parametrize("text", [b'{"a":1e99999999999999999999}', b"[" * 5000, b"\xff"])
def test_what_is_too_much_stands_for_itself(text: bytes) -> None:
    assert canonical(text) == text.decode("utf-8", "backslashreplace")
