"""`kill -9` at random moments: of a build as it reads, folds, renders and publishes, of commands as they append."""

import random
import time
from pathlib import Path

from torture.faults import COMMANDS, Command
from torture.findings import Findings
from torture.world import UNFINISHED, World, differing, mixed_up, of_one_build, tree
from torture.zygote import Running, Zygote

BUILD_EACH = 5


def attack(zygote: Zygote, world: World, name: str, times: int, seed: int, scratch: Path) -> Findings:
    """Kills a command at so many moments, spread over the time that it takes, in no order.

    Each starts from what the last one has left; every few kills a build is let through, and all begins anew.
    """
    found = Findings()
    chance = random.Random(seed)
    command = COMMANDS[name]
    seconds = _duration(zygote, world, command, scratch)
    old = tree(world.site)
    new = of_one_build(world, scratch / "one")
    here = world.copy(scratch / "world")
    reported = 0
    started: list[Running] = []
    moments = [seconds * (place + chance.random()) / times for place in range(times)]
    chance.shuffle(moments)
    for number, moment in enumerate(moments):
        running = zygote.start(here, command.args)
        started.append(running)
        time.sleep(moment)
        running.kill()
        ended = running.end()
        where = f"kill {number} of {name}, seed {seed}"
        found.counts[f"{name}: {'killed' if ended.killed else 'faster than the kill'}"] += 1
        if command.appends is None:
            found.counts[f"{name}: {_phase(here)}"] += 1
            found.expect_same(mixed_up(tree(here.site), old, new), f"{where}: neither old nor new")
        else:
            reported += ended.code == 0
            added = sum(command.appends(here))
            most = number + 1
            found.expect(added >= reported, f"{where}: {reported} were reported, {added} are there")
            found.expect(added <= most * len(command.appends(here)), f"{where}: {added} are there after {most} tries")
        if number % BUILD_EACH == BUILD_EACH - 1 or number == times - 1:
            if command.appends is not None:
                new = of_one_build(here, scratch / "one")
            here.build()
            found.expect_same(differing(here.tree(), new), f"{where}: after the next build")
            for one in started:
                one.clear_away()
            started.clear()
            here = world.copy(scratch / "world")
            reported = 0
    return found


def _duration(zygote: Zygote, world: World, command: Command, scratch: Path) -> float:
    """How many seconds the command takes if nobody kills it; of what is soon done the quickest of several times."""
    taken: list[float] = []
    for _ in range(1 if command.appends is None else 5):
        here = world.copy(scratch / "world")
        began = time.monotonic()
        ended = zygote.run(here, command.args)
        taken.append(time.monotonic() - began)
        assert ended.code == 0, ended
    return min(taken)


def _phase(world: World) -> str:
    """Where a build was when it was killed, as its traces tell."""
    if (world.site / UNFINISHED).exists():
        return "killed while publishing"
    return "killed before or after that"
