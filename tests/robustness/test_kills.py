"""`kill -9` at random moments: the next build gives what one build of the log gives."""

from pathlib import Path

import pytest

from torture import kills
from torture.world import World
from torture.zygote import Zygote


@pytest.mark.parametrize(("name", "times"), [("build", 5), ("build by 2", 2), ("log append", 3), ("scene add", 2)])
def test_a_kill_at_any_moment_loses_nothing(
    name: str, times: int, zygote: Zygote, prepared: World, scratch: Path
) -> None:
    found = kills.attack(zygote, prepared, name, times, 7, scratch)
    assert found.broken == []
    assert found.counts[f"{name}: killed"] >= 1
