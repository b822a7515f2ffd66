"""A watch that goes on and on: after many builds it holds no more memory and no more files than after some."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from pipeline.operate.append_results import append_results
from torture.findings import Findings
from torture.world import World, differing, of_one_build

_ROOT = Path(__file__).parent.parent
_PROGRAM = "from pipeline.cli import main; main()"
_SETTLED = 0.2
"""After this share of the builds memory and files are counted for the first time."""
_MORE_BYTES = 24 * 1024 * 1024
"""So much more memory is no growth: the log itself grows meanwhile."""


def attack(world: World, scratch: Path, builds: int) -> Findings:
    """Appends a result, waits for the build that shows it, and does so again; looks at what the watch holds."""
    found = Findings()
    here = world.copy(scratch / "world")
    command = [sys.executable, "-c", _PROGRAM, "watch", "--settle", "0.01", "--workers", "1", "--json"]
    env = {**os.environ, **here.env, "PYTHONPATH": str(_ROOT)}
    early: tuple[int, int] | None = None
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        try:
            _next_build(watch)
            first = _held(watch.pid)
            for number in range(builds):
                _append(here, number)
                told = _next_build(watch)
                while told["ok"] and not told["events"]:  # it was woken by what it had taken in already
                    told = _next_build(watch)
                found.counts["builds by a watch"] += 1
                found.expect(bool(told["ok"]), f"build {number} failed: {told.get('error')}")
                if early is None and number >= builds * _SETTLED:
                    early = _held(watch.pid)
            late = _held(watch.pid)
        finally:
            watch.send_signal(signal.SIGTERM)
            code = watch.wait(60)
    found.expect(code == 0, f"the watch ended with exit code {code}")
    assert early is not None
    for when, (held, files) in (("at the start", first), ("early", early), ("at the end", late)):
        found.counts[f"MB that it held {when}"] = held >> 20
        found.counts[f"files that it had open {when}"] = files
    found.expect(late[0] <= early[0] + _MORE_BYTES, f"its memory grew from {early[0]:,} to {late[0]:,} bytes")
    found.expect(late[1] <= early[1], f"its open files grew from {early[1]} to {late[1]}")
    found.expect_same(differing(here.tree(), of_one_build(here, scratch / "one")), "after the watch")
    return found


def _append(world: World, number: int) -> None:
    os.environ["SCENEBOARD_STATE"] = world.env["SCENEBOARD_STATE"]
    tile = 10 * (number % 7 + 1)
    line = b'{"type":"tile","id":%d,"status":"RETRY","message":"again %d"}' % (tile, number)
    append_results(world.data, line, "results", None)


def _next_build(watch: "subprocess.Popen[str]") -> dict[str, object]:
    assert watch.stdout is not None
    line = watch.stdout.readline()
    assert line, "the watch has ended"
    told: dict[str, object] = json.loads(line)
    return told


def _held(pid: int) -> tuple[int, int]:
    """Its memory in bytes, and how many files it has open (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(list(Path(f"/proc/{pid}/fd").iterdir()))
