"""Builds here needn't outlive the machine."""

import pytest


@pytest.fixture(autouse=True)
def _quick(unflushed: None) -> None:
    pass
