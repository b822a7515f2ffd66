"""Scratch folders: each run's own, gone with it, and with the next one if it was killed."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.scratch import scratch_folder

_KILLED_IN_THE_BLOCK = """
import os, signal
from pipeline.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "rows.jsonl").write_text("{}")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where temporary files are kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _killed(above: Path) -> Path:
    """The folder that a killed run has left."""
    there = set(above.iterdir())
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED_IN_THE_BLOCK],
        env=os.environ | {"TMPDIR": str(above), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    (left,) = set(above.iterdir()) - there
    return left


def test_a_folder_is_gone_after_its_block(above: Path) -> None:
    with scratch_folder() as folder:
        (folder / "rows.jsonl").write_text("{}")
    assert list(above.iterdir()) == []


def test_a_folder_is_gone_after_an_error(above: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_folder() as folder:
        (folder / "below").mkdir()
        raise ZeroDivisionError
    assert list(above.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(above: Path) -> None:
    left = _killed(above)
    assert (left / "rows.jsonl").exists()
    with scratch_folder() as folder:
        assert list(above.iterdir()) == [folder]


def test_two_runs_at_a_time_leave_each_other_alone(above: Path) -> None:
    with scratch_folder() as first:
        (first / "rows.jsonl").write_text("{}")
        with scratch_folder() as second:
            assert first != second
            assert (first / "rows.jsonl").read_text() == "{}"


def test_what_others_keep_there_stays(above: Path) -> None:
    left = _killed(above)
    theirs = [above / name for name in ("sceneboard-scratch-of-mine", "sceneboard-releases", f"{left.name}.tar")]
    for folder in theirs:
        folder.mkdir()
    kept = above / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    link = above / f"{left.name[:-8]}abcdefgh"
    link.symlink_to(kept)
    with scratch_folder() as folder:
        assert set(above.iterdir()) == {folder, kept, link, *theirs}
    assert (kept / "file").read_text() == "kept"


def test_what_another_machine_has_there_stays(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _killed(above)
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    with scratch_folder():
        assert left.exists()


def test_what_another_user_has_put_there_stays(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _killed(above)
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    with scratch_folder():
        assert left.exists()


def _run_once_before(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[bool]:
    """Has another run come just before the next call of that name; tells whether it did."""
    real, came = getattr(module, name), []

    def called(*args: object, **options: object) -> object:
        if not came:
            came.append(True)
            with scratch_folder():
                pass
        return real(*args, **options)

    monkeypatch.setattr(module, name, called)
    return came


@pytest.mark.parametrize(
    ("module", "name"), [(os, "open"), (fcntl, "flock")], ids=["before it is opened", "before it is locked"]
)
def test_a_folder_that_another_run_took_for_a_left_one_is_made_anew(
    above: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    came = _run_once_before(monkeypatch, module, name)
    with scratch_folder() as folder:
        assert came
        assert list(above.iterdir()) == [folder]
