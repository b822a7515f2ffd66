"""Two AOIs to begin with."""

import pytest
from arriving import Taken


@pytest.fixture
def two(store: Taken) -> Taken:
    """The AOIs A and B, with a scene in A: 1, with the tile 11."""
    store.take(store.aoi("A"), store.aoi("B"), store.scene(1, {11: None}, aoi="A"))
    return store
