"""Writes files into the site: only those whose bytes differ, each whole or not at all."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from pipeline.disk import Folder, WrongKind, is_temporary
from pipeline.publish.site import SiteOvertaken, require_turn

_OPEN_FOLDERS = 64


class SiteWriter:
    """Writes files by their path in the site. Nothing is ever written outside it, nor through a symbolic link.

    `touched` lists the files that were written, `unchanged` counts those that held the same bytes already.
    With `new` the caller knows that none of the files is there yet: nobody looks. All methods raise OSError.
    `build` is as in `Site`: before each file that is written or removed the site is asked whose turn it is.
    """

    def __init__(self, site: Path, *, new: bool = False, build: str = "") -> None:
        self._root = Folder(site)
        self._new = new
        self.build = build
        self._open: OrderedDict[str, Folder] = OrderedDict()
        self._unflushed: set[str] = set()
        self.unchanged = 0
        self.touched: list[str] = []

    def write(self, path: str, data: bytes) -> None:
        """Brings one file to these bytes. One that has them already isn't touched."""
        place, _, name = path.rpartition("/")
        folder = self._folder(place)
        if not self._new and self._holds(folder, name, data):
            self.unchanged += 1
            return
        self._require_turn()
        folder.replace(name, data)
        self.touched.append(path)

    def _require_turn(self) -> None:
        if self.build:
            require_turn(self, self.build)

    def _holds(self, folder: Folder, name: str, data: bytes) -> bool:
        try:
            return folder.read(name) == data
        except WrongKind:
            if folder.is_link(name):  # it is replaced, and what it leads to is left alone
                return False
            raise

    def read(self, path: str) -> bytes | None:
        """What a file holds; None if there is none."""
        place, _, name = path.rpartition("/")
        return self._folder(place).read(name)

    def write_all(self, files: Mapping[str, bytes]) -> None:
        """Brings files to these bytes, in their order."""
        for path, data in files.items():
            self.write(path, data)

    def write_missing(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Writes those of the files that aren't there at all; gives the others, in their order."""
        if self._new:
            self.write_all(files)
            return {}
        there = {}
        for path, data in files.items():
            if self.has(path):
                there[path] = data
            else:
                self.write(path, data)
        return there

    def remove(self, path: str) -> None:
        """Removes a file, and the folders that this leaves empty."""
        self._require_turn()
        place, _, name = path.rpartition("/")
        try:
            self._folder(place, create=False).remove(name)
        except FileNotFoundError:
            return
        self._unflushed.add(place)
        while place:
            inner = place
            place, _, name = inner.rpartition("/")
            try:
                self._forget(inner)
                self._folder(place, create=False).remove_folder(name)
            except OSError:
                return  # something else is in it
            self._unflushed.discard(inner)
            self._unflushed.add(place)

    def has(self, path: str) -> bool:
        """Whether anything stands there."""
        if self._new:
            return False
        place, _, name = path.rpartition("/")
        return self._folder(place).has(name)

    def remove_all(self, paths: Iterable[str]) -> None:
        """Removes files, those that are there."""
        for path in paths:
            self.remove(path)

    @property
    def conditional(self) -> bool:
        """Always: the store's lock keeps other builds away, but for those of another data folder."""
        return True

    def version(self, path: str) -> str:
        """A hash of what the file holds; '' if there is none."""
        found = self.read(path)
        return "" if found is None else hashlib.blake2b(found, digest_size=16).hexdigest()

    def write_last(self, path: str, data: bytes, seen: str) -> None:
        """Brings a file to these bytes if it is still of the version that was seen. Raises SiteOvertaken."""
        if self.version(path) != seen:
            raise SiteOvertaken(f"{self._root.path / path} was changed by another build meanwhile: build again")
        self.write(path, data)

    def is_new(self, owned: Iterable[str]) -> bool:
        """Whether none of these folders is there yet."""
        return not any(os.path.lexists(self._root.path / folder) for folder in owned)

    def paths(self, owned: Iterable[str]) -> set[str]:
        """All files in these folders, and what killed builds have left elsewhere."""
        return paths_in(self._root.path, tuple(owned))

    def leftovers(self) -> set[str]:
        """What killed builds have left in the folders that aren't the site's alone."""
        return leftovers(self._root.path)

    def flush(self, paths: Iterable[str]) -> None:
        """Flushes files that were written to disk, their names, and those of the folders that lead to them.

        The names of files that were removed, too: else they might come back.
        """
        for path in paths:
            place, _, name = path.rpartition("/")
            self._folder(place).sync_file(name)
            self._unflushed.add(place)
        for folder in sorted({above for place in self._unflushed for above in _and_above(place)}, reverse=True):
            self._folder(folder).sync()
        self._unflushed.clear()

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

    def __exit__(self, *error: object) -> None:
        self.close()


def _and_above(place: str) -> Iterator[str]:
    while place:
        yield place
        place = place.rpartition("/")[0]
    yield ""


def paths_in(site: Path, owned: tuple[str, ...]) -> set[str]:
    """All files in the site's own folders, leftovers of killed builds among them. Symbolic links are not followed."""
    found = leftovers(site)
    pending = [folder for folder in owned if (site / folder).is_dir() and not (site / folder).is_symlink()]
    while pending:
        folder = pending.pop()
        for entry in os.scandir(site / folder):
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                found.add(path)
    return found


def leftovers(site: Path) -> set[str]:
    """What killed builds left in the folders that aren't the site's alone."""
    found = {entry.name for entry in os.scandir(site) if is_temporary(entry.name)}
    inner = site / "build"
    if inner.is_dir() and not inner.is_symlink():
        found.update(f"build/{entry.name}" for entry in os.scandir(inner) if is_temporary(entry.name))
    return found
