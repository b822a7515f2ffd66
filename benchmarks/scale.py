"""What a Dask cluster costs against this machine's own processes, with the same number of them: two.

    python benchmarks/scale.py FOLDER [SIZE]    S, M or L (logs.py)

Each way builds the site of the same log from nothing: one process, two, and a cluster of two workers. Then 1,000 new
results come, spread over half of the AOIs, and each builds again. The sites are compared, byte by byte.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import LocalCluster
from logs import SIZES, log_of, some_tiles, write_results
from measuring import sceneboard

NEW_RESULTS = 1_000


def main(folder: Path, size: str) -> None:
    """Measures, and prints JSON."""
    told: dict[str, dict[str, float]] = {}
    trees: dict[str, dict[str, bytes]] = {}
    source = log_of(folder, SIZES[size])
    with _cluster() as address:
        for name, how in (
            ("one process", ["--workers", "1"]),
            ("two processes", ["--workers", "2"]),
            ("two Dask workers", ["--cluster", address]),
        ):
            data, site = folder / "scale" / "data", folder / "scale" / "site"
            shutil.rmtree(folder / "scale", ignore_errors=True)
            shutil.copytree(source / "events", data / "events")
            whole = sceneboard(data, site, "build", *how).seconds
            tiles = some_tiles(data, aois=max(1, SIZES[size].aois // 2), count=NEW_RESULTS)
            write_results(data / "events" / "new.jsonl", tiles, 1)
            more = sceneboard(data, site, "build", *how).seconds
            told[name] = {"whole_seconds": round(whole, 1), "update_seconds": round(more, 1)}
            trees[name] = {
                path.relative_to(site).as_posix(): path.read_bytes()
                for path in site.rglob("*")
                if path.is_file() and path.name != "build.json"
            }
    assert all(tree == trees["one process"] for tree in trees.values()), "the sites differ"
    print(json.dumps({"size": size, "files": len(trees["one process"]), "ways": told}, indent=1))


@contextmanager
def _cluster() -> Iterator[str]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster:
        yield cluster.scheduler_address


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "M")
