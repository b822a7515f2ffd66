"""One process at a time has the store; the others wait, then say who has it."""

import errno
import multiprocessing
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.store import lock
from pipeline.store.lock import HolderGone, StoreHeld, held, wait_for_workers, working


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path, 0), pytest.raises(StoreHeld) as refused, held(path, 0):
        raise AssertionError
    assert f"held by process {os.getpid()} on {socket.gethostname()}" in str(refused.value)
    assert str(path) in str(refused.value)


def test_when_the_first_is_done_the_second_has_it(tmp_path: Path) -> None:
    for _ in range(2):
        with held(tmp_path / "lock", 0):
            pass


def test_the_second_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lets go while the second sleeps."""
    path = tmp_path / "lock"
    slept: list[float] = []
    with ExitStack() as first:
        first.enter_context(held(path, 0))

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                first.close()

        monkeypatch.setattr(lock.time, "sleep", sleep)
        with held(path, 30):
            assert len(slept) == 3


def test_the_second_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(lock.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: None)
    with held(tmp_path / "lock", 0), pytest.raises(StoreHeld), held(tmp_path / "lock", 10):
        raise AssertionError
    assert 10 < next(clock) < 20


# Those who work for a holder


def test_what_a_killed_holder_started_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with working(path), working(path):
        with pytest.raises(StoreHeld, match="processes of a build that was killed are at work still"), held(path, 0):
            raise AssertionError
        with pytest.raises(StoreHeld):
            wait_for_workers(path, 0)
    wait_for_workers(path, 0)
    with held(path, 0), working(path):
        pass


def test_nobody_begins_to_work_for_a_holder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was started by a build that was killed before it got so far."""
    for is_alive in (True, False):
        parent = SimpleNamespace(is_alive=lambda is_alive=is_alive: is_alive)
        monkeypatch.setattr(multiprocessing, "parent_process", lambda parent=parent: parent)
        worked = False
        try:
            with working(tmp_path / "lock"):
                worked = True
        except HolderGone:
            pass
        assert worked == is_alive


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), held(tmp_path / "lock", 0):
        raise AssertionError
    assert (tmp_path / "elsewhere").read_text() == "precious"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_where_nothing_may_be_written_another_place_is_pointed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path, *_: object) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match=r"\(--store\)") as raised, held(tmp_path / "lock", 0):
        pass
    assert raised.value.filename == str(tmp_path / "lock")
