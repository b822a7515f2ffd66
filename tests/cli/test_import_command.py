"""`import`: from a server that replays recorded runs, and from folders, through the command to the built site."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from log_lines import Log, at, event
from replay_server import Replay, changed, serving
from test_http_bodies import (
    COMPARED,
    SCENARIOS,
    file_of,
    graph_read_by_pydot,
    overview,
    recorded_graph,
    values,
    with_uuid,
)

from pipeline.build import build
from pipeline.serve.application import Application

if TYPE_CHECKING:
    from conftest import Command

BY_NAME = {scenario["name"]: scenario for scenario in SCENARIOS}


@pytest.fixture(params=sorted(BY_NAME))
def recording(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = BY_NAME[request.param]
    return found


@pytest.fixture
def server(recording: dict[str, Any]) -> Iterator[Replay]:
    with serving(recording["get"]) as replay:
        yield replay


@pytest.fixture
def busy() -> Iterator[Replay]:
    """The recorded run with the most kinds of statuses."""
    with serving(BY_NAME["http-1"]["get"]) as replay:
        yield replay


def events_of(data: Path) -> list[dict[str, Any]]:
    lines = [line for path in sorted(data.glob("events/**/*.jsonl")) for line in path.read_bytes().splitlines()]
    return [json.loads(line) for line in lines]


def body(path: Path) -> Any:
    return json.loads(path.read_bytes())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_that_was_imported_is_answered_for_by_the_site(
    sceneboard: "Command", recording: dict[str, Any], server: Replay, site: Path
) -> None:
    """Every recorded body that a file stands for; AOIs by name, as their status follows another rule there."""
    said = sceneboard("import", "--url", server.url)
    assert said.code == 0, said.text
    assert "could not be taken over" not in said.text
    assert sceneboard("build", "--strict").code == 0
    compared = 0
    for name, path in COMPARED:
        if name != recording["name"]:
            continue
        there = recording["get"][path]["body"]
        text = file_of(site, path).read_text(encoding="utf-8")
        if path.endswith("/dot"):
            assert graph_read_by_pydot(text) == recorded_graph(there)
        elif not there.startswith(("[", "{", "null")):
            assert text == overview(there)
        elif path == "/aoi/":
            assert [one["ID"] for one in json.loads(text)] == [one["ID"] for one in values(there)]
        else:
            assert json.loads(text) == with_uuid(values(there))
        compared += 1
    assert compared > 25


def test_a_second_import_appends_nothing(sceneboard: "Command", server: Replay, data: Path) -> None:
    sceneboard("import", "--url", server.url)
    before = events_of(data)
    said = sceneboard("import", "--url", server.url)
    assert (said.code, said.text.splitlines()[-1]) == (0, "0 events appended")
    assert events_of(data) == before != []


def test_only_what_the_server_has_changed_is_appended(sceneboard: "Command", busy: Replay, data: Path) -> None:
    """Each change by one event that says where it is from."""
    sceneboard("import", "--url", busy.url)
    before = len(events_of(data))
    busy.answers = changed(busy.answers, "scene", 6, status="PENDING", RetryCountDown=-1)
    busy.answers = changed(busy.answers, "tile", 2, status="DONE")
    busy.answers = changed(busy.answers, "tile", 3, data={"swath_id": "IW2", "tile_nr": 5})
    assert sceneboard("import", "--url", busy.url).code == 0
    new = events_of(data)[before:]
    assert sorted((one["type"], one["data"]["id"], one["data"].get("status")) for one in new) == [
        ("scene.force", 6, "PENDING"),
        ("tile.data", 3, None),
        ("tile.force", 2, "DONE"),
    ]
    assert {one["source"] for one in new} == {f"sceneboard-import/{busy.url}"}
    assert {one["partitionkey"] for one in new} == {"DenmarkDemoS2", "S1_Stack"}


def test_a_message_comes_with_a_result_as_no_other_event_has_one(
    sceneboard: "Command", busy: Replay, data: Path
) -> None:
    sceneboard("import", "--url", busy.url)
    before = len(events_of(data))
    busy.answers = changed(busy.answers, "tile", 2, status="RETRY", message="disk full")
    assert sceneboard("import", "--url", busy.url).code == 0
    (new,) = events_of(data)[before:]
    assert (new["type"], new["data"]) == (
        "tile.result",
        {"type": "tile", "id": 2, "status": "RETRY", "message": "disk full"},
    )


def test_what_can_not_be_taken_over_is_listed_each_time_and_appends_nothing_again(
    sceneboard: "Command", busy: Replay, data: Path
) -> None:
    """Retries only go down; a message needs a RETRY without retries left: the nearest that there is is appended."""
    sceneboard("import", "--url", busy.url)
    busy.answers = changed(busy.answers, "tile", 5, RetryCountDown=7)
    busy.answers = changed(busy.answers, "tile", 4, PreviousID=None)
    first = sceneboard("import", "--url", busy.url)
    before = events_of(data)
    said = sceneboard("import", "--url", busy.url)
    assert first.code == said.code == 0
    assert (
        "warning: AOI DenmarkDemoS2, tile 5: RetryCountDown is 7 there, 0 here: retries only ever go down" in said.text
    )
    assert said.text.splitlines()[-1] == "0 events appended; 1 things could not be taken over"
    assert events_of(data) == before
    found = sceneboard("import", "--url", busy.url, "--json").json
    assert [one["what"] for aoi in found["aois"] for one in aoi["differences"]] == ["RetryCountDown"]


def test_a_dry_run_prints_the_events_and_appends_none(sceneboard: "Command", busy: Replay, data: Path) -> None:
    said = sceneboard("import", "--url", busy.url, "--dry-run")
    assert said.text.startswith("aoi.created DenmarkDemoS2\nscene.created 1 S2A_MSIL1C_20220101T103431_")
    assert said.text.splitlines()[-1].endswith("events would be appended")
    planned = sceneboard("import", "--url", busy.url, "--dry-run", "--json").json
    assert events_of(data) == []
    sceneboard("import", "--url", busy.url)
    types = [one["type"] for aoi in planned["aois"] for one in aoi["events"]]
    assert [one["type"] for one in events_of(data)] == types
    assert planned["events"] == len(types)


def test_hostile_names_and_messages_do_not_reach_the_terminal(sceneboard: "Command", busy: Replay) -> None:
    busy.answers["/aoi/"] = {"code": 200, "body": json.dumps([{"ID": "A\x1b[31m", "status": "NEW"}])}
    for path in ("scenes", *(f"tiles/{status}" for status in ("NEW", "PENDING", "DONE", "RETRY", "FAILED"))):
        busy.answers[f"/aoi/A%1B%5B31m/{path}"] = {"code": 200, "body": "[]"}
    said = sceneboard("import", "--url", busy.url, "--dry-run")
    assert said.code == 0
    assert "\x1b" not in said.text
    assert "A\\x1b[31m: 0 scenes" in said.text


# From a folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Log:
    """The log of another Sceneboard, whose site is imported."""
    return Log(tmp_path / "elsewhere" / "events")


@pytest.fixture(scope="session")
def smallest_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of the AOI Demo, with scene 1 and its tile 11. Nobody may change it."""
    folder = tmp_path_factory.mktemp("smallest")
    log = Log(folder / "events")
    log.aoi("Demo")
    log.scene(1, {11: None})
    return site_of(log)


@pytest.fixture
def copied(smallest_site: Path, tmp_path: Path) -> Path:
    """A copy of that site."""
    return Path(shutil.copytree(smallest_site, tmp_path / "copied"))


def site_of(elsewhere: Log) -> Path:
    site = elsewhere.folder.parent / "site"
    build(elsewhere.folder.parent, site)
    return site


GEOMETRY = {"type": "Polygon", "coordinates": [[[9.0, 54.0], [10.0, 54.0], [10.0, 55.0], [9.0, 54.0]]]}


def test_a_copied_site_is_imported_with_footprints_and_tags(
    sceneboard: "Command", elsewhere: Log, site: Path, tmp_path: Path
) -> None:
    """And under names that are no folders' names."""
    for name in ("Demo", "demo", "über/.. a"):
        elsewhere.aoi(name)
    elsewhere.scene(1, {11: None, 12: None}, retries=2, geometry=GEOMETRY, tags={"orbit": "44"})
    elsewhere.scene(2, {21: 11}, retries=2)
    elsewhere.scene(3, {31: None}, aoi="demo")
    elsewhere.says("scene", 1, "DONE")
    elsewhere.says("tile", 11, "DONE")
    elsewhere.says("tile", 12, "FAILED", "no data")
    elsewhere.says("scene", 2, "RETRY", "once more")
    copied = shutil.copytree(site_of(elsewhere), tmp_path / "copied")
    said = sceneboard("import", copied)
    assert said.code == 0, said.text
    assert "taken over" not in said.text
    sceneboard("build")
    bodies = [
        path.relative_to(copied) for kind in ("aoi", "scene", "tile") for path in copied.glob(f"{kind}/**/*.json")
    ]
    for file in bodies:
        if file.name not in ("attention.json", "waiting.json"):  # these tell times too
            assert body(site / file) == body(copied / file), file
    assert len(bodies) > 50
    (feature, _) = body(site / "aoi" / folder_of(site, "Demo") / "scenes.geojson")["features"]
    assert (feature["geometry"], feature["properties"]["tags"]) == (GEOMETRY, {"orbit": "44"})
    assert sceneboard("import", copied).text.splitlines()[-1] == "0 events appended"


def folder_of(site: Path, aoi: str) -> str:
    (folder,) = (
        path.parent.name for path in site.glob("aoi/*/scenes.json") if body(path) and body(path)[0]["aoi"] == aoi
    )
    return folder


def test_saved_bodies_by_status_will_do(sceneboard: "Command", copied: Path, data: Path) -> None:
    """What `GET /aoi/{aoi}/tiles/{status}` answers, without the list of all tiles and the overview."""
    folder = copied / "aoi" / "Demo"
    for name in ("tiles.json", "overview.txt", "scenes.geojson", "tiles.geojson"):
        (folder / name).unlink()
    assert sceneboard("import", copied).code == 0
    assert [one["type"] for one in events_of(data)] == ["aoi.created", "scene.created"]
    (folder / "tiles" / "RETRY.json").unlink()
    said = sceneboard("import", copied)
    assert said.code == 1
    assert "RETRY.json is missing. A folder to import holds" in said.text


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("aoi/index.json", None, "index.json is missing"),
        ("aoi/index.json", "<html>", "not JSON"),
        ("aoi/index.json", '{"ID": "Demo"}', "not a list"),
        ("aoi/index.json", '[{"id": "Demo"}]', "entry 1: not as the workflow server answers"),
        ("aoi/Demo/scenes.json", "[{}]", "entry 1: not as the workflow server answers"),
        ("aoi/Demo/scenes.json", "[]", "which is not in the list"),
        ("aoi/Demo/tiles.json", "[]", "but the lists 1 and 0"),
        ("aoi/Demo/tiles.json", "[" * 100_000, "not JSON"),
        ("aoi/Demo/scenes.geojson", '{"type": "FeatureCollection"}', "not the GeoJSON of a Sceneboard site"),
    ],
)
def test_answers_that_are_none_are_told_and_nothing_is_appended(
    sceneboard: "Command", copied: Path, data: Path, file: str, text: str | None, message: str
) -> None:
    path = copied / file
    path.unlink()
    if text is not None:
        path.write_text(text)
    said = sceneboard("import", copied)
    assert said.code == 1
    assert message in said.text
    assert events_of(data) == []


def test_only_the_aois_that_are_wanted(sceneboard: "Command", elsewhere: Log, data: Path) -> None:
    for name in ("A", "B", "C"):
        elsewhere.aoi(name)
    site = site_of(elsewhere)
    assert sceneboard("import", site, "--aoi", "B").code == 0
    assert [one["data"]["id"] for one in events_of(data)] == ["B"]
    said = sceneboard("import", site, "--aoi", "D")
    assert said.code == 3
    assert "AOI D is not there" in said.text


def test_what_is_only_in_the_log_is_left_and_named(sceneboard: "Command", smallest_site: Path, log: Log) -> None:
    log.aoi("Ours")
    said = sceneboard("import", smallest_site)
    assert said.code == 0
    assert "not there, left as they are here: Ours" in said.text


def test_what_our_own_server_answers_can_be_imported(sceneboard: "Command", elsewhere: Log, site: Path) -> None:
    elsewhere.aoi("a b")
    elsewhere.scene(1, {11: None, 12: None}, aoi="a b", tags={"orbit": "44"})
    elsewhere.says("scene", 1, "DONE")
    elsewhere.says("tile", 11, "RETRY", "disk full")
    with make_server("127.0.0.1", 0, Application(site_of(elsewhere)), handler_class=_Silent) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            said = sceneboard("import", "--url", f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
            thread.join()
    assert said.code == 0, said.text
    assert "taken over" not in said.text
    sceneboard("build")
    for file in ("aoi/a%20b/tiles.json", "scene/1.json", "aoi/index.json"):
        assert body(site / file) == body(elsewhere.folder.parent / "site" / file)
    assert body(site / "scene/1.geojson")["features"][0]["properties"]["tags"] == {"orbit": "44"}


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


# Ids


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        (
            {"id": 1, "tiles": {21: None}, "source_id": "Other"},
            "scene 1 is S1 of Demo on the server, but Other of Demo",
        ),
        ({"id": 2, "tiles": {11: None}, "source_id": "Other"}, "tile 11 is T11 of scene S1 of Demo on the server, but"),
        (
            {"id": 2, "tiles": {11: None}, "source_id": "S1"},
            "S1 of Demo is scene 1 on the server, but scene 2 in the log",
        ),
        (
            {"id": 1, "tiles": {11: None}, "aoi": "Gone"},
            "scene 1 is S1 of Demo on the server, but S1 of Gone in the log",
        ),
    ],
)
def test_ids_that_stand_for_something_else_are_refused(
    sceneboard: "Command", smallest_site: Path, log: Log, data: Path, scene: dict[str, Any], message: str
) -> None:
    """For good, even if what they stand for is deleted since."""
    log.aoi("Demo")
    log.aoi("Gone")
    log.scene(scene.pop("id"), scene.pop("tiles"), **scene)
    log.add("aoi.deleted", {"id": "Gone"})
    before = events_of(data)
    said = sceneboard("import", smallest_site)
    assert said.code == 5
    assert "error: nothing was appended" in said.text
    assert message in said.text
    assert events_of(data) == before


def test_scenes_that_are_added_later_get_ids_of_their_own(
    sceneboard: "Command", smallest_site: Path, data: Path
) -> None:
    sceneboard("import", smallest_site)
    new = {"source_id": "New", "data": {"tiles": {"T": {}}}, "tiles": {"T": {}}}
    assert sceneboard("scene", "add", "Demo", "-", text=json.dumps(new)).code == 0
    created = events_of(data)[-1]["data"]
    assert (created["id"] > 1, created["tiles"]["T"]["id"] > 11) == (True, True)


def test_events_that_are_dated_ahead_do_not_hide_what_is_imported(
    sceneboard: "Command", elsewhere: Log, log: Log, data: Path
) -> None:
    """A worker's clock was ahead: what is imported is dated after what it corrects."""
    log.add("aoi.created", {"id": "Demo"}, time="2199-01-01T00:00:00Z")
    log.append(event("scene.created", scene_data(), "2199-01-01T00:00:01Z", "ahead"))
    elsewhere.aoi("Demo")
    elsewhere.scene(1, {11: None})
    elsewhere.says("scene", 1, "DONE", time=at(50))
    assert sceneboard("import", site_of(elsewhere)).code == 0
    assert sceneboard("scene", "show", 1, "--json").json["status"] == "DONE"
    assert events_of(data)[-1]["time"].startswith("2199-")


def scene_data() -> dict[str, Any]:
    tiles: dict[str, Any] = {"T11": {"id": 11}}
    date = "2022-01-02T10:00:00Z"
    return {"id": 1, "source_id": "S1", "aoi": "Demo", "data": {"date": date, "tiles": {"T11": {}}}, "tiles": tiles}


# Usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either a folder or --url"),
        ((".", "--url", "http://localhost"), "give either a folder or --url"),
        (("--url", "ftp://server"), "is no http:// or https:// URL"),
        (("--url", "server:8080"), "is no http:// or https:// URL"),
        (("--url", "http://u:secret@server"), "with a user or password in it isn't taken"),
        (("--url", "http://server/?a=b"), "without ? and #"),
        (("--url", "http://server:port"), "is no URL"),
        (("--url", "http://server", "--bearer", "s3cret"), "the environment variable that --bearer names is not set"),
    ],
)
def test_wrong_usage_is_told_without_repeating_secrets(
    sceneboard: "Command", arguments: tuple[str, ...], message: str
) -> None:
    said = sceneboard("import", *arguments)
    assert said.code == 2
    assert message in said.text
    assert "s3cret" not in said.text
    assert "secret@" not in said.text


def test_the_bearer_comes_from_the_environment(
    sceneboard: "Command", busy: Replay, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.bearer = "t0ken"
    said = sceneboard("import", "--url", busy.url)
    assert said.code == 1
    assert "403: the server wants a bearer" in said.text
    monkeypatch.setenv("SCENEBOARD_BEARER", "wrong")
    assert "403: the server does not take this bearer" in sceneboard("import", "--url", busy.url).text
    monkeypatch.setenv("INGESTER", "t0ken")
    said = sceneboard("import", "--url", busy.url, "--bearer", "INGESTER")
    assert said.code == 0
    assert "t0ken" not in said.text
    assert "t0ken" not in json.dumps(events_of(data))


def test_a_server_that_is_down_is_told(sceneboard: "Command", data: Path) -> None:
    with serving({}) as replay:
        url = replay.url
    said = sceneboard("import", "--url", url, "--attempts", 1)
    assert said.code == 1
    assert f"{url}/aoi/: no answer after 1 attempts" in said.text
    assert "Is the server running" in said.text
    assert events_of(data) == []
