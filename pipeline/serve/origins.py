"""Which pages of other origins may read the answers (CORS), and what their preflight is told."""

import re
from collections.abc import Collection

_LOOPBACK = re.compile(r"https?://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.ASCII)
METHODS = "GET, HEAD, POST, PUT, DELETE"
"""POST, PUT and DELETE so that a page can read which command to run instead."""
HEADERS = "Authorization, Content-Type, If-Modified-Since, If-None-Match, Range"


class Origins:
    """The origins that may read: this machine's own, pages opened from files (`null`), and those that are named."""

    def __init__(self, named: Collection[str]) -> None:
        self._named = frozenset(named)

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin may read."""
        return (
            origin == "null"
            or origin in self._named
            or "*" in self._named
            or _LOOPBACK.fullmatch(origin) is not None
        )  # fmt: skip
