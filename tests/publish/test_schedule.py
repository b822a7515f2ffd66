"""A site that is built on a schedule says so, and that it was looked at, though nothing has changed."""

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from log_lines import Log
from site_tree import tree

from pipeline.build import build
from pipeline.cli.duration import seconds
from pipeline.publish.site import TOLD, TOLD_TO_PAGES

TELLING = {TOLD, TOLD_TO_PAGES}


def told(site: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / TOLD).read_bytes())
    return found


def told_to_pages(site: Path) -> dict[str, Any]:
    script = (site / TOLD_TO_PAGES).read_text()
    assert script.startswith("sceneboardBuild(")
    assert script.endswith(");\n")
    found: dict[str, Any] = json.loads(script.removeprefix("sceneboardBuild(").removesuffix(");\n"))
    return found


@pytest.fixture
def built(log: Log, data: Path, site: Path) -> Path:
    log.aoi()
    log.scene(1, {11: None})
    build(data, site, every_seconds=900)
    return site


def times(site: Path) -> dict[str, int]:
    return {path.relative_to(site).as_posix(): path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()}


def test_the_schedule_is_told_to_pages_over_http_and_from_a_folder(built: Path) -> None:
    found = told(built)
    assert found["every_seconds"] == 900
    assert told_to_pages(built) == {key: found[key] for key in ("build", "time", "every_seconds")}


def test_a_look_that_finds_nothing_new_is_told_and_touches_nothing_else(built: Path, data: Path) -> None:
    before, was = times(built), told(built)
    (built / TOLD).write_text(json.dumps(was | {"time": "2022-03-01T00:00:00Z"}))
    assert build(data, built, every_seconds=900).written == 0
    after, now = times(built), told(built)
    assert {path for path in before if before[path] != after[path]} <= TELLING
    assert now["time"] > "2022-03-01T00:00:00Z"
    assert now["build"] == was["build"], "an open page doesn't offer to reload what hasn't changed"
    assert told_to_pages(built)["time"] == now["time"]


def test_without_a_schedule_nothing_is_touched_at_all(built: Path, data: Path) -> None:
    before = times(built)
    build(data, built)
    assert times(built) == before


def test_what_tells_of_the_build_is_all_that_differs_between_two_sites(built: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    build(data, other)
    assert tree(built) == tree(other)
    assert {path.relative_to(other).as_posix() for path in other.rglob("*") if path.is_file()} >= TELLING
    assert not TELLING & tree(other).keys()


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), (" 15 M ", 900)]
)
def test_a_length_of_time(text: str, expected: int) -> None:
    assert seconds(*_option(), text) == expected


@pytest.mark.parametrize("text", ["", "15", "0m", "-1h", "1.5h", "1w", "m", "1h30m", "٣m"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no length of time: write 90s, 15m, 2h or 1d"):
        seconds(*_option(), text)


def _option() -> tuple[click.Context, click.Option]:
    return click.Context(click.Command("build")), click.Option(["--every"])


def test_what_became_of_the_logs_files_is_told_though_nothing_else_changed(log: Log, data: Path, site: Path) -> None:
    log.aoi()
    log.aoi(file="moved.jsonl")
    build(data, site)
    was = told(site)
    moved = data / "events" / "moved.jsonl"
    moved.rename(data / "moved.jsonl")
    build(data, site)
    assert (told(site)["gone"], told(site)["build"]) == (["moved.jsonl"], was["build"])
    before = times(site)
    build(data, site)
    assert times(site) == before, "it is told once"
    (data / "moved.jsonl").rename(moved)
    os.mkfifo(data / "events" / "pipe.jsonl")
    build(data, site)
    assert (told(site)["gone"], [one["file"] for one in told(site)["unreadable"]]) == ([], ["pipe.jsonl"])
