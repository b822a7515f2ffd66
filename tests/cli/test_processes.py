"""Processes that work for a build are forked from one that has made itself ready."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from quick_folder import folder

import pipeline
from pipeline.render.templates import templates_folder

WHAT_IS_THERE_AT_ONCE = """
import sys
from pipeline.cli.workers import workers

with workers(2) as pool:
    for name in ("pipeline.publish.aoi", "pipeline.ingest", "pipeline.store.folded", "jinja2", "duckdb"):
        there = pool.submit(eval, f"{name!r} in __import__('sys').modules").result()
        print(name, there, name in sys.modules)
"""
TWO_POOLS = """
import os
from pipeline.cli.workers import workers

for value in ("one", "other"):
    os.environ["OF_THE_POOL"] = value
    with workers(2) as pool:
        print(pool.submit(os.getenv, "OF_THE_POOL").result(), pool.submit(os.getenv, "PYTHONSAFEPATH").result())
"""
STARTED_AND_USED = """
from pipeline.cli.workers import workers

if __name__ == "__main__":
    with workers(2) as pool:
        pool.start(2)
        print(pool.submit(len, "four").result(), pool._pool._mp_context.get_start_method())
"""
WHERE_FROM = """
import pipeline
from pipeline.cli.workers import workers

with workers(2) as pool:
    pool.start(2)
    print(pipeline.__file__, pool.submit(eval, "__import__('pipeline').__file__").result())
"""
FORKED_FROM_WHAT_BREAKS = """
from multiprocessing import get_context
from pipeline.cli import processes, workers
from pipeline.stages import WorkersLost, submit

context = get_context("forkserver")
context.set_forkserver_preload(["breaking"])
processes._context = lambda: context
with workers.workers(2) as pool:
    pool.start(2)
    try:
        submit(len, "", pool)
    except WorkersLost as lost:
        print(lost)
"""
CTRL_C = """
import os, signal
from multiprocessing import forkserver
from pipeline.cli.workers import workers

def press():
    try:
        os.killpg(0, signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt:
        print("interrupted")

with workers(2) as pool:
    pool.start(2)
    first = forkserver._forkserver._forkserver_pid
    press()
    print(pool.submit(len, "four").result())
    press()
    print(pool.submit(len, "four").result(), pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result())
    print(forkserver._forkserver._forkserver_pid == first)
"""
SOCKET_REMOVED = """
import shutil, sys
from pathlib import Path
from pipeline.cli.workers import workers
from pipeline.stages import WorkersLost, submit

if __name__ == "__main__":
    for _ in range(3):
        with workers(2) as pool:
            try:
                print(submit(len, "four", pool).result())
            except WorkersLost as lost:
                print(lost)
        for folder in Path(sys.argv[1]).glob("pymp-*"):
            for left in folder.iterdir():
                left.unlink()
"""
TOO_LONG_FOR_A_SOCKET = "so-long-a-name" * 8

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems may have no fork server")


def said(code: str, here: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a program says that runs in this folder, in a session of its own."""
    path = ":".join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=here, env={"PYTHONPATH": path, **environment}, start_new_session=True,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_they_have_what_they_need_but_no_database(tmp_path: Path) -> None:
    """DuckDB isn't safe to fork, and they need none. The process that hands work out doesn't render."""
    told = [line.split() for line in said(WHAT_IS_THERE_AT_ONCE, tmp_path).stdout.splitlines()]
    assert told == [
        ["pipeline.publish.aoi", "True", "False"],
        ["pipeline.ingest", "True", "False"],
        ["pipeline.store.folded", "True", "False"],
        ["jinja2", "True", "False"],
        ["duckdb", "False", "False"],
    ]


def test_they_have_the_environment_of_the_program_as_it_is_now(tmp_path: Path) -> None:
    assert said(TWO_POOLS, tmp_path).stdout.splitlines() == ["one None", "other None"]


@pytest.mark.parametrize("temporary, method", [("t", "forkserver"), (TOO_LONG_FOR_A_SOCKET, "spawn")])
def test_nothing_of_the_current_folder_is_run(temporary: str, method: str) -> None:
    """Nor does a long name of the folder for temporary files stop them."""
    with folder() as here:
        (here / temporary).mkdir()
        for name in ("signal", "multiprocessing", "random", "pipeline"):
            (here / f"{name}.py").write_text(f"open({str(here / 'was-run')!r}, 'w')\n")
        done = said(STARTED_AND_USED, here, TMPDIR=str(here / temporary))
        assert done.stdout.split() == ["4", method]
        assert not (here / "was-run").exists()
        assert done.stderr == ""


def test_they_are_of_the_program_that_runs_though_another_is_installed(tmp_path: Path) -> None:
    ours = Path(pipeline.__file__).parent
    shutil.copytree(ours, tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "templates").symlink_to(templates_folder())
    places = [str(tmp_path / "pipeline/__init__.py")] * 2
    done = said(WHERE_FROM, tmp_path, PYTHONPATH=":".join([str(tmp_path), *filter(None, sys.path)]))
    assert done.stdout.split() == places
    done = subprocess.run([sys.executable, "-c", WHERE_FROM], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == places


def test_where_none_can_be_forked_the_build_ends_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "modules"
    broken.mkdir()
    (broken / "breaking.py").write_text("raise SystemExit(3)\n")
    path = ":".join([str(broken), *filter(None, sys.path)])
    done = said(FORKED_FROM_WHAT_BREAKS, tmp_path, PYTHONPATH=path)
    assert done.stdout.startswith("a process that works for the build can't be started (")
    assert "build again, with --workers 1" in done.stdout
    assert done.returncode == 0
    assert done.stderr == ""


def test_where_its_socket_was_removed_the_next_are_started_from_nothing(tmp_path: Path) -> None:
    """As by what cleans the folder of temporary files up, while `watch` runs."""
    code = tmp_path / "removed.py"
    code.write_text(SOCKET_REMOVED)
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-P", code, tmp_path], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    first, second, third = done.stdout.splitlines()
    assert (first, third) == ("4", "4")
    assert "can't be started (No such file or directory)" in second


def test_ctrl_c_is_for_the_program_alone(tmp_path: Path) -> None:
    """While the one that others are forked from gets ready, and while they wait for work."""
    done = said(CTRL_C, tmp_path)
    assert done.stdout.split() == ["interrupted", "4", "interrupted", "4", "set()", "True"]
    assert done.stderr == ""
