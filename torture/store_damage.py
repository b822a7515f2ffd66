"""The cache, cut, flipped and half-written: the site must be what it is without a cache."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.store.held import STORE
from torture.findings import Findings
from torture.world import World, differing, of_one_build
from torture.zygote import Zygote

_ROOT = Path(__file__).parent.parent
_KILLED = """
import os, sys
from pathlib import Path
from pipeline.refresh import refresh
from pipeline.store.held import hold_store

with hold_store(Path(sys.argv[1]), 0) as store, store.open() as database:
    refresh(database, Path(sys.argv[1]) / "events")
    os.kill(os.getpid(), 9)
"""
"""Takes in what is new in the log, and dies before the write-ahead log goes into the file."""


def _cut(path: Path, chance: random.Random) -> str:
    size = chance.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(size)
    return f"cut at {size}"


def _flipped(path: Path, chance: random.Random) -> str:
    place, bit = chance.randrange(path.stat().st_size), chance.randrange(8)
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))
    return f"bit {bit} of byte {place} flipped"


def _half_written(path: Path, chance: random.Random) -> str:
    """Blocks of it never came to the disk."""
    blocks = []
    with path.open("r+b") as file:
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(0, path.stat().st_size, 4096)
            file.seek(place)
            file.write(chance.choice([bytes(4096), chance.randbytes(4096)])[: path.stat().st_size - place])
            blocks.append(place)
    return f"overwritten at {blocks}"


def _rubbish(path: Path, chance: random.Random) -> str:
    path.write_bytes(chance.choice([b"", b"\0" * 100, chance.randbytes(5000), b"not a database\n" * 1000]))
    return "something else"


DAMAGES: dict[str, Callable[[Path, random.Random], str]] = {
    "cut": _cut,
    "flipped": _flipped,
    "half written": _half_written,
    "rubbish": _rubbish,
}


def killed_before_checkpoint(world: World) -> Path:
    """Kills a process that has taken in what is new in the log; gives the write-ahead log that it left."""
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(world.data)], cwd=_ROOT, check=False)
    assert ended.returncode == -9, ended
    wal = world.data / f"{STORE}.wal"
    assert wal.stat().st_size > 1000, "there is no write-ahead log to damage"
    return wal


def attack(
    zygote: Zygote,
    world: World,
    scratch: Path,
    times: int,
    seed: int,
    *,
    kinds: Sequence[str] = tuple(DAMAGES),
    builds: Sequence[Sequence[str]] = ((), ("--check-site",)),
) -> Findings:
    """Damages the cache, or its write-ahead log, so many times each, and builds.

    Each of the `builds`, one after the other with these options, must give the right site.
    """
    found = Findings()
    new = of_one_build(world, scratch / "one")
    with_wal = world.copy(scratch / "with wal")
    killed_before_checkpoint(with_wal)
    only_wal = world.copy(scratch / "only wal")
    (only_wal.data / STORE).unlink()
    killed_before_checkpoint(only_wal)
    for what, start, name in (
        ("the store", world, STORE),
        ("the write-ahead log", with_wal, f"{STORE}.wal"),
        ("the write-ahead log of everything", only_wal, f"{STORE}.wal"),
    ):
        for kind in kinds:
            for number in range(times):
                here = start.copy(scratch / "world")
                done = DAMAGES[kind](here.data / name, random.Random(f"{seed} {what} {kind} {number}"))
                where = f"{what}, {done}, seed {seed}"
                noticed = False
                for options in builds:
                    ended = zygote.run(here, ["build", "--workers", "1", *options])
                    noticed |= "store" in ended.err
                    found.expect(ended.code == 0, f"{where}: {options} ended with {ended.code}: {ended.err[-1500:]}")
                    found.expect_same(differing(here.tree(), new), f"{where}: build {' '.join(options)}")
                found.counts[f"{what} {kind}: {'noticed' if noticed else 'harmless'}"] += 1
    shutil.rmtree(scratch / "world")
    return found
