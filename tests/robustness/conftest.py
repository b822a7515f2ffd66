"""A small world to attack, and a process that runs commands in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from torture.world import World, prepare
from torture.zygote import Zygote

MEMORY = Path("/dev/shm")  # noqa: S108 (quicker, where there is one)


@pytest.fixture(scope="session")
def prepared() -> Iterator[World]:
    """A world with a built site, and more in its log. Nobody may change it: take a copy."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    yield prepare(folder / "prepared")
    shutil.rmtree(folder)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for the length of a test."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def world(prepared: World, scratch: Path) -> World:
    """A copy of that world."""
    return prepared.copy(scratch / "here")


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Runs commands."""
    with Zygote(warm=True) as made:
        yield made
