"""Runs all attacks, or those named, and prints how many there were and what broke.

    python -m torture [--share N] [--seed N] [NAME ...]

`--share 4` makes a quarter of each. Ends with exit code 1 if anything broke.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from torture import (
    corruption,
    crowds,
    faults,
    kills,
    made_up,
    power_cut,
    protections,
    shortages,
    store_damage,
    watching,
)
from torture.findings import Findings
from torture.protection_table import PROTECTIONS
from torture.world import prepare, prepare_large
from torture.zygote import Zygote

_MEMORY = Path("/dev/shm")  # noqa: S108 (quicker, where there is one)


class _Bench:
    """What the attacks share: a world, a process that runs commands, a seed, and how much of each is wanted."""

    def __init__(self, zygote: Zygote, root: Path, share: int, seed: int) -> None:
        self.zygote, self.root, self.share, self.seed = zygote, root, share, seed
        self.world = prepare(root / "prepared")
        self.scratch = root / "scratch"
        self.scratch.mkdir()

    def times(self, all: int) -> int:
        """So many, or the share of them that is wanted."""
        return max(1, all // self.share)


def _faults(name: str) -> Callable[[_Bench], Findings]:
    def attack(bench: _Bench) -> Findings:
        if not faults.is_possible():
            return Findings(broken=["faults by system call need strace"])
        stage = faults.Stage(bench.zygote, bench.world, bench.scratch)
        found = Findings()
        for fault in faults.faults(stage, faults.COMMANDS[name], bench.times(24)):
            found.add([faults.attack(stage, name, fault)])
        return found

    return attack


def _kills(bench: _Bench) -> Findings:
    found = Findings()
    for name, times in (("build", 100), ("build by 2", 100), ("log append", 200), ("scene add", 200)):
        found.add([kills.attack(bench.zygote, bench.world, name, bench.times(times), bench.seed, bench.scratch)])
    return found


def _kills_of_large_builds(bench: _Bench) -> Findings:
    """On a log of 5,000 scenes in 50 AOIs, 8 tiles each."""
    large = prepare_large(bench.root / "large", aois=50, scenes=100, tiles=8)
    return Findings().add(
        kills.attack(bench.zygote, large, name, bench.times(100), bench.seed, bench.scratch)
        for name in ("build", "build by 2")
    )


def _power_cuts(bench: _Bench) -> Findings:
    return Findings().add(
        [
            power_cut.attack_build(bench.world, bench.scratch, bench.times(600), bench.seed, flush_each=1_000_000),
            power_cut.attack_build(bench.world, bench.scratch, bench.times(600), bench.seed + 1, flush_each=0),
            power_cut.attack_append(bench.world, bench.scratch, bench.times(600), bench.seed),
        ]
    )


def _shortages(bench: _Bench) -> Findings:
    if not shortages.is_possible():
        return Findings(broken=["shortages need a mount namespace (unshare, setpriv)"])
    return shortages.run(bench.scratch, bench.world, [])


def _corruption(bench: _Bench) -> Findings:
    found = Findings()
    for number in range(bench.times(20)):
        found.add([corruption.attack(bench.scratch, 1_000, bench.seed * 1_000 + number, large=2, builds=3)])
        shutil.rmtree(bench.scratch / "world")
    return found


def _store_damage(bench: _Bench) -> Findings:
    return store_damage.attack(bench.zygote, bench.world, bench.scratch, bench.times(100), bench.seed)


def _crowds(bench: _Bench) -> Findings:
    return Findings().add(
        [
            crowds.attack_by_writers(bench.zygote, bench.world, bench.scratch, bench.times(400)),
            crowds.attack_by_machines(bench.world, bench.scratch, bench.times(60)),
            crowds.attack_by_reader(bench.zygote, bench.world, bench.scratch, bench.times(60)),
            crowds.attack_every_moment(bench.world, bench.scratch, bench.times(20)),
        ]
    )


def _protections(bench: _Bench) -> Findings:
    return protections.attack(bench.scratch, PROTECTIONS[:: bench.share])


def _watching(bench: _Bench) -> Findings:
    return watching.attack(bench.world, bench.scratch, bench.times(2_000))


def _made_up(_: _Bench) -> Findings:
    return made_up.attack()


ATTACKS: dict[str, Callable[[_Bench], Findings]] = {
    "shortages": _shortages,
    "crowds": _crowds,
    "watching": _watching,
    "corruption": _corruption,
    "power-cuts": _power_cuts,
    "store-damage": _store_damage,
    "kills": _kills,
    "kills-of-large-builds": _kills_of_large_builds,
    **{f"faults-in-{name.replace(' --', '-').replace(' ', '-')}": _faults(name) for name in faults.COMMANDS},
    "made-up": _made_up,
    "protections": _protections,
}


_ALL_FAULTS = "faults"


def _named(names: Sequence[str]) -> list[str]:
    """The attacks that are meant: without names all of them."""
    given = set(names or ATTACKS)
    return [name for name in ATTACKS if name in given or (_ALL_FAULTS in given and name.startswith("faults-in-"))]


def _tell(name: str, found: Findings, seconds: float) -> None:
    print(f"{name}: {seconds:.0f} s, {len(found.broken)} broken")
    for what, count in sorted(found.counts.items()):
        print(f"{count:>9,}  {what}")
    for what in found.broken:
        print(f"   BROKEN  {what}")
    sys.stdout.flush()


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture", description=(__doc__ or "").splitlines()[0])
    choices = [*ATTACKS, _ALL_FAULTS, []]
    parser.add_argument(
        "names", metavar="NAME", nargs="*", choices=choices, help=f"{', '.join(ATTACKS)}; {_ALL_FAULTS} for all of them"
    )
    parser.add_argument("--share", type=int, default=1, help="a share of each: 4 is a quarter")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    broken = 0
    for name in _named(wanted.names):
        root = Path(tempfile.mkdtemp(prefix="torture-", dir=_MEMORY if _MEMORY.is_dir() else None))
        began = time.monotonic()
        try:
            with Zygote() as zygote:
                found = ATTACKS[name](_Bench(zygote, root, wanted.share, wanted.seed))
        finally:
            shutil.rmtree(root, ignore_errors=True)
        _tell(name, found, time.monotonic() - began)
        broken += len(found.broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(_main())
