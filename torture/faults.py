"""Faults by system call: the Nth call of a kind fails, or the process is killed there (strace's fault injection).

They reach what Python calls and what DuckDB's own code calls. N is counted up until a run is clean: with one failure,
and with that one and all later ones. Calls are counted in each thread.
"""

import json
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from torture.findings import Findings
from torture.world import World, differing, ids, mixed_up, of_one_build, tree
from torture.zygote import Ended, Zygote, state_of

CALLS = {
    "write": ("EIO", "ENOSPC"),
    "pwrite64": ("EIO", "ENOSPC"),
    "fsync,fdatasync": ("EIO", "ENOSPC"),
    "rename,renameat,renameat2": ("EIO", "ENOSPC", "EACCES"),
    "openat": ("EIO", "EACCES", "EMFILE", "ENOSPC"),
    "unlink,unlinkat": ("EIO", "EACCES"),
    "mkdir,mkdirat": ("ENOSPC", "EACCES"),
    "ftruncate": ("EIO", "ENOSPC"),
    "pread64": ("EIO",),
}
"""The calls that are made to fail, and how."""

KILL = "SIGKILL"
_OF_PIPE = re.compile(r"\(\d+<(pipe|socket|anon_inode|UNIX)[^\n]*\(INJECTED\)")
"""Between processes no call fails so in life: what Python's own modules make of it, if only to wait, isn't ours."""
_WITHOUT_DOT = "graph.svg is placed by date and track"
"""As a build warns whose Graphviz failed: the next one asks it again."""
_LONGEST_SECONDS = 120
"""A command that takes longer never ends."""


@dataclass(frozen=True)
class Fault:
    """The Nth call fails, or all from the Nth on; or the process is killed there."""

    calls: str
    error: str
    nth: int
    ever_after: bool = False

    @property
    def injection(self) -> str:
        """In strace's words."""
        effect = "signal=SIGKILL" if self.error == KILL else f"error={self.error}"
        return f"{self.calls}:{effect}:when={self.nth}{'+' if self.ever_after else ''}"


@dataclass(frozen=True)
class Command:
    """A command to attack: what comes before it, and what of it must be in the log when it says that it is."""

    args: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    appends: Callable[[World], list[int]] | None = None
    """How often each thing that it appends is in the log."""


def _results(world: World) -> list[int]:
    found = Counter(ids(world.events))
    bare = sum(file.read_bytes().count(b'"message":"bare"') for file in world.events.rglob("*.jsonl"))
    return [found["appended"], bare]


def _scenes(world: World) -> list[int]:
    return [sum(file.read_bytes().count(b'"source_id":"Fyn-S8"') for file in world.events.rglob("*.jsonl"))]


def _retries(world: World) -> list[int]:
    return [sum(file.read_bytes().count(b'"type":"tile.retry"') for file in world.events.rglob("*/*.jsonl"))]


_APPEND = ["log", "append", "results.jsonl"]
COMMANDS = {
    "build": Command(["build", "--workers", "1"]),
    "build --full": Command(["build", "--workers", "1", "--full", "--check-site"]),
    "build by 2": Command(["build", "--workers", "2"]),
    "log append": Command(_APPEND, appends=_results),
    "scene add": Command(["scene", "add", "Fyn", "scene.json"], appends=_scenes),
    "tile retry": Command(["tile", "retry", "40"], appends=_retries),
}
_STARTS_OTHERS = {"build by 2"}


def is_possible() -> bool:
    """Whether there is a strace that can inject faults here."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "inject=getpid:error=EIO", "true"], capture_output=True, check=False
    )
    return tried.returncode == 0


@dataclass
class Stage:
    """Where commands are attacked: the world they start from, and what its site is before and after a build."""

    zygote: Zygote
    world: World
    scratch: Path

    def __post_init__(self) -> None:
        self.site_before = self.world.tree()
        self.site_after = of_one_build(self.world, self.scratch / "one")

    def under(self, command: Command, fault: Fault | None) -> tuple[World, Ended | None, str]:
        """Runs a command under a fault, in a copy of the world; gives that, how it ended, and strace's account.

        None if it didn't end: it was killed.
        """
        world = self.world.copy(self.scratch / "world")
        for args in command.before:
            assert self.zygote.run(world, args).code == 0
        account = self.scratch / "strace.txt"
        running = self.zygote.start(world, command.args, stopped=True)
        tracer = _attach(running.pid, fault, account)
        running.go_on()
        ended = None
        try:
            with suppress(TimeoutError):
                ended = running.end(_LONGEST_SECONDS)
        finally:
            running.clear_away()
            tracer.wait(60)
        return world, ended, account.read_text(errors="replace")


def _attach(pid: int, fault: Fault | None, account: Path) -> subprocess.Popen[bytes]:
    calls = fault.calls if fault else ",".join(CALLS)
    what = ["-e", f"trace={calls}", *(["-e", f"inject={fault.injection}"] if fault else [])]
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-qq", "-o", account, *what, "-p", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not state_of(pid)[1]:
        if tracer.poll() is not None:
            raise RuntimeError(f"strace didn't attach to process {pid}: it ended with {tracer.returncode}")
    return tracer


def moments(stage: Stage, command: Command, most: int) -> dict[str, list[int]]:
    """For each kind of call the Ns to try, from 1 to what a run without faults makes of it in its busiest thread."""
    _, ended, account = stage.under(command, None)
    assert ended is not None, "it doesn't end"
    assert ended.code == 0, ended
    found: dict[str, list[int]] = {}
    for calls in CALLS:
        made = Counter(
            thread for thread, name in re.findall(r"^(\d+) +(\w+)\(", account, re.MULTILINE) if name in calls.split(",")
        )
        count = max(made.values(), default=0)
        step = max(1, -(-count // most))
        found[calls] = [*range(1, count + 1, step)]
    return found


def faults(stage: Stage, command: Command, most: int) -> Iterator[Fault]:
    """Every fault to try on a command, at most so many moments of each kind."""
    for calls, places in moments(stage, command, most).items():
        for nth in places:
            for error in CALLS[calls]:
                yield Fault(calls, error, nth)
                yield Fault(calls, error, nth, ever_after=True)
            yield Fault(calls, KILL, nth)


def attack(stage: Stage, name: str, fault: Fault) -> Findings:
    """Runs a command under a fault, and looks at what is left of it."""
    found = Findings()
    command = COMMANDS[name]
    where = f"{name}, {fault.injection}"
    world, ended, account = stage.under(command, fault)
    of_pipe = _OF_PIPE.search(account) is not None
    found.counts[f"{name}: faults of what only leads to another process"] += of_pipe
    if ended is None:
        found.expect(of_pipe, f"{where}: it doesn't end")
        ended = Ended(-signal.SIGKILL, "", "")
    hit = "(INJECTED)" in account or "killed by SIGKILL" in account or ended.killed
    found.counts[f"{name}: {'faults' if hit else 'runs without a fault'}"] += 1
    if ended.killed:
        found.counts[f"{name}: killed"] += 1
    else:
        found.counts[f"{name}: ended with {ended.code}"] += 1
        found.expect(hit or ended.code == 0, f"{where}: failed without a fault: {ended.err}")
        # A process that Python starts may fail before it runs a line of ours.
        of_others = name in _STARTS_OTHERS and (ended.code == 0 or "error: " in ended.err)
        found.expect("Traceback" not in ended.err or of_pipe or of_others, f"{where}: {ended.err[-2000:]}")
        found.expect(
            ended.code == 0 or "error: " in ended.err.lower() or fault.calls == "write" or of_pipe,
            f"{where}: it failed and didn't say why",
        )
    if command.appends is None:
        _look_at_site(stage, world, ended, where, found)
        after = stage.site_after
    else:
        for count in command.appends(world):
            found.expect(count <= 1, f"{where}: appended {count} times")
            found.expect(count == 1 or ended.code != 0, f"{where}: it said that it is appended, but it isn't there")
        after = of_one_build(world, stage.scratch / "one")
    world.build()
    found.expect_same(differing(world.tree(), after), f"{where}: after the next build")
    return found


def _look_at_site(stage: Stage, world: World, ended: Ended, where: str, found: Findings) -> None:
    now = tree(world.site)
    found.expect_same(mixed_up(now, stage.site_before, stage.site_after), f"{where}: neither old nor new")
    if ended.code == 0:
        drawn_otherwise = "/graph.svg" if _WITHOUT_DOT in ended.err else ()
        others = [path for path in differing(now, stage.site_after) if not path.endswith(drawn_otherwise)]
        found.expect_same(others, f"{where}: it said that it succeeded")
    told = json.loads((world.site / "build.json").read_bytes())
    found.expect("build" in told, f"{where}: build.json says {told}")
