"""How stages run: functions of plain data, in this process, in a pool of others, or on a cluster."""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_AHEAD = 8
"""So many tasks are handed out at a time: what they and their results hold stays small, and no worker waits."""


def in_turn(stage: Callable[[_Task], _Result], tasks: Iterable[_Task], workers: Executor | None) -> Iterator[_Result]:
    """The results of a stage in the order of its tasks: by `workers`, some tasks ahead, or in this process.

    A single task is done here, too: that is sooner than to start a worker.
    """
    remaining = iter(tasks)
    first = list(islice(remaining, 2))
    if workers is None or len(first) < 2:
        yield from map(stage, chain(first, remaining))
        return
    under_way: deque[Future[_Result]] = deque()
    try:
        for task in chain(first, remaining):
            under_way.append(workers.submit(stage, task))
            if len(under_way) == _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


@contextmanager
def no_collections() -> Iterator[None]:
    """Python doesn't look for cycles among its objects while the block runs, but where `collect` is called.

    Events, scenes and tiles come by the million, and most go without help: looking through those that stay, again and
    again, costs more than all that is done to them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def row_files(*paths: Path) -> Iterator[tuple[IO[bytes], ...]]:
    """Files for the rows that a stage makes. Raises OSError, with the name of one of them, if they can't be written."""
    try:
        with ExitStack() as stack:
            yield tuple(stack.enter_context(path.open("wb")) for path in paths)
    except OSError as error:
        raise OSError(error.errno, error.strerror, error.filename or str(paths[0])) from error


def collect() -> None:
    """Frees what was left in cycles since the last time, such as an AOI that was folded."""
    gc.collect(0)
