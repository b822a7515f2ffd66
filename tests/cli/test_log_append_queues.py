"""`log append` of workers' results as the server's queues hand them out: Pub/Sub pushed and pulled, pgqueue."""

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from log_lines import Log, at, event

if TYPE_CHECKING:
    from conftest import Command

RESULT = {"type": "tile", "id": 31, "status": "RETRY", "message": "no swath “IW1”"}
SUBSCRIPTION = "projects/ingester/subscriptions/sceneboard"


def appended(log: Log) -> list[dict[str, Any]]:
    return [json.loads(text) for path in log.folder.rglob("*.jsonl") for text in path.read_bytes().splitlines()]


def pubsub(id: str, body: Any = RESULT, **more: Any) -> dict[str, Any]:
    """A message as Pub/Sub's REST API has it: the data in base64."""
    data = base64.b64encode(json.dumps(body).encode()).decode()
    return {"data": data, "messageId": id, "publishTime": "2022-03-01T12:00:00.123Z", **more}


def told(events: list[dict[str, Any]]) -> list[tuple[str, str, str, str, Any]]:
    return [(one["id"], one["source"], one["time"], one["type"], one["data"]) for one in events]


def test_a_pushed_message(sceneboard: "Command", log: Log) -> None:
    """Id and time are the message's, the source is the subscription."""
    push = {"message": pubsub("4711", attributes={"a": "b"}), "subscription": SUBSCRIPTION}
    said = sceneboard("log", "append", "-", text=json.dumps(push))
    assert (said.code, said.text) == (0, "-: 1 events appended\n")
    assert told(appended(log)) == [("4711", SUBSCRIPTION, "2022-03-01T12:00:00.123Z", "tile.result", RESULT)]


@pytest.mark.parametrize("indent", [None, 2], ids=["on one line", "over several lines"])
@pytest.mark.parametrize("rest", [False, True], ids=["gcloud", "the REST API"])
def test_pulled_messages(sceneboard: "Command", log: Log, indent: int | None, rest: bool) -> None:
    """`gcloud pubsub subscriptions pull --format json` prints a list, over several lines; the REST API an object."""
    scene = {"type": "scene", "id": 3, "status": "DONE", "message": ""}
    pulled = [{"ackId": "x", "message": pubsub("1")}, {"ackId": "y", "message": pubsub("2", scene)}]
    text = json.dumps({"receivedMessages": pulled} if rest else pulled, indent=indent)
    said = sceneboard("log", "append", "--source", "ingester", "-", text=text)
    assert (said.code, said.text) == (0, "-: 2 events appended\n")
    assert [one[:2] + one[3:] for one in told(appended(log))] == [
        ("1", "ingester", "tile.result", RESULT),
        ("2", "ingester", "scene.result", scene),
    ]


def test_a_message_that_is_delivered_twice_counts_once(sceneboard: "Command", log: Log) -> None:
    """Wherever it was pulled, whatever the acknowledgement was called then."""
    log.aoi()
    log.scene(3, {31: None}, retries=2)
    log.says("scene", 3, "DONE")
    for ack in ("first", "second"):
        text = json.dumps([{"ackId": ack, "message": pubsub("1")}])
        assert sceneboard("log", "append", "-", text=text).code == 0
    assert sceneboard("build", "--strict").code == 0
    assert sceneboard("tile", "show", 31, "--json").json["RetryCountDown"] == 1


def test_nothing_was_to_be_pulled(sceneboard: "Command", log: Log) -> None:
    said = sceneboard("log", "append", "-", text="[]\n")
    assert (said.code, said.text) == (0, "-: 0 events appended\n")
    assert appended(log) == []


def test_rows_of_pgqueue(sceneboard: "Command", log: Log) -> None:
    """As `row_to_json` gives them: bytes in PostgreSQL's hexadecimal notation."""
    row = {
        "id": 7, "created_at": "2022-03-01T12:00:00.5+01:00", "queue_name": "events",
        "data": "\\x" + json.dumps(RESULT).encode().hex(), "run_after": "2022-03-01T12:00:00+01:00", "error": None,
    }  # fmt: skip
    text = "".join(json.dumps(one) + "\n" for one in (row, {**row, "id": 8}))
    assert sceneboard("log", "append", "-", text=text).code == 0
    assert told(appended(log)) == [
        (id, "pgqueue/events", "2022-03-01T12:00:00.5+01:00", "tile.result", RESULT) for id in ("7", "8")
    ]


def test_a_list_of_results_and_events_over_several_lines(sceneboard: "Command", log: Log) -> None:
    """CloudEvents in a batch too, as its JSON format has them."""
    retry = event("tile.retry", {"id": 1, "weight": 1.50}, at(1), "r1")
    assert sceneboard("log", "append", "-", text=json.dumps([RESULT, retry], indent=1)).code == 0
    first, second = appended(log)
    assert (first["type"], first["data"]) == ("tile.result", RESULT)
    assert second == retry


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([{"message": pubsub("1")}, {"message": {**pubsub("2"), "data": "no base64"}}], "message 2: a message of"),
        ({"message": {"messageId": "1"}}, "line 1: a message of Pub/Sub without data"),
        ({"message": {"data": "AAAA", "messageId": "1"}}, "line 1: not JSON"),
        ({"message": pubsub("1", {"type": "tile", "id": 1})}, "line 1: not an event"),
        ({"message": pubsub("1", publishTime="yesterday")}, "line 1: time 'yesterday' is not an RFC 3339 time"),
        ({"queue_name": "events", "data": "text"}, "line 1: a row of pgqueue whose data is not as PostgreSQL"),
        ({"queue_name": "events", "data": "\\xzz"}, "line 1: a row of pgqueue whose data is not as PostgreSQL"),
        ({"id": 3, "source_id": "S3", "aoi": "A", "data": {}}, "this is work for a worker, not a worker's result"),
        ([[RESULT]], "line 1, message 1: neither a result nor an event"),
        ({"receivedMessages": 5}, "line 1: a bare result has"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused_with_its_place(sceneboard: "Command", log: Log, value: Any, message: str) -> None:
    said = sceneboard("log", "append", "-", text=json.dumps(value))
    assert said.code == 2
    assert message in said.text
    assert "nothing of - was appended" in said.text
    assert appended(log) == []
