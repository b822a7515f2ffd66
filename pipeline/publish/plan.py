"""What a build has to publish: found by comparing what the store holds with what is on record of the site."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pipeline.publish.site import OWNED, Place, Site
from pipeline.publish.task import Published, Task
from pipeline.render.edition import edition, stac_edition
from pipeline.render.paths import aoi_folders
from pipeline.store import published as record
from pipeline.store.database import Database
from pipeline.store.folds import packed_pasts

_MOST_AOIS_A_TASK = 8
_LEAST_TASKS = 32
"""Where there are AOIs enough: so that all processes are at work until the end."""
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Plan:
    """The AOIs there are, by name the folder of each; those to publish; units that are gone; what spans all AOIs."""

    folders: dict[str, str]
    revisions: dict[str, int]
    names: list[str]
    """Of the AOIs that are out of date, in their order."""
    edition: str
    gone: list[str]
    site_fingerprint: str
    site_outdated: bool
    """What spans all AOIs is out of date."""
    trusted: bool
    """What is on record of the site holds. Else every file is compared."""
    dot: str | None = None
    stac: bool = False
    """The site has a STAC catalogue."""
    new: bool = False
    """None of the site's own folders is there yet."""

    @property
    def is_empty(self) -> bool:
        """Nothing is out of date."""
        return not (self.names or self.gone or self.site_outdated)

    @property
    def parts(self) -> int:
        """How many tasks there are."""
        return -(-len(self.names) // self._size)

    @property
    def _size(self) -> int:
        return max(1, min(_MOST_AOIS_A_TASK, len(self.names) // _LEAST_TASKS))

    def tasks(self, database: Database, lock: Path, site: Place, build: str, *, elsewhere: bool) -> Iterator[Task]:
        """The AOIs to publish, some at a time, each with its past as the store has it. Raises TextDamaged."""
        pasts = packed_pasts(database, self.names)
        while some := list(islice(pasts, self._size)):
            group = [past.name for past in some]
            known = record.fingerprints(database, group) if self.trusted else {}
            yield Task(
                lock, site, some, _only(self.folders, group), _only(self.revisions, group), self.edition, known,
                self.dot, self.stac, self.new, build, elsewhere,
            )  # fmt: skip


def make_plan(
    database: Database, *, trusted: bool, new: bool = False, dot: str | None = None, stac: bool = False
) -> Plan:
    """Finds what is out of date. Raises ExtraMissing."""
    revisions = record.present(database)
    folders = aoi_folders(revisions)
    stamp = stamp_of(dot, stac)
    fingerprint = record.site_fingerprint(database, stamp)
    return Plan(
        folders,
        revisions,
        record.outdated(database, folders, stamp) if trusted else sorted(folders),
        stamp,
        record.gone(database, folders) if trusted else [],
        fingerprint,
        not trusted or record.fingerprint(database, "site") != fingerprint,
        trusted,
        dot,
        stac,
        new,
    )


def stamp_of(dot: str | None, stac: bool) -> str:
    """What stands for the program in every fingerprint. Raises ExtraMissing."""
    return " ".join([edition(), *([dot] if dot else []), *([stac_edition()] if stac else [])])


def _only(found: dict[str, _Value], names: list[str]) -> dict[str, _Value]:
    return {name: found[name] for name in names}


def stale_paths(database: Database, plan: Plan, writer: Site, results: Sequence[Published]) -> set[str]:
    """The files of what is gone."""
    if plan.new:
        return writer.leftovers()
    kept = {path for result in results for _, _, _, paths, _ in result.units for path in paths.split("\n")}
    found = record.stale(database, results, plan.gone) if plan.trusted else writer.paths(OWNED)
    return found - kept
