"""What the kernel tells of a log folder (watchdog)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from pipeline.log.files import ENDINGS

_CHANGES = frozenset({"created", "modified", "moved", "deleted"})
"""Opening and closing aren't among them: a build does that itself."""


@contextmanager
def notices(log_dir: Path, tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell`, in a thread of its own, on every change to the log's files while the block runs.

    Raises OSError if the kernel won't watch the folder.
    """
    observer = Observer()
    observer.schedule(_Handler(tell), str(log_dir), recursive=True)
    observer.start()
    try:
        yield
    finally:
        observer.stop()
        observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def on_any_event(self, event: FileSystemEvent) -> None:
        if concerns_log(event):
            self._tell()


def concerns_log(event: FileSystemEvent) -> bool:
    """Whether this changed what a build would read: a file of the log, or which folders there are."""
    if event.event_type not in _CHANGES:
        return False
    if event.is_directory:
        return event.event_type != "modified"
    return any(_text(path).endswith(ENDINGS) for path in (event.src_path, event.dest_path))


def _text(path: bytes | str) -> str:
    return path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else path
