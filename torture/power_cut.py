"""Power cuts: what was not flushed to the disk is lost, or torn, or there in spite of what came before it.

A recorder notes every call of `pipeline.disk` that changes the disk, while a command runs in this process. From its
notes the disk is played back as it may be found after a cut at any moment: everything that was flushed is there; of the
rest nothing, all, or any part, names and contents each by themselves, writes half-way or as zeros. No more is taken for
granted than POSIX says: flushing a file doesn't flush its name, nor that of the folder it is in.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from pipeline import build as building
from pipeline.store.held import STORE
from torture.findings import Findings
from torture.world import World, differing, ids, of_one_build, tree

Survives = Literal["nothing", "everything", "anything"]
"""What of that which wasn't flushed."""


class Change(NamedTuple):
    """A change of a folder's names (`name` leads to `to`, or with None no longer anywhere) or of a file's content."""

    inode: int
    name: str = ""
    to: int | None = None
    old_name: str = ""
    """Of a rename: the name that goes."""
    offset: int = 0
    data: bytes | None = None


class Flush(NamedTuple):
    """All that went before is on the disk: of one file or folder, or with None of everything."""

    inode: int | None


@dataclass
class Disk:
    """Folders, by their names, and files, by their content. Numbers are this module's own, not the system's."""

    root: int = 0
    folders: dict[int, dict[str, int]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> "Disk":
        return Disk(self.root, {inode: dict(names) for inode, names in self.folders.items()}, dict(self.files))

    def apply(self, change: Change, torn: random.Random | None = None) -> None:
        """Makes a change; `torn` makes a write come only in part, or as zeros."""
        if change.data is None:
            names = self.folders.setdefault(change.inode, {})
            if change.old_name and names.get(change.old_name) == change.to:
                del names[change.old_name]
            if change.to is None:
                names.pop(change.name, None)
            else:
                names[change.name] = change.to
            return
        data = change.data
        if torn is not None:
            keep = torn.randrange(len(data) + 1)
            data = data[:keep] if torn.random() < 0.5 else data[:keep] + bytes(len(data) - keep)
        before = self.files.get(change.inode, b"")
        before += bytes(max(0, change.offset - len(before)))
        self.files[change.inode] = before[: change.offset] + data + before[change.offset + len(data) :]

    def write_to(self, root: Path) -> None:
        """Makes a real folder of it, which must not be there."""
        pending = [(self.root, root)]
        while pending:
            inode, path = pending.pop()
            if inode in self.folders:
                path.mkdir()
                pending += [(inner, path / name) for name, inner in self.folders[inode].items()]
            else:
                path.write_bytes(self.files.get(inode, b""))


class Recorder:
    """Notes what changes below a folder, in a `with` block. Use `mark()` to tell where something was reported."""

    def __init__(self, root: Path, *, first: tuple[Path, Callable[[], None]] | None = None) -> None:
        """With `first`, a folder and a function: that is called when the folder changes for the first time."""
        self._root = root
        self._first = first
        self.before = Disk()
        self.notes: list[Change | Flush] = []
        self.marks: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._real: dict[str, Any] = {}
        self._count = 0
        self._scan(root)

    def _new(self, real_inode: int) -> int:
        self._count += 1
        self._numbers[real_inode] = self._count
        return self._count

    def _scan(self, root: Path) -> int:
        number = self._new(root.stat().st_ino)
        if root == self._root:
            self.before.root = number
        self.before.folders[number] = {}
        for path in root.iterdir():
            if path.is_dir():
                self.before.folders[number][path.name] = self._scan(path)
            elif path.name not in (STORE, f"{STORE}.wal"):
                inner = self._new(path.stat().st_ino)
                self.before.folders[number][path.name] = inner
                self.before.files[inner] = path.read_bytes()
        return number

    def mark(self, name: str) -> None:
        """Remembers that this was reported now."""
        self.marks[name] = len(self.notes)

    def __enter__(self) -> Self:
        for name in ("open", "write", "pwrite", "fsync", "rename", "unlink", "mkdir", "rmdir", "sync"):
            self._real[name] = getattr(os, name)
            setattr(os, name, getattr(self, f"_{name}"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, call in self._real.items():
            setattr(os, name, call)

    # The calls

    def _folder_of(self, path: Any, dir_fd: int | None) -> tuple[int | None, str]:
        """The number of the folder that a name is in, None if it isn't below the root; and the name."""
        above, name = os.path.split(os.fspath(path))
        if dir_fd is not None:
            return self._numbers.get(os.fstat(dir_fd).st_ino), name
        try:
            return self._numbers.get(Path(above or ".").stat().st_ino), name
        except FileNotFoundError:
            return None, name

    def _note(self, note: Change | Flush) -> None:
        if self._first is not None and self._numbers.get(self._first[0].stat().st_ino) == note.inode:
            self._first[1]()
            self._first = None
        self.notes.append(note)

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        folder, name = self._folder_of(path, dir_fd)
        there = True
        if flags & os.O_CREAT and folder is not None:
            try:
                os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
            except FileNotFoundError:
                there = False
        fd: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if not there and folder is not None:
            self._note(Change(folder, name, self._new(os.fstat(fd).st_ino)))
        return fd

    def _write(self, fd: int, data: Any) -> int:
        status = os.fstat(fd)
        written: int = self._real["write"](fd, data)
        number = self._numbers.get(status.st_ino)
        if number is not None:
            self._note(Change(number, offset=status.st_size, data=bytes(data)[:written]))  # all of it is appended
        return written

    def _pwrite(self, fd: int, data: Any, offset: int) -> int:
        written: int = self._real["pwrite"](fd, data, offset)
        number = self._numbers.get(os.fstat(fd).st_ino)
        if number is not None:
            self._note(Change(number, offset=offset, data=bytes(data)[:written]))
        return written

    def _fsync(self, fd: int) -> None:
        self._real["fsync"](fd)
        number = self._numbers.get(os.fstat(fd).st_ino)
        if number is not None:
            self._note(Flush(number))

    def _sync(self) -> None:
        self._note(Flush(None))

    def _rename(self, old: Any, new: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        folder, name = self._folder_of(new, dst_dir_fd)
        number = self._numbers.get(os.stat(old, dir_fd=src_dir_fd, follow_symlinks=False).st_ino)
        self._real["rename"](old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        if folder is not None and number is not None:
            self._note(Change(folder, name, number, old_name=os.path.split(os.fspath(old))[1]))

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        folder, name = self._folder_of(path, dir_fd)
        self._real["unlink"](path, dir_fd=dir_fd)
        if folder is not None:
            self._note(Change(folder, name))

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        folder, name = self._folder_of(path, dir_fd)
        self._real["mkdir"](path, mode, dir_fd=dir_fd)
        if folder is not None:
            inode = os.stat(path, dir_fd=dir_fd, follow_symlinks=False).st_ino
            number = self._new(inode)
            self.before.folders.setdefault(number, {})
            self._note(Change(folder, name, number))

    def _rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        folder, name = self._folder_of(path, dir_fd)
        self._real["rmdir"](path, dir_fd=dir_fd)
        if folder is not None:
            self._note(Change(folder, name))

    # What may be found afterwards

    def after_cut(self, place: int, survives: Survives, seed: int) -> Disk:
        """The disk after a cut before the note of that place."""
        chance = random.Random(seed)
        disk = self.before.copy()
        flushed_last: dict[int | None, int] = {}
        for number, note in enumerate(self.notes[:place]):
            if isinstance(note, Flush):
                flushed_last[note.inode] = number
        everything = flushed_last.get(None, -1)
        for number, note in enumerate(self.notes[:place]):
            if isinstance(note, Flush):
                continue
            if number < max(everything, flushed_last.get(note.inode, -1)) or survives == "everything":
                disk.apply(note)
            elif survives == "anything":
                match chance.randrange(3):
                    case 0:
                        disk.apply(note)
                    case 1 if note.data:
                        disk.apply(note, torn=chance)
        return disk


def cuts(recorder: Recorder, most: int) -> Iterator[tuple[int, Survives]]:
    """So many moments, evenly spread, with what survives; among them the last, when all has been reported."""
    kinds: tuple[Survives, ...] = ("nothing", "everything", "anything")
    last = len(recorder.notes)
    step = max(1, -(-last * len(kinds) // max(1, most)))
    for number in range(0, last * len(kinds), step):
        yield last - number // len(kinds), kinds[number % len(kinds)]


# The attacks


def attack_build(world: World, scratch: Path, most: int, seed: int, *, flush_each: int | None = None) -> Findings:
    """Cuts the power during a build; looks at what is there when it has reported, and at the next build."""
    found = Findings()
    here = world.copy(scratch / "world")
    old, new = here.tree(), of_one_build(here, scratch / "one")
    stores: list[Path | None] = [None, scratch / "store before", scratch / "store between", scratch / "store after"]
    _keep(here, stores[1])
    ordinary = building._FLUSH_EACH
    try:
        building._FLUSH_EACH = ordinary if flush_each is None else flush_each
        with Recorder(here.root, first=(here.site, lambda: _keep(here, stores[2]))) as recorder:
            here.build()
    finally:
        building._FLUSH_EACH = ordinary
    _keep(here, stores[3])
    for number, (place, survives) in enumerate(cuts(recorder, most)):
        store = stores[number % len(stores)]
        where = f"power cut {place} of {len(recorder.notes)}, {survives} survives, {store and store.name}, seed {seed}"
        cut = _materialise(recorder.after_cut(place, survives, seed + number), scratch / "cut")
        _put_log(world, cut)
        if store is not None:
            _put_store(store, cut)
        found.counts[f"build: cuts, {survives} survives"] += 1
        if place == len(recorder.notes):
            found.expect_same(differing(_without_marker(tree(cut.site)), new), f"{where}: it was reported")
        elif differing(tree(cut.site), old):
            found.counts["build: cuts that left something to mend"] += 1
        cut.build()
        found.expect_same(differing(cut.tree(), new), f"{where}: after the next build")
    return found


def _without_marker(found: dict[str, bytes]) -> dict[str, bytes]:
    return {path: text for path, text in found.items() if path != building.BEGUN}


def _keep(world: World, to: Path | None) -> None:
    """Copies the store, with what stands in its write-ahead log: it may be open, but nothing is being written."""
    assert to is not None
    for suffix in ("", ".wal"):
        if (store := world.data / f"{STORE}{suffix}").exists():
            shutil.copy(store, to.with_name(f"{to.name}{suffix}"))


def _put_store(kept: Path, world: World) -> None:
    for suffix in ("", ".wal"):
        if (store := kept.with_name(f"{kept.name}{suffix}")).exists():
            shutil.copy(store, world.data / f"{STORE}{suffix}")


def _put_log(world: World, cut: World) -> None:
    """The very files of the log, so that the store knows them again; a build doesn't write there."""
    shutil.rmtree(cut.events)
    shutil.copytree(world.events, cut.events, copy_function=os.link)


def _materialise(disk: Disk, root: Path) -> World:
    if root.exists():
        shutil.rmtree(root)
    disk.write_to(root)
    return World(root)


def attack_append(world: World, scratch: Path, most: int, seed: int) -> Findings:
    """Cuts the power while results and scenes are appended; looks for what was reported."""
    from pipeline.operate.add_scenes import add_scenes
    from pipeline.operate.append_results import append_results
    from torture.world import SCENE

    found = Findings()
    here = world.copy(scratch / "world")
    _unlink_log(here)
    with _environment(here):
        with Recorder(here.root) as recorder:
            for number in range(3):
                line = _result(number)
                append_results(here.data, line, "results", None)
                recorder.mark(f"cut{number}")
                (answer,) = add_scenes(here.data, "Fyn", [SCENE | {"source_id": f"cut{number}"}], None, 0)
                assert answer.appended, answer
                recorder.mark(f'"source_id":"cut{number}"')
        for number, (place, survives) in enumerate(cuts(recorder, most)):
            where = f"power cut {place} of {len(recorder.notes)}, {survives} survives, seed {seed}"
            cut = _materialise(recorder.after_cut(place, survives, seed + number), scratch / "cut")
            found.counts[f"append: cuts, {survives} survives"] += 1
            with _environment(cut):
                _look_for_reported(cut, recorder, place, where, found)
                add_scenes(cut.data, "Fyn", [SCENE | {"source_id": "afterwards"}], None, 0)
                append_results(cut.data, _result(99), "results", None)
            found.expect("cut99" in ids(cut.events), f"{where}: the next append is not there")
            created = _created(cut)
            found.expect(len(created) == len(set(created)), f"{where}: ids were handed out twice: {sorted(created)}")
            cut.build()
            found.expect_same(
                differing(cut.tree(), of_one_build(cut, scratch / "one")), f"{where}: after the next build"
            )
    return found


def _result(number: int) -> bytes:
    return (
        b'{"specversion":"1.0","id":"cut%d","source":"worker","type":"tile.result","time":"2022-03-01T03:00:0%dZ",'
        b'"data":{"type":"tile","id":10,"status":"DONE","message":""}}\n' % (number, number % 10)
    )


def _look_for_reported(cut: World, recorder: Recorder, place: int, where: str, found: Findings) -> None:
    text = b"".join(file.read_bytes() for file in cut.events.rglob("*.jsonl"))
    for what, reported in recorder.marks.items():
        count = text.count((what if what.startswith('"') else f'"id":"{what}"').encode())
        found.expect(count == 1 or place < reported, f"{where}: {what} was reported and is there {count} times")
        found.expect(count <= 1, f"{where}: {what} is there {count} times")


def _created(world: World) -> list[tuple[str, int]]:
    """All ids that were handed out, as often as they are in the log."""
    import json

    found: list[tuple[str, int]] = []
    for file in world.events.rglob("*.jsonl"):
        for line in file.read_bytes().split(b"\n"):
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and event.get("type") == "scene.created":
                found.append(("scene", event["data"]["id"]))
                found += [("tile", tile["id"]) for tile in event["data"]["tiles"].values()]
    return found


def _unlink_log(world: World) -> None:
    """Makes the log's files the world's own: they are written into."""
    for file in world.events.rglob("*.jsonl"):
        text = file.read_bytes()
        file.unlink()
        file.write_bytes(text)


class _environment:  # noqa: N801 (used as a function)
    """The environment of a world, for the length of a `with` block."""

    def __init__(self, world: World) -> None:
        self._env = world.env

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in self._env}
        os.environ.update(self._env)

    def __exit__(self, *error: object) -> None:
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
