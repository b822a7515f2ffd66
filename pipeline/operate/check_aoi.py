"""`aoi check`: whether an AOI is within limits, for monitoring systems."""

from datetime import datetime
from typing import NamedTuple

from pipeline.event import Status
from pipeline.log.place import Data
from pipeline.operate.latest import latest
from pipeline.render.interchange.metrics import unix_seconds
from pipeline.store.board import Board, BoardScene, BoardTile
from pipeline.store.folds import load_board

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class Limits(NamedTuple):
    """What is still well: numbers of scenes and tiles, and how long one may be PENDING or in RETRY. None: any."""

    max_retry: int | None = None
    max_failed: int | None = None
    max_age_seconds: int | None = None


class Checked(NamedTuple):
    """How an AOI is, on one line, and whether that is within the limits."""

    ok: bool
    line: str


def check_aoi(data: Data, name: str, limits: Limits, now: datetime, wait_seconds: float) -> Checked | None:
    """Checks an AOI's latest state; None if it isn't known. Raises StoreHeld, StoreBroken, OSError."""
    with latest(data, wait_seconds) as database:
        try:
            board = load_board(database, name)
        except KeyError:
            return None
    return judge(board, limits, now)


def judge(board: Board, limits: Limits, now: datetime) -> Checked:
    """How a board is at a time, by the limits that are given."""
    every: list[BoardScene | BoardTile] = [*board.scenes.values(), *board.tiles.values()]
    facts: list[str] = []
    ok = True
    wanted: tuple[tuple[Status, int | None], ...] = (("RETRY", limits.max_retry), ("FAILED", limits.max_failed))
    for status, most in wanted:
        if most is None:
            continue
        count = sum(1 for one in every if one.status == status)
        ok = ok and count <= most
        facts.append(f"{count:,} {status} (at most {most:,})")
    if limits.max_age_seconds is not None:
        most_told = duration(limits.max_age_seconds)
        waiting = [one for one in every if one.status in ("PENDING", "RETRY")]
        oldest = min(waiting, key=lambda one: one.since, default=None)
        if oldest is None:
            facts.append(f"nothing PENDING or in RETRY (for at most {most_told})")
        else:
            age = max(0, int(now.timestamp() - unix_seconds(oldest.since)))  # a clock may have been ahead
            ok = ok and age <= limits.max_age_seconds
            kind = "tile" if isinstance(oldest, BoardTile) else "scene"
            facts.append(f"{kind} {oldest.id} {oldest.status} for {duration(age)} (at most {most_told})")
    return Checked(ok, f"{'OK' if ok else 'CRITICAL'} {board.name}: {', '.join(facts)}")


def duration(seconds: int) -> str:
    """As `2d 3h`: the two largest units."""
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
