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
    killed = 0
    for seed in range(7, 17):  # on a busy machine a command may end before each kill
        found = kills.attack(zygote, prepared, name, times, seed, scratch)
        assert found.broken == []
        killed += found.counts[f"{name}: killed"]
        if killed:
            break
    assert killed
