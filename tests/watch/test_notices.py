"""What the kernel's notices are taken for, and the command from its start to its stop."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from log_lines import Log
from watchdog.events import (
    DirCreatedEvent,
    DirModifiedEvent,
    FileClosedNoWriteEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
    FileSystemEvent,
)

from pipeline.watch.notices import concerns_log


@pytest.mark.parametrize(
    ("event", "concerns"),
    [
        (FileModifiedEvent("/log/a.jsonl"), True),
        (FileCreatedEvent("/log/a.jsonl.gz"), True),
        (FileDeletedEvent("/log/a.jsonl.zst"), True),
        (FileMovedEvent("/log/.a.tmp", "/log/a.jsonl"), True),
        (FileMovedEvent("/log/a.jsonl", "/log/a.old"), True),
        (FileModifiedEvent("/log/notes.txt"), False),
        (FileOpenedEvent("/log/a.jsonl"), False),
        (FileClosedNoWriteEvent("/log/a.jsonl"), False),
        (DirCreatedEvent("/log/deep"), True),
        (DirModifiedEvent("/log"), False),
    ],
)
def test_only_what_changes_the_log_counts(event: FileSystemEvent, concerns: bool) -> None:
    assert concerns_log(event) is concerns


@contextmanager
def watching(data: Path, site: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--data", str(data), "--site", str(site)]
    quick = ["--settle", "0.05", "--workers", "1", "--json"]
    with subprocess.Popen(
        [*command, "watch", *quick, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: "subprocess.Popen[str]") -> dict[str, object]:
    assert process.stdout is not None
    told: dict[str, object] = json.loads(process.stdout.readline())
    return told


@pytest.mark.parametrize("options", [(), ("--poll", "0.1")], ids=["told by the kernel", "polling"])
def test_an_append_is_on_the_site_without_being_asked_for(
    data: Path, site: Path, log: Log, options: tuple[str, ...]
) -> None:
    log.aoi()
    with watching(data, site, *options) as process:
        assert line(process)["events"] == 1
        log.aoi("Second")
        told = line(process)
        assert (told["ok"], told["events"], told["aois"], told["aois_changed"]) == (True, 1, 2, 1)
        assert "Second" in (site / "aoi/index.json").read_text()
        log.aoi("Third", file="new/folder/more.jsonl")
        while told["aois"] != 3:
            told = line(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_clean(data: Path, site: Path, log: Log, number: signal.Signals) -> None:
    log.aoi()
    with watching(data, site) as process:
        line(process)
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert not (site / ".sceneboard-unfinished").exists()


def test_a_build_that_fails_is_told_of_and_the_watch_goes_on(data: Path, site: Path, log: Log) -> None:
    log.aoi()
    site.mkdir()
    (site / "aoi").write_text("a file where a folder of the site should be")
    with watching(data, site) as process:
        told = line(process)
        assert told["ok"] is False
        assert str(site / "aoi") in str(told["error"])
        assert told["again_in_seconds"] == 5
        assert process.poll() is None
