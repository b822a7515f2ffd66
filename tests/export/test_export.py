"""The tables, read by DuckDB as a notebook reads them."""

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from log_lines import Log

from pipeline.cli import main
from pipeline.export import TABLES, export

HOSTILE = 'a,"b"\n=cmd\x01'


@pytest.fixture
def failing(log: Log) -> Log:
    log.aoi()
    log.aoi("Empty")
    log.scene(
        1, {11: None}, source_id="S2A_MSIL1C_20220101T103431_N0301_R108_T32UNG_20220101T123507",
        date="2022-01-02T12:00:00+02:00", tags={"area": "Denmark"},
    )  # fmt: skip
    log.scene(2, {21: None}, date="no date")
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", HOSTILE, time="2022-06-30T23:59:59.123456789Z")
    log.add("tile.retry", {"id": 11, "by": "ann", "reason": "disk is empty"}, time="2022-07-01T00:00:00Z")
    return log


def rows(folder: Path, table: str, columns: str, format: str = "parquet") -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT {columns} FROM '{folder}/{table}.{format}'").fetchall()


@pytest.fixture
def tables(failing: Log, data: Path, tmp_path: Path) -> Path:
    written = export(data, tmp_path / "tables", "parquet", 0)
    assert {path.name: count for path, count in written.items()} == {
        "aois.parquet": 2,
        "scenes.parquet": 2,
        "tiles.parquet": 2,
        "transitions.parquet": 4,
    }
    return tmp_path / "tables"


def test_aois(tables: Path) -> None:
    assert rows(tables, "aois", "aoi, status, scenes, tiles, last_event::VARCHAR") == [
        ("Demo", "PENDING", 2, 2, "2022-07-01 00:00:00+00"),
        ("Empty", "NEW", 0, 0, "2022-03-01 00:00:02+00"),
    ]


def test_scenes(tables: Path) -> None:
    found = rows(tables, "scenes", "id, status, acquired::VARCHAR, satellite, relative_orbit, tiles, footprint_origin")
    assert found == [
        (1, "DONE", "2022-01-02 10:00:00+00", "Sentinel-2A", 108, 1, "mgrs"),
        (2, "PENDING", None, None, None, 1, "none"),
    ]
    payload = "data ->> '$.date', tags ->> '$.area', footprint ->> '$.type'"
    assert rows(tables, "scenes", payload)[0] == ("2022-01-02T12:00:00+02:00", "Denmark", "Polygon")


def test_tiles(tables: Path) -> None:
    assert rows(tables, "tiles", "scene_id, id, status, message, retry_countdown, since::VARCHAR") == [
        (1, 11, "PENDING", HOSTILE, -1, "2022-07-01 00:00:00+00"),
        (2, 21, "NEW", "", 0, "2022-03-01 00:00:04+00"),
    ]


def test_transitions_tell_what_each_event_changed_and_who_gave_it(tables: Path) -> None:
    found = rows(tables, "transitions", "kind, id, status_before, status_after, retries_after, given_by, reason")
    assert found == [
        ("scene", 1, "PENDING", "DONE", 0, None, None),
        ("tile", 11, "NEW", "PENDING", 0, None, None),
        ("tile", 11, "PENDING", "RETRY", 0, None, None),
        ("tile", 11, "RETRY", "PENDING", -1, "ann", "disk is empty"),
    ]
    assert rows(tables, "transitions", "time::VARCHAR")[2] == ("2022-06-30 23:59:59.123456+00",)


def test_a_message_is_told_again_when_it_is_the_same(failing: Log, data: Path, tmp_path: Path) -> None:
    failing.says("tile", 11, "RETRY", HOSTILE, time="2022-07-02T00:00:00Z")
    export(data, tmp_path, "parquet", 0)
    found = rows(tmp_path, "transitions", "status_after, message")
    assert [message for status, message in found if status == "RETRY"] == [HOSTILE, HOSTILE]


def test_times_are_times_in_utc(tables: Path) -> None:
    with duckdb.connect() as connection:
        (kind,) = connection.execute(f"SELECT typeof(time) FROM '{tables}/transitions.parquet' LIMIT 1").fetchall()[0]
    assert kind == "TIMESTAMP WITH TIME ZONE"


def test_csv_holds_the_same(failing: Log, data: Path, tmp_path: Path) -> None:
    export(data, tmp_path, "csv", 0)
    export(data, tmp_path, "parquet", 0)
    for table in TABLES:
        with (tmp_path / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            columns, *read = list(csv.reader(file))
        as_text = ", ".join(f"{name}::VARCHAR" for name in columns)
        assert read == [["" if value is None else value for value in row] for row in rows(tmp_path, table, as_text)]


def test_a_leap_second_and_the_ends_of_time_are_exported(log: Log, data: Path, tmp_path: Path) -> None:
    log.aoi(time="0001-01-01T00:00:00Z")
    log.aoi("Leap", time="2016-12-31T23:59:60.5Z")
    log.aoi("Late", time="9999-12-31T23:59:59.999999999Z")
    export(data, tmp_path, "parquet", 0)
    assert sorted(rows(tmp_path, "aois", "first_event::VARCHAR")) == [
        ("0001-01-01 00:00:00+00",),
        ("2016-12-31 23:59:59.999999+00",),
        ("9999-12-31 23:59:59.999999+00",),
    ]


def test_the_command_says_what_it_wrote_and_leaves_nothing_else(failing: Log, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = CliRunner().invoke(main, ["--data", str(data), "export", str(out), "--format", "csv"])
    assert told.exit_code == 0
    assert told.output.splitlines()[1] == f"{out}/scenes.csv: 2 rows"
    assert sorted(path.name for path in out.iterdir()) == [f"{table}.csv" for table in sorted(TABLES)]


def test_who_reads_a_table_while_it_is_written_anew_reads_it_whole(tables: Path, failing: Log, data: Path) -> None:
    before = (tables / "tiles.parquet").read_bytes()
    with (tables / "tiles.parquet").open("rb") as reader:
        failing.scene(3, {31: None})
        export(data, tables, "parquet", 0)
        assert reader.read() == before
    assert rows(tables, "tiles", "count(*)") == [(3,)]


def test_an_empty_log_gives_empty_tables(data: Path, tmp_path: Path) -> None:
    export(data, tmp_path, "csv", 0)
    assert (tmp_path / "scenes.csv").read_text().count("\n") == 1
