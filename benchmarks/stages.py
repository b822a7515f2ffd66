"""Builds a site from nothing, and tells by stage what its tasks took, one after the other in this process, as JSON.

And what the process that builds does itself, of which there is no more than one, however many workers there are.

python benchmarks/stages.py DATA SITE
"""

import json
import pickle
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import build as building
from pipeline import refresh
from pipeline.build import build
from pipeline.ingest import Part, Taken
from pipeline.publish.parts import Published, Task
from pipeline.publish.turn import Turn
from pipeline.stages import Elsewhere
from pipeline.store.arrivals import Arrivals
from pipeline.store.folded import FoldedRows, FoldTask
from pipeline.store.past import unpack


@dataclass(slots=True)
class Stage:
    """All tasks of a stage: processor seconds, and what they worked at."""

    tasks: int = 0
    seconds: float = 0.0
    events: int = 0
    scenes: int = 0
    files: int = 0
    read_bytes: int = 0
    """Bytes of the log, or of packed pasts."""
    sent_bytes: int = 0
    """What goes to a worker and back, pickled."""
    spooled_bytes: int = 0
    written_bytes: int = 0


class Here(Elsewhere):
    """Does each task as it is handed out."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self.stages: dict[str, Stage] = defaultdict(Stage)

    @property
    def spool(self) -> Path:
        return self._spool

    def submit(self, fn: Any, /, *args: Any, **_: Any) -> Any:
        (task,) = args
        stage = self.stages[fn.__name__]
        started = time.process_time()
        result = fn(task)
        stage.seconds += time.process_time() - started
        stage.tasks += 1
        stage.sent_bytes += len(pickle.dumps(task)) + len(pickle.dumps(result))
        _COUNTED[type(result)](stage, task, result)
        done: Future[Any] = Future()
        done.set_result(result)
        return done


def _taken(stage: Stage, part: Part, taken: Taken) -> None:
    stage.events += taken.events
    stage.read_bytes += sum(stretch.weight for stretch in part.stretches)
    stage.spooled_bytes += sum(file.stat().st_size for file in taken.files)


def _folded(stage: Stage, task: FoldTask, rows: FoldedRows) -> None:
    stage.events += sum(len(unpack(past).numbers) for past in task.pasts)
    stage.read_bytes += sum(past.bytes for past in task.pasts)
    stage.spooled_bytes += rows.scene_rows.stat().st_size


def _published(stage: Stage, task: Task, result: Published) -> None:
    stage.scenes += sum(unit.startswith("scene/") for unit, *_ in result.units)
    stage.files += len(result.written)
    stage.written_bytes += sum((Path(task.site) / path).stat().st_size for path in result.written)


_COUNTED: dict[type, Callable[[Stage, Any, Any], None]] = {
    Taken: _taken, FoldedRows: _folded, Published: _published,
}  # fmt: skip


ALONE = [
    (Arrivals, "add"), (Arrivals, "settle"), (refresh, "save"), (building, "publish_site"), (Turn, "flush"),
    (building.record, "remember"),
]  # fmt: skip
"""What isn't a task."""


def _time(place: Any, name: str, seconds: dict[str, float]) -> None:
    """Adds up the processor seconds that a function takes."""
    function = getattr(place, name)

    def timed(*arguments: Any, **more: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **more)
        finally:
            seconds[name] += time.process_time() - started

    setattr(place, name, timed)


def main(data: Path, site: Path) -> None:
    """Builds, and prints what was measured."""
    refresh._WORTH_WORKERS_BYTES = 0  # each stage in tasks, however small the log
    refresh._FOLDED_AT_ONCE_BYTES = 64 * 1024
    alone: dict[str, float] = defaultdict(float)
    for place, name in ALONE:
        _time(place, name, alone)
    with tempfile.TemporaryDirectory() as spool:
        workers = Here(Path(spool))
        started = time.process_time()
        build(data, site, workers=workers)
        whole = time.process_time() - started
    stages = {
        name: {key: value for key in Stage.__slots__ if (value := getattr(stage, key))}
        for name, stage in workers.stages.items()
    }
    print(
        json.dumps(
            {
                "seconds": whole,
                "store_bytes": (data / "sceneboard.duckdb").stat().st_size,
                "stages": stages,
                "alone": alone,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
