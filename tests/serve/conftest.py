"""A small site with difficult names, to be served."""

from pathlib import Path

import pytest
from log_lines import Log
from werkzeug.test import Client

from pipeline.build import build
from pipeline.serve.application import Application

NAMES = ("Demo", "Demo2", "a b", "a%20b", "übersee/nord", "..", "-rf", "*", "index.json")


@pytest.fixture(scope="session")
def served_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AOIs of these names; Demo has three scenes of one tile each, tile 11 in RETRY."""
    folder = tmp_path_factory.mktemp("served")
    log = Log(folder / "data" / "events")
    for name in NAMES:
        log.aoi(name)
    for scene in (1, 2, 3):
        log.scene(scene, {scene * 10 + 1: None})
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "disk full")
    build(folder / "data", folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def client(served_site: Path) -> Client:
    return Client(Application(served_site))
