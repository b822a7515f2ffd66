"""A cluster that can't do the work: a clear word within seconds, and the site as it was."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import distributed
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.cluster import executor
from pipeline.cluster.executor import Cluster, SchedulerLost, connected
from pipeline.cluster.fitness import ClusterUnusable, Machine, look, marked, memory_of_a_task, programs, refuse_unfit

BUILD = ["build", "--cluster", "tcp://x:1"]
CLUSTER_ON_ITS_OWN = """
from distributed import LocalCluster
if __name__ == "__main__":
    made = LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp"
    )
    print(made.scheduler_address, flush=True)
    input()
"""


def kill_me(task: str) -> None:
    """A task that ends its process, and so here the worker and the scheduler."""
    os.kill(os.getpid(), signal.SIGKILL)


def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def refusal(address: str, folder: Path, seconds: float = 0.3) -> str:
    with pytest.raises(ClusterUnusable) as refused, connected(address, folder / "spool", [folder], seconds):
        pass
    assert list(folder.glob(".cluster*")) == []
    return str(refused.value)


@pytest.mark.parametrize("address", [None, "nonsense://somewhere:1", "tcp://no-such-host.invalid:8786"])
def test_there_is_no_scheduler(tmp_path: Path, address: str | None) -> None:
    address = address or nobody()
    assert f"no scheduler answers at {address}" in refusal(address, tmp_path)


def test_there_are_no_workers(here: Any, tmp_path: Path) -> None:
    here.scale(0)
    while here.scheduler.workers:
        here.sync(here._correct_state)
    assert "has no workers, and none came within" in refusal(here.scheduler_address, tmp_path)


def test_a_worker_has_other_programs(here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = replace(programs(), edition="0.0.9-other")
    monkeypatch.setattr(executor, "programs", lambda: ours)
    said = refusal(here.scheduler_address, tmp_path, 5)
    assert f"sceneboard is 0.0.9-other here and {programs().edition} on worker inproc://" in said


def test_a_worker_doesnt_see_a_folder(here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where another folder is mounted under that name: the build's mark isn't in it."""

    @contextmanager
    def elsewhere(folders: Any) -> Iterator[str]:
        yield ".cluster.0.tmp"

    monkeypatch.setattr(executor, "marked", elsewhere)
    said = refusal(here.scheduler_address, tmp_path, 5)
    assert f"{tmp_path / 'spool'} isn't there, or is another folder there" in said


def test_a_worker_that_comes_later_is_looked_at_too(here: Any, tmp_path: Path) -> None:
    with connected(here.scheduler_address, tmp_path / "spool", [tmp_path], 5) as cluster:
        cluster._programs = replace(programs(), python="2.7.18")
        error = cluster.submit(len, "task").exception(30)
    assert isinstance(error, ClusterUnusable)
    assert "Python is 2.7.18 here" in str(error)


def test_the_scheduler_goes_in_the_midst_of_it(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER_ON_ITS_OWN], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with connected(address, tmp_path / "spool", [tmp_path], 5) as cluster:
            futures = [cluster.submit(kill_me, "task"), cluster.submit(kill_me, "task")]
            assert all(isinstance(future.exception(30), SchedulerLost) for future in futures)


def test_the_scheduler_goes_between_two_stages(here: Any, tmp_path: Path) -> None:
    """The client has given it up meanwhile."""
    with connected(here.scheduler_address, tmp_path / "spool", [tmp_path], 5) as cluster:
        assert isinstance(cluster, Cluster)
        cluster._client.close()
        with pytest.raises(SchedulerLost, match="gone: build again"):
            cluster.submit(len, [])


def test_all_workers_go_and_none_comes(tmp_path: Path) -> None:
    """A scheduler waits for workers as long as it is told to."""
    with (
        dask.config.set({"distributed.scheduler.no-workers-timeout": "100ms"}),
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
        connected(made.scheduler_address, tmp_path / "spool", [tmp_path], 5) as cluster,
    ):
        made.scale(0)
        while made.scheduler.workers:
            made.sync(made._correct_state)
        error = cluster.submit(len, "task").exception(30)
    assert isinstance(error, SchedulerLost)
    assert str(error) == "no worker is left, and none has come: start some, and build again"


def test_the_command_says_so(data: Path, site: Path) -> None:
    done = CliRunner().invoke(main, ["--data", str(data), "--site", str(site), "build", "--cluster", "tcp://"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert done.output.startswith("error: no scheduler answers at tcp://")
    assert list(site.iterdir()) == []


@pytest.mark.parametrize("more", [["--workers", "2"], ["--as-of", "2022-01-01T00:00:00Z"]])
def test_a_cluster_goes_with_neither(data: Path, site: Path, more: list[str]) -> None:
    done = CliRunner().invoke(main, ["--data", str(data), "--site", str(site), *BUILD, *more])
    assert done.exit_code == 2
    assert "--cluster goes with neither" in done.output


def test_without_the_package(data: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipeline.cluster.executor", None)
    done = CliRunner().invoke(main, ["--data", str(data), "--site", str(site), *BUILD])
    assert done.exit_code == 1
    assert "pip install 'sceneboard[cluster]'" in done.output
    assert not site.exists()


# What is looked at


OWN = programs()


def told(**parts: Any) -> Machine:
    return replace(Machine("node1", OWN), **parts)


def test_every_version_counts() -> None:
    names = dict(OWN.packages)
    assert {"jinja2", "duckdb", "msgspec", "distributed", "pystac-core"} <= {name.lower() for name in names}
    refuse_unfit(OWN, {"a": told(), "b": told()})
    other = replace(OWN, packages=tuple((name, "0.1" if name == "duckdb" else is_) for name, is_ in OWN.packages))
    less = replace(OWN, packages=tuple((name, is_) for name, is_ in OWN.packages if name != "duckdb"))
    with pytest.raises(ClusterUnusable, match=rf"duckdb is {names['duckdb']} here and 0.1, none on workers a, c, d"):
        refuse_unfit(OWN, {"a": told(programs=other), "b": told(), "c": told(programs=less), "d": told(programs=less)})
    many = {f"w{number}": told(programs=less) for number in range(9)}
    with pytest.raises(ClusterUnusable, match="workers w0, w1, w2 and 6 more"):
        refuse_unfit(OWN, many)


def test_folders_are_looked_at(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    with marked([one, other]) as mark:
        assert look([one, other], mark) == replace(Machine("", OWN), host=socket.gethostname())
        assert "isn't there" in look([one, tmp_path], mark).trouble
        with pytest.raises(ClusterUnusable, match=r"worker a on .* doesn't share the build's folders: .*isn't there"):
            refuse_unfit(OWN, {"a": look([tmp_path], mark)})
    assert [*one.iterdir(), *other.iterdir()] == []
    (one / "unlocked").touch()
    assert not look([one], "unlocked").locks_are_shared


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with marked([tmp_path]) as mark:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert look([tmp_path], mark).trouble == f"{tmp_path} can't be written there"

        def refused(*_: Any) -> int:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(os, "open", refused)
        assert look([tmp_path], mark).trouble == f"{tmp_path}: Permission denied"
        monkeypatch.undo()


def test_memory_is_shared_out() -> None:
    assert memory_of_a_task({"a": told(memory_bytes=4_000), "b": told(memory_bytes=8_000), "c": told()}) == 1_000
    assert memory_of_a_task({"a": told()}) is None


def test_it_warns_of_threads_and_of_locks_that_arent_shared(here: Any, tmp_path: Path) -> None:
    with connected(here.scheduler_address, tmp_path / "spool", [tmp_path], 5) as cluster:
        assert isinstance(cluster, Cluster)
        (warning,) = cluster.warnings
    assert "--nthreads 1" in warning
    assert executor._warnings({"a": told(locks_are_shared=False)})[0].startswith("locks in the data folder")
