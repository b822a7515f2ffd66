"""When to build: after the log has settled, but never later than so long after a change; slower after failures.

Times are seconds of a clock that doesn't go back. Nothing here waits or looks at a clock.
"""


class Rhythm:
    """Decides from what it is told. Tell it of every change, and of each build's beginning and end."""

    def __init__(
        self,
        *,
        settle_seconds: float,
        max_wait_seconds: float,
        first_retry_seconds: float = 5.0,
        longest_retry_seconds: float = 300.0,
    ) -> None:
        self._settle = settle_seconds
        self._max_wait = max_wait_seconds
        self._first_retry = first_retry_seconds
        self._longest_retry = longest_retry_seconds
        self._first: float | None = None
        self._last = 0.0
        self._failures = 0
        self._held_until: float | None = None

    def changed(self, now: float) -> None:
        """The log has changed."""
        if self._first is None:
            self._first = now
        self._last = now

    def begun(self) -> None:
        """A build begins: it takes in all changes up to now."""
        self._first = None

    def ended(self, now: float, *, ok: bool) -> None:
        """The build has ended. One that failed is wanted again: after a while that doubles with every failure."""
        if ok:
            self._failures = 0
            self._held_until = None
            return
        self._held_until = now + min(self._first_retry * 2**self._failures, self._longest_retry)
        self._failures = min(self._failures + 1, 30)
        self.changed(now)

    def due_at(self) -> float | None:
        """When the next build is to begin; None while there is nothing to build."""
        if self._first is None:
            return None
        due = min(self._last + self._settle, self._first + self._max_wait)
        return due if self._held_until is None else max(due, self._held_until)
