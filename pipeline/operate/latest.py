"""The latest state: the store, held, and brought up to the log."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.log.place import Data, log_for
from pipeline.refresh import refresh
from pipeline.store.database import Database
from pipeline.store.held import hold_store


@contextmanager
def latest(data: Data, wait_seconds: float, *, begins: bool = False) -> Iterator[Database]:
    """Holds the store while the block runs; it has all that the log has. `begins` as in `log_for`.

    Raises StoreHeld, StoreBroken, OSError if there is no log.
    """
    log = log_for(data, begins=begins)
    with hold_store(data, wait_seconds) as store, store.open() as database:
        refresh(database, log)
        yield database
