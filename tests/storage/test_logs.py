"""Wherever a log is, the same holds: a folder, S3, and what fsspec has else (memory)."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from log_lines import Log as Log_
from log_lines import compressed, line
from site_tree import differing, tree

from pipeline.build import build
from pipeline.log.bucket import BucketLog
from pipeline.log.files import Found, Position
from pipeline.log.id_blocks import BLOCK_SIZES, take_ids
from pipeline.log.lines import LineReader
from pipeline.log.place import Log, Place, data_at, open_log
from pipeline.objects import Objects, StorageUnusable


@pytest.fixture(params=["folder", "s3", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return made_ready(request, tmp_path, monkeypatch)


@pytest.fixture(params=["folder", "s3"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place that other processes see, too."""
    return made_ready(request, tmp_path, monkeypatch)


def made_ready(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "state"))
    found: dict[str, Callable[[], Place]] = {
        "folder": lambda: tmp_path / "data/events",
        "s3": lambda: f"{request.getfixturevalue('bucket')}/events",
        "memory": lambda: f"memory://{uuid.uuid4().hex}/events",
    }
    return found[request.param]()


@pytest.fixture
def log(place: Place) -> Log:
    return open_log(place)


def put(place: Place, path: str, text: bytes) -> None:
    """Somebody else puts a file there, in the place of one that is there."""
    if isinstance(place, str):
        Objects(place).put(path, text, content_type="application/x-ndjson")
        return
    (place / path).parent.mkdir(parents=True, exist_ok=True)
    (place / "new").write_bytes(text)
    (place / "new").replace(place / path)


def remove(place: Place, path: str) -> None:
    if isinstance(place, str):
        Objects(place).remove([path])
    else:
        (place / path).unlink()


def read(log: Log, start: Position) -> tuple[list[bytes], Position]:
    """The lines of a file from a position on, and how far it was read."""
    reader = LineReader(log, start)
    lines = [line.text for line in reader]
    reached = Position(
        start.path, reader.offset, reader.line, start.size_bytes, start.modified_ns, start.inode, start.proof
    )
    return lines, Position(*[getattr(reached, name) for name in Position.__slots__[:-1]], proof=log.proof(reached))


def read_all(log: Log, found: Found) -> tuple[list[bytes], dict[str, Position]]:
    lines, known = [], {}
    with log.expecting(found.to_read):
        for start in found.to_read:
            some, known[start.path] = read(log, start)
            lines += some
    return lines, known


def test_what_was_appended_is_read_once(log: Log, place: Place) -> None:
    first = log.append([b'{"a":1}', b'{"a":2}'])
    lines, known = read_all(log, log.look({}))
    assert lines == [b'{"a":1}', b'{"a":2}']
    assert list(known) == [first]
    assert log.look(known) == Found()
    log.append([b'{"a":3}'])
    found = log.look(known)
    assert (found.replaced, found.gone, len(found.to_read)) == ([], [], 1)
    assert read_all(log, found)[0] == [b'{"a":3}']


def test_a_file_is_named_by_month_and_writer(log: Log, place: Place) -> None:
    month, _, name = log.append([b"1"]).partition("/")
    assert month == time.strftime("%Y-%m", time.gmtime())
    assert name.endswith(".jsonl")
    writer = name.partition("-")[0]
    assert log.append([b"2"]).startswith(f"{month}/{writer}-")


@pytest.mark.parametrize("lines", [[], [b""], [b"a", b""], [b"a\n"], [b"a\nb", b"c"]])
def test_what_is_not_a_line_is_refused_before_anything_is_written(log: Log, lines: list[bytes]) -> None:
    with pytest.raises(ValueError, match="line"):
        log.append(lines)
    assert log.look({}) == Found()


def test_no_log_is_an_empty_one(log: Log) -> None:
    assert log.look({}) == Found()


def test_files_at_any_depth_in_order_of_their_paths_packed_or_not(log: Log, place: Place) -> None:
    put(place, "b.jsonl", b"b\n")
    put(place, "a/b/c.jsonl.zst", compressed([b"zst"], ".zst"))
    put(place, "a/z.jsonl.gz", compressed([b"gz"], ".gz"))
    put(place, "a.jsonl", b"")
    put(place, "ä ö/100%.jsonl", b"odd\n")
    put(place, "notes.txt", b"no\n")
    found = log.look({})
    assert [one.path for one in found.to_read] == [
        "a.jsonl", "a/b/c.jsonl.zst", "a/z.jsonl.gz", "b.jsonl", "ä ö/100%.jsonl"
    ]  # fmt: skip
    assert read_all(log, found)[0] == [b"zst", b"gz", b"b", b"odd"]


def test_a_large_file_is_read_a_part_at_a_time(log: Log, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.log.bucket._WHOLE_BYTES", 1000)
    lines = [b"%06d" % number for number in range(5_000)]
    put(place, "large.jsonl", b"\n".join(lines) + b"\n")
    put(place, "large.jsonl.gz", compressed([os.urandom(4000).hex().encode(), *lines], ".gz"))
    put(place, "small.jsonl", b"x\n")
    found = read_all(log, log.look({}))[0]
    assert (found[:5000], found[5001:10001], found[10001:]) == (lines, lines, [b"x"])


def test_an_end_without_a_line_feed_waits(log: Log, place: Place) -> None:
    put(place, "a.jsonl", b"1\n2")
    (start,) = log.look({}).to_read
    reader = LineReader(log, start)
    assert ([line.text for line in reader], reader.unfinished) == ([b"1"], b"2")


def test_what_is_gone_or_another_file_is_told(log: Log, place: Place) -> None:
    put(place, "a.jsonl", b"1\n2\n")
    put(place, "b.jsonl", b"3\n")
    _, known = read_all(log, log.look({}))
    put(place, "a.jsonl", b"4\n5\n")
    remove(place, "b.jsonl")
    found = log.look(known)
    assert (found.replaced, found.gone) == (["a.jsonl"], ["b.jsonl"])
    assert read_all(log, found)[0] == [b"4", b"5"]


@pytest.mark.parametrize("whole", [1 << 20, 1])
def test_a_file_that_goes_or_is_replaced_between_look_and_read(
    log: Log, place: Place, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.log.bucket._WHOLE_BYTES", whole)
    for name in "ab":
        put(place, f"{name}.jsonl", b"before\n")
    _, known = read_all(log, log.look({}))
    put(place, "a.jsonl", b"before\nand after\n")
    put(place, "b.jsonl", b"before\nand after\n")
    replaced, gone = log.look(known).to_read
    put(place, "a.jsonl", b"something else\n")
    remove(place, "b.jsonl")
    with pytest.raises(FileNotFoundError):
        read(log, gone)
    if isinstance(place, str):
        with pytest.raises(OSError, match="was replaced while it was read"):
            read(log, replaced)


# Ids


def test_ids_are_never_handed_out_twice(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = f"{place}-ids" if isinstance(place, str) else place.parent / "ids"
    given: list[int] = []
    for turn in range(12):
        monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / f"machine {turn % 3}"))
        given += take_ids(ids, "scene", 1 + turn, above=0)
    assert len(set(given)) == len(given)
    assert max(given) <= 12 * BLOCK_SIZES["scene"] * 2


def test_ids_that_the_log_names_are_passed_over(place: Place) -> None:
    ids = f"{place}-ids" if isinstance(place, str) else place.parent / "ids"
    assert take_ids(ids, "tile", 2, above=4711) == [4712, 4713]
    assert take_ids(ids, "tile", 2, above=4713) == [4714, 4715]
    assert min(take_ids(ids, "tile", 200, above=4715)) > 4715


def test_a_bucket_is_not_named_as_a_folder() -> None:
    with pytest.raises(StorageUnusable, match="give its path"):
        BucketLog("file:///srv/log")


# A board


@pytest.fixture
def made(tmp_path: Path) -> Log_:
    """A log of several files, packed ones among them."""
    log = Log_(tmp_path / "made/events")
    for number, name in enumerate(("A", "B"), 1):
        log.aoi(name, file="2026-01/one.jsonl")
        log.scene(number, {10 * number: None, 10 * number + 1: None}, aoi=name, file="2026-01/two.jsonl")
        log.says("scene", number, "DONE", file="2026-02/three.jsonl")
    log.append(b"no event", file="bad.jsonl")
    packed = [line(log.event("tile.result", {"type": "tile", "id": 10, "status": "DONE", "message": ""}))]
    log.path("2026-02/four.jsonl.zst").write_bytes(compressed(packed, ".zst"))
    return log


@pytest.mark.usefixtures("unflushed")
def test_the_same_log_makes_the_same_site_wherever_it_is(place: Place, made: Log_, tmp_path: Path) -> None:
    for path in made.folder.rglob("*.jsonl*"):
        put(place, path.relative_to(made.folder).as_posix(), path.read_bytes())
    above = place.removesuffix("/events") if isinstance(place, str) else place.parent
    data = data_at(above, tmp_path / "stores")
    assert build(data, tmp_path / "site").refreshed.events == 7
    assert build(data, tmp_path / "site").written == 0
    build(tmp_path / "made", tmp_path / "other")
    assert differing(tree(tmp_path / "site"), tree(tmp_path / "other")) == []


def test_a_process_that_is_killed_when_it_has_claimed_ids_takes_them_along(shared: Place, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from pipeline.disk import Folder; from pipeline.log import id_blocks\n"
        "replace = Folder.replace\n"
        "Folder.replace = lambda self, name, *rest, **more: (\n"
        "    os.kill(os.getpid(), 9) if more else replace(self, name, *rest, **more))\n"
        "id_blocks.take_ids(sys.argv[1] if ':' in sys.argv[1] else Path(sys.argv[1]), 'scene', 1, above=0)\n"
    )
    ids = f"{shared}-ids" if isinstance(shared, str) else shared.parent / "ids"
    done = subprocess.run([sys.executable, "-c", code, str(ids)], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert take_ids(ids, "scene", 1, above=0) == [1 + BLOCK_SIZES["scene"]]


def test_machines_that_append_and_claim_at_once(shared: Place, tmp_path: Path) -> None:
    """Nothing is lost, no id is handed out twice."""
    code = (
        "import sys; from pathlib import Path\n"
        "from pipeline.log.id_blocks import take_ids; from pipeline.log.place import open_log\n"
        "place, ids, name = sys.argv[1:]\n"
        "place, ids = (place, ids) if ':' in place else (Path(place), Path(ids))\n"
        "for turn in range(5):\n"
        "    open_log(place).append([f'{name} {turn}'.encode()])\n"
        "    print(*take_ids(ids, 'scene', 4, above=0), *take_ids(ids, 'scene', 9, above=0), flush=True)\n"
    )
    ids = f"{shared}-ids" if isinstance(shared, str) else shared.parent / "ids"
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(shared), str(ids), str(name)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "SCENEBOARD_STATE": str(tmp_path / f"state {name}")},
        )
        for name in range(3)
    ]  # fmt: skip
    given = [int(one) for machine in machines for one in machine.communicate()[0].split()]
    assert [machine.returncode for machine in machines] == [0, 0, 0]
    assert (len(given), len(set(given))) == (3 * 5 * 13, 3 * 5 * 13)
    log = open_log(shared)
    lines, _ = read_all(log, log.look({}))
    assert sorted(lines) == sorted(f"{name} {turn}".encode() for name in range(3) for turn in range(5))
