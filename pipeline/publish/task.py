"""A task of AOIs to publish, and what came of it: plain data, for this process or a pool of others.

A *unit* is a part of the site that is rendered whole: a scene, an AOI, or what spans all of them. Each has a
fingerprint of what it is made from; a unit whose fingerprint the site has already isn't rendered again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.log.place import Place
from pipeline.stages import about_aois
from pipeline.store.past import PackedPast

SECTIONS = "sections/"
"""The unit that has an AOI's sections; each has a fingerprint of its own there."""
LAYOUT = "layout/"
"""The unit of an AOI's graph as `dot` has laid it out: that is its fingerprint, and it has no files of its own."""


@dataclass(frozen=True, slots=True)
class Task:
    """AOIs to publish: their pasts, and by name the folder of each and the revision that it was folded in.

    `edition` stands for the program and its templates: it is part of every fingerprint. Units whose fingerprint is
    `known` are left alone; the bytes of all others are compared. In a `new` site nothing is there yet.
    """

    lock: Path
    """The store's: it is marked there that somebody is at work."""
    site: Place
    pasts: list[PackedPast]
    folders: dict[str, str]
    revisions: dict[str, int]
    edition: str
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By AOI and unit."""
    dot: str | None = None
    """The program that lays out small graphs: a path, or `auto` for a `dot` on the PATH; the one pip installs else."""
    stac: bool = False
    """Whether the site has a STAC catalogue."""
    new: bool = False
    build: str = ""
    """The build that it is of."""
    elsewhere: bool = False
    """It may be done where the store's lock isn't seen: the site is asked before each write whose turn it is."""

    @property
    def about(self) -> str:
        """Its AOIs."""
        return about_aois([past.name for past in self.pasts])

    def pieces(self) -> "list[Task]":
        """A task for each AOI."""
        return [replace(self, pasts=[past]) for past in self.pasts]


@dataclass(slots=True)
class Published:
    """What a task did: its units with fingerprint and paths, and the paths that were written."""

    units: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """Unit, AOI, fingerprint, its paths with a line break between, and an AOI's summary ('' of other units)."""
    written: list[str] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Published") -> None:
        """Counts what another task did with it."""
        self.units += other.units
        self.written += other.written
        self.unchanged += other.unchanged
        self.warnings += other.warnings

    @property
    def rendered(self) -> int:
        """How many scenes and AOIs were rendered; an AOI's sections and its layout count with it."""
        return sum(not unit.startswith((SECTIONS, LAYOUT)) for unit, *_ in self.units)
