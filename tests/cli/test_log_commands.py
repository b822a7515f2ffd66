"""`log append` and `log check`, and that appending is safe: with many processes, and when killed right after."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from log_lines import Log, at, compressed, event, line
from site_tree import tree

from pipeline.refresh import refresh
from pipeline.store.database import open_database

if TYPE_CHECKING:
    from conftest import Command

SCENE = '{"source_id": "S3", "data": {"tiles": {"T4": {}}}, "tiles": {"T4": {}}}'
BARE = {"type": "tile", "id": 12, "status": "DONE", "message": ""}


def appended(log: Log) -> list[dict[str, Any]]:
    return [json.loads(text) for path in log.folder.rglob("*.jsonl") for text in path.read_bytes().splitlines()]


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


# log append


def test_a_bare_result_becomes_an_event(sceneboard: "Command", log: Log) -> None:
    said = sceneboard("log", "append", "-", text=lines(BARE, {**BARE, "type": "scene", "worker": {"node": 7}}))
    assert (said.code, said.text) == (0, "-: 2 events appended\n")
    first, second = appended(log)
    assert (first["type"], first["data"]) == ("tile.result", BARE)
    assert (second["type"], second["data"]) == ("scene.result", {**BARE, "type": "scene", "worker": {"node": 7}})
    assert first["id"] != second["id"]
    assert first["source"].startswith("sceneboard/")
    assert "partitionkey" not in first


def test_the_source_of_bare_results_may_be_said(sceneboard: "Command", log: Log) -> None:
    sceneboard("log", "append", "--source", "worker/7", "-", text=lines(BARE))
    assert appended(log)[0]["source"] == "worker/7"


def test_an_event_goes_in_as_it_is_to_the_byte(sceneboard: "Command", log: Log) -> None:
    text = b'{ "specversion": "1.0", "id": "x", "source": "w", "type": "tile.retry",'
    text += b' "time": "2022-03-01T00:00:00.50Z", "data": {"id": 1, "more": 1.50}}'
    assert sceneboard("log", "append", "-", text=text + b"\r\n\n  \n").code == 0
    (path,) = log.folder.rglob("*.jsonl")
    assert path.read_bytes() == text + b"\n"


def test_several_files_are_reported_each(sceneboard: "Command", log: Log, tmp_path: Path) -> None:
    """All lines of a file, or none: the bad one doesn't keep the other out."""
    (tmp_path / "good").write_text(lines(BARE, BARE))
    (tmp_path / "bad").write_text(lines(BARE, {**BARE, "status": "BROKEN"}))
    said = sceneboard("log", "append", tmp_path / "bad", tmp_path / "good", "--json")
    assert said.code == 2
    assert [(one["code"], one["appended"]) for one in said.json] == [(2, False), (0, True)]
    assert "line 2" in said.json[0]["message"]
    assert len(appended(log)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[5]", "5", "{}", '{"type":"aoi","id":1,"status":"DONE"}', '{"type":"tile","status":"DONE"}',
        '{"type":"tile","id":"12","status":"DONE"}', '{"type":"tile","id":12,"status":"BROKEN"}',
        '{"type":"tile","id":12}', '{"specversion":"1.0","type":"tile.retry","data":{"id":1}}',
        '{"type":"tile","id":12,"status":"DONE","x":1e999}',
        '{"type":"tile","id":12,"status":"DONE","message":"\\ud800"}',
        "[" * 100_000, b"\xff\xfe",
        lines(event("tile.retry", {"id": 1}, "yesterday", "x")), lines(event("tile.moved", {"id": 1}, at(1), "x")),
    ],
    ids=lambda text: str(text)[:50],
)  # fmt: skip
def test_what_would_be_quarantined_is_refused(sceneboard: "Command", log: Log, text: str | bytes) -> None:
    said = sceneboard("log", "append", "-", text=text)
    assert said.code == 2
    assert "nothing of - was appended" in said.text
    assert appended(log) == []


def test_a_byte_order_mark_as_powershell_writes_it_is_passed_over(
    sceneboard: "Command", demo: "Command", tmp_path: Path
) -> None:
    def file(text: str) -> Path:
        path = tmp_path / "marked.json"
        path.write_text(text, "utf-8-sig")
        return path

    assert sceneboard("log", "append", file(lines(BARE))).code == 0
    assert demo("scene", "add", "Demo", file(SCENE)).code == 0
    assert demo("tile", "set-data", 1, file('{"a": 1}')).code == 0


def test_an_answer_that_cannot_be_printed_is_told_though_the_event_is_in_the_log(data: Path, log: Log) -> None:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--data", str(data)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "tile", "retry", "12", "--no-check"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "error: what was done couldn't be printed: No space left on device\n")
    assert [event["type"] for event in appended(log)] == ["tile.retry"]


def test_nothing_is_appended_of_nothing(sceneboard: "Command", log: Log) -> None:
    said = sceneboard("log", "append", "-", text="\n\n")
    assert (said.code, said.text) == (0, "-: 0 events appended\n")


def test_a_log_that_can_not_be_written_is_told(sceneboard: "Command", data: Path) -> None:
    (data / "events").rmdir()
    (data / "events").write_text("in the way")
    said = sceneboard("log", "append", "-", text=lines(BARE))
    assert said.code == 1
    assert str(data / "events") in said.text


# log check


def test_a_good_log_is_found_good_and_left_alone(sceneboard: "Command", log: Log, data: Path) -> None:
    log.aoi("A")
    log.path("b.jsonl.gz").write_bytes(compressed([line(log.event("aoi.created", {"id": "B"}))], ".gz"))
    before = tree(data)
    said = sceneboard("log", "check")
    assert (said.code, said.text) == (0, "2 events in 2 files; 0 lines that can't be used\n")
    assert tree(data) == before


def test_every_line_that_a_build_would_quarantine_is_told(sceneboard: "Command", log: Log, data: Path) -> None:
    twice = log.event("aoi.created", {"id": "A"}, id="x")
    log.append(twice, b"bad \x1b[31m", {**twice, "data": {"id": "B"}}, twice, file="d/log.jsonl")
    with log.path("torn.jsonl").open("wb") as file:
        file.write(b'{"torn')
    before = tree(data)
    said = sceneboard("log", "check")
    assert said.code == 6
    bad, other, torn, last = said.text.splitlines()
    assert bad.startswith("d/log.jsonl:2: not JSON")
    assert other.startswith("d/log.jsonl:3: another event with the same source and id")
    assert torn == "torn.jsonl: an unfinished line at byte 0"
    assert last == "3 events in 2 files; 2 lines that can't be used"
    found = sceneboard("log", "check", "--json").json
    assert [(one["file"], one["line"]) for one in found["quarantined"]] == [("d/log.jsonl", 2), ("d/log.jsonl", 3)]
    assert found["quarantined"][0]["text"] == "bad \x1b[31m"
    assert found["unfinished"] == [{"file": "torn.jsonl", "offset": 0, "text": '{"torn'}]
    assert tree(data) == before


# Safe


APPEND = """
import sys
from click.testing import CliRunner
from pipeline.cli import main
worker, data = sys.argv[1:]
for number in range(200):
    text = '{"type":"tile","id":%d,"status":"DONE","message":"%s"}' % (number, worker)
    said = CliRunner().invoke(main, ["--data", data, "log", "append", "-"], input=text)
    assert said.exit_code == 0, said.output
"""


def test_eight_processes_appending_at_once_lose_and_tear_nothing(data: Path) -> None:
    """Each gives the command 200 times, a result each time."""
    workers = [
        subprocess.Popen([sys.executable, "-c", APPEND, f"worker {number}", str(data)], stderr=subprocess.PIPE)
        for number in range(8)
    ]
    for worker in workers:
        _, errors = worker.communicate()
        assert worker.returncode == 0, errors.decode()
    texts = [text for path in (data / "events").rglob("*.jsonl") for text in path.read_bytes().splitlines()]
    said = {(found["data"]["message"], found["data"]["id"]) for found in map(json.loads, texts)}
    assert said == {(f"worker {number}", id) for number in range(8) for id in range(200)}
    assert len(texts) == len({json.loads(text)["id"] for text in texts}) == 1600
    with open_database(Path(":memory:")) as database:
        found = refresh(database, data / "events")
    assert (found.events, found.quarantined, found.unfinished) == (1600, 0, [])


KILLED = """
import os, sys
import click
from pipeline.cli import main
echo = click.echo
def report(*told, **how):
    echo(*told, **how)
    sys.stdout.flush()
    os.kill(os.getpid(), 9)
click.echo = report
main()
"""


@pytest.mark.parametrize("arguments", [["log", "append", "-"], ["aoi", "create", "Demo"]], ids=" ".join)
def test_what_was_reported_as_appended_survives_a_kill_right_after(
    data: Path, log: Log, sceneboard: "Command", arguments: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, "--data", str(data), *arguments],
        input=lines(BARE).encode(), capture_output=True, env=dict(os.environ), check=False,
    )  # fmt: skip
    assert done.returncode == -9
    assert b"appended" in done.stdout
    assert len(appended(log)) == 1
    assert sceneboard("aoi", "create", "Another").code == 0
    assert len(appended(log)) == 2


def test_help_that_cannot_be_printed_is_told() -> None:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--help"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: what was done couldn't be printed: No space left on device\n")


WITHOUT_A_MODULE = """
import sys

class Unreadable:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise {error}

sys.meta_path.insert(0, Unreadable())
from pipeline.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize(
    ("module", "command"), [("click._textwrap", ["no-such-command"]), ("mgrs", ["scene", "add", "Demo", "-"])]
)
@pytest.mark.parametrize("error", ["OSError(5, 'Input/output error', 'x.py')", "ImportError('half of it')"])
def test_a_part_of_the_program_that_cannot_be_read_is_told_in_words(
    module: str, command: list[str], error: str
) -> None:
    """Click's own, which it imports when it tells of wrong usage; and what a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_MODULE.format(error=error), module, *command],
        input="{}", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: a part of the program can't be read or isn't there: ")
    assert line.endswith(("'x.py'", "half of it"))


def test_a_file_in_the_place_of_a_log_is_told(sceneboard: "Command", tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/events").write_text("")
    said = sceneboard("demo", tmp_path / "there")
    assert said.code == 1
    assert f"{tmp_path}/there/events: " in said.text
    assert "part of the program" not in said.text
