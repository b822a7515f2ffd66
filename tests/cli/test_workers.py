"""Processes that work for a build are forked from one that has made itself ready."""

import subprocess
import sys
from pathlib import Path

import pytest

FORKED_FROM_WHAT_BREAKS = """
from multiprocessing import get_context
from pipeline.cli import workers
from pipeline.stages import WorkersLost, submit

context = get_context("forkserver")
context.set_forkserver_preload(["breaking"])
workers._context = lambda: context
with workers.workers(2) as pool:
    pool.start(2)
    try:
        submit(len, "", pool)
    except WorkersLost as lost:
        print(lost)
"""
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
        print(pool.submit(os.getenv, "OF_THE_POOL").result())
"""


def said(code: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    path = ":".join([*map(str, folders), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems may have no fork server")
def test_where_none_can_be_forked_the_build_ends_in_words(tmp_path: Path) -> None:
    (tmp_path / "breaking.py").write_text("raise MemoryError('too little')\n")
    done = said(FORKED_FROM_WHAT_BREAKS, tmp_path)
    assert "a process that works for the build was killed, perhaps for want of memory" in done.stdout
    assert done.returncode == 0
    assert "EOFError" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems may have no fork server")
def test_they_have_what_they_need_but_no_database() -> None:
    """DuckDB isn't safe to fork, and they need none. The process that hands work out doesn't render."""
    told = [line.split() for line in said(WHAT_IS_THERE_AT_ONCE).stdout.splitlines()]
    assert told == [
        ["pipeline.publish.aoi", "True", "False"],
        ["pipeline.ingest", "True", "False"],
        ["pipeline.store.folded", "True", "False"],
        ["jinja2", "True", "False"],
        ["duckdb", "False", "False"],
    ]


def test_they_have_the_environment_of_the_program_as_it_is_now() -> None:
    assert said(TWO_POOLS).stdout.split() == ["one", "other"]
