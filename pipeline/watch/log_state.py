"""What the log's files look like from outside: for file systems that don't tell of changes, as network shares."""

import os
from pathlib import Path

from pipeline.log.files import ENDINGS

Seen = dict[str, tuple[int, int, int]]
"""By path: size in bytes, time in nanoseconds, inode."""


class LogState:
    """The state of a log folder when it was looked at last."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._seen: Seen = {}

    def look(self) -> bool:
        """Looks; whether anything has changed since the last look."""
        now = _look(self._log_dir)
        changed = now != self._seen
        self._seen = now
        return changed


def _look(log_dir: Path) -> Seen:
    """What can't be read isn't there: the build says what is wrong with it."""
    seen: Seen = {}
    pending = [str(log_dir)]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.name.endswith(ENDINGS):
                        status = entry.stat()
                        seen[entry.path] = (status.st_size, status.st_mtime_ns, status.st_ino)
        except OSError:
            continue
    return seen
