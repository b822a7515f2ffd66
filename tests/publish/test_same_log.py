"""A store that is new doesn't know what the log held: where that can't all be there, the site stays as it is."""

import json
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from log_lines import Log
from site_tree import tree

from pipeline.build import build
from pipeline.publish.places import SiteRefused
from pipeline.shards.build import build_in_shards


class Build(Protocol):
    def __call__(self, data: Path, site: Path, *, full: bool = False) -> Any: ...


@pytest.fixture(params=[build, partial(build_in_shards, shards=2)], ids=["one store", "shards"])
def any_build(request: pytest.FixtureRequest) -> Build:
    found: Build = request.param
    return found


@pytest.fixture
def built(log: Log, data: Path, site: Path, any_build: Build) -> Path:
    """The site of an AOI."""
    log.aoi()
    log.scene(1, {11: None})
    any_build(data, site)
    return site


def forget(data: Path) -> None:
    for left in data.glob("sceneboard*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def aois(site: Path) -> list[str]:
    return [aoi["ID"] for aoi in json.loads((site / "aoi/index.json").read_bytes())]


def log_files(data: Path) -> list[Path]:
    return sorted((data / "events").rglob("*.jsonl"))


@pytest.mark.parametrize("full", [False, True])
def test_what_it_holds_is_not_lost_for_a_file_that_cannot_be_read(
    built: Path, data: Path, any_build: Build, full: bool
) -> None:
    before, shown = tree(built), aois(built)
    (file,) = log_files(data)
    text = file.read_bytes()
    file.unlink()
    os.mkfifo(file)
    if not full:
        forget(data)
    with pytest.raises(OSError, match="the site has what it held") as raised:
        any_build(data, built, full=full)
    assert raised.value.filename == file.relative_to(data / "events").as_posix()
    assert tree(built) == before
    file.unlink()
    file.write_bytes(text)
    any_build(data, built, full=full)
    assert aois(built) == shown


def test_a_store_that_knows_the_file_goes_on_without_it(built: Path, data: Path, any_build: Build) -> None:
    before = aois(built)
    (file,) = log_files(data)
    file.unlink()
    os.mkfifo(file)
    assert len(any_build(data, built).refreshed.unreadable) == 1
    assert aois(built) == before


def test_another_log_in_its_place_is_published_only_when_that_is_said(
    built: Path, data: Path, any_build: Build
) -> None:
    before = tree(built)
    shutil.rmtree(data / "events")
    forget(data)
    Log(data / "events").aoi("Other", file="elsewhere.jsonl")
    with pytest.raises(SiteRefused, match="built from another log"):
        any_build(data, built)
    assert tree(built) == before
    any_build(data, built, full=True)
    assert aois(built) == ["Other"]


@pytest.mark.parametrize("place", ["archive/{stem}.jsonl", "{stem}-moved.jsonl"])
def test_a_file_may_be_moved_while_the_store_knows_it_or_keep_its_name(
    built: Path, data: Path, any_build: Build, place: str
) -> None:
    before = aois(built)
    keeps_its_name = place.startswith("archive")
    for file in log_files(data):
        target = data / "events" / place.format(stem=file.stem)
        target.parent.mkdir(exist_ok=True)
        file.rename(target)
    if keeps_its_name:
        forget(data)
    any_build(data, built)
    assert aois(built) == before


def test_a_site_without_aois_may_become_any_logs(data: Path, site: Path, any_build: Build) -> None:
    Log(data / "events").says("tile", 1, "DONE", file="first.jsonl")
    any_build(data, site)
    shutil.rmtree(data / "events")
    forget(data)
    Log(data / "events").aoi("Other", file="second.jsonl")
    any_build(data, site)
    assert aois(site) == ["Other"]
