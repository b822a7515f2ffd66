"""Writes files into the site: only those whose bytes differ, each whole or not at all."""

import os
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.disk import Folder, is_temporary

_OPEN_FOLDERS = 64


class SiteWriter:
    """Writes files by their path in the site. Nothing is ever written outside it, nor through a symbolic link.

    `written` counts the files that were written, `unchanged` those that held the same bytes already.
    All methods raise OSError.
    """

    def __init__(self, site: Path) -> None:
        self._root = Folder(site)
        self._open: OrderedDict[str, Folder] = OrderedDict()
        self.written = 0
        self.unchanged = 0
        self.touched: list[str] = []

    def write(self, path: str, data: bytes) -> None:
        """Brings one file to these bytes. One that has them already isn't touched."""
        place, _, name = path.rpartition("/")
        folder = self._folder(place)
        if folder.read(name) == data:
            self.unchanged += 1
            return
        folder.replace(name, data)
        self.written += 1
        self.touched.append(path)

    def remove(self, path: str) -> None:
        """Removes a file, and the folders that this leaves empty."""
        place, _, name = path.rpartition("/")
        try:
            self._folder(place, create=False).remove(name)
        except FileNotFoundError:
            return
        while place:
            place, _, name = place.rpartition("/")
            try:
                self._forget(f"{place}/{name}" if place else name)
                self._folder(place, create=False).remove_folder(name)
            except OSError:
                return  # something else is in it

    def flush(self, path: str) -> None:
        """Flushes a file that was written, and its name, to disk."""
        place, _, name = path.rpartition("/")
        folder = self._folder(place)
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder.fd)
        try:
            os.fsync(file)
        finally:
            os.close(file)
        folder.sync()

    def _folder(self, place: str, *, create: bool = True) -> Folder:
        if not place:
            return self._root
        if place in self._open:
            self._open.move_to_end(place)
            return self._open[place]
        above, _, name = place.rpartition("/")
        folder = self._folder(above, create=create).folder(name, create=create)
        self._open[place] = folder
        while len(self._open) > _OPEN_FOLDERS:
            self._open.popitem(last=False)[1].close()
        return folder

    def _forget(self, place: str) -> None:
        folder = self._open.pop(place, None)
        if folder is not None:
            folder.close()

    def close(self) -> None:
        for folder in self._open.values():
            folder.close()
        self._open.clear()
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def paths_in(site: Path, owned: tuple[str, ...]) -> set[str]:
    """All files in the site's own folders, leftovers of killed builds among them. Symbolic links are not followed."""
    found: set[str] = set()
    pending = [folder for folder in owned if (site / folder).is_dir() and not (site / folder).is_symlink()]
    while pending:
        folder = pending.pop()
        for entry in os.scandir(site / folder):
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                found.add(path)
    found.update(entry.name for entry in os.scandir(site) if is_temporary(entry.name))
    return found
