"""Operators' commands: they see the latest state, append, and say what came of it by text, JSON and exit code."""

import getpass
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from log_lines import Log

from pipeline.insight.guard import State, expect
from pipeline.store.held import LOCK
from pipeline.store.lock import held
from pipeline.timestamp import instant

if TYPE_CHECKING:
    from conftest import Command


def events(log: Log) -> list[dict[str, Any]]:
    """All events of the log, in the order in which they were appended."""
    return [json.loads(line) for path in log.folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]


def status(sceneboard: "Command", kind: str, id: int) -> str:
    found: str = sceneboard(kind, "show", id, "--json").json["status"]
    return found


# The guard


def test_a_command_from_a_page_is_refused_when_somebody_else_was_faster(demo: "Command", log: Log) -> None:
    demo("scene", "force", 1, "DONE")
    log.says("tile", 1, "RETRY", "disk full", time="2050-01-01T00:00:00Z")
    log.says("tile", 2, "RETRY", "disk full", time="2050-01-01T00:00:01Z")
    guard = expect([State("tile", id, "RETRY", 0) for id in (1, 2)])
    command = ("tile", "fail", 1, 2, "--expect", guard)
    assert demo("tile", "retry", 2).code == 0
    before = events(log)
    refused = demo(*command)
    assert refused.code == 4
    assert "nothing was appended: tile 2 is PENDING with no retry left; it was RETRY with no retry left" in refused.text
    assert "is of another command" in demo("tile", "fail", 1, "--expect", guard).text
    assert demo("tile", "fail", 1, "--expect", guard, "--no-check").code == 2
    assert events(log) == before
    log.says("tile", 2, "RETRY", "disk full", time="2050-01-01T00:00:09Z")
    assert demo("tile", "fail", 1, "--expect", expect([State("tile", 1, "RETRY", 0)])).code == 0
    assert status(demo, "tile", 1) == "FAILED"


# AOIs


def test_an_aoi_is_created_once(sceneboard: "Command", log: Log) -> None:
    assert sceneboard("aoi", "create", "Demo").code == 0
    (written,) = events(log)
    assert (written["type"], written["data"]["id"], written["partitionkey"]) == ("aoi.created", "Demo", "Demo")
    again = sceneboard("aoi", "create", "Demo")
    assert (again.code, again.text) == (5, "error: AOI Demo exists already\n")
    assert len(events(log)) == 1


def test_a_deleted_aoi_may_be_created_again(demo: "Command") -> None:
    assert demo("aoi", "delete", "Demo").code == 0
    assert demo("scene", "show", 1).code == 3
    assert demo("aoi", "delete", "Demo").code == 3
    assert demo("aoi", "create", "Demo").code == 0
    assert demo("scene", "list", "Demo", "--json").json == []


def test_aoi_retry(demo: "Command", log: Log) -> None:
    assert demo("aoi", "retry", "Demo").text == "AOI Demo: nothing to do\n"
    log.says("scene", 1, "RETRY", "disk full", time="2050-01-01T00:00:00Z")
    assert demo("aoi", "retry", "Demo").text == "AOI Demo: aoi.retry appended\n"
    assert status(demo, "scene", 1) == "PENDING"
    assert demo("aoi", "retry", "Nowhere").code == 3


def test_aoi_retry_by_force_says_what_could_not_be_retried(demo: "Command") -> None:
    for id in (1, 2):
        demo("scene", "force", id, "DONE")
    for id in (1, 2, 3):
        demo("tile", "force", id, "DONE")
    said = demo("aoi", "retry", "Demo", "--force")
    assert said.code == 0
    assert "not retried: tile 3 waits for tile 1, which is PENDING, not DONE" in said.text


# Scenes and tiles


def test_a_retry_is_seen_at_once(demo: "Command", log: Log) -> None:
    """Two commands in a row see each other, without a build between."""
    demo("scene", "force", 1, "DONE")
    demo("tile", "force", 1, "RETRY")
    assert demo("tile", "retry", 1).text == "tile 1: tile.retry appended\n"
    assert demo("tile", "retry", 1).text == "tile 1: nothing to do\n"
    assert status(demo, "tile", 1) == "PENDING"
    assert [event["type"] for event in events(log)[-2:]] == ["tile.force", "tile.retry"]


def test_a_retry_is_refused_with_what_the_status_is(demo: "Command", log: Log) -> None:
    before = events(log)
    said = demo("tile", "retry", 1)
    assert (said.code, said.text) == (4, "error: tile 1 is NEW, not RETRY\n")
    assert events(log) == before


@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_fail_needs_retry_or_force(demo: "Command", kind: str) -> None:
    said = demo(kind, "fail", 2)
    assert said.code == 4
    assert "not RETRY" in said.text
    assert demo(kind, "fail", 2, "--force").code == 0
    assert status(demo, kind, 2) == "FAILED"
    assert demo(kind, "fail", 2, "--force").text == f"{kind} 2: nothing to do\n"


@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_force_sets_any_status(demo: "Command", kind: str) -> None:
    for wanted in ("RETRY", "retry", "NEW", "DONE"):
        assert demo(kind, "force", 2, wanted).code == 0
        assert status(demo, kind, 2) == wanted.upper()
    assert demo(kind, "force", 2, "BROKEN").code == 2


@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_set_data_replaces_the_payload(demo: "Command", tmp_path: Path, kind: str) -> None:
    (tmp_path / "new.json").write_text('{"date": "2023-01-01T00:00:00Z", "é": [1.5, null]}', encoding="utf-8")
    assert demo(kind, "set-data", 1, tmp_path / "new.json").code == 0
    assert demo(kind, "show", 1, "--json").json["data"] == {"date": "2023-01-01T00:00:00Z", "é": [1.5, None]}
    assert demo(kind, "set-data", 1, "-", text="{}").code == 0
    assert demo(kind, "show", 1, "--json").json["data"] == {}


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "5", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 9999]
)
def test_data_that_is_none_is_wrong_usage(demo: "Command", log: Log, text: str) -> None:
    before = events(log)
    for more in ([], ["--no-check"]):
        assert demo("scene", "set-data", 1, "-", *more, text=text).code == 2
    assert events(log) == before


# Several ids


def test_of_several_ids_each_is_reported_and_the_exit_code_is_the_worst(demo: "Command", log: Log) -> None:
    demo("scene", "force", 1, "DONE")
    demo("tile", "force", 2, "RETRY")
    before = len(events(log))
    said = demo("tile", "retry", 2, 777, 1, 3, 2, "--json")
    assert said.code == 4
    assert said.json == [
        {"about": "tile 2", "code": 0, "message": "tile 2: tile.retry appended", "appended": True},
        {"about": "tile 777", "code": 3, "message": "tile 777 is unknown", "appended": False},
        {"about": "tile 1", "code": 0, "message": "tile 1: nothing to do", "appended": False},
        {"about": "tile 3", "code": 4, "message": "tile 3 is NEW, not RETRY", "appended": False},
        {"about": "tile 2", "code": 0, "message": "tile 2: nothing to do", "appended": False},
    ]
    assert len(events(log)) == before + 1


def test_several_ids_are_judged_one_after_the_other(demo: "Command") -> None:
    """The second could not fail before the first had: its next tile isn't NEW then."""
    demo("tile", "force", 3, "RETRY")
    assert demo("tile", "fail", 1, "--force").code == 4
    assert demo("tile", "fail", 3, 1, "--force").code == 0
    assert [status(demo, "tile", id) for id in (3, 1)] == ["FAILED", "FAILED"]


def test_ids_of_several_aois_in_one_command(demo: "Command") -> None:
    demo("aoi", "create", "Another")
    body = {"source_id": "X", "data": {"tiles": {"X": {}}}, "tiles": {"X": {}}}
    demo("scene", "add", "Another", "-", text=json.dumps(body))
    assert demo("scene", "fail", 1, 3, 2, "--force").code == 0
    assert [status(demo, "scene", id) for id in (1, 2, 3)] == ["FAILED"] * 3


# Who, why, when


def test_an_event_says_who_and_why(demo: "Command", log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "CI_COMMIT_AUTHOR"):
        monkeypatch.delenv(variable, raising=False)
    demo("scene", "force", 1, "RETRY", "--reason", "disk full")
    assert (events(log)[-1]["data"]["by"], events(log)[-1]["data"]["reason"]) == (getpass.getuser(), "disk full")
    demo("scene", "retry", 1, "--by", "anna")
    assert events(log)[-1]["data"] == {"id": 1, "by": "anna"}
    monkeypatch.setenv("GITLAB_USER_LOGIN", "pipeline")
    demo("scene", "fail", 1, "--force", "--no-check")
    assert events(log)[-1]["data"]["by"] == "pipeline"
    assert events(log)[-1]["source"] == f"sceneboard/{socket.gethostname()}"


FUTURE = "2050-01-01T00:00:00.000000005Z"


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("tile.force", {"id": 1, "status": "RETRY"}),
        ("aoi.retry", {"id": "Demo", "force": True}),
        ("scene.force", {"id": 1, "status": "DONE"}),
    ],
)
def test_a_slow_clock_does_not_make_an_answer_older_than_its_question(
    demo: "Command", log: Log, type: str, body: dict[str, Any]
) -> None:
    """What changed the tile came from a host whose clock is years ahead; the answer comes just after."""
    demo("scene", "force", 1, "DONE")
    log.add(type, body, time=FUTURE, id="ahead")
    assert demo("tile", "force", 1, "NEW").code == 0
    assert status(demo, "tile", 1) == "NEW"
    (answer,) = [event for event in events(log) if event["data"].get("status") == "NEW"]
    assert answer["time"] == "2050-01-01T00:00:00.000000006Z"


def test_answers_of_one_command_come_in_their_order_though_the_clock_is_slow(demo: "Command", log: Log) -> None:
    log.add("tile.force", {"id": 3, "status": "RETRY"}, time=FUTURE, id="ahead")
    assert demo("tile", "fail", 3, 1, 2, "--force").code == 0
    given = [event for event in events(log) if event["type"] == "tile.fail"]
    times = {event["data"]["id"]: instant(event["time"]) for event in given}
    assert instant(FUTURE) < times[3] < times[1] < times[2]
    assert [status(demo, "tile", id) for id in (3, 1, 2)] == ["FAILED"] * 3


def test_with_a_clock_that_is_right_it_is_now(demo: "Command", log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.operate.propose.now", lambda: "2040-01-01T00:00:00.5Z")
    demo("tile", "force", 1, "RETRY")
    assert events(log)[-1]["time"] == "2040-01-01T00:00:00.5Z"


# Without a look


def test_no_check_appends_whatever_the_state(sceneboard: "Command", log: Log, data: Path) -> None:
    for arguments in (
        ["tile", "retry", "777"], ["scene", "fail", "1", "2", "--force"], ["aoi", "create", "Demo"],
        ["aoi", "retry", "Nowhere"], ["scene", "force", "1", "DONE"],
    ):  # fmt: skip
        said = sceneboard(*arguments, "--no-check")
        assert said.code == 0
        assert "appended, unchecked" in said.text
    assert len(events(log)) == 6
    assert [path.name for path in data.iterdir()] == ["events"], "no store was made"


# While another process holds the store


@pytest.mark.parametrize(
    "arguments",
    [
        ["tile", "retry", "1"], ["aoi", "create", "New"], ["scene", "add", "Demo", "-"], ["aoi", "list"],
        ["scene", "show", "1"], ["build"], ["pending", "Demo"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_who_waits_in_vain_is_told_who_holds_the_store(
    demo: "Command", data: Path, log: Log, arguments: list[str]
) -> None:
    before = events(log)
    with held(data / LOCK, 0):
        said = demo(*arguments, "--wait", "0", text="[]")
    assert said.code == 7
    assert f"held by process {os.getpid()} on {socket.gethostname()}" in said.text
    assert events(log) == before


def test_what_needs_no_store_does_not_wait(demo: "Command", data: Path) -> None:
    with held(data / LOCK, 0):
        assert demo("tile", "retry", 1, "--no-check").code == 0
        assert demo("log", "append", "-", text='{"type":"tile","id":1,"status":"DONE"}\n').code == 0
        assert demo("log", "check").code == 0


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nonsense"], ["tile"], ["tile", "retry"], ["tile", "retry", "one"], ["tile", "retry", "-1"],
        ["tile", "retry", "1.5"], ["tile", "retry", "9" * 30], ["scene", "force", "1"], ["scene", "show", "9" * 30],
        ["aoi", "create"], ["aoi", "create", ""], ["aoi", "create", "", "--no-check"], ["aoi", "show"],
        ["scene", "set-data", "1", "no such file"], ["scene", "list", "Demo", "--status", "BROKEN"],
        ["scene", "add", "Demo"], ["log", "append", "no such file"], ["build", "--as-of", "yesterday"],
        ["build", "--workers", "0"], ["tile", "retry", "1", "--wait", "-1"],
        ["aoi", "create", "not utf-8 \udcff"], ["aoi", "create", "not utf-8 \udcff", "--no-check"],
        ["tile", "force", "1", "DONE", "--reason", "\udcff", "--no-check"],
        ["aoi", "create", "L" * 5000],
    ],
    ids=lambda arguments: " ".join(arguments)[:40].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_wrong_usage(sceneboard: "Command", log: Log, arguments: list[str]) -> None:
    assert sceneboard(*arguments).code == 2
    assert events(log) == []


def test_a_terminal_obeys_nothing_that_stands_in_the_log(sceneboard: "Command") -> None:
    name = "\x1b]0;owned\x07\x9b31m\u202e"
    assert sceneboard("aoi", "create", name).code == 0
    for arguments in (["aoi", "list"], ["aoi", "create", name], ["aoi", "retry", name]):
        text = sceneboard(*arguments).text
        assert "owned" in text
        assert all(character.isprintable() or character == "\n" for character in text)
