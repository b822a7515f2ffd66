"""An AOI to try the rules on."""

import pytest
from world import World


@pytest.fixture
def world() -> World:
    """The AOI Demo, empty."""
    made = World()
    made.aoi()
    return made


@pytest.fixture
def nothing() -> World:
    """No AOI at all."""
    return World()
