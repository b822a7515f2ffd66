"""The workload of an AOI: how many scenes and tiles are in each status, where its chains begin and where they end."""

from collections import Counter

import msgspec

from pipeline.event import STATUSES, Status
from pipeline.store.board import Board, BoardTile


class Counts(msgspec.Struct, frozen=True):
    """How many scenes or tiles are in each status."""

    new: int = 0
    pending: int = 0
    done: int = 0
    retry: int = 0
    failed: int = 0
    total: int = 0

    def of(self, status: Status) -> int:
        return int(getattr(self, status.lower()))


class Overview(msgspec.Struct, frozen=True):
    """The workload of an AOI, and the days (UTC) of its earliest root tile and its latest leaf tile."""

    id: str
    status: Status
    scenes: Counts
    tiles: Counts
    root_tiles: int
    first: str | None = msgspec.field(name="from")
    last: str | None = msgspec.field(name="to")


def overview(board: Board) -> Overview:
    """Counts an AOI's scenes and tiles. Every count on every page comes from here."""
    root_tiles = roots(board)
    return Overview(
        board.name,
        board.status,
        count([scene.status for scene in board.scenes.values()]),
        count([tile.status for tile in board.tiles.values()]),
        len(root_tiles),
        min(_days(root_tiles), default=None),
        max(_days(leaves(board)), default=None),
    )


def roots(board: Board) -> list[BoardTile]:
    """Tiles without previous and reference that aren't FAILED."""
    return [one for one in board.tiles.values() if one.prev is None and one.ref is None and one.status != "FAILED"]


def leaves(board: Board) -> list[BoardTile]:
    """Tiles that are nobody's previous and aren't FAILED."""
    return [one for one in board.tiles.values() if not one.next and one.status != "FAILED"]


def count(statuses: list[Status]) -> Counts:
    """How many are in each status."""
    found = Counter(statuses)
    return Counts(**{status.lower(): found[status] for status in STATUSES}, total=len(statuses))


def _days(tiles: list[BoardTile]) -> list[str]:
    return [day for tile in tiles if (day := tile.scene.day)]
