"""The rows of the table: what is measured, beside a baseline that is measured in the same run."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from logs import SIZES, Size, log_of, some_tiles, write_results
from measuring import Run, run, sceneboard, script, wait_for_quick_disk

_TIMES = 3
"""What takes seconds is measured so often, in turn with its baseline; the quickest of each counts."""
_TIMES_SHORT = 9
"""What takes less is measured more often."""
_MIB = 1024 * 1024
_GIB = 1024 * _MIB


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, its texts ready to be shown. `kept`: whether it is as it must be; None if nothing must."""

    what: str
    ours: str
    baseline: str
    ratio: str
    must: str
    aim: str = ""
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The folder where logs are kept and scratch folders are made, and the size to measure on."""

    folder: Path
    name: str

    @property
    def size(self) -> Size:
        return SIZES[self.name]

    @property
    def is_the_large(self) -> bool:
        """What must be is said of this size."""
        return self.name == "L"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder, on the same disk as the logs."""
        folder = Path(tempfile.mkdtemp(prefix="scratch-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def data(self, size: Size | None = None) -> Iterator[Path]:
        """A data folder with the log, to which more may be written: its files are links to those that are kept."""
        kept = log_of(self.folder, size or self.size)
        with self.scratch() as folder:
            (folder / "events").mkdir()
            for path in (kept / "events").iterdir():
                os.link(path, folder / "events" / path.name)
            os.environ["SCENEBOARD_STATE"] = str(folder / "state")
            yield folder


def taking_in(place: Place) -> Iterator[Row]:
    """Ingest and fold from nothing, against DuckDB's scan of the same log."""
    ours: list[float] = []
    base: list[float] = []
    cpu: list[float] = []
    with place.data() as data:
        for _ in range(_TIMES):
            base.append(float(script("baselines.py", "scan", data / "events").told["seconds"]))
            with place.scratch() as scratch:
                taken = script("take_in.py", data, scratch / "store.duckdb")
            ours.append(float(taken.told["seconds"]))
            cpu.append(taken.cpu_seconds)
    ratio = min(ours) / min(base)
    yield Row(
        f"ingest + fold of {place.name} from nothing",
        f"{min(ours):.2f} s (processors {min(cpu):.1f} s)",
        f"DuckDB's scan {min(base):.2f} s",
        f"{ratio:.1f} x",
        "<= 10 x",
        "6 x",
        ratio <= 10 if place.is_the_large else None,
    )


def rendering(place: Place) -> Iterator[Row]:
    """Every file of the site from a store that is up to the log, against writing the same files."""
    wait_for_quick_disk(place.folder)
    with place.data() as data, place.scratch() as copy:
        sceneboard(data, data / "site", "aoi", "list")  # brings the store up to the log
        ours = sceneboard(data, data / "site", "build", "--json")
        files = int(ours.told["written"])
        base = float(script("baselines.py", "write", data / "site", copy).told["seconds"])
    ratio = ours.seconds / base
    yield Row(
        f"full render of {place.name}, {files:,} files",
        f"{ours.seconds:.1f} s",
        f"two processes that write them {base:.1f} s",
        f"{ratio:.2f} x",
        "<= 2 x",
        "1.3 x",
        ratio <= 2 if place.is_the_large else None,
    )


def building(place: Place) -> Iterator[Row]:
    """The whole command: everything; then with 1,000 new events over 10 AOIs; then with nothing new."""
    wait_for_quick_disk(place.folder)
    with place.data() as data:
        full = sceneboard(data, data / "site", "build")
        os.sync()  # no schedule is so close that the system is still busy with a million files
        changed: list[float] = []
        for number in range(_TIMES):
            write_results(data / "events" / f"new-{number}.jsonl", some_tiles(data, aois=10, count=1_000), number)
            changed.append(sceneboard(data, data / "site", "build").seconds)
        nothing = [sceneboard(data, data / "site", "build").seconds for _ in range(_TIMES_SHORT)]
    share = min(changed) / full.seconds
    yield Row(
        f"build of {place.name} with 1,000 new events in 10 AOIs",
        f"{min(changed):.2f} s",
        f"the full build {full.seconds:.1f} s",
        f"{share:.1%}",
        "<= 3 s, <= 4 %",
        "1.5 s",
        min(changed) <= 3 and share <= 0.04 if place.is_the_large else None,
    )
    yield Row(
        f"build of {place.name} with nothing new",
        f"{min(nothing):.2f} s",
        "",
        "",
        "<= 0.5 s",
        "0.3 s",
        min(nothing) <= 0.5 if place.is_the_large else None,
    )


def commanding(place: Place) -> Iterator[Row]:
    """A command that appends, without and with a look at the state, against Python with Click."""
    with place.data() as data:
        sceneboard(data, data / "site", "aoi", "list")
        tiles = (tile for _, tile in some_tiles(data, aois=10, count=2 * _TIMES_SHORT))
        base, blind, checked = [], [], []
        for _ in range(_TIMES_SHORT):
            base.append(run([sys.executable, "-c", "import click"], memory=True))
            blind.append(_force(data, next(tiles), "--no-check"))
            checked.append(_force(data, next(tiles)))
    python = min(one.seconds for one in base)
    yield _command_row("a command that appends, --no-check", blind, python, "<= 0.15 s, <= 60 MB", 0.15, 60 * _MIB)
    yield _command_row(
        f"the same with the check, {place.name}", checked, python, "<= 0.6 s", 0.6 if place.is_the_large else None
    )


def _force(data: Path, tile: int, *options: str) -> Run:
    return sceneboard(data, data / "site", "tile", "force", str(tile), "RETRY", *options, memory=True)


def _command_row(
    what: str, runs: Sequence[Run], python: float, must: str, seconds: float | None, memory: int | None = None
) -> Row:
    quickest, largest = min(one.seconds for one in runs), max(one.peak_bytes for one in runs)
    kept = None if seconds is None else quickest <= seconds and (memory is None or largest <= memory)
    return Row(
        what,
        f"{quickest:.2f} s, {largest / _MIB:.0f} MB",
        f"python -c 'import click' {python:.2f} s",
        f"{quickest / python:.1f} x",
        must,
        "",
        kept,
    )


def remembering(place: Place) -> Iterator[Row]:
    """The most memory that all processes of a full build have together."""
    for name, most in ((place.name, 2), (f"4{place.name}", 4)):
        if name not in SIZES:
            continue
        with place.data(SIZES[name]) as data:
            peak = sceneboard(data, data / "site", "build", memory=True).peak_bytes
        kept = peak <= most * _GIB if place.is_the_large else None
        yield Row(f"peak memory of a full build of {name}", f"{peak / _GIB:.2f} GB", "", "", f"<= {most} GB", "", kept)


ROWS: dict[str, Callable[[Place], Iterator[Row]]] = {
    "ingest": taking_in,
    "render": rendering,
    "build": building,
    "commands": commanding,
    "memory": remembering,
}
