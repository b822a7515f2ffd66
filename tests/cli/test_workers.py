"""Processes that work for a build: what they import is time that each of them takes."""

import subprocess
import sys

WHAT_IS_THERE_AT_ONCE = """
import sys
from pipeline.cli.workers import workers

if __name__ == "__main__":
    with workers(2) as pool:
        for name in ("pipeline.stages", "jinja2", "duckdb"):
            print(name, pool.submit(eval, f"{name!r} in __import__('sys').modules").result())
"""


def test_they_begin_without_templates_and_database() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_THERE_AT_ONCE],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["pipeline.stages", "True", "jinja2", "False", "duckdb", "False"]
