"""Runs the program's commands in processes that have everything imported already, and can be attached to.

A fault in what Python does until the program's own first line proves nothing, and takes most of a command's time.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from torture.world import World

_ROOT = Path(__file__).parent.parent
_TRACED_BY_ANYONE = 0x59616D61, ctypes.c_ulong(-1)
"""prctl: PR_SET_PTRACER, PR_SET_PTRACER_ANY."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that killed it, and what it said."""

    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code < 0


class Running:
    """A command under way. It is a process group of its own."""

    def __init__(self, zygote: "Zygote", pid: int, out: Path, err: Path) -> None:
        self._zygote = zygote
        self._out, self._err = out, err
        self.pid = pid
        self._away = False

    def go_on(self) -> None:
        """Lets a command that was started `stopped` go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kills the command itself, but none of its children."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self, seconds: float = 600) -> Ended:
        """Waits until it has ended. What it has started may go on: see `clear_away`. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while (code := self._zygote.ask("look", pid=self.pid)["code"]) is None:
            if time.monotonic() > deadline:
                self.clear_away()
                raise TimeoutError(f"a command took more than {seconds:.0f} s: {self._err.read_text()}")
            time.sleep(0.005)
        return Ended(code, self._out.read_text(errors="replace"), self._err.read_text(errors="replace"))

    def clear_away(self) -> None:
        """Kills it, if it is there still, and what it has started. Until then its number isn't anybody else's."""
        if not self._away:
            self._zygote.ask("clear away", pid=self.pid)
            self._away = True


class Zygote:
    """A process that forks itself for each command. A `warm` one has read the templates, too, which takes a while."""

    def __init__(self, *, warm: bool = False) -> None:
        self._warm = ["warm"] if warm else []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "torture.zygote", *self._warm],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream(self._process.stdin).close()
        self._stream(self._process.stdout).close()
        self._process.wait()

    def start(self, world: World, args: Sequence[str], *, stopped: bool = False) -> Running:
        """Starts `sceneboard ARGS` in a world, in its folder."""
        out, err = world.root / "out.txt", world.root / "err.txt"
        out.write_bytes(b"")  # it may be killed before it has opened them
        err.write_bytes(b"")
        pid = self.ask(
            "start", args=list(args), env=world.env, folder=str(world.root), out=str(out), err=str(err), stopped=stopped
        )["pid"]
        if stopped:
            _wait_until_stopped(pid)
        return Running(self, pid, out, err)

    def run(self, world: World, args: Sequence[str]) -> Ended:
        """Runs a command to its end."""
        running = self.start(world, args)
        try:
            return running.end()
        finally:
            running.clear_away()

    def ask(self, what: str, **how: Any) -> dict[str, Any]:
        """Asks the process; gives its answer."""
        stdin = self._stream(self._process.stdin)
        stdin.write(json.dumps({"what": what, **how}) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(self._stream(self._process.stdout).readline())
        return answer

    def _stream(self, found: IO[str] | None) -> IO[str]:
        assert found is not None
        return found


def state_of(pid: int) -> tuple[str, int]:
    """A process's state as the kernel has it, `T` for stopped, and who traces it, 0 for nobody."""
    facts = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return facts["State"][0], int(facts["TracerPid"])


def _wait_until_stopped(pid: int) -> None:
    while state_of(pid)[0] not in "Tt":
        time.sleep(0.001)


def _serve() -> None:
    from pipeline.cli import aoi, build, log, main, scene, tile
    from pipeline.operate import add_scenes, append_results, blind, check_log, propose, show

    assert all((aoi, build, log, scene, tile, add_scenes, append_results, blind, check_log, propose, show))
    if "warm" in sys.argv:
        _read_templates()
    for line in sys.stdin:
        asked = json.loads(line)
        match asked["what"]:
            case "start":
                pid = os.fork()
                if not pid:
                    _child(main, asked)
                answer: dict[str, int | None] = {"pid": pid}
            case "look":
                answer = {"code": _exit_code(asked["pid"])}
            case _:
                _clear_away(asked["pid"])
                answer = {}
        print(json.dumps(answer), flush=True)


def _exit_code(pid: int) -> int | None:
    """Of a child that has ended; it isn't forgotten, so that its number stays its own."""
    found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _clear_away(pid: int) -> None:
    """Kills a child's process group, whose number is the child's as long as that isn't forgotten; then forgets it."""
    with suppress(ProcessLookupError):  # it has ended before it made the group
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _read_templates() -> None:
    from pipeline.render.edition import edition
    from pipeline.render.environment import environment

    edition()
    for name in environment().list_templates(["html"]):
        environment().get_template(name)


def _child(main: Any, asked: dict[str, Any]) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(*_TRACED_BY_ANYONE)
        os.environ.update(asked["env"])
        os.chdir(asked["folder"])
        for file, descriptor, flags in (
            (os.devnull, 0, os.O_RDONLY),
            (asked["out"], 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (asked["err"], 2, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ):
            opened = os.open(file, flags, 0o666)
            os.dup2(opened, descriptor)
            os.close(opened)
        if asked["stopped"]:
            os.kill(os.getpid(), signal.SIGSTOP)
        sys.argv = ["sceneboard", *asked["args"]]
        main(asked["args"])
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


if __name__ == "__main__":
    _serve()
