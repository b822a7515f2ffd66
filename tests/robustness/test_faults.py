"""The Nth system call of a kind fails, or the process is killed there: nothing is lost, and the next build mends all.

A few of the faults that `make torture` goes through.
"""

import random
from collections.abc import Iterator

import pytest
from quick_folder import folder

from torture.faults import COMMANDS, KILL, Stage, attack, faults, is_possible
from torture.findings import Findings
from torture.world import World
from torture.zygote import Zygote

pytestmark = pytest.mark.skipif(not is_possible(), reason="needs strace")


@pytest.fixture(scope="module")
def stage(zygote: Zygote, prepared: World) -> Iterator[Stage]:
    with folder() as scratch:
        yield Stage(zygote, prepared, scratch)


@pytest.mark.parametrize(("name", "count"), [("build", 4), ("log append", 2), ("scene add", 1)])
def test_a_fault_in_a_system_call_loses_nothing(name: str, count: int, stage: Stage) -> None:
    known = list(faults(stage, COMMANDS[name], most=20))
    chosen = random.Random(name).sample([fault for fault in known if fault.error != KILL], count)
    chosen.append(random.Random(name).choice([fault for fault in known if fault.error == KILL]))
    found = Findings().add(attack(stage, name, fault) for fault in chosen)
    assert found.broken == []
    assert found.counts[f"{name}: faults"] >= count
    assert found.counts[f"{name}: killed"] >= 1
