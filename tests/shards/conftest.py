"""What the tests of shards share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from beside import Both


@pytest.fixture
def both(tmp_path: Path) -> Callable[..., Both]:
    """Makes a log, and sites of one store and of so many shards."""

    def made(*numbers: int, **options: Any) -> Both:
        return Both(tmp_path, *numbers, **options)

    return made
