"""The commands that the pages show: all can be given as they stand, and the README's are run."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from doc_pages import PAGES, ROOT, blocks
from log_lines import Log, scene_body

from pipeline.cli import main

README = ROOT / "README.md"
RUN_ELSEWHERE = ("watch", "serve", "import", "--cluster", "s3://boards/board")
"""They go on until they are stopped, or ask a server, a scheduler or a bucket: their own tests run them."""


def shown(page: Path) -> Iterator[list[str]]:
    """The arguments of each `sceneboard …` in the shell blocks of a page."""
    for block in blocks(page):
        if block.kind in ("", "sh"):
            for line in block.text.splitlines():
                if "sceneboard" in line and not line.startswith("{"):
                    yield from invocations(line.removeprefix("*/15 * * * * "))


def invocations(line: str) -> Iterator[list[str]]:
    """The program's arguments where a line of shell starts it, several times perhaps."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    command: list[str] = []
    for word in [*words, "|"]:
        if set(word) <= set("|&;<>()"):
            if command and command[0].rpartition("/")[2] == "sceneboard":
                yield command[1:]
            command = []
        else:
            command.append(word)


@pytest.fixture
def only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are taken apart and not run, and the files that they name needn't be there."""
    monkeypatch.setattr(click.Command, "invoke", lambda self, context: None)
    for kind in (click.File, click.Path):
        monkeypatch.setattr(kind, "convert", lambda self, value, param, context: value)


def call(arguments: list[str], text: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_shows_is_one_that_the_program_takes(page: Path, only_read: None) -> None:
    for arguments in shown(page):
        if not any(word in ("COMMAND", "[OPTIONS]") for word in arguments):
            result = call(arguments)
            assert result.exit_code == 0, f"sceneboard {shlex.join(arguments)}: {result.output}"


def test_a_command_that_the_program_does_not_take_is_found(only_read: None) -> None:
    assert [*invocations("echo x | /opt/bin/sceneboard log append - && sceneboard build > log # often")] == [
        ["log", "append", "-"],
        ["build"],
    ]
    assert call(["build", "--fulll"]).exit_code == 2
    assert call(["tile", "retry"]).exit_code == 2
    assert len([*shown(README)]) >= 8


def test_the_commands_of_the_readme_run_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unflushed: None
) -> None:
    """On a log with what they name: an AOI, tile 12 that wants a retry, scene 14 that wants giving up."""
    monkeypatch.chdir(tmp_path)
    ready_for_the_readme(Log(tmp_path / "data" / "events"))
    Path("results.jsonl").write_text(tile_result(11, "DONE"), "utf-8")
    Path("scenes.json").write_text(json.dumps(without_ids(scene_body(15, {151: None}))), "utf-8")
    for arguments in shown(README):
        if not set(RUN_ELSEWHERE) & set(arguments):
            result = call(arguments)
            assert result.exit_code == 0, f"sceneboard {shlex.join(arguments)}: {result.output}"
    assert {path.name for path in Path("tables").iterdir()} > {"tiles.parquet"}
    assert json.loads(call(["tile", "show", "12", "--json"]).output)["status"] == "PENDING"
    assert json.loads(call(["scene", "show", "14", "--json"]).output)["status"] == "FAILED"


def ready_for_the_readme(log: Log) -> None:
    log.add("aoi.created", {"id": "DenmarkDemo"})
    log.add("scene.created", scene_body(1, {11: None, 12: None}, aoi="DenmarkDemo"))
    log.add("scene.created", scene_body(14, {141: None}, aoi="DenmarkDemo"))
    log.add("scene.result", {"type": "scene", "id": 1, "status": "DONE", "message": ""})
    log.add("tile.result", json.loads(tile_result(12, "RETRY")))
    log.add("scene.result", {"type": "scene", "id": 14, "status": "RETRY", "message": ""})


def tile_result(id: int, status: str) -> str:
    return json.dumps({"type": "tile", "id": id, "status": status, "message": ""})


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    tiles = {name: {key: one for key, one in tile.items() if key != "id"} for name, tile in body["tiles"].items()}
    return {key: one for key, one in body.items() if key not in ("id", "aoi")} | {"tiles": tiles}


def test_what_the_readme_makes_can_be_made() -> None:
    targets = [
        line.split()[1]
        for page in (README, ROOT / "CONTRIBUTING.md")
        for block in blocks(page)
        for line in block.text.splitlines()
        if line.startswith("make ")
    ]
    assert {"site", "test"} < set(targets)
    done = subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_begins_with_what_it_is_a_picture_and_two_commands() -> None:
    """All of it on the first screen."""
    text = README.read_text("utf-8")
    screen = "\n".join(text.splitlines()[:24])
    assert screen.startswith("# Sceneboard\n\nStatic status boards for satellite scenes and tiles.")
    assert "![" in screen
    assert [block.text for block in blocks(README)[:2]] == ["make site\n", "make test\n"]
    assert "    make site" in screen
    assert "    make test" in screen
