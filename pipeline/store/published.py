"""What the site holds, on record: by unit its fingerprint and its files; and what is out of date."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pipeline.store.database import Database


class Units(Protocol):
    """What a task published: unit, AOI, fingerprint, paths, summary."""

    @property
    def units(self) -> Sequence[tuple[str, str, str, str, str]]: ...


def present(database: Database) -> dict[str, int]:
    """The AOIs that are there, with the revision in which each was folded last."""
    return dict(database.rows("SELECT name, revision FROM aois WHERE present ORDER BY name"))


def outdated(database: Database, folders: Mapping[str, str], edition: str) -> list[str]:
    """The AOIs whose fingerprint on record isn't what they are made from now."""
    known = dict(database.rows("SELECT unit, fingerprint FROM published WHERE unit LIKE 'aoi/%'"))
    revisions = present(database)
    return [name for name, folder in folders.items() if known.get(f"aoi/{folder}") != f"{edition} {revisions[name]}"]


def site_fingerprint(database: Database, edition: str) -> str:
    """What the pages that span all AOIs are made from."""
    log = database.rows(
        """
        SELECT (SELECT bit_xor(hash(q)) FROM quarantine q WHERE NOT rotated),
               (SELECT bit_xor(hash(c)) FROM conflicts c),
               (SELECT bit_xor(hash(u)) FROM unfinished u WHERE file NOT IN (FROM gone))
        """
    )
    return f"{edition} {database.value('revision')} {log[0]}"


def summaries(database: Database, folders: Mapping[str, str], results: Iterable[Units]) -> list[str]:
    """The summaries of all AOIs, by name: of those published now, and as they are on record of the others."""
    found = {
        aoi: summary
        for aoi, summary in database.rows("SELECT aoi, summary FROM published WHERE unit LIKE 'aoi/%'")
        if aoi in folders
    }
    found.update(
        (aoi, summary) for result in results for unit, aoi, _, _, summary in result.units if unit.startswith("aoi/")
    )
    return [found[name] for name in sorted(folders)]


def fingerprint(database: Database, unit: str) -> str | None:
    """The fingerprint on record of a unit."""
    found = database.rows("SELECT fingerprint FROM published WHERE unit = ?", [unit])
    return found[0][0] if found else None


def fingerprints(database: Database, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The fingerprints on record of the units of these AOIs, by AOI and unit."""
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for aoi, unit, stamp in database.rows(
        "SELECT aoi, unit, fingerprint FROM published WHERE aoi IN (SELECT unnest(?))", [list(names)]
    ):
        found[aoi][unit] = stamp
    return found


def gone(database: Database, folders: Mapping[str, str]) -> list[str]:
    """Units on record of what isn't there any more: AOIs, and scenes of AOIs that were folded without them."""
    database.keep("folders", sorted(folders.items()), "aoi VARCHAR, folder VARCHAR")
    rows = database.rows(
        """
        SELECT unit FROM published
        WHERE (unit LIKE 'aoi/%' OR unit LIKE 'sections/%' OR unit LIKE 'layout/%')
            AND substr(unit, strpos(unit, '/') + 1) NOT IN (SELECT folder FROM folders)
        UNION ALL
        SELECT unit FROM published
        WHERE unit LIKE 'scene/%'
            AND substr(unit, 7) NOT IN (SELECT id::VARCHAR FROM scenes SEMI JOIN folders USING (aoi))
        """
    )
    return [row[0] for row in rows]


def stale(database: Database, results: Iterable[Units], gone: Sequence[str]) -> set[str]:
    """Paths on record of units that are gone or were rendered anew. Those rendered now have to be taken off again."""
    units = [(unit,) for result in results for unit, *_ in result.units] + [(unit,) for unit in gone]
    database.keep("replaced", units, "unit VARCHAR")
    rows = database.rows("SELECT paths FROM published WHERE unit IN (FROM replaced)")
    return {path for (paths,) in rows for path in paths.split("\n") if path}


def remember(database: Database, results: Iterable[Units], gone: Sequence[str], trusted: bool, build: str) -> None:
    """Puts on record what was published. If what was on record wasn't trusted, it is forgotten."""
    rows = [unit for result in results for unit in result.units]
    if trusted:
        database.keep("replaced", [(row[0],) for row in rows] + [(unit,) for unit in gone], "unit VARCHAR")
        database.run("DELETE FROM published WHERE unit IN (FROM replaced)")
    else:
        database.run("DELETE FROM published")
    database.append("published", rows)
    database.set_value("build", build)


def problems(database: Database) -> tuple[int, int]:
    """How many lines are in quarantine, and how many events were rejected."""
    found = database.rows(
        """
        SELECT (SELECT count(*) FROM quarantine WHERE NOT rotated) + (SELECT count(*) FROM conflicts),
               (SELECT count(*) FROM outcomes WHERE verdict = 'rejected')
        """
    )
    return found[0]


def log_positions(database: Database, most: int) -> list[tuple[str, int, int]]:
    """How far log files were read: path, bytes, lines; the last ones by path, if there are more."""
    rows = database.rows('SELECT path, "offset", line FROM files ORDER BY path DESC LIMIT ?', [most])
    return [(path, offset, line) for path, offset, line in reversed(rows)]


def count_log(database: Database) -> int:
    """How many log files were ever read."""
    return int(database.rows("SELECT count(*) FROM files")[0][0])
