"""A workflow server read over HTTP: pages, attempts, redirects, the bearer."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from replay_server import Replay, serving

from pipeline.moving_in import server as server_module
from pipeline.moving_in.answers import AnswerInvalid, SourceUnusable
from pipeline.moving_in.reading import read_aois
from pipeline.moving_in.server import AddressInvalid, Server, in_the_clear

WAITED: list[float] = []


def server(replay: Replay, path: str = "", bearer: str | None = None, attempts: int = 4) -> Server:
    WAITED.clear()
    return Server(replay.url + path, bearer, timeout_seconds=5, attempts=attempts, wait=WAITED.append)


def scenes(count: int) -> list[dict[str, Any]]:
    return [{"id": id, "source_id": f"S{id}", "aoi": "A", "data": {}, "status": "NEW"} for id in range(1, count + 1)]


def ok(value: Any) -> dict[str, Any]:
    return {"code": 200, "body": json.dumps(value)}


def answers(scenes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    lists = {f"/aoi/A/tiles/{status}": ok([]) for status in ("NEW", "PENDING", "DONE", "RETRY", "FAILED")}
    return {"/aoi/": ok([{"ID": "A", "status": "NEW"}]), "/aoi/A/scenes": ok(scenes), **lists, **more}


@pytest.fixture
def replay() -> Iterator[Replay]:
    with serving({}) as found:
        yield found


@pytest.mark.parametrize("largest", [None, 100, 7])
def test_all_pages_are_read_however_long_they_are(replay: Replay, largest: int | None) -> None:
    replay.answers, replay.largest_page = answers(scenes(250)), largest
    (aoi,) = read_aois(server(replay), [])
    assert list(aoi.scenes) == list(range(1, 251))
    assert any(path == "/aoi/A/scenes?page=1&limit=1000" for path, _ in replay.asked)


def test_a_server_that_knows_no_pages_is_not_asked_for_ever(replay: Replay) -> None:
    body = json.dumps(scenes(3))
    replay.answers = answers([], **{f"/aoi/A/scenes?page={page}&limit=1000": {"code": 200, "body": f" \n{body}"}
                                    for page in range(9)})  # fmt: skip
    replay.largest_page = None
    (aoi,) = read_aois(server(replay), [])
    assert list(aoi.scenes) == [1, 2, 3]


def test_lists_are_read_again_until_they_have_as_many_as_the_overview_says(replay: Replay) -> None:
    """The server goes on working meanwhile."""
    text = "Scenes:\n  Total:   {}\nTiles:\n  Total:   0\n"
    overviews = [{"code": 200, "body": text.format(count)} for count in (4, 3)]
    replay.answers = answers(scenes(3), **{"/aoi/A": overviews})
    (aoi,) = read_aois(server(replay), [])
    assert len(aoi.scenes) == 3
    replay.answers["/aoi/A"] = {"code": 200, "body": text.format(4)}
    with pytest.raises(AnswerInvalid, match="AOI A has 4 scenes and 0 tiles, but the lists 3 and 0"):
        list(read_aois(server(replay), []))


def test_a_tile_that_changed_its_status_between_two_lists_is_read_again(replay: Replay) -> None:
    tile = {"id": 9, "source_id": "T", "scene": {"id": 1}, "data": {}, "status": "PENDING"}
    twice = [ok([{**tile, "status": "DONE"}]), ok([{**tile, "status": "DONE"}])]
    once = [ok([tile]), ok([tile]), ok([])]
    replay.answers = answers(scenes(1), **{"/aoi/A/tiles/PENDING": once, "/aoi/A/tiles/DONE": twice})
    (aoi,) = read_aois(server(replay), [])
    assert aoi.tiles[9].status == "DONE"
    assert [path for path, _ in replay.asked].count("/aoi/A/tiles/DONE?page=0&limit=1000") == 2


def test_a_request_is_sent_again_after_longer_and_longer_waits(replay: Replay) -> None:
    busy = {"code": 503, "body": ""}
    replay.answers = answers([], **{"/aoi/": [busy, busy, {**busy, "headers": {"Retry-After": "17"}}, ok([])]})
    assert list(read_aois(server(replay), [])) == []
    assert WAITED == [1, 2, 17]


def test_a_server_that_asks_for_a_day_is_given_a_minute(replay: Replay) -> None:
    busy = {"code": 429, "body": "", "headers": {"Retry-After": "86400"}}
    replay.answers = answers([], **{"/aoi/": [busy, ok([])]})
    assert list(read_aois(server(replay), [])) == []
    assert WAITED == [60]


def test_after_so_many_attempts_it_is_told(replay: Replay) -> None:
    replay.answers = {"/aoi/": {"code": 500, "body": "pq: connection refused"}}
    with pytest.raises(SourceUnusable, match="no answer after 4 attempts: 500"):
        list(read_aois(server(replay), []))
    assert WAITED == [1, 2, 4]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"code": 401, "body": ""}, "401: the server wants a bearer"),
        ({"code": 404, "body": ""}, "not found. Either this is not the workflow server"),
        ({"code": 406, "body": ""}, "406 Not Acceptable"),
        ({"code": 200, "body": "<html>Sign in</html>"}, "not JSON .*Sign in.*Is it the workflow server"),
        ({"code": 200, "body": '{"ID":"A"}'}, "not a list"),
        ({"code": 200, "body": '[{"ID":""}]'}, "entry 1: not as the workflow server answers"),
        ({"code": 302, "body": "", "headers": {"Location": "/aoi/"}}, "302"),
        ({"code": 302, "body": "", "headers": {"Location": "file:///etc/passwd"}}, "not allowed"),
    ],
)
def test_what_is_no_answer_is_told_at_once(replay: Replay, answer: dict[str, Any], message: str) -> None:
    replay.answers = {"/aoi/": answer}
    with pytest.raises((SourceUnusable, AnswerInvalid), match=message):
        list(read_aois(server(replay), []))
    assert WAITED == []


def test_an_answer_cut_short_is_asked_for_again(replay: Replay) -> None:
    cut = {"code": 200, "body": "[", "headers": {"Content-Length": "100", "Connection": "close"}}
    replay.answers = answers([], **{"/aoi/": [cut, ok([])]})
    assert list(read_aois(server(replay), [])) == []
    assert WAITED == [1]


def test_a_server_that_is_silent_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and nobody answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        quiet = Server(url, None, timeout_seconds=0.05, attempts=2, wait=WAITED.append)
        with pytest.raises(SourceUnusable, match="no answer after 2 attempts: timed out"):
            list(read_aois(quiet, []))


def test_the_bearer_is_sent_to_the_server_and_nowhere_else(replay: Replay) -> None:
    with serving(answers([])) as other:
        replay.answers = {"/aoi/": {"code": 307, "body": "", "headers": {"Location": f"{other.url}/aoi/"}}}
        with pytest.raises(SourceUnusable, match=f"redirects to another server, {other.url}"):
            list(read_aois(server(replay, bearer="t0ken"), []))
        assert [headers["Authorization"] for _, headers in replay.asked] == ["Bearer t0ken"]
        assert other.asked == []


def test_a_redirect_within_the_server_is_followed_with_the_bearer(replay: Replay) -> None:
    moved = {"code": 301, "body": "", "headers": {"Location": "/v2/aoi/"}}
    replay.answers = {"/aoi/": moved, "/v2/aoi/": ok([])}
    replay.bearer = "t0ken"
    assert list(read_aois(server(replay, bearer="t0ken"), [])) == []


def test_an_api_below_a_path_and_a_name_that_has_to_be_encoded(replay: Replay) -> None:
    name = "über/a b?"
    lists = ("scenes", *(f"tiles/{status}" for status in ("NEW", "PENDING", "DONE", "RETRY", "FAILED")))
    replay.answers = {f"/api/aoi/%C3%BCber%2Fa%20b%3F/{path}": ok(None) for path in lists}
    replay.answers["/api/aoi/"] = ok([{"ID": name, "status": "NEW"}])
    (aoi,) = read_aois(server(replay, "/api/"), [])
    assert (aoi.name, aoi.scenes) == (name, {})


def test_a_list_that_goes_on_for_ever_is_left(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_ENTRIES", 200)
    replay.answers, replay.largest_page = answers(scenes(250)), 100
    with pytest.raises(SourceUnusable, match="more than 200 entries"):
        list(read_aois(server(replay), []))


def test_an_answer_that_is_too_large_is_left(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "LARGEST_BYTES", 1_000)
    replay.answers = answers(scenes(2))
    assert list(read_aois(server(replay), []))
    replay.answers = answers(scenes(50))
    with pytest.raises(SourceUnusable, match="an answer of more than 1,000 bytes"):
        list(read_aois(server(replay), []))


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("http://ingester:8080", True),
        ("https://ingester", False),
        ("http://localhost:1", False),
        ("http://[::1]", False),
    ],
)
def test_a_bearer_in_the_clear_is_noticed(url: str, readable: bool) -> None:
    assert in_the_clear(url) is readable


@pytest.mark.parametrize("bearer", ["two words", "line\nend", "é", ""])
def test_a_bearer_that_is_no_token_is_refused_unseen(bearer: str) -> None:
    with pytest.raises(AddressInvalid, match="the bearer is no token") as refused:
        Server("http://server", bearer, timeout_seconds=1, attempts=1, wait=WAITED.append)
    assert not bearer or bearer not in str(refused.value)
