"""Spoilt lines: none is lost without an entry in the quarantine, none stops a build, nothing else is affected."""

from pathlib import Path

import pytest

from torture import corruption


@pytest.mark.parametrize(("seed", "large"), [(1, 1), (2, 0)])
def test_no_spoilt_line_stops_a_build_or_is_lost(seed: int, large: int, scratch: Path) -> None:
    found = corruption.attack(scratch, 750, seed, large=large)
    assert found.broken == []
    assert found.counts["lines"] > 700
    assert found.counts["lines in quarantine"] > 300
    assert found.counts["events applied"] > 150
