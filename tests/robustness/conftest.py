"""A small world to attack, and a process that runs commands in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from quick_folder import folder

from torture.world import World, prepare
from torture.zygote import Zygote


@pytest.fixture(scope="session")
def prepared() -> Iterator[World]:
    """A world with a built site, and more in its log. Nobody may change it: take a copy."""
    with folder() as here:
        yield prepare(here / "prepared")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for the length of a test."""
    with folder() as here:
        yield here


@pytest.fixture
def world(prepared: World, scratch: Path) -> World:
    """A copy of that world."""
    return prepared.copy(scratch / "here")


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Runs commands."""
    with Zygote(warm=True) as made:
        yield made
