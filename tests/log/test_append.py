"""What `append_lines` returned for is in the log, whole and flushed, whatever is killed, cloned, full or failing."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline.log import append, writer
from pipeline.log.append import AppendFailed, append_lines
from pipeline.log.writer import StateUnavailable, locked_writer

SOURCES = Path(pipeline.__file__).parent.parent


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's state folder, for the length of a test."""
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "data/events"


def python(code: str, *args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def whole_lines(log: Path) -> list[bytes]:
    """The lines that have an end, of all files."""
    return [line for file in sorted(log.rglob("*.jsonl")) for line in file.read_bytes().split(b"\n")[:-1] if line]


def failing(code: int) -> Callable[..., Any]:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def this_writer() -> str:
    with locked_writer() as this:
        return this.id


# Where lines go


def test_a_file_is_named_by_month_and_writer_and_holds_all_the_lines(log: Path) -> None:
    month = time.strftime("%Y-%m", time.gmtime())
    first = append_lines(log, [b'{"a":1}', b'{"a":2}'])
    assert append_lines(log, [b'{"a":3}']) == first == log / month / f"{this_writer()}-1.jsonl"
    assert first.read_bytes() == b'{"a":1}\n{"a":2}\n{"a":3}\n'


def test_a_batch_is_one_write(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_lines(log, [b"0"])
    written: list[bytes] = []
    write = os.write

    def record(fd: int, data: bytes) -> int:
        written.append(data)
        return write(fd, data)

    monkeypatch.setattr(os, "write", record)
    append_lines(log, [b"1", b"2", b"3"])
    assert written == [b"1\n2\n3\n"]


@pytest.mark.parametrize("lines", [[], [b""], [b"a", b""], [b"a\n"], [b"a\nb", b"c"]])
def test_what_is_not_a_line_is_refused_before_anything_is_written(log: Path, lines: list[bytes]) -> None:
    with pytest.raises(ValueError):
        append_lines(log, lines)
    assert not log.exists()


def test_more_than_one_write_takes_is_refused(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append, "LARGEST_BATCH", 10)
    append_lines(log, [b"1234", b"5678"])
    with pytest.raises(ValueError, match="append the lines in parts"):
        append_lines(log, [b"1234", b"56789"])
    assert whole_lines(log) == [b"1234", b"5678"]


def test_a_new_month_starts_a_new_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2024, 1, 31, 23, 59, 59, 2, 31, 0)))
    january = append_lines(log, [b"1"])
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2024, 2, 1, 0, 0, 0, 3, 32, 0)))
    february = append_lines(log, [b"2"])
    assert (january.parent.name, february.parent.name) == ("2024-01", "2024-02")
    assert whole_lines(log) == [b"1", b"2"]


def test_a_large_file_is_left_and_a_new_one_started(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append, "ROTATE_BYTES", 10)
    files = [append_lines(log, [b"x" * size]) for size in (5, 5, 5)]
    assert files[0] == files[1] != files[2]
    assert [file.stat().st_size for file in files[1:]] == [12, 6]


def test_the_number_of_a_rotated_file_is_not_used_again(log: Path, state: Path) -> None:
    first = append_lines(log, [b"1"])
    first.rename(first.with_suffix(".jsonl.gz"))
    second = append_lines(log, [b"2"])
    assert second.name == first.name.replace("-1.", "-2.")
    second.rename(second.with_suffix(".jsonl.zst"))
    for record in state.glob("*/logs/*"):
        record.unlink()  # as after a power cut
    assert append_lines(log, [b"3"]).name == first.name.replace("-1.", "-3.")


def test_a_number_that_a_listing_did_not_show_is_not_used_again(
    log: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on NFS, whose clients remember for a while what a folder held."""
    first = append_lines(log, [b"1"])
    for record in state.glob("*/logs/*"):
        record.unlink()
    monkeypatch.setattr(append, "_highest_number", lambda folder, writer: 0)
    assert append_lines(log, [b"2"]).name == first.name.replace("-1.", "-2.")
    assert first.read_bytes() == b"1\n"


def test_a_copy_of_a_log_goes_on_in_files_of_its_own(log: Path, tmp_path: Path) -> None:
    first = append_lines(log, [b"1"])
    copy = tmp_path / "copy"
    (copy / first.parent.name).mkdir(parents=True)
    (copy / first.parent.name / first.name).write_bytes(first.read_bytes())
    assert append_lines(copy, [b"2"]).name != first.name
    assert append_lines(log, [b"3"]) == first


def test_an_older_copy_put_back_in_place_is_not_appended_to(log: Path) -> None:
    first = append_lines(log, [b"1"])
    older = first.read_bytes()
    append_lines(log, [b"2"])
    first.write_bytes(older)
    assert append_lines(log, [b"3"]) != first


def test_a_file_that_is_moved_away_while_it_is_written_is_reported(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = append_lines(log, [b"1"])
    fsync = os.fsync

    def move(fd: int) -> None:
        fsync(fd)
        first.rename(log / "elsewhere")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", move)
        with pytest.raises(AppendFailed, match="moved, removed or cut"):
            append_lines(log, [b"2"])
    assert append_lines(log, [b"2"]) != first


# Many at once


APPEND_MANY = """
import sys
from pathlib import Path
from pipeline.log.append import append_lines
print("ready", flush=True)
sys.stdin.readline()
for n in range(200):
    append_lines(Path(sys.argv[1]), [f"{sys.argv[2]}:{n}:".encode().ljust(int(sys.argv[2]) * 300 + 20, b"x")])
"""


def test_eight_processes_lose_and_tear_nothing_and_share_one_file(log: Path) -> None:
    children = [python(APPEND_MANY, log, child) for child in range(8)]
    for child in children:
        assert child.stdout and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
        assert child.returncode == 0
    wanted = [f"{child}:{n}:".encode().ljust(child * 300 + 20, b"x") for child in range(8) for n in range(200)]
    assert sorted(whole_lines(log)) == sorted(wanted)
    assert len(list(log.rglob("*.jsonl"))) == 1


def test_two_machines_write_to_different_files(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = append_lines(log, [b"1"])
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "another machine"))
    assert append_lines(log, [b"2"]) != one
    assert sorted(whole_lines(log)) == [b"1", b"2"]


# Flushed before it returns


def test_the_file_is_flushed_and_when_it_is_new_the_folders_that_lead_to_it(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[int, int]] = []
    fsync = os.fsync

    def record(fd: int) -> None:
        fsync(fd)
        flushed.append((os.fstat(fd).st_ino, os.fstat(fd).st_size))

    monkeypatch.setattr(os, "fsync", record)
    file = append_lines(log, [b"1"])
    assert (file.stat().st_ino, 2) in flushed
    assert {path.stat().st_ino for path in (file, file.parent, log, log.parent)} <= {inode for inode, _ in flushed}
    flushed.clear()
    append_lines(log, [b"2"])
    assert flushed == [(file.stat().st_ino, 4)]


def test_a_log_that_was_made_and_not_flushed_is_flushed_with_its_first_file(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made the folder may have been killed right after."""
    log.mkdir(parents=True)
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: flushed.append(os.fstat(fd).st_ino))
    append_lines(log, [b"1"])
    assert log.parent.stat().st_ino in flushed


def test_a_new_file_left_by_a_killed_writer_is_not_trusted_to_have_a_flushed_name(log: Path, state: Path) -> None:
    """Its writer may have been killed between the file's creation and the flush of its folder."""
    log.mkdir(parents=True)
    state.mkdir()
    child = python(
        "import os, sys, pathlib, pipeline.disk; from pipeline.log.append import append_lines\n"
        "pipeline.disk.Folder.sync = lambda folder: os.kill(os.getpid(), 9)\n"
        "append_lines(pathlib.Path(sys.argv[1]), [b'killed'])",
        log,
    )
    child.communicate()
    assert child.returncode == -9
    assert whole_lines(log) == [b"killed"]
    (left,) = log.rglob("*.jsonl")
    assert append_lines(log, [b"next"]) != left


# Kills


KILLED_RIGHT_AFTER = """
import os, sys
from pathlib import Path
from pipeline.log.append import append_lines
append_lines(Path(sys.argv[1]), [b"line"])
os.kill(os.getpid(), 9)
"""

KILLED_EVERYWHERE = """
import os, sys
from itertools import count
from pathlib import Path
from pipeline.log.append import append_lines

def dying(name, call):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            if name == "write":
                call(args[0], args[1][:3])  # half-way
            os.kill(os.getpid(), 9)
        return call(*args, **kwargs)
    return wrapped

for moment in count(1):
    folder = Path(sys.argv[1], str(moment))
    folder.mkdir()
    os.environ["SCENEBOARD_STATE"] = str(folder / "state")
    if not (child := os.fork()):
        left, say = moment, os.write
        reported = os.open(folder / "reported", os.O_CREAT | os.O_WRONLY)
        for name in ("open", "write", "pwrite", "fsync", "rename", "mkdir", "close", "stat", "pread"):
            setattr(os, name, dying(name, getattr(os, name)))
        for line in (b"line 1", b"line 2"):
            append_lines(folder / "log", [line])
            say(reported, line + b"\\n")
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""


def test_what_was_reported_survives_a_kill_right_after(log: Path) -> None:
    child = python(KILLED_RIGHT_AFTER, log)
    child.communicate()
    assert child.returncode == -9
    assert whole_lines(log) == [b"line"]


def test_a_writer_killed_at_any_moment_loses_nothing_reported_and_tears_one_line_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moments").mkdir()
    child = python(KILLED_EVERYWHERE, tmp_path / "moments")
    child.communicate()
    assert child.returncode == 0
    moments = list((tmp_path / "moments").iterdir())
    assert len(moments) > 40
    seen = set()
    for moment in moments:
        monkeypatch.setenv("SCENEBOARD_STATE", str(moment / "state"))
        append_lines(moment / "log", [b"line 3"])
        lines = whole_lines(moment / "log")
        reported = (moment / "reported").read_bytes().splitlines()
        assert set(reported) <= set(lines)
        assert lines.count(b"line 3") == 1
        torn = set(lines) - {b"line 1", b"line 2", b"line 3"}
        assert len(torn) <= 1
        assert all(file.read_bytes()[-1:] in (b"\n", b"") for file in moment.rglob("*.jsonl"))
        seen.add((len(reported), len(torn)))
    assert seen == {(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)}


def test_a_torn_line_at_the_end_is_ended_before_the_next_one(log: Path) -> None:
    file = append_lines(log, [b"1"])
    with file.open("ab") as torn:
        torn.write(b'{"half')
    assert append_lines(log, [b"2"]) == file
    assert file.read_bytes() == b'1\n{"half\n2\n'


# Faults


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "write"])
def test_after_a_failed_write_or_flush_the_file_is_left_alone(
    log: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    file = append_lines(log, [b"1"])
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(AppendFailed, match="append the same events again"):
            append_lines(log, [b"2"])
    left = file.read_bytes()
    second = append_lines(log, [b"2"])
    assert second != file
    assert append_lines(log, [b"3"]) == second
    assert file.read_bytes() == left


def test_trying_again_on_a_full_disk_leaves_no_empty_files(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = append_lines(log, [b"1"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing(errno.ENOSPC))
        for _ in range(3):
            with pytest.raises(AppendFailed, match=r"the disk is full\. Free some space"):
                append_lines(log, [b"2"])
    assert list(log.rglob("*.jsonl")) == [file]


def test_so_it_is_by_the_next_process(log: Path) -> None:
    child = python(
        "import os, sys; from pathlib import Path; from pipeline.log.append import append_lines, AppendFailed\n"
        "print(append_lines(Path(sys.argv[1]), [b'1']))\n"
        "def fail(fd): raise OSError(5, 'Input/output error')\n"
        "os.fsync = fail\n"
        "try: append_lines(Path(sys.argv[1]), [b'2'])\n"
        "except AppendFailed: print('failed')",
        log,
    )
    file, word = child.communicate()[0].splitlines()
    assert word == "failed"
    assert append_lines(log, [b"3"]) != Path(file)


def test_a_short_write_is_a_failure_and_is_not_continued(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = append_lines(log, [b"1"])
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:4]))
        with pytest.raises(AppendFailed, match=r"only 4 of 9 bytes were written\. Free some space"):
            append_lines(log, [b"long line"[:8]])
    assert file.read_bytes() == b"1\nlong"
    assert append_lines(log, [b"2"]) != file
    assert file.read_bytes() == b"1\nlong"


def test_a_failure_that_cannot_even_be_noted_is_not_forgotten(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's disk and the state's fail together, and both come back."""
    file = append_lines(log, [b"1"])

    def fail_all(fd: int) -> None:
        monkeypatch.setattr(os, "pwrite", failing(errno.EIO))
        monkeypatch.setattr(os, "rename", failing(errno.EIO))
        monkeypatch.setattr(os, "unlink", failing(errno.EIO))
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_all)
        with pytest.raises(AppendFailed):
            append_lines(log, [b"2"])
    monkeypatch.undo()
    monkeypatch.setenv("SCENEBOARD_STATE", str(log.parent.parent / "state"))
    assert append_lines(log, [b"2"]) != file


def test_nothing_is_written_where_the_state_cannot_be_noted(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = append_lines(log, [b"1"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", failing(errno.EROFS))
        with pytest.raises(AppendFailed, match="read-only"):
            append_lines(log, [b"2"])
    assert file.read_bytes() == b"1\n"
    assert append_lines(log, [b"3"]) == file


class Faults:
    """Makes the nth call that matters to the disk fail, or that one and all later ones; remembers what was hit."""

    CALLS = ("open", "write", "pwrite", "fsync", "rename", "mkdir", "pread", "stat")

    def __init__(self, nth: int, *, lasting: bool) -> None:
        self.nth, self.lasting, self.count = nth, lasting, 0
        self.hit: set[int] = set()
        self.broken: list[str] = []
        """Files that were written to after a write or flush of them had failed."""

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for name in self.CALLS:
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            inode = os.fstat(args[0]).st_ino if name in ("write", "fsync") else 0
            if self.count == self.nth or (self.lasting and self.count > self.nth):
                self.hit.add(inode)
                raise OSError(errno.EIO, "Input/output error")
            if name == "write" and inode in self.hit:
                self.broken.append(bytes(args[1]).decode())
            return call(*args, **kwargs)

        return wrapped


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("before", [0, 1])
def test_a_fault_in_any_call_is_a_failure_or_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool, before: int
) -> None:
    for nth in range(1, 100):
        log = tmp_path / f"log {nth}"
        monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / f"state {nth}"))
        for _ in range(before):
            append_lines(log, [b"0"])
        faults = Faults(nth, lasting=lasting)
        with monkeypatch.context() as patch:
            faults.install(patch)
            try:
                append_lines(log, [b"1"])
                reported = [b"1"]
            except AppendFailed as failure:
                assert "Input/output error" in str(failure)
                reported = []
            count = faults.count
        late = Faults(0, lasting=False)
        late.hit = faults.hit & {file.stat().st_ino for file in log.rglob("*.jsonl")}
        with monkeypatch.context() as patch:
            late.install(patch)
            append_lines(log, [b"2"])
            append_lines(log, [b"3"])
        assert late.broken == []
        assert set(whole_lines(log)) - {b"0", b"1"} == {b"2", b"3"}
        assert set(reported) <= set(whole_lines(log))
        if count < nth:
            break
    assert 8 < nth < 99


# Places that can't be written


def test_a_symbolic_link_in_place_of_the_file_is_refused(log: Path, tmp_path: Path) -> None:
    file = append_lines(log, [b"1"])
    outside = tmp_path / "outside"
    outside.write_bytes(b"1\n")
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(AppendFailed, match="symbolic links are not followed"):
        append_lines(log, [b"2"])
    assert outside.read_bytes() == b"1\n"


def test_a_symbolic_link_in_place_of_the_month_is_refused(log: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    log.mkdir(parents=True)
    (log / time.strftime("%Y-%m", time.gmtime())).symlink_to(tmp_path / "outside")
    with pytest.raises(AppendFailed, match="symbolic links are not followed"):
        append_lines(log, [b"1"])
    assert list((tmp_path / "outside").iterdir()) == []


def test_the_log_folder_itself_may_be_a_link(log: Path, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    log.parent.mkdir()
    log.symlink_to(tmp_path / "share")
    assert append_lines(log, [b"1"]).resolve().is_relative_to(tmp_path / "share")


def test_a_pipe_in_place_of_the_file_is_refused(log: Path) -> None:
    file = append_lines(log, [b"1"])
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(AppendFailed, match="plain file"):
        append_lines(log, [b"2"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: permissions can't be tested as root")
def test_a_folder_without_permission_is_told_with_what_to_do(log: Path) -> None:
    log.mkdir(parents=True)
    log.chmod(0o555)
    try:
        with pytest.raises(AppendFailed, match=r"no permission\. Have its owner let you write there"):
            append_lines(log, [b"1"])
    finally:
        log.chmod(0o755)


def test_a_read_only_disk_is_told_with_what_to_do(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = os.open

    def read_only(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & os.O_CREAT and str(path).endswith(".jsonl"):
            raise OSError(errno.EROFS, "Read-only file system", path)
        return open_(path, flags, mode, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        with pytest.raises(AppendFailed, match=rf"{log}.*\.jsonl: the disk is read-only\. Mount it for writing"):
            append_lines(log, [b"1"])
    append_lines(log, [b"1"])


def test_a_file_in_place_of_the_log_folder_is_told(log: Path) -> None:
    log.parent.mkdir()
    log.touch()
    with pytest.raises(AppendFailed, match=str(log)):
        append_lines(log, [b"1"])


# The writer's identity


def test_a_writer_id_is_kept(state: Path) -> None:
    assert this_writer() == this_writer()
    assert len(this_writer()) == 16


@pytest.mark.parametrize("text", [b"", b"\0" * 32, b"../../etc/x 5\n", b"0123456789abcdef"])
def test_a_damaged_writer_id_is_replaced(state: Path, text: bytes) -> None:
    before = this_writer()
    (kept,) = state.glob("*/writer")
    kept.write_bytes(text)
    assert this_writer() != before
    assert this_writer() == this_writer()


def test_a_cloned_machine_gets_a_writer_id_of_its_own(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone has the disk of the first, the state folder on it, and another host name or network card."""
    before, file = this_writer(), append_lines(log, [b"1"])
    clone = os.uname_result(("Linux", "another-host", "6", "1", "x86_64"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "uname", lambda: clone)
        assert this_writer() != before
        assert append_lines(log, [b"2"]) != file
        assert this_writer() == this_writer()
    assert this_writer() == before
    assert append_lines(log, [b"3"]) == file


def test_a_copied_state_folder_does_not_bring_its_writer_id_along(
    log: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, file = this_writer(), append_lines(log, [b"1"])
    copy = state.with_name("copy")
    subprocess.run(["cp", "-a", state, copy], check=True)
    monkeypatch.setenv("SCENEBOARD_STATE", str(copy))
    assert this_writer() != before
    assert append_lines(log, [b"2"]) != file


def test_a_lost_state_folder_costs_a_new_file_and_nothing_else(log: Path, state: Path) -> None:
    file = append_lines(log, [b"1"])
    state.rename(state.with_name("lost"))
    assert append_lines(log, [b"2"]) != file
    assert sorted(whole_lines(log)) == [b"1", b"2"]


def test_the_lock_is_given_back_after_an_error() -> None:
    with pytest.raises(RuntimeError), locked_writer():
        raise RuntimeError
    with locked_writer():
        pass


def test_a_lock_file_that_was_removed_while_waiting_is_not_the_lock(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = this_writer()
    flock = fcntl.flock

    def remove_first(fd: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        for lock in state.glob("*/lock"):
            lock.rename(lock.with_name("removed"))
        flock(fd, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with locked_writer() as this:
        (lock,) = state.glob("*/lock")
        (removed,) = state.glob("*/removed")
        assert this.id != before
        with removed.open() as other:
            flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with lock.open() as other, pytest.raises(BlockingIOError):
            flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


# Where the state is kept


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No state folder is named, the home can't be written, and what everybody may write in is a folder of the test."""
    (tmp_path / "home").touch()
    (tmp_path / "everybody's").mkdir()
    monkeypatch.delenv("SCENEBOARD_STATE")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(writer, "_EVERYBODYS", (tmp_path / "everybody's",))
    return tmp_path / "everybody's"


def test_the_state_folder_named_comes_first_then_the_standard_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCENEBOARD_STATE", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with locked_writer() as this:
        assert this.state.path.parent == tmp_path / "xdg/sceneboard"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    with locked_writer() as this:
        assert this.state.path.parent == tmp_path / "home/.local/state/sceneboard"
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "named"))
    with locked_writer() as this:
        assert this.state.path.parent == tmp_path / "named"


def test_without_a_home_that_can_be_written_a_private_temporary_folder_serves(nowhere: Path) -> None:
    with locked_writer() as this:
        assert this.state.path.parent == nowhere / f"sceneboard-{os.geteuid()}"
        assert stat.S_IMODE(this.state.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("trick", ["writable", "link", "file"])
def test_a_stranger_cannot_prepare_that_folder(nowhere: Path, tmp_path: Path, trick: str) -> None:
    place = nowhere / f"sceneboard-{os.geteuid()}"
    if trick == "writable":
        place.mkdir()
        place.chmod(0o777)
    elif trick == "link":
        (tmp_path / "theirs").mkdir()
        place.symlink_to(tmp_path / "theirs")
    else:
        place.touch()
    with pytest.raises(StateUnavailable, match="Set SCENEBOARD_STATE"):
        this_writer()


def test_a_named_state_folder_that_cannot_be_used_is_an_error_not_passed_over(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "file/state"))
    with pytest.raises(AppendFailed, match="Set SCENEBOARD_STATE"):
        append_lines(log, [b"1"])


def test_appending_needs_no_heavy_imports() -> None:
    child = python(
        "import sys, pipeline.log.append, pipeline.log.id_blocks\n"
        "print({'duckdb', 'jinja2', 'rich', 'msgspec', 'click', 'json', 'logging', 'dataclasses'} & set(sys.modules))"
    )
    assert child.communicate()[0] == "set()\n"
