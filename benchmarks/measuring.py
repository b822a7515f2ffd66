"""Runs a command and measures it: time, processor time, and the memory of all its processes together (Linux)."""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
SCENEBOARD = (sys.executable, "-c", "from pipeline.cli import main; main()")
"""The program as it is installed beside this Python, or as it stands in this folder."""
_LOOK_EVERY_SECONDS = 0.05
_LOOK_AGAIN_SECONDS = 15
_QUICK_SECONDS = 0.0001
"""Making an empty file takes less, on a disk that is at rest."""
_QUICK_AGAIN_SECONDS = 420
_PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what a command leaves behind becomes ours, to be counted


class CommandFailed(Exception):
    """A command that was to be measured didn't succeed; its text says which, and what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took. `peak_bytes` is 0 if nobody looked."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str

    @property
    def told(self) -> dict[str, Any]:
        """Its output, which is JSON."""
        found: dict[str, Any] = json.loads(self.output)
        return found


def run(command: Sequence[str], *, memory: bool = False) -> Run:
    """Runs a command to its end. With `memory` it is looked at twenty times a second, which costs it a little time.

    Raises CommandFailed.
    """
    others = set(_children(os.getpid()))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, cwd=ROOT)
        watch = _Watch(process.pid) if memory else None
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for here
        peak = max(used.ru_maxrss * 1024, watch.stop()) if watch else 0
        # The process that a build's workers are forked from ends just after it, and knows what they took.
        left = []
        while some := set(_children(os.getpid())) - others:  # and has children itself, if it was killed
            left += [os.wait4(child, 0)[2] for child in some]
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            said = errors.read().decode(errors="replace").strip()[-2000:]
            raise CommandFailed(f"{' '.join(command)}\nexit code {process.returncode}: {said}")
        return Run(seconds, sum(one.ru_utime + one.ru_stime for one in (used, *left)), peak, output.read().decode())


def sceneboard(data: Path, site: Path, *arguments: str, memory: bool = False) -> Run:
    """Runs a command of the program. Raises CommandFailed."""
    return run([*SCENEBOARD, "--data", str(data), "--site", str(site), *arguments], memory=memory)


def script(name: str, *arguments: str | Path, memory: bool = False) -> Run:
    """Runs one of the scripts beside this one. Raises CommandFailed."""
    return run([sys.executable, str(HERE / name), *map(str, arguments)], memory=memory)


def wait_for_quick_disk(folder: Path) -> None:
    """Waits until the disk makes new files as quickly as it can, some minutes at most.

    For up to six minutes after many files were removed, ext4 looks at each of their inodes for every new file (its
    `recently_deleted`), which then takes a millisecond instead of some hundredths of one.
    """
    until = time.monotonic() + _QUICK_AGAIN_SECONDS
    with tempfile.TemporaryDirectory(dir=folder) as scratch:  # nothing is removed meanwhile
        while _seconds_a_file(Path(scratch)) > _QUICK_SECONDS and time.monotonic() < until:
            time.sleep(_LOOK_AGAIN_SECONDS)


def _seconds_a_file(scratch: Path) -> float:
    """What making a file takes, in many folders, as these are spread over the disk."""
    folders = [Path(tempfile.mkdtemp(dir=scratch)) for _ in range(20)]
    names = [inside / str(number) for inside in folders for number in range(10)]
    started = time.perf_counter()
    for name in names:
        name.touch()
    return (time.perf_counter() - started) / len(names)


class _Watch:
    """Looks at a process and all that it starts, again and again, and keeps the most memory that they had together."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak = 0
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(_LOOK_EVERY_SECONDS):
            self._peak = max(self._peak, sum(map(_memory, _family(self._process))))


def _family(process: int) -> Iterator[int]:
    yield process
    for child in _children(process):
        yield from _family(child)


def _children(process: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _memory(process: int) -> int:
    """Bytes of a process; those that it shares with others only for its share (PSS)."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
