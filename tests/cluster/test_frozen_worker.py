"""A worker that is frozen in the midst of its work, and wakes when the next build is over, undoes nothing."""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dying import Freezing, Handing
from log_lines import Log
from s3_server import held
from site_tree import differing, tree

from pipeline.build import Built, build
from pipeline.cluster.executor import Cluster, connected
from pipeline.publish.parts import publish_aois
from pipeline.publish.site import Place
from pipeline.shards.build import build_in_shards
from pipeline.shards.shard_site import publish_shard
from pipeline.store.lock import StoreHeld

LONG = 60
"""Seconds after which something that is waited for won't come any more."""


class Worker:
    """A worker that is a process of its own, with nobody to start it again."""

    def __init__(self, cluster: Any) -> None:
        self._scheduler = cluster
        self.process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-nanny",
             "--nthreads", "1", "--no-dashboard", "--name", "alone"],
            env=os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))}, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def address(self) -> str:
        return next(one.address for one in self._scheduler.scheduler.workers.values() if one.name == "alone")

    def wait_until_frozen(self) -> None:
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def is_given_up(self) -> None:
        """The scheduler hasn't heard of it for too long."""
        self._scheduler.sync(self._scheduler.scheduler.remove_worker, address=self.address, stimulus_id="a test")

    def wakes(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def cluster(s3_server: Any, cluster: Any) -> Any:
    """Its workers know of the server."""
    return cluster


@pytest.fixture
def alone(cluster: Any) -> Iterator[Worker]:
    worker = Worker(cluster)
    with cluster.get_client() as client:
        client.wait_for_workers(3, timeout=LONG)
    yield worker
    worker.process.kill()
    worker.process.wait()


class ToThatOne(Handing):
    """The first task that publishes goes to one worker, unless that one is gone."""

    def __init__(self, cluster: Cluster, freezing: Freezing, worker: Worker) -> None:
        super().__init__(cluster, lambda *_: None)
        self._freezing, self._worker = freezing, worker

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if fn.__name__ == self._freezing.__name__ and not self.handed.get(fn.__name__):
            fn, kwargs = self._freezing, {"workers": [self._worker.address], "allow_other_workers": True}
        return super().submit(fn, *args, **kwargs)


def published(site: Place) -> dict[str, bytes]:
    """A site, wherever it is, with what it says of its build."""
    if isinstance(site, Path):
        return tree(site) | {"build.json": (site / "build.json").read_bytes()}
    return held(site)


def build_in_two_shards(data: Path, site: Place, **how: Any) -> Built:
    return build_in_shards(data, site, 2, **how)


@contextmanager
def frozen_in(
    worker: Worker, cluster: Any, data: Path, site: Place, building: Callable[..., Built], freezing: Freezing
) -> Iterator[None]:
    """A build's worker stands still in the midst of an AOI; others have done its work, and the build is over."""
    folders = [data, site] if isinstance(site, Path) else [data]
    with connected(cluster.scheduler_address, data / "spool", folders) as found, ThreadPoolExecutor(2) as pool:
        built = pool.submit(building, data, site, workers=ToThatOne(found, freezing, worker))
        frozen = pool.submit(worker.wait_until_frozen)
        try:
            wait([built, frozen], LONG, "FIRST_COMPLETED")
            assert not built.done(), built.result()
            frozen.result()
            worker.is_given_up()
            built.result(LONG)
            yield
        finally:
            worker.process.kill()


def without_locks(data: Path) -> None:
    """As where what a worker has locked isn't locked for others: the same file, but another one."""
    shutil.copyfile(data / "sceneboard.lock-workers", data / "copied")
    (data / "copied").rename(data / "sceneboard.lock-workers")


@pytest.mark.parametrize(
    ("where", "building", "stage"),
    [
        ("folder", build, publish_aois),
        ("s3", build, publish_aois),
        ("folder", build_in_two_shards, publish_shard),
    ],
    ids=["folder", "s3", "shards"],
)
def test_it_undoes_nothing(
    cluster: Any, alone: Worker, data: Path, log: Log, tmp_path: Path, request: pytest.FixtureRequest,
    where: str, building: Callable[..., Built], stage: Callable[[Any], Any],
) -> None:  # fmt: skip
    """While it is frozen it keeps other builds away; where locks don't reach it, the site itself tells it off."""
    site: Place = tmp_path / "site" if where == "folder" else request.getfixturevalue("bucket")
    looks = random.Random(int(os.environ.get("SCENEBOARD_SEED", "1"))).randint(1, 6)
    for number, name in enumerate(("A", "B", "C"), 1):
        log.aoi(name)
        log.scene(number, {10 * number: None, 10 * number + 1: None}, aoi=name, retries=1)
    building(data, site)
    older = published(site)
    for number in (1, 2, 3):
        log.says("scene", number, "DONE")
    with frozen_in(alone, cluster, data, site, building, Freezing(stage, tmp_path / "mark", looks)):
        for number in (1, 2, 3):
            log.says("tile", 10 * number, "RETRY", "later")
        with pytest.raises(StoreHeld, match="at work still"):
            building(data, site, wait_seconds=0)
        without_locks(data)
        building(data, site)
        newer = published(site)
        assert all(newer[path] != older.get(path) for path in ("build.json", "tile/10.json", "aoi/A/overview.json"))
        alone.wakes()
        with (tmp_path / "mark").open() as mark:
            fcntl.flock(mark, fcntl.LOCK_SH)  # it has come to an end
            said = mark.read()
        assert not said or "another build" in said, "nothing: its process ended, since the scheduler had given it up"
    assert differing(published(site), newer) == []
    (data / "sceneboard.duckdb").unlink(missing_ok=True)
    build(data, tmp_path / "plain")
    assert [path for path in differing(newer, published(tmp_path / "plain")) if not path.endswith("build.json")] == []
