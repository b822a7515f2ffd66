"""A Dask cluster of two processes on this machine, and logs to build on it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.build import build
from pipeline.demo import write_large

distributed = pytest.importorskip("distributed", reason="needs the package distributed (sceneboard[cluster])")

import dask  # noqa: E402
from small_tasks import make_tasks_small  # noqa: E402

with contextlib.suppress(ImportError):  # tests that need them say so
    from s3_server import bucket, s3, s3_server

__all__ = ["bucket", "s3", "s3_server"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Where no worker is left, and none comes, tests end with that word: on a busy machine some don't start again.

    A worker that died while it was being asked is given up soon, not after half a minute.
    """
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "60s", "distributed.comm.timeouts.connect": "5s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
    ):
        yield made


@pytest.fixture
def here() -> Iterator[Any]:
    """A scheduler and a worker in this very process: quick to start."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as made:
        yield made
        with contextlib.suppress(Exception):
            made.close(timeout=1)


@pytest.fixture(autouse=True)
def _small_and_quick(unflushed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tasks_small(monkeypatch.setattr)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log (`data`), and the site that one process makes of it (`site`). Nobody may change it."""
    folder = tmp_path_factory.mktemp("plain")
    write_large(folder / "data/events", aois=5, scenes=2, tiles=2, seed=3, files=3)
    build(folder / "data", folder / "site")
    (folder / "data/sceneboard.duckdb").unlink()
    return folder
