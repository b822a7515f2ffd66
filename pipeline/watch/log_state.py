"""What the log's files look like from outside: where nobody tells of changes, as of network shares and buckets."""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.log.files import ENDINGS
from pipeline.log.place import Place

Seen = Mapping[str, tuple[object, ...]]
"""By path what tells a file from what it was: size in bytes, time in nanoseconds, inode; or size and entity tag."""


class LogState:
    """The state of a log when it was looked at last."""

    def __init__(self, log: Place) -> None:
        self._log = log
        self._seen: Seen = {}

    def look(self) -> bool:
        """Looks; whether anything has changed since the last look."""
        now = _look(self._log) if isinstance(self._log, Path) else _look_at_objects(self._log)
        changed = now != self._seen
        self._seen = now
        return changed


def _look(log_dir: Path) -> Seen:
    """What can't be read isn't there: the build says what is wrong with it."""
    seen: dict[str, tuple[int, int, int]] = {}
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


def _look_at_objects(url: str) -> Seen:
    """A storage that doesn't answer is a change: the build says what is wrong with it."""
    from pipeline.objects import Objects

    try:
        return {path: one for path, one in Objects(url).below().items() if path.endswith(ENDINGS)}
    except OSError as error:
        return {"": (str(error),)}
