"""Ids are small, rising, and never handed out twice, by whatever machine, after whatever accident."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

import pipeline
from pipeline.log import id_blocks
from pipeline.log.id_blocks import BLOCK_SIZES, HIGHEST_ID, ClaimFailed, take_ids

SOURCES = Path(pipeline.__file__).parent.parent


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's state folder, for the length of a test."""
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    return tmp_path / "data/ids"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Go on as another machine."""
    return lambda name: monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / name))


def test_ids_start_at_one_and_rise_without_gaps_on_one_machine(ids: Path) -> None:
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]
    assert take_ids(ids, "scene", 1, above=3) == [4]
    assert take_ids(ids, "scene", 9, above=4) == [5, 6, 7, 8, 9, 10, 11, 12, 13]


def test_scenes_and_tiles_are_counted_apart(ids: Path) -> None:
    assert take_ids(ids, "scene", 2, above=0) == [1, 2]
    assert take_ids(ids, "tile", 2, above=0) == [1, 2]


def test_no_ids_are_no_claim(ids: Path) -> None:
    assert take_ids(ids, "scene", 0, above=7) == []
    assert not ids.exists()


@pytest.mark.parametrize(("count", "above"), [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(ids: Path, count: int, above: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        take_ids(ids, "scene", count, above=above)


@pytest.mark.parametrize("kind", ["scene", "tile"])
def test_a_batch_larger_than_a_block_claims_several(ids: Path, kind: Literal["scene", "tile"]) -> None:
    count = BLOCK_SIZES[kind] * 3 + 1
    assert take_ids(ids, kind, count, above=0) == list(range(1, count + 1))
    assert sorted(path.name for path in (ids / kind).iterdir()) == ["00000001", "00000002", "00000003", "00000004"]


def test_claims_name_the_writer(ids: Path, state: Path) -> None:
    take_ids(ids, "scene", 1, above=0)
    (writer,) = state.glob("*/writer")
    assert (ids / "scene/00000001").read_text().split()[0] == writer.read_text().split()[0]


def test_ids_that_the_log_knows_are_passed_over(ids: Path) -> None:
    assert take_ids(ids, "scene", 2, above=0) == [1, 2]
    assert take_ids(ids, "scene", 2, above=5) == [6, 7]
    assert take_ids(ids, "scene", 2, above=123) == [124, 125]
    assert take_ids(ids, "scene", 1, above=130) == [131]
    assert take_ids(ids, "scene", 1, above=0) == [132]


def test_machines_have_blocks_of_their_own(ids: Path, machine: Callable[[str], None]) -> None:
    assert take_ids(ids, "scene", 1, above=0) == [1]
    machine("another")
    assert take_ids(ids, "scene", 1, above=0) == [11]
    machine("state")
    assert take_ids(ids, "scene", 1, above=0) == [2]
    assert take_ids(ids, "scene", 1, above=11) == [21]


def test_a_claim_that_a_stale_listing_does_not_show_is_still_respected(
    ids: Path, machine: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over NFS, or when two machines claim at the same moment."""
    take_ids(ids, "scene", 15, above=0)
    machine("another")
    monkeypatch.setattr(os, "listdir", lambda fd: [])
    assert take_ids(ids, "scene", 1, above=0) == [21]


TAKE_MANY = """
import sys
from pathlib import Path
from pipeline.log.id_blocks import take_ids
print("ready", flush=True)
sys.stdin.readline()
for n in range(60):
    print(*take_ids(Path(sys.argv[1]), "scene", n % 7 + 1, above=0))
"""


def python(code: str, *args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_machines_of_two_processes_each_never_hand_out_the_same_id(
    ids: Path, machine: Callable[[str], None]
) -> None:
    children = []
    for name in ("one", "one", "two", "two"):
        machine(name)
        children.append(python(TAKE_MANY, ids))
    for child in children:
        assert child.stdout and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    taken = [int(number) for child in children for number in child.communicate()[0].split()]
    assert len(taken) == len(set(taken)) == 4 * sum(n % 7 + 1 for n in range(60))
    assert max(taken) < len(taken) + 30


KILLED_EVERYWHERE = """
import os, sys
from itertools import count
from pathlib import Path
from pipeline.log.id_blocks import take_ids

def dying(call):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
        return call(*args, **kwargs)
    return wrapped

for moment in count(1):
    folder = Path(sys.argv[1], str(moment))
    folder.mkdir()
    os.environ["SCENEBOARD_STATE"] = str(folder / "state")
    if not (child := os.fork()):
        left, say = moment, os.write
        taken = os.open(folder / "taken", os.O_CREAT | os.O_WRONLY)
        for name in ("open", "write", "fsync", "rename", "mkdir", "close"):
            setattr(os, name, dying(getattr(os, name)))
        for _ in range(2):
            say(taken, " ".join(map(str, take_ids(folder / "ids", "scene", 7, above=0))).encode() + b" ")
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""


def test_a_kill_at_any_moment_never_makes_an_id_be_handed_out_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moments").mkdir()
    child = python(KILLED_EVERYWHERE, tmp_path / "moments")
    child.communicate()
    assert child.returncode == 0
    moments = list((tmp_path / "moments").iterdir())
    assert len(moments) > 40
    for moment in moments:
        monkeypatch.setenv("SCENEBOARD_STATE", str(moment / "state"))
        taken = [int(number) for number in (moment / "taken").read_text().split()]
        taken += take_ids(moment / "ids", "scene", 12, above=0)
        assert len(taken) == len(set(taken))
        assert taken == sorted(taken)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename", "mkdir"])
@pytest.mark.parametrize("before", [0, 3, 9])
def test_a_fault_in_any_call_never_makes_an_id_be_handed_out_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: Callable[[str], None], call: str, before: int
) -> None:
    for nth in range(1, 40):
        machine(f"state {nth}")
        ids = tmp_path / f"ids {nth}"
        taken = take_ids(ids, "scene", before, above=0)
        left = nth
        real = getattr(os, call)

        def faulty(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(errno.EIO, "Input/output error")
            return real(*args, **kwargs)  # noqa: B023 (used up within this turn)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, faulty)
            try:
                taken += take_ids(ids, "scene", 4, above=0)
            except ClaimFailed as failure:
                assert "Input/output error" in str(failure)
        taken += take_ids(ids, "scene", 12, above=0)
        assert len(taken) == len(set(taken))
        if left > 0:
            break
    assert nth < 39


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_blocks_that_were_claimed_in_vain_are_given_back(
    ids: Path, state: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    take_ids(ids, "scene", 10, above=0)

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        for _ in range(3):
            with pytest.raises(ClaimFailed, match=r"the disk is full\. Free some space"):
                take_ids(ids, "scene", 25, above=0)
    assert [path.name for path in (ids / "scene").iterdir()] == ["00000001"]
    assert take_ids(ids, "scene", 2, above=0) == [11, 12]


def test_claims_and_what_is_left_are_flushed_before_ids_are_handed_out(
    ids: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    fsync = os.fsync

    def record(fd: int) -> None:
        fsync(fd)
        flushed.add(os.fstat(fd).st_ino)

    monkeypatch.setattr(os, "fsync", record)
    take_ids(ids, "scene", 1, above=0)
    (rests,) = state.glob("*/ids")
    (rest,) = rests.iterdir()
    assert {path.stat().st_ino for path in (ids / "scene", ids, ids.parent, rests, rest)} <= flushed
    flushed.clear()
    take_ids(ids, "scene", 1, above=0)
    (rest,) = rests.iterdir()
    assert {path.stat().st_ino for path in (rests, rest)} <= flushed


def test_a_data_folder_that_was_made_again_starts_again(ids: Path) -> None:
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]
    shutil.rmtree(ids.parent)
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]


def test_what_is_left_of_a_block_is_void_once_another_has_its_claim(ids: Path, machine: Callable[[str], None]) -> None:
    """The data folder was removed and made again, and another machine was first."""
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]
    shutil.rmtree(ids.parent)
    machine("another")
    assert take_ids(ids, "scene", 5, above=0) == [1, 2, 3, 4, 5]
    machine("state")
    assert take_ids(ids, "scene", 1, above=0) == [11]


def test_data_folders_are_counted_apart(ids: Path, tmp_path: Path) -> None:
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]
    assert take_ids(tmp_path / "other", "scene", 3, above=0) == [1, 2, 3]
    assert take_ids(ids, "scene", 1, above=0) == [4]


def test_a_copy_of_a_data_folder_hands_out_none_of_the_ids_of_its_original(ids: Path, tmp_path: Path) -> None:
    take_ids(ids, "scene", 3, above=0)
    shutil.copytree(ids, tmp_path / "copy")
    assert take_ids(tmp_path / "copy", "scene", 1, above=0) == [11]


def test_a_cloned_machine_does_not_go_on_in_the_block_of_its_original(
    ids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take_ids(ids, "scene", 3, above=0) == [1, 2, 3]
    clone = os.uname_result(("Linux", "another-host", "6", "1", "x86_64"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "uname", lambda: clone)
        assert take_ids(ids, "scene", 1, above=0) == [11]
    assert take_ids(ids, "scene", 1, above=0) == [4]


def test_a_copied_state_folder_does_not_hand_out_what_is_left_there(
    ids: Path, tmp_path: Path, machine: Callable[[str], None]
) -> None:
    take_ids(ids, "scene", 3, above=0)
    subprocess.run(["cp", "-a", tmp_path / "state", tmp_path / "copy"], check=True)
    machine("copy")
    assert take_ids(ids, "scene", 1, above=0) == [11]


@pytest.mark.parametrize("text", [b"", b"\0" * 40, b"x 1 1\n"])
def test_a_damaged_note_of_what_is_left_costs_the_block(ids: Path, state: Path, text: bytes) -> None:
    take_ids(ids, "scene", 3, above=0)
    (rest,) = state.glob("*/ids/*")
    rest.write_bytes(text)
    assert take_ids(ids, "scene", 1, above=0) == [11]


def test_what_is_no_claim_in_the_folder_is_passed_over(ids: Path) -> None:
    (ids / "scene").mkdir(parents=True)
    for name in (".nfs0001", "README", "1", "00000003", "00000001.bak"):
        (ids / "scene" / name).touch()
    assert take_ids(ids, "scene", 1, above=0) == [31]


@pytest.mark.parametrize("place", ["scene", "scene/00000001"])
def test_symbolic_links_are_not_followed(ids: Path, tmp_path: Path, place: str) -> None:
    take_ids(ids, "scene", 1, above=0)
    outside = tmp_path / "outside"
    (ids / place).rename(outside)
    (ids / place).symlink_to(outside)
    before = sorted(path.name for path in tmp_path.rglob("outside/*"))
    if place == "scene":
        with pytest.raises(ClaimFailed, match="symbolic links are not followed"):
            take_ids(ids, "scene", 1, above=0)
    else:
        assert take_ids(ids, "scene", 1, above=0) == [11]
    assert sorted(path.name for path in tmp_path.rglob("outside/*")) == before


def test_ids_end_where_json_numbers_do(ids: Path) -> None:
    (first,) = take_ids(ids, "tile", 1, above=HIGHEST_ID - 1000)
    assert HIGHEST_ID - 1000 < first <= HIGHEST_ID
    with pytest.raises(ClaimFailed, match="far too high"):
        take_ids(ids, "tile", 2000, above=HIGHEST_ID - 1000)
    with pytest.raises(ClaimFailed, match="far too high"):
        take_ids(ids, "scene", 1, above=2**63)


def test_blocks_are_claimed_in_one_go_not_flushed_one_by_one(ids: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes = 0
    fsync = os.fsync

    def count(fd: int) -> None:
        nonlocal flushes
        flushes += 1
        fsync(fd)

    take_ids(ids, "tile", 1, above=0)
    monkeypatch.setattr(os, "fsync", count)
    take_ids(ids, "tile", 100 * id_blocks.BLOCK_SIZES["tile"], above=0)
    assert flushes == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: permissions can't be tested as root")
def test_a_folder_without_permission_is_told_with_what_to_do(ids: Path) -> None:
    ids.mkdir(parents=True)
    ids.chmod(0o555)
    try:
        with pytest.raises(ClaimFailed, match=r"no permission\. Have its owner let you write there"):
            take_ids(ids, "scene", 1, above=0)
    finally:
        ids.chmod(0o755)
