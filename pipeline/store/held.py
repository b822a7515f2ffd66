"""The store of a data folder, held by this process: opened as often as is needed, made anew when it is broken."""

from collections.abc import Iterator
from contextlib import contextmanager
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

    @contextmanager
    def open(self) -> Iterator[Database]:
        """Opens it. Raises StoreBroken if it breaks under work: it is moved aside then, so a second try succeeds."""
        try:
            with open_database(self.path) as database:
                yield database
        except StoreBroken:
            self._move_aside()
            raise

    @contextmanager
    def lent(self) -> Iterator[Path]:
        """Lends its file to other processes, which only read. Raises StoreBroken as `open` does."""
        try:
            yield self.path
        except StoreBroken:
            self._move_aside()
            raise

    def wait_for_workers(self) -> None:
        """Waits until what an earlier build has left on other machines has ended, or has seen that it is over.

        One that is to work for that build only now finds in the site that another is under way. Raises StoreHeld.
        """
        wait_for_workers(self.path.with_name(LOCK), self.wait_seconds)

    def mend(self) -> None:
        """Makes it anew if it doesn't open."""
        try:
            with open_database(self.path):
                pass
        except StoreBroken as broken:
            aside = self._move_aside()
            self.warnings.append(
                f"the store didn't open ({broken}): it was moved to {aside} and made anew from the log"
            )

    def discard(self) -> None:
        """Removes it; the next opening makes it anew."""
        self.path.unlink(missing_ok=True)
        self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)

    def _move_aside(self) -> Path | None:
        return move_aside(self.path) if self.path.exists() else None


@contextmanager
def hold_store(data: Data, wait_seconds: float) -> Iterator[Store]:
    """Holds the store of a data folder, and mends it if it is broken. Raises StoreHeld, OSError."""
    folder = store_of(data)
    with held(folder / LOCK, wait_seconds):
        store = Store(folder / STORE, wait_seconds)
        store.mend()
        yield store
