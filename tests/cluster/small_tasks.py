"""Makes several tasks of each stage out of a small log."""

from collections.abc import Callable
from typing import Any


def make_tasks_small(set_to: Callable[[Any, str, int], None]) -> None:
    """`set_to` sets an attribute of a module: for good, or until a test is over."""
    from pipeline import refresh
    from pipeline.log import stretches
    from pipeline.publish import plan

    set_to(refresh, "_WORTH_WORKERS_BYTES", 0)
    set_to(refresh, "_FOLDED_AT_ONCE_BYTES", 1_000)
    set_to(stretches, "_SMALLEST_BYTES", 4_000)
    set_to(plan, "_MOST_AOIS_A_TASK", 2)
