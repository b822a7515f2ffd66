"""How many examples Hypothesis makes up: a few, always the same, in each run; `make torture` makes up many others."""

import os

AT_LENGTH = os.environ.get("HYPOTHESIS_PROFILE") == "explore"


def examples(few: int, *, at_length: int) -> int:
    """How many of them, where one takes so long that a hundred are too many for each run."""
    return at_length if AT_LENGTH else few
