"""What ours is compared with, each in a process of its own: prints its seconds as JSON.

python benchmarks/baselines.py scan EVENTS
python benchmarks/baselines.py write SITE INTO
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from multiprocessing import Barrier, Process, get_context
from multiprocessing.queues import SimpleQueue
from operator import itemgetter
from pathlib import Path
from typing import Any

_PROCESSES = 2
_FILES_AT_ONCE = 2_000
"""So many are read into memory, which isn't counted, and then written, which is."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def scan(events: Path) -> float:
    """DuckDB's plain scan of a log: the yardstick for taking it in."""
    import duckdb

    connection = duckdb.connect()
    started = time.perf_counter()
    connection.execute(
        """
        SELECT count(*), sum(length(data)) FROM read_json(
            ?, format = 'newline_delimited', maximum_object_size = 100000000, columns = {
                specversion: 'VARCHAR', id: 'VARCHAR', source: 'VARCHAR', type: 'VARCHAR', time: 'VARCHAR',
                sequence: 'VARCHAR', partitionkey: 'VARCHAR', subject: 'VARCHAR', data: 'JSON'
            }
        )
        """,
        [[str(path) for path in sorted(events.rglob("*.jsonl"))]],
    ).fetchall()
    return time.perf_counter() - started


def write(site: Path, into: Path) -> float:
    """Two processes write the same files, names and bytes, by a temporary name and a rename, and do nothing else."""
    for folder, _, _ in os.walk(site):
        (into / Path(folder).relative_to(site)).mkdir(parents=True, exist_ok=True)
    barrier = Barrier(_PROCESSES)
    told: SimpleQueue[float] = get_context().SimpleQueue()
    processes = [Process(target=_write, args=(site, into, number, barrier, told)) for number in range(_PROCESSES)]
    for process in processes:
        process.start()
    seconds = [told.get() for _ in processes]
    for process in processes:
        process.join()
    return max(seconds)


def _write(site: Path, into: Path, number: int, barrier: Any, told: Any) -> None:
    """Writes every second file. The time to read them isn't counted."""
    seconds = 0.0
    files = islice(_files(site), number, None, _PROCESSES)
    barrier.wait()
    while some := list(islice(files, _FILES_AT_ONCE)):
        contents = [(folder, name, (site / folder / name).read_bytes()) for folder, name in some]
        started = time.perf_counter()
        for folder, group in groupby(contents, key=itemgetter(0)):
            descriptor = os.open(into / folder, os.O_RDONLY | os.O_DIRECTORY)
            for _, name, data in group:
                file = os.open(f".{name}.tmp", _NEW, 0o666, dir_fd=descriptor)
                os.write(file, data)
                os.close(file)
                os.rename(f".{name}.tmp", name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
            os.close(descriptor)
        seconds += time.perf_counter() - started
    told.put(seconds)


def _files(site: Path) -> Iterator[tuple[Path, str]]:
    for folder, _, names in os.walk(site):
        inside = Path(folder).relative_to(site)
        for name in names:
            yield inside, name


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    baselines: dict[str, Callable[..., float]] = {"scan": scan, "write": write}
    print(json.dumps({"seconds": baselines[what](*map(Path, paths))}))
