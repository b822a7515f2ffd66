"""The executor of a Dask cluster.

Its futures can be waited for like any other executor's. What Dask says when workers or the scheduler are lost becomes
what stages understand. Dask's own executor (`Client.get_executor`) isn't used: if a result is lost with its worker, and
its task fails when it is done again, nobody who waits for it there hears of that.
"""

import asyncio
import gc
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakSet

import dask.config
import distributed
from distributed import CancelledError, Client, KilledWorker, Worker, get_worker
from distributed.scheduler import NoValidWorkerError, NoWorkerError

from pipeline.cluster.fitness import (
    ClusterUnusable,
    Machine,
    Programs,
    look,
    marked,
    memory_of_a_task,
    programs,
    refuse_unfit,
)
from pipeline.stages import Elsewhere, TaskKilled

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_TASKS_A_WORKER = 2
"""So many are handed out: one that is worked at, and one that waits."""
_CONNECT_SECONDS = 5.0
"""A scheduler is there at once, or isn't; workers may have to read their programs from a slow disk first."""
_one_at_a_time = Lock()


class SchedulerLost(BrokenExecutor):
    """Nobody will finish what was handed out."""


class Cluster(Elsewhere):
    """The workers of a cluster. `warnings` has what isn't as it should be."""

    def __init__(self, client: Client, spool: Path, machines: Mapping[str, Machine]) -> None:
        self._client = client
        self._loop: Any = client.loop
        self._handed_out: WeakSet[distributed.Future[Any]] = WeakSet()
        self._spool = spool
        self._programs = programs()
        self.ahead = max(Elsewhere.ahead, _TASKS_A_WORKER * len(machines))
        self.memory_bytes = memory_of_a_task(machines)
        self.warnings = _warnings(machines)

    @property
    def spool(self) -> Path:
        return self._spool

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        key = f"{fn.__name__}-{secrets.token_hex(8)}"
        try:
            inner = self._client.submit(perform, self._programs, fn, *args, key=key, pure=False, **kwargs)
        except Exception as error:  # the client closes itself when it hasn't reached the scheduler for a while
            raise SchedulerLost("the cluster's scheduler is gone: build again") from error
        self._handed_out.add(inner)
        outer: Future[Any] = Future()
        outer.add_done_callback(lambda done: inner.cancel() if done.cancelled() else None)
        self._loop.add_callback(_hand_on, inner, outer)
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Cancels what was handed out and isn't done: a build that is over wants none of it."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(self._handed_out))


def perform(expected: Programs, stage: Callable[[_Task], _Result], task: _Task) -> _Result:
    """Carries out a task on a worker. One that came after the build had looked at all of them is looked at here.

    One task at a time in a process: stages aren't made for threads. Raises ClusterUnusable, and what the stage raises.
    """
    worker = get_worker()
    refuse_unfit(expected, {worker.address: Machine("", programs())})
    with _one_at_a_time:
        return stage(task)


async def _hand_on(inner: "distributed.Future[Any]", outer: "Future[Any]") -> None:
    """Whatever a task comes to, whoever waits for it hears of it."""
    try:
        result = await inner
    except BaseException as error:
        if outer.set_running_or_notify_cancel():
            outer.set_exception(_understood(error, told=inner.status == "error"))
    else:
        if outer.set_running_or_notify_cancel():
            outer.set_result(result)


def _understood(error: BaseException, *, told: bool) -> BaseException:
    """What stages understand of an error: the scheduler's or the task's own, if it was `told`, or one on the way."""
    match error:
        case KilledWorker():
            return TaskKilled(f"{error.allowed_failures + 1} of them")
        case NoWorkerError() | NoValidWorkerError():
            return SchedulerLost("no worker is left, and none has come: start some, and build again")
        case CancelledError() | asyncio.CancelledError():
            pass
        case OSError() if not told:
            pass
        case _:
            return error
    return SchedulerLost("the cluster's scheduler is gone, or has cancelled the build's tasks: build again")


@contextmanager
def connected(address: str, spool: Path, folders: Sequence[Path], wait_seconds: float = 15.0) -> Iterator[Cluster]:
    """The cluster whose scheduler is at an address. Its workers see the spool and the other folders, by these names.

    The spool is made if it isn't there; what is in it and isn't used any more is removed. Waits so long for a
    first worker, and for the workers' answers; for the scheduler less. Raises ClusterUnusable, OSError.
    """
    for name in ("distributed.client", "distributed.core", "distributed.comm", "distributed.batched", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they report ends in an error here, said once
    spool.mkdir(parents=True, exist_ok=True)
    shared = [spool.absolute(), *(folder.absolute() for folder in folders)]
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
        client = _client(address, min(wait_seconds, _CONNECT_SECONDS))
        try:
            machines = _machines(client, address, shared, wait_seconds)
            refuse_unfit(programs(), machines)
            cluster = Cluster(client, shared[0], machines)
            try:
                yield cluster
            finally:
                cluster.shutdown()
        finally:
            with suppress(Exception):
                client.close(timeout=1)


def _client(address: str, wait_seconds: float) -> Client:
    try:
        return Client(address, timeout=wait_seconds, set_as_default=False, name="sceneboard")
    except (OSError, ValueError, TypeError, ImportError) as error:
        said = _first_line(error)
    gc.collect()  # what is left of the client closes itself when it is freed: better now than in the midst of something
    raise ClusterUnusable(
        f"no scheduler answers at {address} ({said}): look whether it runs, whether this machine reaches it, and "
        "whether it has the same version of distributed"
    )


def _machines(client: Client, address: str, folders: Sequence[Path], wait_seconds: float) -> dict[str, Machine]:
    try:
        client.wait_for_workers(1, timeout=wait_seconds)
    except TimeoutError:
        raise ClusterUnusable(
            f"the scheduler at {address} has no workers, and none came within {wait_seconds:.0f} s: start some (of an "
            "adaptive cluster, keep at least one)"
        ) from None
    with marked(folders) as mark:
        try:
            told: dict[str, Machine] = client.sync(
                client._run, _look_there, folders, mark, on_error="return", callback_timeout=wait_seconds
            )
        except TimeoutError:
            raise ClusterUnusable(
                f"not all workers of the scheduler at {address} answered within {wait_seconds:.0f} s: restart those "
                "that hang"
            ) from None
    for worker, machine in sorted(told.items()):
        if isinstance(machine, ImportError):
            raise ClusterUnusable(f"worker {worker} can't import what it needs ({machine}): install sceneboard there")
        if not isinstance(machine, Machine):
            raise ClusterUnusable(f"worker {worker} can't be used: {_first_line(machine)}")
    return told


def _look_there(folders: Sequence[Path], mark: str, dask_worker: Worker) -> Machine:
    return look(folders, mark, dask_worker.memory_manager.memory_limit, dask_worker.state.nthreads)


def _warnings(machines: Mapping[str, Machine]) -> list[str]:
    found = []
    if any(machine.threads > 1 for machine in machines.values()):
        found.append("workers have several threads, but do one task at a time: start them with --nthreads 1")
    if not all(machine.locks_are_shared for machine in machines.values()):
        found.append(
            "locks in the data folder don't reach the workers: if a build is killed, wait for its tasks to end before "
            "the next one"
        )
    return found


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
