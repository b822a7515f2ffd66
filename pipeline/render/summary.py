"""An AOI in a few hundred bytes: what the front page shows of it. Made when the AOI is rendered, and kept in the store.

A front page of thousands of AOIs is made from these, without a look at their scenes and tiles.
"""

import msgspec

from pipeline.event import Status
from pipeline.insight.facts import Facts
from pipeline.insight.workload import Counts, Overview
from pipeline.render.map.places import AoiPlaces
from pipeline.render.troubles import Trouble, troubles
from pipeline.store.board import Board

_TROUBLES = 5
Bounds = tuple[float, float, float, float]


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """An AOI's line. Its counts are those of its own page."""

    name: str
    status: Status
    scenes: Counts
    tiles: Counts
    attention: int
    """Scenes, tiles and rejected creations that need attention."""
    held_up: int
    """NEW tiles that can't start until those in RETRY or FAILED are settled."""
    first: str | None = None
    """First day of acquisition, in UTC."""
    last: str | None = None
    last_event: str | None = None
    """The instant of its last event in log order, whatever came of it."""
    bounds: Bounds | None = None
    """West, south, east, north of its footprints, in degrees; west is greater than east across the antimeridian."""
    oldest_pending: str | None = None
    """The instant since when that scene or tile has been PENDING that has been so longest."""
    oldest_retry: str | None = None
    troubles: tuple[Trouble, ...] = ()
    """The latest few events by which something went into RETRY or FAILED, the latest first."""


def summary(facts: Facts, workload: Overview, places: AoiPlaces) -> Summary:
    """Sums an AOI up."""
    board = facts.board
    days = {day for scene in board.scenes.values() if (day := scene.day)}
    return Summary(
        board.name,
        board.status,
        workload.scenes,
        workload.tiles,
        facts.attention.open_count,
        facts.attention.held_up,
        min(days, default=None),
        max(days, default=None),
        board.events[-1].instant if board.events else None,
        places.bounds,
        oldest(board, "PENDING"),
        oldest(board, "RETRY"),
        tuple(troubles(board, _TROUBLES, whole_messages=False)),
    )


def oldest(board: Board, status: Status) -> str | None:
    """The instant since when that scene or tile has been in a status that has been so longest."""
    since = [scene.since for scene in board.scenes.values() if scene.status == status]
    since += [tile.since for tile in board.tiles.values() if tile.status == status]
    return min(since, default=None)


_decoder = msgspec.json.Decoder(Summary)


def encoded(of: Summary) -> str:
    """As text for the store."""
    return msgspec.json.encode(of).decode()


def decoded(text: str) -> Summary:
    """The summary that `encoded` made."""
    return _decoder.decode(text)
