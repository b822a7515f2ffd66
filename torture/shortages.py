"""What a machine may lack: space, permission to write or to read, a folder, a file that was there a moment ago.

Each time: an error in words and an exit code other than 0, the old site as it was or each of its files old or new, and
a next build that puts everything right. Runs in a mount namespace of its own, where disks can be made small.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from torture.findings import Findings
from torture.world import World, differing, mixed_up, of_one_build, tree
from torture.zygote import Ended, Zygote

_ROOT = Path(__file__).parent.parent
_POWERS = "-dac_override,-dac_read_search"
"""What root can do in spite of permissions: not here."""


def _namespace(*command: str) -> list[str]:
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *mapped, "setpriv", f"--bounding-set={_POWERS}", *command]


def is_possible() -> bool:
    """Whether a namespace can be made here, and small disks in it."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    tried = _namespace("sh", "-c", "mount -t tmpfs tmpfs /tmp")
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def run(scratch: Path, world: World, names: list[str]) -> Findings:
    """Runs scenarios in a namespace."""
    command = _namespace(sys.executable, "-m", "torture.shortages", str(scratch), str(world.root), *names)
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        return Findings(broken=[f"shortages: {ended.stderr[-3000:]}"])
    told = json.loads(ended.stdout)
    found = Findings(broken=told["broken"])
    found.counts.update(told["counts"])
    return found


class _Place:
    """Where a scenario is played."""

    def __init__(self, zygote: Zygote, world: World, scratch: Path) -> None:
        self.zygote, self._from, self._scratch = zygote, world, scratch
        self.old, self.new = tree(world.site), of_one_build(world, scratch / "one")
        self.found = Findings()

    def begin(self) -> None:
        self.world = self._from.copy(self._scratch / "world")

    def refused(
        self, name: str, *words: str, intact: bool = True, may_do: bool = False, options: Sequence[str] = ()
    ) -> Ended:
        """A build that must fail, with one of these words; the site is what it was, or each file old or new.

        One that `may_do` what it is there for does all of it.
        """
        ended = self.zygote.run(self.world, ["build", "--workers", "1", *options])
        self.found.counts[name] += 1
        said = ended.err.strip()
        if may_do and ended.code == 0:
            self.found.expect_same(differing(tree(self.world.site), self.new), f"{name}: it was done")
            return ended
        self.found.expect(ended.code in (1, 2), f"{name}: ended with {ended.code}: {said}")
        self.found.expect("Traceback" not in said, f"{name}: {said}")
        self.found.expect(any(word in said for word in words), f"{name}: it said {said!r}")
        now = tree(self.world.site)
        now.pop("filling", None)
        self.found.expect_same(mixed_up(now, self.old, self.new), f"{name}: neither old nor new")
        if intact:
            self.found.expect_same(differing(now, self.old), f"{name}: the old site is not as it was")
        return ended

    def fine(self, name: str) -> None:
        """The next build puts all right."""
        ended = self.zygote.run(self.world, ["build", "--workers", "1"])
        self.found.expect(ended.code == 0, f"{name}: the next build ended with {ended.code}: {ended.err}")
        self.found.expect_same(differing(self.world.tree(), self.new), f"{name}: after the next build")


def _mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True, capture_output=True)


def _unmount(path: Path) -> None:
    subprocess.run(["umount", str(path)], check=True, capture_output=True)


def _on_small_disk(folder: Path, kilobytes: int) -> None:
    """Puts a folder on a disk of its own, which is full but for so much."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", folder)
    for path in aside.iterdir():
        path.rename(folder / path.name) if path.stat().st_dev == folder.stat().st_dev else _move(path, folder)
    aside.rmdir()
    free = shutil.disk_usage(folder).free
    (folder / "filling").write_bytes(bytes(max(0, free - kilobytes * 1024)))


def _move(path: Path, folder: Path) -> None:
    shutil.move(str(path), str(folder / path.name))


def _no_space_for_the_site(place: _Place, kilobytes: int) -> None:
    place.begin()
    _on_small_disk(place.world.site, kilobytes)
    name = f"no space for the site, {kilobytes} KiB left"
    place.refused(name, "No space left", "disk is full", intact=False)
    (place.world.site / "filling").unlink()
    place.fine(name)
    _unmount(place.world.site)


def _no_space_for_the_store(place: _Place, kilobytes: int) -> None:
    place.begin()
    _on_small_disk(place.world.data, kilobytes)
    name = f"no space for the store, {kilobytes} KiB left"
    place.refused(name, "No space left", intact=False, may_do=kilobytes > 0)
    aside = list(place.world.data.glob("*.broken*"))
    place.found.expect(not aside, f"{name}: a store was moved aside that isn't broken")
    (place.world.data / "filling").unlink()
    place.fine(name)
    _unmount(place.world.data)


def _no_space_for_temporary_files(place: _Place) -> None:
    place.begin()
    small = place.world.root / "small"
    small.mkdir()
    _mount("-t", "tmpfs", "-o", "size=8k", "tmpfs", small)
    (small / "filling").write_bytes(bytes(4096))
    os.environ["TMPDIR"] = str(small)
    try:
        with Zygote() as other:
            place.zygote, ordinary = other, place.zygote
            place.refused("no space for temporary files", f"{small}/sceneboard-", "No space left", options=["--full"])
            place.zygote = ordinary
    finally:
        del os.environ["TMPDIR"]
    place.fine("no space for temporary files")
    _unmount(small)


def _read_only(place: _Place, folder: Callable[[World], Path], name: str) -> None:
    place.begin()
    _mount("--bind", folder(place.world), folder(place.world))
    _mount("-o", "remount,bind,ro", folder(place.world))
    place.refused(name, "Read-only file system")
    _unmount(folder(place.world))
    place.fine(name)


def _no_permission(place: _Place, folder: Callable[[World], Path], name: str, mode: int = 0o500) -> None:
    place.begin()
    before = folder(place.world).stat().st_mode
    folder(place.world).chmod(mode)
    place.refused(name, "Permission denied", "is not readable", intact=False)
    folder(place.world).chmod(before)
    place.fine(name)


def _store_of_someone_else(place: _Place) -> None:
    """It may be read but not written."""
    place.begin()
    store = place.world.data / "sceneboard.duckdb"
    store.chmod(0o400)
    place.refused("a store without permission", "Permission denied")
    store.chmod(0o600)
    place.fine("a store without permission")


def _log_file_without_permission(place: _Place) -> None:
    """What can be read is read; the build says what can't be, and fails."""
    place.begin()
    file = place.world.events / "after.jsonl"
    text = file.read_bytes()
    file.unlink()
    file.write_bytes(text)  # not the one that all worlds share
    file.chmod(0)
    place.refused("a log file without permission", "after.jsonl can't be read: Permission denied")
    file.chmod(0o600)
    place.fine("a log file without permission")


def _no_log(place: _Place) -> None:
    """As where a share isn't mounted: no reason to take the site down."""
    place.begin()
    aside = place.world.root / "aside"
    place.world.events.rename(aside)
    place.refused("no log folder", "there is no log folder")
    aside.rename(place.world.events)
    place.fine("no log folder")


def _something_else_in_the_way(place: _Place) -> None:
    for path in ("index.html", "scene/1.html", "aoi/Fyn", "events"):
        place.begin()
        target = place.world.site / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        if "." in target.name:
            target.mkdir()
        else:
            target.write_bytes(b"")
        name = f"something else in the place of {path}"
        ended = place.zygote.run(place.world, ["build", "--workers", "1", "--check-site"])
        place.found.counts["something else in the way"] += 1
        place.found.expect(ended.code == 1 and "is not a" in ended.err, f"{name}: {ended}")
        target.rmdir() if target.is_dir() else target.unlink()
        place.fine(name)


SCENARIOS: dict[str, Callable[[_Place], None]] = {
    **{
        f"no space for the site, {kilobytes} KiB left": partial(_no_space_for_the_site, kilobytes=kilobytes)
        for kilobytes in (0, 4, 40, 200)
    },
    **{
        f"no space for the store, {kilobytes} KiB left": partial(_no_space_for_the_store, kilobytes=kilobytes)
        for kilobytes in (0, 8, 16, 200)
    },
    "no space for temporary files": _no_space_for_temporary_files,
    "read-only site": lambda place: _read_only(place, lambda world: world.site, "read-only site"),
    "read-only data": lambda place: _read_only(place, lambda world: world.data, "read-only data"),
    "site without permission": lambda place: _no_permission(place, lambda world: world.site, "site without permission"),
    "a folder of the site without permission": lambda place: _no_permission(
        place, lambda world: world.site / "scene", "a folder of the site without permission"
    ),
    "data without permission": lambda place: _no_permission(
        place, lambda world: world.data, "data without permission", 0
    ),
    "log folder without permission": lambda place: _no_permission(
        place, lambda world: world.events, "log folder without permission", 0
    ),
    "a store without permission": _store_of_someone_else,
    "a log file without permission": _log_file_without_permission,
    "no log folder": _no_log,
    "something else in the way": _something_else_in_the_way,
}


def _main(scratch: str, root: str, *names: str) -> None:
    Path(scratch).mkdir(parents=True, exist_ok=True)
    with Zygote(warm=True) as zygote:
        place = _Place(zygote, World(Path(root)), Path(scratch))
        for name in names or SCENARIOS:
            SCENARIOS[name](place)
    print(json.dumps({"counts": dict(place.found.counts), "broken": place.found.broken}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
