"""Executors whose tasks kill whoever works at them, or stop it. Workers of a cluster import this module, too."""

import fcntl
import itertools
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.cluster.executor import Cluster
from pipeline.publish.object_site import ObjectSite
from pipeline.publish.site import SiteOvertaken
from pipeline.publish.writer import SiteWriter
from pipeline.stages import Elsewhere


class Handing(Elsewhere):
    """Hands tasks on to a cluster. `then` is told each one's stage and how many of that stage came before it."""

    def __init__(self, cluster: Cluster, then: Callable[[str, int], Callable[..., Any] | None]) -> None:
        self._cluster = cluster
        self._then = then
        self.handed: dict[str, int] = {}
        self.ahead = cluster.ahead

    @property
    def spool(self) -> Path:
        return self._cluster.spool

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        before = self.handed.get(fn.__name__, 0)
        self.handed[fn.__name__] = before + 1
        instead = self._then(fn.__name__, before)
        return self._cluster.submit(instead or fn, *args, **kwargs)


class OneOfEach:
    """Of each stage, one task kills the first worker that gets it: before its work, or when all of it is written."""

    def __init__(self, seed: int, marks: Path, stages: dict[str, Callable[[Any], Any]]) -> None:
        chance = random.Random(seed)
        self._chosen = {name: (chance.randrange(2), chance.random() < 0.5) for name in stages}
        self._stages = stages
        self._marks = marks

    def __call__(self, stage: str, before: int) -> Callable[..., Any] | None:
        place, early = self._chosen[stage]
        if before != place:
            return None
        return Dying(self._stages[stage], self._marks / f"{stage}-died", early=early)


class Dying:
    """A stage that kills its process: once, or with no `mark` each time that its task is about this AOI."""

    def __init__(self, stage: Callable[[Any], Any], mark: Path | None, *, early: bool = True, aoi: str = "") -> None:
        self.__name__ = stage.__name__
        self._stage, self._mark, self._early, self._aoi = stage, mark, early, aoi

    def __call__(self, task: Any) -> Any:
        if self._mark is None and self._aoi not in task.about:
            return self._stage(task)
        result = None if self._early else self._stage(task)
        if self._mark is None or not self._mark.exists():
            if self._mark is not None:
                self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._stage(task) if result is None else result


class KillsItsWorker:
    """A result that ends the process that hands it out."""

    def __reduce__(self) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


def lose_the_result(mark: Path) -> object:
    """A task whose result is lost with its worker, and which kills the worker that does it again."""
    if mark.exists():
        os.kill(os.getpid(), signal.SIGKILL)
    mark.touch()
    return KillsItsWorker()


class Freezing:
    """A stage that publishes: it stops its process once, when it has looked for so many files of the site.

    So it is stopped between a look and a write. What it came to when it was woken stands in the mark, which is locked
    until then.
    """

    def __init__(self, stage: Callable[[Any], Any], mark: Path, looks: int) -> None:
        self.__name__ = stage.__name__
        self._stage, self._mark, self._looks = stage, mark, looks

    def __call__(self, task: Any) -> Any:
        if self._mark.exists():
            return self._stage(task)
        looked = itertools.count(1)
        for writer, look in ((SiteWriter, "_holds"), (ObjectSite, "_look")):
            setattr(writer, look, _stopping(getattr(writer, look), looked, self._looks))
        with self._mark.open("w") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            try:
                self._stage(task)
            except SiteOvertaken as overtaken:
                mark.write(str(overtaken))
        raise AssertionError("nobody waits for this any more")


def _stopping(look: Callable[..., Any], count: Iterator[int], place: int) -> Callable[..., Any]:
    def looked(*arguments: Any) -> Any:
        found = look(*arguments)
        if next(count) == place:
            signal.raise_signal(signal.SIGSTOP)  # to this thread: the process would stop a little later
        return found

    return looked


MOMENTS = {"task handed out": 13, "transaction": 3, "file written": 30}
"""What a driver does on its way to a site, and how often at least."""


def killed_driver(address: str, data: str, site: str, kind: str, place: int) -> None:
    """Builds on a cluster, and is killed at that moment of that kind, counted from 1."""
    from small_tasks import make_tasks_small

    from pipeline.build import build
    from pipeline.cluster.executor import connected
    from pipeline.store.database import Database

    counts = dict.fromkeys(MOMENTS, 0)

    def passed(moment: str) -> None:
        counts[moment] += 1
        if (moment, counts[moment]) == (kind, place):
            os.kill(os.getpid(), signal.SIGKILL)

    run, write = Database.run, SiteWriter.write

    def running(database: Database, sql: str, *more: Any) -> None:
        if sql == "COMMIT":
            passed("transaction")
        run(database, sql, *more)

    def writing(writer: SiteWriter, path: str, data: bytes) -> None:
        passed("file written")
        write(writer, path, data)

    Database.run, SiteWriter.write = running, writing  # type: ignore[method-assign]
    make_tasks_small(setattr)
    with connected(address, Path(data) / "spool", [Path(data), Path(site)]) as cluster:
        build(Path(data), Path(site), workers=Handing(cluster, lambda *_: passed("task handed out")))
    raise AssertionError(f"it lives: {counts}")
