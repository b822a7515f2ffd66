"""What may import what: the way of the data, and what appending an event does without."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys
sys.argv = ["sceneboard", *{arguments!r}]
from pipeline.cli import main
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
print(*sorted(name for name in {heavy!r} if name in sys.modules))
"""
HEAVY = [
    "duckdb", "jinja2", "pydot", "geojson", "rich", "pystac", "mgrs", "zstandard", "concurrent.futures.process",
    "pipeline.cluster.executor", "pipeline.shards", "distributed", "dask", "fsspec",
]  # fmt: skip
BEYOND_ONE_MACHINE = {"pipeline.cluster.executor", "pipeline.shards", "distributed", "dask", "fsspec"}


def heavy_modules(*arguments: str, data: Path, text: str = "") -> list[str]:
    """Which of the heavy modules a command imports, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(arguments=["--data", str(data), *arguments], heavy=HEAVY)],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["log", "append", "-"], '{"type":"tile","id":12,"status":"DONE","message":""}\n'),
        (["tile", "retry", "12", "--no-check"], ""),
        (["scene", "force", "12", "DONE", "--no-check", "--json"], ""),
        (["aoi", "create", "Demo", "--no-check"], ""),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_appending_needs_neither_the_store_nor_the_templates(data: Path, arguments: list[str], text: str) -> None:
    """It has to be quick, and to work on a host where the rest isn't to be had."""
    assert heavy_modules(*arguments, data=data, text=text) == []


def test_a_plain_build_does_without_what_catalogues_and_clusters_need(data: Path, tmp_path: Path) -> None:
    plain = heavy_modules("--site", str(tmp_path / "site"), "build", "--workers", "1", data=data)
    assert "jinja2" in plain
    assert "pystac" not in plain
    assert not BEYOND_ONE_MACHINE.intersection(plain)
    assert "pystac" in heavy_modules("--site", str(tmp_path / "site"), "build", "--workers", "1", "--stac", data=data)


def test_the_measure_finds_what_is_imported(data: Path) -> None:
    assert "duckdb" in heavy_modules("aoi", "list", data=data)


def test_the_import_contracts_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
