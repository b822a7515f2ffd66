"""What the API's server answered, asked of ours over HTTP: the same codes and bodies, out of built sites."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from log_lines import Log, recorded
from werkzeug.test import Client

from pipeline.build import build
from pipeline.serve.application import Application

SCENARIOS = list(recorded("http.jsonl"))
STATUSES_DIFFER = "/aoi/"
"""The server sets an AOI's status by the kind of the last event: lists of AOIs are compared by name."""


@pytest.fixture(scope="module", params=SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def scenario(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@pytest.fixture(scope="module")
def site(scenario: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(scenario["name"])
    log = Log(folder / "data" / "events")
    log.append(*[log.event(event["type"], event["data"]) for event in scenario["events"]])
    build(folder / "data", folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def client(site: Path) -> Client:
    return Client(Application(site))


def paths(scenario: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Recorded paths with code and body; one with a bare question mark in a name named another AOI."""
    for path, answer in scenario["get"].items():
        if not path.startswith("/aoi/S?"):
            yield path, answer["code"], answer["body"]


def comparable(body: str, path: str) -> Any:
    """A JSON body as its value: lists by id, and the empty scene with the `uuid` that the document has."""
    value = json.loads(body)
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and "source_id" in one.get("scene", {}) and one["scene"]["source_id"] == "":
            one["scene"]["data"].pop("uuid", None)
    if path.count("/") == 2 and path.startswith(STATUSES_DIFFER):
        return sorted(one["ID"] for one in value)
    return sorted(value, key=lambda one: one["id"]) if isinstance(value, list) else value


def test_every_recorded_path_has_the_recorded_code(scenario: dict[str, Any], client: Client) -> None:
    asked = {path: (client.get(path).status_code, code) for path, code, _ in paths(scenario)}
    assert {path: codes for path, codes in asked.items() if codes[0] != codes[1]} == {}
    assert {code for _, code in asked.values()} == {200, 400, 404}


def test_json_bodies_have_the_recorded_values(scenario: dict[str, Any], client: Client) -> None:
    compared = 0
    for path, code, body in paths(scenario):
        if code == 200 and body[:1] in ("[", "{"):
            answer = client.get(path)
            assert answer.content_type == "application/json", path
            assert comparable(answer.text, path) == comparable(body, path), path
            compared += 1
    assert compared > 25


def test_the_overview_is_the_recorded_text_to_the_byte(scenario: dict[str, Any], client: Client) -> None:
    for path, _, body in paths(scenario):
        if not body.startswith("Scenes:"):
            continue
        if "Root tiles : 0\n" in body:  # the server prints the day of the recording, and the year 1
            body = body[: body.index("  From:")] + "  From: -\n  To:   -\n"
        answer = client.get(path)
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.text == body.replace("To:   0001-01-01", "To:   -"), path


def test_the_graph_is_the_file_of_the_site(scenario: dict[str, Any], client: Client, site: Path) -> None:
    for path, _, _ in paths(scenario):
        if path.endswith("/dot"):
            answer = client.get(path)
            assert answer.content_type == "text/vnd.graphviz; charset=utf-8"
            assert answer.data == (site / path[1:].replace("/dot", "/graph.dot")).read_bytes()


def test_a_page_of_a_list_has_the_entries_that_the_server_gave(scenario: dict[str, Any], client: Client) -> None:
    """The server walks lists in its database's order; ours are by id: a page is compared with its part of the whole."""
    for path, _, body in paths(scenario):
        if "?page=" in path:
            whole = client.get(path.partition("?")[0]).json
            assert client.get(path).json == whole[2:4]
            assert len(json.loads(body)) == len(whole[2:4])
