"""Builds a site from nothing, and tells by stage what its tasks took, one after the other in this process, as JSON.

And what the process that builds does itself, of which there is no more than one, however many workers there are.

python benchmarks/stages.py DATA SITE [SHARDS]    with `-` for the site nothing is rendered
"""

import json
import pickle
import resource
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
from pipeline.publish import across
from pipeline.publish.task import Published, Task
from pipeline.publish.turn import Turn
from pipeline.shards import build as in_shards
from pipeline.shards.build import FRONT, build_in_shards
from pipeline.shards.copying import CopyTask
from pipeline.shards.front import Front
from pipeline.shards.meet import Meet
from pipeline.shards.route import Routed, RouteTask
from pipeline.shards.routed import RoutedFile, read_frame
from pipeline.shards.shard_site import ShardPublished, ShardSiteTask
from pipeline.shards.shard_store import ShardTask, ShardTold
from pipeline.stages import Elsewhere
from pipeline.store import published as record
from pipeline.store.arrivals import Arrivals
from pipeline.store.database import open_database
from pipeline.store.folded import FoldedRows, FoldTask
from pipeline.store.held import STORE
from pipeline.store.past import unpack
from pipeline.store.reading import Reading


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


def _routed(stage: Stage, task: RouteTask, routed: Routed) -> None:
    stage.events += routed.taken.events
    stage.read_bytes += sum(stretch.weight for stretch in task.part.stretches)
    files = [routed.keys, routed.named, *([task.folder / routed.file.name] if routed.file else [])]
    stage.spooled_bytes += sum(file.stat().st_size for file in files)


def _copied(stage: Stage, task: CopyTask, file: RoutedFile) -> None:
    path = task.folder / file.name
    with path.open("rb") as opened:
        for frame in file.frames:
            lines, _ = read_frame(opened, frame.start, frame.line_bytes, frame.place_bytes)
            stage.events += len(lines)
    stage.spooled_bytes += path.stat().st_size


def _told(stage: Stage, task: ShardTask, told: ShardTold) -> None:
    with open_database(task.folder / told.store, read_only=True) as database:
        stage.events += database.rows("SELECT count(*) FROM events")[0][0]
    stage.spooled_bytes += (task.folder / told.store).stat().st_size


def _of_shard(stage: Stage, of: ShardSiteTask, result: ShardPublished) -> None:
    stage.scenes += result.rendered
    stage.files += len(result.written) + result.more
    stage.spooled_bytes += of.store.with_name(result.store).stat().st_size


_COUNTED: dict[type, Callable[[Stage, Any, Any], None]] = {
    Taken: _taken, FoldedRows: _folded, Published: _published, Routed: _routed, RoutedFile: _copied, ShardTold: _told,
    ShardPublished: _of_shard,
}  # fmt: skip


ALONE = [
    (Arrivals, "add"), (Arrivals, "settle"), (refresh, "save"), (across, "publish_site"), (Turn, "flush"),
    (record, "remember"), (Reading, "add"), (Meet, "add"), (Meet, "add_file"), (Meet, "settle"),
    (Meet, "wanted"), (Front, "slices"), (Front, "keep"), (Front, "merge"), (Front, "keep_published"),
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
            seconds[f"{getattr(place, '__name__', '')}.{name}"] += time.process_time() - started

    setattr(place, name, timed)


def main(data: Path, site: Path, shards: int | None = None) -> None:
    """Builds, and prints what was measured."""
    refresh._WORTH_WORKERS_BYTES = 0  # each stage in tasks, however small the log
    refresh._FOLDED_AT_ONCE_BYTES = 64 * 1024
    alone: dict[str, float] = defaultdict(float)
    for place, name in ALONE:
        _time(place, name, alone)
    with tempfile.TemporaryDirectory() as spool:
        workers = Here(Path(spool))
        started = time.process_time()
        if str(site) == "-":
            in_shards._Publishing.run = lambda *_, **__: None  # type: ignore[method-assign]
            building._publish = lambda *_, **__: None
        if shards is None:
            build(data, site, workers=workers)
        else:
            build_in_shards(data, site, shards, workers=workers)
        whole = time.process_time() - started
    stages = {
        name: {key: value for key in Stage.__slots__ if (value := getattr(stage, key))}
        for name, stage in workers.stages.items()
    }
    print(
        json.dumps(
            {
                "seconds": whole,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "store_bytes": (data / (STORE if shards is None else FRONT)).stat().st_size,
                "stages": stages,
                "alone": alone,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
