"""The Nth system call of a kind fails, or the process is killed there: nothing is lost, and the next build mends all.

A few of the faults that `make torture` goes through.
"""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from torture.faults import COMMANDS, KILL, Stage, attack, faults, is_possible
from torture.findings import Findings
from torture.world import World
from torture.zygote import Zygote

MEMORY = Path("/dev/shm")  # noqa: S108 (quicker, where there is one)
pytestmark = pytest.mark.skipif(not is_possible(), reason="needs strace")


@pytest.fixture(scope="module")
def stage(zygote: Zygote, prepared: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    scratch = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else tmp_path_factory.mktemp("stage")))
    yield Stage(zygote, prepared, scratch)
    shutil.rmtree(scratch)


@pytest.mark.parametrize(("name", "count"), [("build", 4), ("log append", 2), ("scene add", 1)])
def test_a_fault_in_a_system_call_loses_nothing(name: str, count: int, stage: Stage) -> None:
    known = list(faults(stage, COMMANDS[name], most=20))
    chosen = random.Random(name).sample([fault for fault in known if fault.error != KILL], count)
    chosen.append(random.Random(name).choice([fault for fault in known if fault.error == KILL]))
    found = Findings().add(attack(stage, name, fault) for fault in chosen)
    assert found.broken == []
    assert found.counts[f"{name}: faults"] >= count
    assert found.counts[f"{name}: killed"] >= 1
