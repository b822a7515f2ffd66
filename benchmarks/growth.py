"""How time grows: one measure of the log is doubled three times, the others stay.

It is measured in memory, where there is a folder for that: on a disk the sites that were removed before slow the next.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from comparing import Place, Row
from logs import Size
from measuring import sceneboard, script

_DOUBLINGS = 3
_BASE = Size(aois=10, scenes=60, tiles=8)
_MEASURES = {"events": "results", "scenes per AOI": "scenes", "tiles per scene": "tiles", "AOIs": "aois"}
_MEMORY = Path("/dev/shm")  # noqa: S108
_ENOUGH_BYTES = 4 << 30
_ALLOWANCE = 1.15
"""Time measured twice differs by so much; more than that for twice as much is more than linear."""


def growing(place: Place) -> Iterator[Row]:
    """For each measure a row for taking in and folding, and one for the whole build."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES
    with tempfile.TemporaryDirectory(dir=_MEMORY if has_room else place.folder) as folder:
        yield from _rows(replace(place, folder=Path(folder)))


def _rows(place: Place) -> Iterator[Row]:
    for measure, field in _MEASURES.items():
        taken: list[float] = []
        built: list[float] = []
        for doubled in range(_DOUBLINGS + 1):
            size = replace(_BASE, **{field: getattr(_BASE, field) << doubled})
            with place.data(size) as data:
                taken.append(
                    min(float(script("take_in.py", data, data / f"store-{n}").told["seconds"]) for n in range(2))
                )
                built.append(sceneboard(data, data / "site", "build").seconds)
        yield _row(f"growth of ingest + fold with {measure}", taken)
        yield _row(f"growth of the whole build with {measure}", built)


def _row(what: str, seconds: list[float]) -> Row:
    factors = [after / before for before, after in pairwise(seconds)]
    kept = seconds[-1] <= seconds[0] * 2**_DOUBLINGS * _ALLOWANCE
    return Row(
        what,
        ", ".join(f"{one:.2f}" for one in seconds) + " s",
        "",
        " ".join(f"x{one:.2f}" for one in factors),
        "x2 each at most",
        "",
        kept,
    )
