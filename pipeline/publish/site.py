"""Where a site is published: a folder, or object storage. What differs between them stands behind one interface."""

from collections.abc import Iterable, Mapping
from typing import Protocol, Self

from pipeline.log.place import Place

TOLD = "build.json"
"""What the site says of its build, written at the very end."""
TOLD_TO_PAGES = "build/build.json"
"""The same as a script: a page that was opened from a file can't read another file, but it can run one.

Its name is that of the one file that differs from build to build, for whatever compares or copies sites.
"""
OWNED = ("aoi", "scene", "tile", "events", "assets", "stac")
"""The folders that belong to the site whole: what is in them and isn't of the site is removed."""
BEGUN = ".sceneboard-unfinished"
"""A file of the site while a build is under way: it names that build, so that what is left of another one stops."""


class SiteOvertaken(Exception):
    """Another build has published to the same site meanwhile."""


class Site(Protocol):
    """A site that is written to. Paths are relative to it; nothing is ever written elsewhere.

    `touched` lists the files that were written, `unchanged` counts those that held the same bytes already. Each file
    is there whole or not at all. All methods raise OSError, and SiteOvertaken where they find that out.

    With a `build`, nothing is written or removed unless the site says, after what is there was looked at, that this
    build is under way: one that was frozen and wakes when another one has published does no harm.
    """

    build: str
    touched: list[str]
    unchanged: int

    @property
    def conditional(self) -> bool:
        """Whether `write_last` leaves no moment between the look and the write."""

    def has(self, path: str) -> bool:
        """Whether anything stands there."""

    def read(self, path: str) -> bytes | None:
        """What a file holds; None if there is none."""

    def write(self, path: str, data: bytes) -> None:
        """Brings one file to these bytes. One that has them already isn't touched."""

    def write_all(self, files: Mapping[str, bytes]) -> None:
        """Brings files to these bytes."""

    def write_missing(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Writes those of the files that aren't there at all; gives the others, in their order."""

    def remove(self, path: str) -> None:
        """Removes a file, if it is there."""

    def remove_all(self, paths: Iterable[str]) -> None:
        """Removes files, those that are there."""

    def flush(self, paths: Iterable[str]) -> None:
        """What was written and removed outlives the machine."""

    def version(self, path: str) -> str:
        """What tells a file from what it was or will be at another time; '' if there is none."""

    def write_last(self, path: str, data: bytes, seen: str) -> None:
        """Brings a file to these bytes if it is still of the version that was seen. Raises SiteOvertaken."""

    def is_new(self, owned: Iterable[str]) -> bool:
        """Whether none of these folders is there yet."""

    def paths(self, owned: Iterable[str]) -> set[str]:
        """All files in these folders, and what killed builds have left elsewhere."""

    def leftovers(self) -> set[str]:
        """What killed builds have left in the folders that aren't the site's alone."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def require_turn(site: Site, build: str) -> None:
    """Raises SiteOvertaken if the site doesn't say that this build is under way."""
    if build.encode() not in (site.read(BEGUN) or b""):
        raise SiteOvertaken("another build publishes to the same site, or has: build again")


def file_of(place: Place, path: str) -> str:
    """Where a file of the site is, to be shown."""
    return f"{place.rstrip('/')}/{path}" if isinstance(place, str) else str(place / path)


__all__ = [
    "BEGUN",
    "TOLD",
    "TOLD_TO_PAGES",
    "Place",
    "Site",
    "SiteOvertaken",
    "file_of",
    "require_turn",
]
