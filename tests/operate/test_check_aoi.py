"""`aoi check`: one line, and an exit code that monitoring systems understand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from log_lines import Log

from pipeline.cli import main
from pipeline.operate.check_aoi import Limits, check_aoi, duration

NOW = datetime(2022, 3, 2, tzinfo=UTC)


@pytest.fixture
def failing(log: Log) -> Log:
    """Tile 11 in RETRY since 00:00:05 of the day before, tile 12 FAILED, tile 13 PENDING since 00:00:03."""
    log.aoi()
    log.scene(1, {11: None, 12: None, 13: None})
    log.says("scene", 1, "DONE")
    log.says("tile", 12, "FAILED", "gone")
    log.says("tile", 11, "RETRY", "disk full")
    return log


def check(data: Path, limits: Limits, now: datetime = NOW) -> tuple[bool, str]:
    found = check_aoi(data, "Demo", limits, now, 0)
    assert found is not None
    return found.ok, found.line


@pytest.mark.parametrize(
    ("limits", "ok", "told"),
    [
        (Limits(max_retry=1), True, "OK Demo: 1 RETRY (at most 1)"),
        (Limits(max_retry=0), False, "CRITICAL Demo: 1 RETRY (at most 0)"),
        (Limits(max_failed=0), False, "CRITICAL Demo: 1 FAILED (at most 0)"),
        (Limits(max_retry=5, max_failed=0), False, "CRITICAL Demo: 1 RETRY (at most 5), 1 FAILED (at most 0)"),
        (Limits(max_age_seconds=86400), True, "OK Demo: tile 13 PENDING for 23h 59m (at most 1d)"),
        (Limits(max_age_seconds=3600), False, "CRITICAL Demo: tile 13 PENDING for 23h 59m (at most 1h)"),
    ],
)
def test_what_is_over_a_limit_is_critical(failing: Log, data: Path, limits: Limits, ok: bool, told: str) -> None:
    assert check(data, limits) == (ok, told)


def test_a_clock_that_was_ahead_makes_no_alarm(failing: Log, data: Path) -> None:
    ok, told = check(data, Limits(max_age_seconds=60), datetime(2022, 2, 1, tzinfo=UTC))
    assert (ok, told) == (True, "OK Demo: tile 13 PENDING for 0s (at most 1m)")


def test_where_nothing_waits_nothing_is_too_old(log: Log, data: Path) -> None:
    log.aoi()
    assert check(data, Limits(max_age_seconds=60)) == (True, "OK Demo: nothing PENDING or in RETRY (for at most 1m)")


def test_the_command_exits_one_over_a_limit(failing: Log, data: Path) -> None:
    def run(*options: str) -> tuple[int, str]:
        told = CliRunner().invoke(main, ["--data", str(data), "aoi", "check", *options])
        return told.exit_code, told.stdout

    assert run("Demo", "--max-retry", "1") == (0, "OK Demo: 1 RETRY (at most 1)\n")
    assert run("Demo", "--max-retry", "0") == (1, "CRITICAL Demo: 1 RETRY (at most 0)\n")
    assert run("Demo", "--max-age", "1h")[0] == 1
    assert run("Other", "--max-retry", "1") == (3, "")
    assert run("Demo") == (2, "")
    assert run("Demo", "--max-age", "yesterday") == (2, "")


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0s"), (59, "59s"), (3600, "1h"), (3661, "1h 1m"), (90061, "1d 1h"), (864005, "10d 5s")]
)
def test_a_time_in_its_two_largest_units(seconds: int, told: str) -> None:
    assert duration(seconds) == told
