"""A build on a cluster gives the same site, to the byte, whatever happens to workers and to the one that builds."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dying import MOMENTS, Dying, Handing, OneOfEach, lose_the_result
from site_tree import differing, tree

from pipeline.build import build
from pipeline.cli.workers import workers
from pipeline.cluster.executor import Cluster, connected
from pipeline.ingest import take_apart
from pipeline.publish.parts import publish_aois
from pipeline.publish.site import BEGUN, SiteOvertaken
from pipeline.publish.task import Task
from pipeline.stages import TaskKilled, WorkersLost
from pipeline.store.database import open_database
from pipeline.store.folded import fold_aois
from pipeline.store.folds import packed_pasts
from pipeline.store.held import LOCK, STORE

SEED = int(os.environ.get("SCENEBOARD_SEED", "1"))
STAGES = {"take_apart": take_apart, "fold_aois": fold_aois, "publish_aois": publish_aois}


@pytest.fixture
def copied(plain: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A data folder with the log, and a folder for the site."""
    shutil.copytree(plain / "data/events", tmp_path / "data/events")
    (tmp_path / "site").mkdir()
    return tmp_path / "data", tmp_path / "site"


@contextmanager
def on(cluster: Any, data: Path, site: Path) -> Iterator[Cluster]:
    with connected(cluster.scheduler_address, data / "spool", [data, site]) as found:
        yield found


def left_in_spool(data: Path) -> list[str]:
    return [path.name for path in (data / "spool").iterdir()]


def test_processes_of_this_machine_give_the_same_site(plain: Path, copied: tuple[Path, Path]) -> None:
    with workers(2) as pool:
        build(*copied, workers=pool)
    assert differing(tree(copied[1]), tree(plain / "site")) == []


def test_a_cluster_gives_the_same_site(cluster: Any, plain: Path, copied: tuple[Path, Path]) -> None:
    """Each stage runs on its workers; a build with nothing to do hands nothing out; nothing is left behind."""
    data, site = copied
    with on(cluster, data, site) as found:
        counting = Handing(found, lambda stage, before: None)
        built = build(data, site, workers=counting)
        assert all(counting.handed[stage] >= 2 for stage in STAGES)
        handed = dict(counting.handed)
        assert built.written > 100
        assert build(data, site, workers=counting).written == 0
        assert counting.handed == handed
    assert differing(tree(site), tree(plain / "site")) == []
    assert left_in_spool(data) == []
    assert [path.name for folder in copied for path in folder.glob(".*")] == []


def test_workers_that_die_in_every_stage_change_nothing(
    cluster: Any, plain: Path, copied: tuple[Path, Path], tmp_path: Path
) -> None:
    data, site = copied
    with on(cluster, data, site) as found:
        build(data, site, workers=Handing(found, OneOfEach(SEED, tmp_path, STAGES)))
    assert sorted(path.name for path in tmp_path.glob("*-died")) == sorted(f"{stage}-died" for stage in STAGES)
    assert differing(tree(site), tree(plain / "site")) == []


def test_an_aoi_that_kills_every_worker_is_named(
    cluster: Any, plain: Path, copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was rendered before it stays, and the next build goes on from there."""
    data, site = copied
    name = sorted(path.parent.name for path in (plain / "site").glob("aoi/*/index.html"))[2]
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    with on(cluster, data, site) as found:
        deadly = Handing(found, lambda stage, _: Dying(STAGES[stage], None, aoi=name) if stage == "fold_aois" else None)
        with pytest.raises(WorkersLost, match=rf"every worker that was given AOI {name} died of it \(1 of them"):
            build(data, site, workers=deadly)
        assert not (site / "build.json").exists()
        build(data, site, workers=found)
    assert differing(tree(site), tree(plain / "site")) == []


def test_a_result_is_lost_and_the_task_kills_the_next_worker(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the result hears of the second worker's death, not of the first."""
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    with connected(cluster.scheduler_address, tmp_path / "spool", [tmp_path]) as found:
        error = found.submit(lose_the_result, tmp_path / "mark").exception(90)  # more than any wait in Dask
    assert isinstance(error, TaskKilled)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_is_finished_by_the_next(
    cluster: Any, plain: Path, copied: tuple[Path, Path], moment: str
) -> None:
    data, site = copied
    place = random.Random(f"{SEED} {moment}").randint(1, MOMENTS[moment])
    code = "import dying, sys; dying.killed_driver(*sys.argv[1:5], int(sys.argv[5]))"
    done = subprocess.run(
        [sys.executable, "-c", code, cluster.scheduler_address, str(data), str(site), moment, str(place)],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -9, (place, done.stderr)
    with on(cluster, data, site) as found:
        build(data, site, workers=found)
    assert differing(tree(site), tree(plain / "site")) == []
    assert left_in_spool(data) == []


def test_a_task_of_an_older_build_writes_nothing(plain: Path, copied: tuple[Path, Path]) -> None:
    """A worker that was frozen, and wakes when another build is under way or over."""
    data, site = copied
    build(data, site)
    before = tree(site)
    (name, *_) = sorted(path.parent.name for path in site.glob("aoi/*/index.html"))
    with open_database(data / STORE, read_only=True) as database:
        pasts = list(packed_pasts(database, [name]))
    task = Task(data / LOCK, site, pasts, {name: "elsewhere"}, {name: 1}, "", build="older")
    with pytest.raises(SiteOvertaken):
        publish_aois(task)
    (site / BEGUN).write_text("Build newer is under way\n")
    with pytest.raises(SiteOvertaken):
        publish_aois(task)
    (site / BEGUN).unlink()
    assert tree(site) == before
    (site / BEGUN).write_text("Build older is under way\n")
    assert publish_aois(task).written, "it would have"
