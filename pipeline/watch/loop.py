"""The loop: waits for changes, builds, reports; one build at a time, in the thread that it runs in."""

import gc
import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.build import Built
from pipeline.log.place import Place
from pipeline.watch.log_state import LogState
from pipeline.watch.notices import notices
from pipeline.watch.rhythm import Rhythm

LOOK_ANYWAY_SECONDS = 60.0
"""Where the kernel tells of changes the log is looked at so often still: notices get lost when a share is mounted
anew, or when there are too many at once."""
LOOK_INSTEAD_SECONDS = 10.0
"""Where it should but doesn't, and where a log is on object storage."""

Message = Literal["changed", "stop"]


class Messages(Protocol):
    """A queue whose `put` may be called from a signal handler, as that of `queue.SimpleQueue`."""

    def put(self, item: Message) -> None: ...
    def get(self, block: bool = True, timeout: float | None = None) -> Message: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A build that has ended: what it did, or why it failed and in how many seconds it is tried again."""

    seconds: float
    built: Built | None = None
    error: Exception | None = None
    again_in_seconds: float | None = None


class Watch:
    """Builds when the log of a folder changes, until it is stopped.

    `poll_seconds` is how often the log is looked at; None where the kernel tells of changes. `report` is told of every
    build, `warn` of what else there is to say. `clock` and `messages` are for tests.
    """

    def __init__(
        self,
        log: Place,
        build: Callable[[], Built],
        rhythm: Rhythm,
        *,
        poll_seconds: float | None,
        report: Callable[[Ended], None],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        messages: Messages | None = None,
    ) -> None:
        self._log = log
        self._build_site = build
        self._rhythm = rhythm
        self._poll_seconds = poll_seconds
        self._report = report
        self._warn = warn
        self._clock = clock
        self._messages: Messages = queue.SimpleQueue() if messages is None else messages
        self._state = LogState(log)
        self._told = False
        self._stopping = False

    def tell(self) -> None:
        """The log has changed. From any thread; between two looks of the loop one message is enough."""
        if not self._told:
            self._told = True
            self._messages.put("changed")

    def stop(self) -> None:
        """Ends the loop, after the build that is under way. From any thread, and from a signal handler."""
        self._messages.put("stop")

    def run(self) -> None:
        """Builds now, and then whenever there is something to build."""
        with ExitStack() as open_:
            look_seconds = self._poll_seconds or self._be_told(open_)
            self._state.look()
            self._rhythm.changed(self._clock())
            self._build()
            next_look = self._clock() + look_seconds
            while not self._stopping:
                due = self._rhythm.due_at()
                self._receive((next_look if due is None else min(due, next_look)) - self._clock())
                now = self._clock()
                if now >= next_look:
                    if self._state.look():
                        self._rhythm.changed(now)
                    next_look = now + look_seconds
                due = self._rhythm.due_at()
                if due is not None and due <= now and not self._stopping:
                    self._build()

    def _be_told(self, open_: ExitStack) -> float:
        """Lets the kernel tell of changes; how often the log is looked at all the same."""
        if isinstance(self._log, str):
            return LOOK_INSTEAD_SECONDS
        try:
            open_.enter_context(notices(self._log, self.tell))
        except OSError as error:
            self._warn(
                f"{self._log} can't be watched ({error.strerror or error}): "
                f"it is looked at every {LOOK_INSTEAD_SECONDS:g} seconds instead"
            )
            return LOOK_INSTEAD_SECONDS
        return LOOK_ANYWAY_SECONDS

    def _receive(self, seconds: float) -> None:
        """Waits for a message, at most so long, and takes those that are there."""
        try:
            message = self._messages.get(timeout=max(0.0, seconds))
            while True:
                if message == "stop":
                    self._stopping = True
                else:
                    self._told = False
                    self._rhythm.changed(self._clock())
                message = self._messages.get(block=False)
        except queue.Empty:
            return

    def _build(self) -> None:
        """Builds, reports, and gives back what the build held.

        Objects that refer to each other in circles (templates, tracebacks, connections) wait for Python's collector,
        which looks at the oldest of them only when many have been made; a watch that builds for weeks kept most of
        them until then, and grew. A build has just ended: nobody waits for these milliseconds.
        """
        self._build_and_report()
        gc.collect()

    def _build_and_report(self) -> None:
        self._state.look()
        self._rhythm.begun()
        started = self._clock()
        built, problem = None, None
        try:
            built = self._build_site()
        except Exception as error:  # whatever went wrong, the watch goes on
            problem = error
        now = self._clock()
        self._rhythm.ended(now, ok=problem is None)
        due = self._rhythm.due_at()
        again = None if problem is None or due is None else due - now
        self._report(Ended(now - started, built, problem, again))
