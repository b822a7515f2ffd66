"""The statuses and the types of events by name, for those who need no more of them."""

from typing import Literal, TypeAlias, get_args

Status: TypeAlias = Literal["NEW", "PENDING", "DONE", "RETRY", "FAILED"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""Always in this order."""
