"""Takes out each protection, one at a time, in a copy of the tree: the test that is named beside it must then fail.

A test that stays green without what it is there for sees nothing. Each patch is a piece of today's source, which is
there exactly once, and what it becomes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from torture.findings import Findings
from torture.protection_table import PROTECTIONS, Protection

ROOT = Path(__file__).parent.parent
_AT_A_TIME = 2
_LONGEST_SECONDS = 150
"""Without some protections a test waits for ever."""
_FAILED, _PASSED = 1, 0
"""What pytest ends with; anything else is neither."""


def attack(scratch: Path, protections: Sequence[Protection] = PROTECTIONS) -> Findings:
    """Sees that all named tests pass as things are, and that some fail without each protection."""
    with _copies(scratch) as copies:
        found = Findings()
        code, said = run(copies.get(), sorted({one.test for one in protections}))
        found.expect(code == _PASSED, f"the tests fail with all protections in place: {said}")
        if found.broken:
            return found
    with _copies(scratch) as copies, ThreadPoolExecutor(_AT_A_TIME) as pool:

        def without(one: Protection) -> Findings:
            copy = copies.get()
            try:
                return attack_one(one, copy)
            finally:
                copies.put(copy)

        return found.add(pool.map(without, protections))


def attack_one(protection: Protection, copy: Path) -> Findings:
    """Takes one out of a copy, runs its test there, and puts it back."""
    found = Findings()
    file = copy / protection.file
    before = file.read_text("utf-8")
    times = before.count(protection.old)
    if times != 1:
        found.expect(False, f"{protection}: its text is there {times} times")
        return found
    file.write_text(before.replace(protection.old, protection.new), "utf-8")
    try:
        code, said = run(copy, [protection.test])
    finally:
        file.write_text(before, "utf-8")
    found.counts["protections taken out"] += 1
    found.counts["noticed"] += code == _FAILED
    found.expect(code != _PASSED, f"{protection}: no test noticed that it was taken out")
    found.expect(code in (_FAILED, _PASSED), f"{protection}: its test couldn't be run without it: {said}")
    return found


def run(copy: Path, tests: Iterable[str]) -> tuple[int, str]:
    """Runs tests in a copy until one fails: what pytest ended with, and the end of what it said.

    Those that don't come to an end have failed.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    env |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}  # a patch may leave size and time as they were
    with subprocess.Popen(
        command, cwd=copy, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as running:
        try:
            said, _ = running.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, 9)
            return _FAILED, "they didn't come to an end"
    return running.returncode, " ".join(said.split())[-300:]


def copy_tree(to: Path) -> Path:
    """What the tests need, in another place."""
    for name in ("pipeline", "templates", "tests", "torture", "benchmarks", "docs", "data"):
        ignored = shutil.ignore_patterns("__pycache__", "sceneboard.*", "ids")
        shutil.copytree(ROOT / name, to / name, ignore=ignored)
    for file in (*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("*.txt"), ROOT / "Makefile", ROOT / "LICENSE"):
        shutil.copy2(file, to / file.name)
    return to


@contextmanager
def _copies(scratch: Path) -> Iterator["SimpleQueue[Path]"]:
    """Copies of the tree, to be taken and given back."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(_AT_A_TIME):
        copies.put(copy_tree(scratch / f"tree-{number}"))
    yield copies
    shutil.rmtree(scratch)
