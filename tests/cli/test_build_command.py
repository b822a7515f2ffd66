"""`build` and `demo`, and the commands that read: what they say, and how they end."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from log_lines import Log
from site_tree import differing, read, tree

from pipeline.cli import main
from pipeline.store.held import STORE
from pipeline.timestamp import instant

if TYPE_CHECKING:
    from conftest import Command


def build(sceneboard: "Command", *arguments: object) -> Any:
    return sceneboard("build", "--workers", 1, *arguments)


# build


def test_a_build_says_what_it_did(sceneboard: "Command", log: Log, site: Path) -> None:
    log.aoi("Demo")
    log.scene(1, {11: None})
    log.says("scene", 777, "DONE")
    said = build(sceneboard)
    assert said.code == 0
    assert said.text.startswith("3 new events; 1 of 1 AOIs changed. ")
    assert said.text.endswith(f"1 events rejected, 0 lines in quarantine.\nOpen {site / 'index.html'}\n")
    again = build(sceneboard, "--json").json
    assert (again["refreshed"]["events"], again["written"], again["aois"], again["site"]) == (0, 0, 1, str(site))


def test_a_command_shows_after_the_next_build(demo: "Command", site: Path) -> None:
    build(demo)
    demo("scene", "force", 1, "RETRY", "--reason", "look again", "--by", "anna")
    assert read(site, "scene/1.json")["status"] == "PENDING"
    build(demo)
    assert read(site, "scene/1.json")["status"] == "RETRY"
    page = (site / "scene/1.html").read_text(encoding="utf-8")
    assert "look again" in page
    assert "anna" in page


def test_strict_ends_with_six_if_lines_are_in_quarantine(demo: "Command", log: Log, site: Path) -> None:
    assert build(demo, "--strict").code == 0
    log.append(b"not an event")
    assert build(demo).code == 0
    said = build(demo, "--strict")
    assert said.code == 6
    assert "1 lines of the log are in quarantine" in said.text
    assert len(read(site, "events/quarantine.json")) == 1


def test_what_is_wrong_with_log_files_is_told_and_stops_nothing(demo: "Command", log: Log, tmp_path: Path) -> None:
    log.aoi("gone", file="gone.jsonl")
    log.aoi("cut", file="cut.jsonl")
    build(demo)
    log.path("gone.jsonl").unlink()
    log.path("cut.jsonl").write_bytes(b'{"torn')
    said = build(demo)
    assert "log file gone.jsonl is gone; its events are kept" in said.text
    assert "log file cut.jsonl was truncated or replaced; it was read again" in said.text
    assert "log file cut.jsonl has an unfinished line at byte 0" in said.text
    assert said.code == 0


def test_a_broken_store_is_told_and_made_anew(demo: "Command", data: Path, site: Path) -> None:
    build(demo)
    before = tree(site)
    (data / STORE).write_bytes(b"this is no database")
    said = build(demo)
    assert said.code == 0
    assert "warning: the store didn't open" in said.text
    assert differing(tree(site), before) == []


def test_the_state_at_a_time(demo: "Command", log: Log, site: Path) -> None:
    demo("scene", "force", 1, "DONE")
    lines = [line for path in log.folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]
    times = sorted((json.loads(line)["time"] for line in lines), key=instant)
    past = site.with_name("past")
    said = CliRunner().invoke(
        main, ["--data", str(log.folder.parent), "--site", str(past), "build", "--as-of", times[-2]]
    )
    assert said.exit_code == 0
    assert read(past, "scene/1.json")["status"] == "PENDING"
    assert read(past, "scene/2.json")["status"] == "PENDING"


@pytest.mark.parametrize("told", [b"{}", b"nonsense", b"5", b"[" * 9999])
def test_a_site_of_the_present_is_not_made_one_of_the_past(demo: "Command", site: Path, told: bytes) -> None:
    site.mkdir()
    (site / "build.json").write_bytes(told)
    said = build(demo, "--as-of", "2022-01-01T00:00:00Z")
    assert said.code == 2
    assert "name another folder" in said.text


def test_processes_that_render_make_the_same_site(demo: "Command", log: Log, site: Path) -> None:
    for number in range(20):
        log.aoi(f"A{number}")
    assert demo("build", "--workers", 2).code == 0
    made_by_two = tree(site)
    assert build(demo, "--check-site").code == 0
    assert differing(tree(site), made_by_two) == []


def test_no_log_at_all_is_no_empty_site(sceneboard: "Command", data: Path, site: Path) -> None:
    (data / "events").rmdir()
    said = build(sceneboard)
    assert said.code == 1
    assert "there is no log folder" in said.text
    assert not site.exists()


@pytest.mark.parametrize("count", ["0", "999999999999"])
@pytest.mark.parametrize("command", ["build", "watch"])
def test_no_machine_has_so_many_cores(sceneboard: "Command", command: str, count: str) -> None:
    said = sceneboard(command, "--workers", count)
    assert (said.code, "is not in the range" in said.text) == (2, True)


@pytest.mark.parametrize("option", ["--data", "--site"])
def test_an_empty_name_is_no_place(option: str) -> None:
    result = CliRunner().invoke(main, [option, "", "build"])
    assert (result.exit_code, "is a variable not set?" in result.output) == (2, True)


def test_a_site_in_the_place_of_the_log_is_refused(demo: "Command", data: Path, log: Log) -> None:
    said = CliRunner().invoke(main, ["--data", str(data), "--site", str(data), "build"])
    assert said.exit_code == 2
    assert list(log.folder.rglob("*.jsonl"))


# demo


def test_the_same_seed_gives_the_same_bytes(sceneboard: "Command", tmp_path: Path) -> None:
    for folder, seed in (("one", 4), ("two", 4), ("three", 5)):
        said = sceneboard("demo", tmp_path / folder, "--scenes", 3, "--tiles", 2, "--seed", seed)
        assert said.code == 0
        assert f"sceneboard --data {tmp_path / folder}" in said.text
    one, two, three = (tree(tmp_path / folder) for folder in ("one", "two", "three"))
    assert one == two != three


def test_a_demo_is_not_written_over_a_log(sceneboard: "Command", tmp_path: Path) -> None:
    assert sceneboard("demo", tmp_path / "one", "--scenes", 1, "--tiles", 1).code == 0
    before = tree(tmp_path / "one")
    assert sceneboard("demo", tmp_path / "one").code == 5
    assert tree(tmp_path / "one") == before


# Commands that read: the latest state, by text and in the API's own bodies


def test_aoi_list(demo: "Command") -> None:
    demo("aoi", "create", "Another One")
    assert demo("aoi", "list").text == "NEW      Another One\nPENDING  Demo\n"
    assert demo("aoi", "list", "--json").json == [
        {"ID": "Another One", "status": "NEW"}, {"ID": "Demo", "status": "PENDING"}
    ]  # fmt: skip
    assert [one["ID"] for one in demo("aoi", "list", "D?m*", "--json").json] == ["Demo"]
    assert demo("aoi", "list", "nothing*").text == ""


def test_aoi_show(demo: "Command", site: Path) -> None:
    build(demo)
    assert demo("aoi", "show", "Demo").text == (site / "aoi/Demo/overview.txt").read_text()
    assert demo("aoi", "show", "Demo", "--json").json == read(site, "aoi/Demo/overview.json")
    assert demo("aoi", "show", "Nowhere").text == "error: AOI Nowhere is unknown\n"


def test_aoi_graph(demo: "Command", site: Path) -> None:
    build(demo)
    assert demo("aoi", "graph", "Demo").text.count(" -> ") == 4
    found = demo("aoi", "graph", "Demo", "--json").json
    assert found["nodes"][0] == {"name": "s1", "kind": "scene", "id": 1, "source_id": "S1", "status": "PENDING"}
    assert [node["name"] for node in found["nodes"]] == ["s1", "s2", "t1", "t2", "t3"]
    assert sorted(found["edges"]) == [["s1", "t1"], ["s1", "t2"], ["s2", "t3"], ["t1", "t3"]]
    assert demo("aoi", "graph", "Nowhere").code == 3


@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_lists_and_details_are_the_sites(demo: "Command", site: Path, kind: str) -> None:
    demo("scene", "force", 1, "DONE")
    build(demo)
    assert demo(kind, "list", "Demo", "--json").json == read(site, f"aoi/Demo/{kind}s.json")
    assert demo(kind, "show", 2, "--json").json == read(site, f"{kind}/2.json")
    for status in ("PENDING", "retry"):
        found = demo(kind, "list", "Demo", "--status", status, "--json").json
        assert found == read(site, f"aoi/Demo/{kind}s/{status.upper()}.json")
    assert len(demo(kind, "list", "Demo").text.splitlines()) == (2 if kind == "scene" else 3)
    assert f"source id:    {'S' if kind == 'scene' else 'T'}2\n" in demo(kind, "show", 2).text
    assert demo(kind, "list", "Nowhere").code == 3
    assert demo(kind, "show", 777).text == f"error: {kind} 777 is unknown\n"


def test_reading_sees_what_the_log_holds_beyond_the_last_build(demo: "Command", log: Log, site: Path) -> None:
    build(demo)
    log.says("scene", 1, "DONE", time="2050-01-01T00:00:00Z")
    assert demo("scene", "show", 1, "--json").json["status"] == "DONE"
    assert read(site, "scene/1.json")["status"] == "PENDING"
    build(demo)
    assert read(site, "scene/1.json")["status"] == "DONE"


# Help


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append(((*path, name), command))
    return found


COMMANDS = commands(main)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_has_help(sceneboard: "Command", path: tuple[str, ...], command: click.Command) -> None:
    said = sceneboard(*path, "--help")
    assert said.code == 0
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.type.name == "choice", parameter.name


READING = [
    ("aoi", "list"), ("aoi", "show"), ("scene", "list"), ("scene", "show"), ("tile", "list"), ("tile", "show"),
    ("log", "check"), ("pending",), ("aoi", "graph"),
]  # fmt: skip


@pytest.mark.parametrize("path", READING, ids=" ".join)
def test_every_read_command_has_json(path: tuple[str, ...]) -> None:
    command = dict(COMMANDS)[path]
    assert "as_json" in {parameter.name for parameter in command.params}


def test_completion_as_click_gives_it(sceneboard: "Command", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_SCENEBOARD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "sceneboard tile re")
    monkeypatch.setenv("COMP_CWORD", "2")
    said = CliRunner().invoke(main, [], prog_name="sceneboard", complete_var="_SCENEBOARD_COMPLETE")
    assert said.output == "plain,retry\n"


def test_a_part_of_the_program_that_cannot_be_read_is_told(demo: "Command", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipeline.publish.aoi", None)
    said = build(demo)
    assert (said.code, "error: a part of the program can't be read or isn't there: " in said.text) == (1, True)
