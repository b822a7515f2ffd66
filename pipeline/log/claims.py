"""Where blocks of ids are claimed: in a folder, or on object storage. Both create a claim only where there is none."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pipeline.disk import Folder, WrongKind, make_folders, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.log.place import Place

_CLAIM = re.compile(r"[0-9]{8,16}")


class Claims(Protocol):
    """The claims of one kind of ids, by name. All methods raise OSError."""

    where: str
    """To be shown."""
    key: str
    """The name, on this machine, of what it knows of them."""

    def read(self, name: str) -> bytes | None:
        """What a claim holds; None if there is none."""

    def create(self, name: str, text: bytes) -> None:
        """Makes a claim. Raises FileExistsError if somebody has made one of that name."""

    def remove(self, name: str) -> None:
        """Gives a claim back."""

    def highest(self, known: int) -> int:
        """The number of a claim from which on the next free one is looked for: not below one that is `known`."""

    def flush(self) -> None:
        """The claims that were made outlive the machine."""


@contextmanager
def open_claims(place: Place, kind: str) -> Iterator[Claims]:
    """The claims at a place. A folder is made if it isn't there. Raises OSError, StorageUnusable."""
    if isinstance(place, str):
        yield _BucketClaims(place, kind)
        return
    make_folders(place)
    with Folder(place) as root, root.folder(kind) as claims:
        yield _FolderClaims(place, root, claims, kind)


class _FolderClaims:
    def __init__(self, place: Path, root: Folder, claims: Folder, kind: str) -> None:
        self.where = str(claims.path)
        self.key = _key(os.fsencode(place.resolve()), kind)
        self._root, self._claims = root, claims

    def read(self, name: str) -> bytes | None:
        try:
            return self._claims.read(name)
        except WrongKind:
            return None

    def create(self, name: str, text: bytes) -> None:
        self._claims.create(name, text)

    def remove(self, name: str) -> None:
        self._claims.remove(name)

    def highest(self, known: int) -> int:
        return max((int(name) for name in self._claims.names() if _CLAIM.fullmatch(name)), default=known)

    def flush(self) -> None:
        """Only the names are flushed, once for all: by its name a block is taken.

        The folders above too, as whoever made them may have been killed before that.
        """
        self._claims.sync()
        self._root.sync()
        sync_folder(self._root.path.absolute().parent)


class _BucketClaims:
    """Nobody lists the claims: with the years they are many, and the free ones begin where the log's ids end."""

    def __init__(self, url: str, kind: str) -> None:
        from pipeline.objects import Objects

        self.where = f"{url}/{kind}"
        self.key = _key(os.fsencode(url), kind)
        self._objects = Objects(self.where)
        self._tried = False

    def read(self, name: str) -> bytes | None:
        try:
            return self._objects.read(name)
        except PermissionError:  # S3's answer for what isn't there, to those who may not list
            return None

    def create(self, name: str, text: bytes) -> None:
        self._objects.create_own(name, text)
        if not self._tried:
            self._try(name, text)
            self._tried = True

    def remove(self, name: str) -> None:
        self._objects.remove([name])

    def highest(self, known: int) -> int:
        return known

    def flush(self) -> None:
        pass

    def _try(self, name: str, text: bytes) -> None:
        """A storage that takes the same claim twice would give it to two machines."""
        try:
            if self._objects.exclusive:
                self._objects.create(name, text)
        except FileExistsError:
            return
        self.remove(name)
        raise OSError(
            errno.ENOTSUP,
            "this storage can't keep two machines from putting the same object (If-None-Match), so no ids can be "
            "handed out there; give scenes ids of their own, with `log append`",
            f"{self.where}/{name}",
        )


def _key(place: bytes, kind: str) -> str:
    return f"{hashlib.sha256(place).hexdigest()[:32]}-{kind}"
