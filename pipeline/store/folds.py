"""Hands the events of AOIs to the fold, in log order, and keeps what it made of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from pipeline.bundle import TextDamaged
from pipeline.store.database import Database
from pipeline.store.folded import FoldedRows
from pipeline.store.past import Excerpt, PackedPast, Past, unpack_past

__all__ = ["Past", "packed_pasts", "pasts", "save"]

_AT_ONCE_BYTES = 8 * 1024 * 1024
"""So many bytes of compressed lines are read at a time."""


def pasts(database: Database, names: Iterable[str]) -> Iterator[Past]:
    """The past of each of these AOIs, by name."""
    return map(unpack_past, packed_pasts(database, names))


def packed_pasts(database: Database, names: Iterable[str]) -> Iterator[PackedPast]:
    """The same, as it is kept. Raises TextDamaged if it isn't all there."""
    wanted = sorted(set(names))
    database.keep("dirty", [(name,) for name in wanted], "aoi VARCHAR")
    taken: dict[str, dict[int, str]] = defaultdict(dict)
    for name, event, reason in database.rows(
        "SELECT aoi, event, reason FROM taken JOIN creations USING (event) SEMI JOIN dirty USING (aoi)"
    ):
        taken[name][event] = reason
    rows = database.rows(
        """
        WITH found AS (
            SELECT aoi, event >> 16 AS bundle, count(*) AS events, list(event & 65535 ORDER BY event) AS places
            FROM events SEMI JOIN dirty USING (aoi) GROUP BY ALL
        )
        SELECT aoi, bundle, octet_length(lines), CASE WHEN found.events < bundles.events THEN found.places END
        FROM found LEFT JOIN bundles USING (bundle) ORDER BY aoi, bundle
        """
    )
    if any(row[2] is None for row in rows):
        raise TextDamaged("bundles of the log's lines are missing")
    excerpts = {name: list(group) for name, group in groupby(rows, key=lambda row: str(row[0]))}
    for some in _groups(wanted, {name: sum(row[2] for row in group) for name, group in excerpts.items()}):
        bundles = sorted({row[1] for name in some for row in excerpts.get(name, ())})
        kept = {
            bundle: (lines, instants)
            for bundle, lines, instants in database.rows(
                "SELECT bundle, lines, instants FROM bundles WHERE bundle IN (SELECT unnest(?::BIGINT[]))", [bundles]
            )
        }
        for name in some:
            yield PackedPast(
                name,
                [Excerpt(bundle, *kept[bundle], places) for _, bundle, _, places in excerpts.get(name, ())],
                taken.get(name, {}),
            )


def _groups(names: Iterable[str], sizes: dict[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    room = _AT_ONCE_BYTES
    for name in names:
        group.append(name)
        room -= sizes.get(name, 0)
        if room <= 0:
            yield group
            group, room = [], _AT_ONCE_BYTES
    if group:
        yield group


def save(database: Database, rows: FoldedRows, revision: int) -> None:
    """Keeps what the fold made of AOIs, in place of what it made of them before."""
    database.keep("saved", [(name,) for name in rows.names], "aoi VARCHAR")
    for table in ("scenes", "outcomes"):
        database.run(f"DELETE FROM {table} WHERE aoi IN (FROM saved)")
    database.run("DELETE FROM aois WHERE name IN (FROM saved)")
    database.append("aois", [(*aoi, revision) for aoi in rows.aois])
    database.load_files("scenes", [rows.scene_rows], _SCENES, "aoi, unnest(id), unnest(tiles)")
    database.append("outcomes", rows.outcomes)


_SCENES = {"aoi": "VARCHAR", "id": "BIGINT[]", "tiles": "BIGINT[][]"}
"""Columns of the files that `folded` writes."""
