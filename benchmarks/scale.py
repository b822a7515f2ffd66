"""What a Dask cluster costs against this machine's own processes, and what one core does of each stage.

    python benchmarks/scale.py FOLDER [SIZE [PART…]]    S, M or L (logs.py); parts are ways, stages, memory

* Ways: one process, two, and clusters of one and of two workers build the site of the same log from nothing. Then 1,000
  new results come, spread over half of the AOIs, and each builds again. The sites are compared, byte by byte.
* Stages: what one core does in a second of each, how many tasks there are, and what goes over the network.
* Memory: of a worker and of the process that builds, as the log and the number of tasks grow together; with shards that
  grow in number with it, too.

Ends with exit code 1 if coordination costs more, or memory grows more, than it may.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from distributed import Client, LocalCluster
from logs import SIZES, Size, log_of, some_tiles, write_results
from measuring import sceneboard, script

NEW_RESULTS = 1_000
MOST_COORDINATION = 1.3
"""Dask's workers may take so many times as long as that many processes of this machine."""
MOST_GROWTH = 1.15
"""So many times the memory a worker may take for eight times the log."""
GROWING = [Size(aois, 12, 8) for aois in (80, 160, 320, 640)]
AOIS_A_SHARD = 40
"""As of a large archive: with a few AOIs in each, the largest of many shards has twice as many as the others."""
SHARDS = 4
"""Of the log on which ways are compared."""
_ONCE_MORE = 3
"""Each way is measured so often, in turn; the quickest counts."""


class Check(NamedTuple):
    """How many times as much something took as it was compared with, and how many it may."""

    what: str
    times: float
    most: float


class Tree(NamedTuple):
    """A site's files: how many, and a hash over their names and bytes."""

    files: int
    digest: str


def main(folder: Path, size: str, parts: Collection[str]) -> None:
    """Measures, and prints JSON, part by part."""
    found = [check for name in PARTS if name in parts for check in PARTS[name](folder, size)]
    for what, times, most in found:
        print(f"{what} {times:.2f} x (<= {most})")
    if any(times > most for _, times, most in found):
        sys.exit("not as it must be")


def measure_stages(folder: Path, size: str) -> list[Check]:
    """What one core does of each stage."""
    source = log_of(folder, SIZES[size])
    stages = {name: _stages(folder, source, *shards) for name, shards in (("one store", []), ("shards", [str(SHARDS)]))}
    print(json.dumps({"size": size, "stages": stages}, indent=1), flush=True)
    return []


def measure_ways(folder: Path, size: str) -> list[Check]:
    """What a cluster costs against this machine's own processes."""
    told = _ways(folder, log_of(folder, SIZES[size]), SIZES[size])
    print(json.dumps(told, indent=1), flush=True)
    ways = told["ways"]
    coordination = max(
        ways[dask][what] / ways[processes][what]
        for dask, processes in (("one Dask worker", "one process"), ("two Dask workers", "two processes"))
        for what in ("whole_seconds", "update_seconds")
    )
    return [Check("coordination", coordination, MOST_COORDINATION)]


def measure_memory(folder: Path, _: str) -> list[Check]:
    """The most memory of a worker as the log grows, and its shards in number with it."""
    memory = []
    for one in GROWING:
        for shards in (0, one.aois // AOIS_A_SHARD):
            memory.append(_memory(folder, one, shards))
            print(json.dumps(memory[-1]), flush=True)
    in_shards = [one for one in memory if one["shards"]]
    growth = in_shards[-1]["worker_bytes"] / in_shards[0]["worker_bytes"]
    more = in_shards[-1]["events"] / in_shards[0]["events"]
    return [Check(f"a worker's memory for {more:.0f} times the events", growth, MOST_GROWTH)]


def _ways(folder: Path, source: Path, size: Size) -> dict[str, Any]:
    told: dict[str, dict[str, float]] = {}
    trees: dict[str, Tree] = {}
    tiles: list[tuple[str, int]] = []
    with _cluster(1) as one_worker, _cluster(2) as two_workers:
        ways = {
            "one process": ["--workers", "1"],
            "two processes": ["--workers", "2"],
            "one Dask worker": ["--cluster", one_worker],
            "two Dask workers": ["--cluster", two_workers],
            "one process, shards": ["--workers", "1", "--shards", str(SHARDS)],
            "two processes, shards": ["--workers", "2", "--shards", str(SHARDS)],
            "two Dask workers, shards": ["--cluster", two_workers, "--shards", str(SHARDS)],
        }
        for name, how in [*ways.items()] * _ONCE_MORE:
            with _copied(folder, source) as (data, site):
                whole = sceneboard(data, site, "build", *how).seconds
                tiles = tiles or some_tiles(
                    data, aois=max(1, size.aois // 2), count=NEW_RESULTS
                )  # the first has one store
                write_results(data / "events" / "new.jsonl", tiles, 1)
                more = sceneboard(data, site, "build", *how).seconds
                before = told.get(name, {"whole_seconds": whole, "update_seconds": more})
                told[name] = {
                    "whole_seconds": round(min(whole, before["whole_seconds"]), 1),
                    "update_seconds": round(min(more, before["update_seconds"]), 1),
                }
                trees[name] = _tree(site)
    assert all(tree == trees["one process"] for tree in trees.values()), "the sites differ"
    return {"files": trees["one process"].files, "ways": told}


def _tree(site: Path) -> Tree:
    """Small: what Linux tells of the memory of a command that is started begins with that of this process."""
    paths = [path for path in site.rglob("*") if path.is_file() and path.name != "build.json"]
    all_of_it = hashlib.blake2b()
    for path in sorted(paths):
        all_of_it.update(path.relative_to(site).as_posix().encode() + b"\0")
        all_of_it.update(hashlib.blake2b(path.read_bytes()).digest())
    return Tree(len(paths), all_of_it.hexdigest())


def _stages(folder: Path, source: Path, *shards: str) -> Any:
    with _copied(folder, source) as (data, site):
        return script("stages.py", data, str(site), *shards).told


def _memory(folder: Path, size: Size, shards: int) -> dict[str, Any]:
    """The most that a worker took, and the process that builds. The cluster is new each time."""
    how = ["--shards", str(shards)] if shards else []
    source = log_of(folder, size)
    with _copied(folder, source) as (data, site), _cluster(2) as address:
        with Client(address) as client:
            idle = max(client.run(_peak_bytes).values())
        built = sceneboard(data, site, "build", "--json", "--cluster", address, *how, memory=True)
        with Client(address) as client:
            peak = max(client.run(_peak_bytes).values())
    return {
        "aois": size.aois, "shards": shards, "events": built.told["refreshed"]["events"], "worker_bytes": peak,
        "idle_worker_bytes": idle, "builder_bytes": built.peak_bytes,
    }  # fmt: skip


def _peak_bytes() -> int:
    """Since this process began as itself: `ru_maxrss` would count what its parent had."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@contextmanager
def _copied(folder: Path, source: Path) -> Iterator[tuple[Path, Path]]:
    """A data folder with the log alone, and a place for the site."""
    shutil.rmtree(folder / "scale", ignore_errors=True)
    shutil.copytree(source / "events", folder / "scale/data/events")
    try:
        yield folder / "scale/data", folder / "scale/site"
    finally:
        shutil.rmtree(folder / "scale", ignore_errors=True)


@contextmanager
def _cluster(workers: int) -> Iterator[str]:
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


PARTS: dict[str, Callable[[Path, str], list[Check]]] = {
    "stages": measure_stages, "ways": measure_ways, "memory": measure_memory,
}  # fmt: skip

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "M", sys.argv[3:] or list(PARTS))
