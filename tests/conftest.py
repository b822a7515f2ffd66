"""What all tests share: a state folder and an environment of their own, and how Hypothesis looks for examples."""

import os
import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a job that a script has put into the background: no program that a test starts would end by Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.pop("PYTHONUNBUFFERED", None)  # programs that tests start print as they do where nobody has set it
if "PYTEST_XDIST_WORKER" in os.environ:
    # Each process of these tests would else compile all modules anew, where the environment says that none is kept.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from arriving import Taken
from hypothesis import HealthCheck, Phase, settings
from log_lines import Log
from memory_databases import MemoryDatabases
from quick_folder import memory

from pipeline.store.database import open_database

if (_in_memory := memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_in_memory))  # where pytest makes its folders for tests

_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("same", _UNHURRIED, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
settings.register_profile("explore", _UNHURRIED, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
"""The same examples in every run, so that a red run tells of a change. `HYPOTHESIS_PROFILE=explore` looks for more
and others each time, and for the smallest that fails, which may take minutes."""


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the user's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCENEBOARD_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("NO_PROXY", "127.0.0.1")
        for name in (
            "SCENEBOARD_DATA", "SCENEBOARD_SITE", "SCENEBOARD_STORE", "SCENEBOARD_STAC", "SCENEBOARD_BEARER",
        ):  # fmt: skip
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an empty log."""
    (tmp_path / "data" / "events").mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where the site goes."""
    return tmp_path / "site"


@pytest.fixture
def log(data: Path) -> Log:
    """The log of the data folder, to write into as workers and operators do."""
    return Log(data / "events")


@pytest.fixture
def store(log: Log) -> Iterator[Taken]:
    """A store in memory, which takes in what the log holds, build after build."""
    with open_database(Path(":memory:")) as database:
        yield Taken(database, log)


@pytest.fixture(scope="session", autouse=True)
def unflushed() -> Iterator[None]:
    """No test waits for the disk: no machine loses its power here. That something is flushed is seen in the calls.

    Programs that tests start flush as ever.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        patch.setattr(os, "sync", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_databases() -> Iterator[None]:
    """To begin a database in memory takes as long as all that most tests ask of it: here they share the beginning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", MemoryDatabases(duckdb.connect).connect)
        yield
