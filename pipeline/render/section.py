"""Sections: some of an AOI's files that are made together, and only if what they are made from has changed."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import msgspec


@dataclass(frozen=True)
class Section:
    """Files that are made together. `name` is its own among the AOI's sections."""

    name: str
    paths: tuple[str, ...]
    """Those of its files, known before they are made."""
    made_from: Callable[[], object]
    """All that the files depend on, but for the program and its templates, as plain values."""
    make: Callable[[], dict[str, bytes]]
    """Makes its files, by path."""

    @cached_property
    def fingerprint(self) -> str:
        """A hash over what it is made from: the same as long as its files would be the same."""
        return hashlib.blake2b(_encoder.encode((self.paths, self.made_from())), digest_size=12).hexdigest()

    def along(self, paths: Iterable[str], make: Callable[[], dict[str, bytes]]) -> "Section":
        """The section together with other files, at these paths, that are made from the same."""
        return Section(self.name, (*self.paths, *paths), self.made_from, lambda: self.make() | make())


def made(sections: Iterable[Section]) -> dict[str, bytes]:
    """The files of all these sections, by path."""
    return {path: data for section in sections for path, data in section.make().items()}


_encoder = msgspec.msgpack.Encoder()
