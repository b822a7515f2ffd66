"""The Nth system call of a kind fails, or the process is killed there: nothing is lost, and the next build mends all.

A few of the faults that `make torture` goes through.
"""

import random
from pathlib import Path

import pytest

from torture.faults import COMMANDS, KILL, Stage, attack, faults, is_possible
from torture.findings import Findings
from torture.world import World
from torture.zygote import Zygote

pytestmark = pytest.mark.skipif(not is_possible(), reason="needs strace")


@pytest.mark.parametrize(("name", "count"), [("build", 5), ("log append", 3), ("scene add", 2), ("tile retry", 1)])
def test_a_fault_in_a_system_call_loses_nothing(
    name: str, count: int, zygote: Zygote, prepared: World, scratch: Path
) -> None:
    stage = Stage(zygote, prepared, scratch)
    known = list(faults(stage, COMMANDS[name], most=20))
    chosen = random.Random(name).sample([fault for fault in known if fault.error != KILL], count)
    chosen.append(random.Random(name).choice([fault for fault in known if fault.error == KILL]))
    found = Findings().add(attack(stage, name, fault) for fault in chosen)
    assert found.broken == []
    assert found.counts[f"{name}: faults"] >= len(chosen) - 1
    assert found.counts[f"{name}: killed"] >= 1
