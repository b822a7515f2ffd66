"""Reads files of a site for strangers: what is in the site's folder, and never anything else.

A path is a row of names. Each is looked for in the folder that was opened before it, and a symbolic link is not
followed, so that no path leads out of the site, whatever is in it. Names that start with a dot are a build's own
unfinished files, or of somebody who didn't mean to publish them: they aren't there.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class SiteFile(NamedTuple):
    """A file as it was when it was opened. `changed_at` is in seconds since 1970."""

    data: bytes
    changed_at: float


class NotThere(Exception):
    """The site has no such file. `is_folder` says that it has a folder of that name, which isn't listed."""

    def __init__(self, is_folder: bool = False) -> None:
        super().__init__("no such file")
        self.is_folder = is_folder


def read_file(site: Path, names: Sequence[str]) -> SiteFile:
    """The file at that path, whole. Raises NotThere."""
    fd = _open(site, names)
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise NotThere(is_folder=True)
        if not stat.S_ISREG(status.st_mode):
            raise NotThere
        with open(fd, "rb", closefd=False) as file:
            return SiteFile(file.read(), status.st_mtime)
    finally:
        os.close(fd)


def stamp(site: Path, names: Sequence[str]) -> tuple[int, int, int]:
    """Inode, time in nanoseconds and size: the same as long as the file is the same. Raises NotThere."""
    fd = _open(site, names)
    try:
        status = os.fstat(fd)
        return status.st_ino, status.st_mtime_ns, status.st_size
    finally:
        os.close(fd)


def _open(site: Path, names: Sequence[str]) -> int:
    if not names or not all(_may_be(name) for name in names):
        raise NotThere
    try:
        fd = os.open(site, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise NotThere from None
    try:
        for place, name in enumerate(names, start=1):
            inner = os.open(name, _FILE if place == len(names) else _FOLDER, dir_fd=fd)
            os.close(fd)
            fd = inner
    except (OSError, UnicodeEncodeError):
        os.close(fd)
        raise NotThere from None
    return fd


def _may_be(name: str) -> bool:
    return bool(name) and not name.startswith(".") and "/" not in name and "\0" not in name
