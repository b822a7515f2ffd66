"""`kill -9` at random moments: the next build gives what one build of the log gives."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
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


POOL_OF_A_KILLED_BUILD = """
import os
from pipeline.cli.workers import workers
with workers(2) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_workers_of_a_build_that_was_killed_end_with_it() -> None:
    """They would wait for work for ever."""
    with subprocess.Popen([sys.executable, "-c", POOL_OF_A_KILLED_BUILD], stdout=subprocess.PIPE) as build:
        assert build.stdout is not None
        worker = int(build.stdout.readline())
        assert build.wait() == -signal.SIGKILL
    try:
        ended = os.pidfd_open(worker)
    except ProcessLookupError:
        return
    try:
        assert select.select([ended], [], [], 30)[0], "it is there still"
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(ended, signal.SIGKILL)
        os.close(ended)
