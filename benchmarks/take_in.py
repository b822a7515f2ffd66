"""Takes a log into a new store, with as many processes as there are cores, and prints its seconds as JSON.

python benchmarks/take_in.py DATA STORE
"""

import json
import os
import sys
import time
from pathlib import Path

from pipeline.cli.workers import workers
from pipeline.refresh import refresh
from pipeline.store.database import open_database


def take_in(data: Path, store: Path) -> dict[str, float]:
    started = time.perf_counter()
    with workers(os.cpu_count() or 1) as executor:
        with open_database(store) as database:
            found = refresh(database, data / "events", workers=executor)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "events": found.events, "aois": len(found.folded)}


if __name__ == "__main__":
    print(json.dumps(take_in(Path(sys.argv[1]), Path(sys.argv[2]))))
