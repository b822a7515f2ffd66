"""Has Hypothesis make up events at length, others each time: the tests that make up few in each run."""

import os
import subprocess
import sys
from pathlib import Path

from torture.findings import Findings

_ROOT = Path(__file__).parent.parent


def attack() -> Findings:
    """Runs them one by one. How to see what broke once more is in what pytest says, which is printed."""
    found = Findings()
    for file in sorted((_ROOT / "tests").rglob("test_*.py")):
        if "\nfrom examples import examples\n" in file.read_text("utf-8"):
            name = str(file.relative_to(_ROOT))
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", name],
                cwd=_ROOT, env=os.environ | {"HYPOTHESIS_PROFILE": "explore"}, check=False,
            )  # fmt: skip
            found.counts["files of tests with made-up events"] += 1
            found.expect(done.returncode == 0, f"{name}: pytest ended with {done.returncode}")
    return found
