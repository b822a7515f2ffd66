"""The store of a data folder, held by this process: opened as often as is needed, made anew when it is broken."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.log.place import Data, store_of
from pipeline.store.database import Database, StoreBroken, move_aside, open_database
from pipeline.store.lock import held, wait_for_workers

STORE = "sceneboard.duckdb"
LOCK = "sceneboard.lock"


@dataclass
class Store:
    """A store that nobody else writes to meanwhile. `warnings` holds what had to be done to it."""

    path: Path
    wait_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    _was_open: bool = False

    @contextmanager
    def open(self) -> Iterator[Database]:
        """Opens it; the first time it is made anew if it doesn't open.

        Raises StoreBroken if it breaks under work: it is moved aside then, so a second try succeeds.
        """
        try:
            with ExitStack() as opened:
                yield self._opened(opened)
        except StoreBroken:
            self._move_aside()
            raise

    def _opened(self, stack: ExitStack) -> Database:
        """Only the first time: what has been taken in since would be lost unseen, and a site of nothing published."""
        is_first, self._was_open = not self._was_open, True
        try:
            return stack.enter_context(open_database(self.path))
        except StoreBroken as broken:
            if not is_first:
                raise
            aside = self._move_aside()
            self.warnings.append(
                f"the store didn't open ({broken}): it was moved to {aside} and made anew from the log"
            )
            return stack.enter_context(open_database(self.path))

    @property
    def lock(self) -> Path:
        """The file that says who has it."""
        return self.path.with_name(LOCK)

    def wait_for_workers(self) -> None:
        """Waits until what an earlier build has left on other machines has ended, or has seen that it is over.

        One that is to work for that build only now finds in the site that another is under way. Raises StoreHeld.
        """
        wait_for_workers(self.lock, self.wait_seconds)

    def discard(self) -> None:
        """Removes it; the next opening makes it anew."""
        self.path.unlink(missing_ok=True)
        self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)

    def _move_aside(self) -> Path | None:
        return move_aside(self.path) if self.path.exists() else None


@contextmanager
def hold_store(data: Data, wait_seconds: float) -> Iterator[Store]:
    """Holds the store of a data folder. Raises StoreHeld, OSError."""
    folder = store_of(data)
    with held(folder / LOCK, wait_seconds):
        yield Store(folder / STORE, wait_seconds)
