"""One process at a time has the store; the others wait, then say who has it."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.store import lock
from pipeline.store.lock import StoreHeld, held


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


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), held(tmp_path / "lock", 0):
        raise AssertionError
    assert (tmp_path / "elsewhere").read_text() == "precious"
