"""Hands the events of AOIs to the fold, in log order, and keeps what it made of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.bundle import TextDamaged
from pipeline.store.board import Board, make_board
from pipeline.store.database import Database
from pipeline.store.folded import FoldedRows
from pipeline.store.past import Excerpt, PackedPast, Past, past_of

__all__ = ["Past", "load_board", "packed_pasts", "pasts", "save"]

_AT_ONCE_BYTES = 8 * 1024 * 1024
"""So many bytes of compressed lines are read at a time."""


def pasts(database: Database, names: Iterable[str]) -> Iterator[Past]:
    """The past of each of these AOIs, by name."""
    return map(past_of, packed_pasts(database, names))


def packed_pasts(database: Database, names: Iterable[str]) -> Iterator[PackedPast]:
    """The same, as it is kept. Raises TextDamaged if it isn't all there."""
    wanted = sorted(set(names))
    database.keep("dirty", [(name,) for name in wanted], "aoi VARCHAR")
    taken: dict[str, dict[int, str]] = defaultdict(dict)
    for name, event, reason in database.rows(
        "SELECT aoi, event, reason FROM taken JOIN creations USING (event) SEMI JOIN dirty USING (aoi)"
    ):
        taken[name][event] = reason
    places = _places(database)
    for some in _groups(wanted, {name: sum(found.size for found in places[name]) for name in wanted}):
        bundles = sorted({found.bundle for name in some for found in places[name]})
        lines = dict(
            database.rows("SELECT bundle, lines FROM bundles WHERE bundle IN (SELECT unnest(?::BIGINT[]))", [bundles])
        )
        for name in some:
            excerpts = [Excerpt(found.bundle, lines[found.bundle], found.places) for found in places[name]]
            yield PackedPast(name, excerpts, taken.get(name, {}))


def load_board(database: Database, name: str) -> Board:
    """The AOI of that name. Raises KeyError if there is none."""
    board = make_board(next(pasts(database, [name])))
    if board is None:
        raise KeyError(name)
    return board


class _Found(NamedTuple):
    """A bundle with events of an AOI: how large it is, and at which places they are, if not at all."""

    bundle: int
    size: int
    places: list[int] | None


def _places(database: Database) -> dict[str, list[_Found]]:
    """Where the events of the AOIs are that are in `dirty`."""
    left_out: dict[int, set[int]] = defaultdict(set)
    for bundle, place in database.rows(
        """
        SELECT event >> 16, event & 65535 FROM dropped
        WHERE event >> 16 IN (SELECT bundle FROM bundles SEMI JOIN dirty USING (aoi))
        """
    ):
        left_out[bundle].add(place)
    found: dict[str, list[_Found]] = defaultdict(list)
    for name, bundle, events, size in database.rows(
        "SELECT aoi, bundle, events, size_bytes FROM bundles SEMI JOIN dirty USING (aoi) ORDER BY bundle"
    ):
        places = sorted(set(range(events)) - left_out[bundle]) if bundle in left_out else None
        found[name].append(_Found(bundle, size, places))
    for name, bundle, places, size in database.rows(
        """
        SELECT named.aoi, bundle, named.places, size_bytes
        FROM (
            SELECT aoi, event >> 16 AS bundle, list(event & 65535 ORDER BY event) AS places
            FROM homeless SEMI JOIN dirty USING (aoi) GROUP BY ALL
        ) AS named LEFT JOIN bundles USING (bundle) ORDER BY bundle
        """
    ):
        if size is None:
            raise TextDamaged(f"bundle {bundle} is missing")
        found[name].append(_Found(bundle, size, places))
    return found


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
