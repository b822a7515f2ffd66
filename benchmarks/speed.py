"""Measures how fast the program is, and prints a table of ratios against baselines of the same run.

    python benchmarks/speed.py [--logs FOLDER] [--size L] [--only ingest --only build …]

Logs are written into the folder on first use (L is 0.6 GB, 4 L four times that) and used again.
What is compared with what: docs/performance.md.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

import click
from comparing import ROWS, Place, Row
from growth import growing
from logs import SIZES
from measuring import CommandFailed

_ALL = {**ROWS, "growth": growing}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--logs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(tempfile.gettempdir()) / "sceneboard-benchmarks",
    show_default=True,
    help="Folder for logs, and for sites while they are measured.",
)
@click.option("--size", type=click.Choice(list(SIZES)), default="L", show_default=True, help="Size of the log.")
@click.option("--only", type=click.Choice(list(_ALL)), multiple=True, help="Some of the rows.  [default: all]")
def main(logs: Path, size: str, only: tuple[str, ...]) -> None:
    """Measure speed and memory against baselines of the same run."""
    logs.mkdir(parents=True, exist_ok=True)
    place = Place(logs.resolve(), size)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, log {size}")
    print(_line("what", "ours", "baseline", "ratio", "must", "aim", ""))
    print(_line(*["---"] * 7))
    missed = 0
    try:
        for name in only or _ALL:
            for row in _ALL[name](place):
                print(_shown(row), flush=True)
                missed += row.kept is False
    except CommandFailed as failed:
        sys.exit(str(failed))
    if missed:
        sys.exit(f"{missed} of them not as they must be")


def _shown(row: Row) -> str:
    kept = {None: "", True: "yes", False: "NO"}[row.kept]
    return _line(row.what, row.ours, row.baseline, row.ratio, row.must, row.aim, kept)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
