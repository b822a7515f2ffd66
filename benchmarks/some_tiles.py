"""Prints AOI and id of some tiles of a store, spread over some AOIs, as JSON.

python benchmarks/some_tiles.py DATA AOIS COUNT

A process of its own: what Linux tells of a command's memory begins with that of the process that started it, so that
the one which measures must stay small.
"""

import json
import sys
from pathlib import Path

from pipeline.store.database import open_database
from pipeline.store.held import STORE


def some_tiles(data: Path, aois: int, count: int) -> list[tuple[str, int]]:
    with open_database(data / STORE, read_only=True) as database:
        rows = database.rows(
            """
            SELECT aoi, id FROM tiles SEMI JOIN (SELECT aoi FROM scenes GROUP BY aoi ORDER BY hash(aoi) LIMIT ?)
            USING (aoi) ORDER BY hash(id) LIMIT ?
            """,
            [aois, count],
        )
    return [(aoi, id) for aoi, id in rows]


if __name__ == "__main__":
    print(json.dumps({"tiles": some_tiles(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))}))
