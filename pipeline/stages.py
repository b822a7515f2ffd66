"""How stages run: functions of plain data, in this process, in a pool of others, or on a cluster."""

import gc
import shutil
import tempfile
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Protocol, Self, TypeVar
from uuid import uuid4

from pipeline.scratch import scratch_folder

_AHEAD = 8
"""So many tasks are handed out at a time: what they and their results hold stays small, and no worker waits."""
_SPOOL = "sceneboard-"
_OBJECTS_BETWEEN = 200_000
_LEFT_BYTES = 2 * 1024 * 1024
"""Compressed lines of the AOIs whose objects are left in cycles at most: some hundred megabytes."""
_left = 0


class WorkersLost(Exception):
    """A process that worked on a stage has died; the text says at what, if that is known, and what to do."""


class TaskKilled(BrokenExecutor):
    """Every worker that was given this task died of it. The other tasks go on."""


class Work(Protocol):
    """What a stage is given."""

    @property
    def about(self) -> str:
        """What it is about, in words: its AOIs or files."""

    def pieces(self) -> Sequence[Self]:
        """The same work as smaller tasks; itself alone if there are none."""


class Undivided:
    """Work that is one piece."""

    __slots__ = ()

    def pieces(self) -> Sequence[Self]:
        """Itself alone."""
        return [self]


_Task = TypeVar("_Task", bound=Work)
_Result = TypeVar("_Result")


class Elsewhere(Executor):
    """An executor whose workers may be on other machines. A task may run more than once there, even at a time."""

    ahead: int = _AHEAD
    """So many tasks are handed out at a time."""
    memory_bytes: int | None = None
    """What a task's database may take; None for what DuckDB finds right."""

    @property
    @abstractmethod
    def spool(self) -> Path:
        """A folder that this process and all workers see under this name. What it holds is removed in the end."""


class Startable(Executor):
    """An executor whose workers take a while to start."""

    @abstractmethod
    def start(self, most: int) -> None:
        """Has as many as there are, or `most`, start now, before there is work for them."""


def in_turn(stage: Callable[[_Task], _Result], tasks: Iterable[_Task], workers: Executor | None) -> Iterator[_Result]:
    """The results of a stage in the order of its tasks: by `workers`, some tasks ahead, or in this process.

    A single task is done here, too: that is sooner than to start a worker. Raises WorkersLost.
    """
    remaining = iter(tasks)
    first = list(islice(remaining, 2))
    if workers is None or len(first) < 2:
        yield from map(stage, chain(first, remaining))
        return
    ahead = workers.ahead if isinstance(workers, Elsewhere) else _AHEAD
    under_way: deque[tuple[_Task, Future[_Result]]] = deque()
    try:
        for task in chain(first, remaining):
            under_way.append((task, submit(stage, task, workers)))
            if len(under_way) == ahead:
                task, future = under_way.popleft()
                yield from results(stage, task, future, workers, [other for _, other in under_way])
        while under_way:
            task, future = under_way.popleft()
            yield from results(stage, task, future, workers, [other for _, other in under_way])
    finally:
        for _, future in under_way:
            future.cancel()


def submit(stage: Callable[[_Task], _Result], task: _Task, workers: Executor) -> "Future[_Result]":
    """Hands a task out. Raises WorkersLost."""
    try:
        return workers.submit(stage, task)
    except BrokenExecutor as error:
        raise _lost(error) from error


def results(
    stage: Callable[[_Task], _Result],
    task: _Task,
    future: "Future[_Result]",
    workers: Executor,
    others: "Iterable[Future[_Result]]" = (),
) -> Iterator[_Result]:
    """The result of a task that was handed out; or, of one that is said to kill workers, those of its pieces.

    A task is blamed too for what another one did that its worker had begun before. So each piece is tried alone, when
    all `others` have come to an end. Raises WorkersLost, which names the piece that kills workers still.
    """
    try:
        yield future.result()
        return
    except TaskKilled:
        wait(others)
    except BrokenExecutor as error:
        raise _lost(error) from error
    for piece in task.pieces():
        try:
            result = submit(stage, piece, workers).result()
        except TaskKilled as error:
            raise WorkersLost(
                f"every worker that was given {piece.about} died of it ({error}): give workers more memory, or look "
                "into their logs"
            ) from error
        except BrokenExecutor as error:
            raise _lost(error) from error
        yield result


def _lost(error: BrokenExecutor) -> WorkersLost:
    if type(error).__module__.startswith("concurrent."):
        return WorkersLost(
            "a process that works for the build was killed, perhaps for want of memory: build again, with --workers 1 "
            "if it happens again"
        )
    return WorkersLost(str(error))


@contextmanager
def spool_folder(workers: Executor | None) -> Iterator[Path]:
    """A folder for what stages leave for each other, which `workers` see too; removed in the end. Raises OSError."""
    if not isinstance(workers, Elsewhere):
        with scratch_folder() as folder:
            yield folder
        return
    workers.spool.mkdir(parents=True, exist_ok=True)
    for left in workers.spool.glob(f"{_SPOOL}*"):  # of a build that was killed: this one holds the store now
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_SPOOL, dir=workers.spool, ignore_cleanup_errors=True) as seen_by_all:
        yield Path(seen_by_all)


def about_aois(names: Sequence[str]) -> str:
    """AOIs, in words; '' stands for the events that belong to none."""
    if names == [""]:
        return "the events that belong to no AOI"
    return ("AOI " if len(names) == 1 else "AOIs ") + ", ".join(name for name in names if name)


def own_name(name: str) -> str:
    """A name for this run of a task alone: a task may run twice at a time, and neither may write into the other's."""
    return f"{name}-{uuid4().hex}"


@contextmanager
def no_collections() -> Iterator[None]:
    """Python doesn't look for cycles among its objects while the block runs.

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
def few_collections() -> Iterator[None]:
    """Cycles of objects are looked for seldom, and not among those that are there already.

    An AOI's many objects stay until all its pages are made: looking through them meanwhile takes a fifth of the time.
    """
    before = gc.get_threshold()
    gc.freeze()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def collect_seldom() -> None:
    """From here on Python looks for cycles seldom: in a process that does nothing but such work, between its tasks too.

    Else it would look through all that an AOI has left as soon as its pages are made.
    """
    gc.set_threshold(_OBJECTS_BETWEEN, *gc.get_threshold()[1:])


@contextmanager
def row_files(*paths: Path) -> Iterator[tuple[IO[bytes], ...]]:
    """Files for the rows that a stage makes. Raises OSError, with the name of one of them, if they can't be written."""
    try:
        with ExitStack() as stack:
            yield tuple(stack.enter_context(path.open("wb")) for path in paths)
    except OSError as error:
        raise OSError(error.errno, error.strerror, error.filename or str(paths[0])) from error


def collect_now_and_then(left: int) -> None:
    """Frees what was left in cycles if it has become much. `left` is what is left since: lines compressed, in bytes.

    An AOI's scenes and tiles lead to one another. A process that ends after a few AOIs needs to free none.
    """
    global _left
    _left += left
    if _left > _LEFT_BYTES:
        gc.collect()
        _left = 0
