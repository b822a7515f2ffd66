"""Processes of this machine that carry out a build's stages: forked from one that has imported what they need."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, get_all_start_methods, get_context, parent_process, resource_tracker
from multiprocessing.context import BaseContext
from pathlib import Path
from threading import Thread
from typing import Any

from pipeline.stages import Startable, collect_seldom

_methods = [method for method in ("spawn", "forkserver") if method in get_all_start_methods()]
"""How processes may be started: the last is tried next."""


class NotStarted(BrokenExecutor):
    """A process couldn't be started; the text says why, and what to do."""


class Processes(Startable):
    """So many processes at most, started when they are told to or the first work comes.

    They end their work when Ctrl-C is pressed in the terminal: it is for the program, which hands no more out then.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def start(self, most: int) -> None:
        if self._pool is not None:
            return
        context = _context()
        self._pool = self._pool_of(context)
        if context.get_start_method() == "spawn":
            with suppress(BrokenExecutor):  # which the first work finds, too, and tells
                for _ in range(min(self._count, most)):  # a process is started for each, as none is idle yet
                    self.submit(_do_nothing)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            self._pool = self._pool_of(_context())
        try:
            with _apart():
                return self._pool.submit(fn, *args, **kwargs)
        except (EOFError, OSError) as error:
            _methods.append("spawn")
            raise NotStarted(
                f"a process that works for the build can't be started ({_why(error)}): build again, with --workers 1 "
                "if it happens again"
            ) from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _pool_of(self, context: BaseContext) -> ProcessPoolExecutor:
        environment = dict(os.environ)
        with _apart():
            return ProcessPoolExecutor(self._count, mp_context=context, initializer=_begin, initargs=(environment,))


def _context() -> BaseContext:
    """How processes are started: forked from one that makes itself ready from now on, and does nothing else.

    This process itself may have threads, and DuckDB, which isn't safe to fork. Where there can be no such process,
    as where the name of its socket would be too long, or was removed, each is started from nothing.
    """
    if _methods[-1] == "forkserver":
        context = get_context("forkserver")
        context.set_forkserver_preload(["pipeline.cli.prepared"])
        with suppress(OSError), _apart():
            forkserver.ensure_running()
            return context
    return get_context("spawn")


@contextmanager
def _apart() -> Iterator[None]:
    """A Python that is started in the block looks for modules where this one does, and isn't interrupted by Ctrl-C.

    By itself it would look into the current folder first: whatever lies there would be run.
    """
    where = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
    told = {"PYTHONSAFEPATH": "1", "PYTHONPATH": where}
    before = {name: value for name, value in os.environ.items() if name in told}
    os.environ.update(told)
    try:
        resource_tracker.ensure_running()  # which lets Ctrl-C through when it has been started
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    finally:
        for name in told:
            os.environ.pop(name)
        os.environ.update(before)


def _why(error: EOFError | OSError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "the one that it is forked from has died"


def _do_nothing() -> None:
    pass


def _begin(environment: dict[str, str]) -> None:
    os.environ.clear()  # forked, it has the one of the program when its first processes were started
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    collect_seldom()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process of a pool waits for work for ever if the one that started it is killed: this ends it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
