"""What the tests of shards share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from beside import Both
from quick_folder import folder


@pytest.fixture
def both() -> Iterator[Callable[..., Both]]:
    """Makes a log, and sites of one store and of so many shards."""
    with folder() as here:

        def made(*numbers: int, **options: Any) -> Both:
            return Both(here, *numbers, **options)

        yield made
