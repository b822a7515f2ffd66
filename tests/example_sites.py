"""Sites to look at, in a browser or as text: the sample's and a hostile log's. Each is built once for all workers."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hostile_log import write_hostile_log

from pipeline.build import build

SAMPLE = Path(__file__).parent.parent / "data" / "events"

KINDS = {
    "front": r"index\.html",
    "AOI": r"aoi/[^/]+/index\.html",
    "graph": r"aoi/[^/]+/graph(/[^/]+)?\.html",
    "list": r"aoi/[^/]+/(scenes|tiles)(/[A-Z]+)?(-\d+)?\.html",
    "day": r"aoi/[^/]+/days/[^/]+\.html",
    "scene": r"scene/\d+\.html",
    "history": r"scene/\d+/history-\d+\.html",
    "events": r"events/[^/]+\.html",
}
"""The kinds of pages, and where they are."""

EACH_NTH = 20
"""Of scenes and days, which are many and alike, a browser looks at those that are unlike, and at one of so many."""


@dataclass(frozen=True)
class Site:
    """A built site, and the data folder that it was built from."""

    data: Path
    folder: Path

    @cached_property
    def pages(self) -> list[str]:
        """All pages, by path."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.html"))

    def of_kind(self, kind: str) -> list[str]:
        """All pages of a kind."""
        return [path for path in self.pages if re.fullmatch(KINDS[kind], path)]

    def chosen(self, kind: str) -> list[str]:
        """The pages of a kind that a browser looks at: all of them, but for scenes, days and lists by status."""
        every = self.of_kind(kind)
        if kind == "list":
            return [path for path in every if path.startswith(f"aoi/{self.aoi_folders[0]}/") or path.count("/") == 2]
        if kind == "scene":
            return sorted({*every[::EACH_NTH], *self._special_scenes})
        if kind == "day":
            latest = {path for folder in self.aoi_folders for path in every if path.startswith(f"aoi/{folder}/days/2")}
            return sorted({*every[::EACH_NTH], max(latest, default=every[0]), *every[-2:]}) if every else []
        return every

    @cached_property
    def aoi_folders(self) -> list[str]:
        """The AOIs' folders."""
        return sorted(path.parent.name for path in self.folder.glob("aoi/*/index.html"))

    def json(self, path: str) -> Any:
        """A JSON file of the site."""
        return json.loads((self.folder / path).read_bytes())

    @cached_property
    def _special_scenes(self) -> set[str]:
        """In each AOI the first scene of each status, and the first with a tile of each status."""
        found = {}
        for folder in self.aoi_folders:
            for one in reversed(self.json(f"aoi/{folder}/scenes.json")):
                found[folder, "scene", one["status"]] = one["id"]
            for one in reversed(self.json(f"aoi/{folder}/tiles.json")):
                found[folder, "tile", one["status"]] = one["scene"]["id"]
        return {f"scene/{id}.html" for id in found.values()}


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker who wants it makes, while the others wait."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder)
            (folder / "made").touch()
    return folder


def _sample(folder: Path) -> None:
    shutil.copytree(SAMPLE, folder / "data" / "events")
    build(folder / "data", folder / "site")


def _hostile(folder: Path) -> None:
    write_hostile_log(folder / "data" / "events")
    build(folder / "data", folder / "site")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of the log that comes with the project. Nobody may change it."""
    folder = _once(tmp_path_factory, "sample", _sample)
    return Site(folder / "data", folder / "site")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of a log that tries to break out of every place where its texts are shown."""
    folder = _once(tmp_path_factory, "hostile", _hostile)
    return Site(folder / "data", folder / "site")
