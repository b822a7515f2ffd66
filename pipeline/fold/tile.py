"""How a tile goes from one status to another: finish, retry, fail, and a worker's result."""

from collections.abc import Callable

from pipeline.event import Status
from pipeline.fold.outcome import Ignored, Journal, Rejected
from pipeline.fold.state import Tile


def finish(tile: Tile, journal: Journal) -> None:
    """DONE. Each NEW tile whose `prev` it is and whose scene is DONE becomes PENDING. No countdown changes."""
    journal.touch(tile)
    tile.become("DONE")
    for waiting in (tile.next or {}).values():
        if waiting.status == "NEW" and waiting.scene.status == "DONE":
            journal.touch(waiting)
            waiting.become("PENDING")


def retry(tile: Tile, journal: Journal) -> None:
    """PENDING, countdown − 1. Rejected unless its `prev`, if any, is DONE."""
    if tile.prev is not None and tile.prev.status != "DONE":
        raise Rejected(f"tile {tile.id} waits for tile {tile.prev.id}, which is {tile.prev.status}, not DONE")
    journal.touch(tile)
    tile.become("PENDING")
    tile.retry_countdown -= 1


def fail(tile: Tile, journal: Journal) -> None:
    """FAILED, and its chain is closed without it: its next tiles now wait for what it waited for.

    Rejected if its `prev` or its `prev`'s scene is FAILED, or if one of its next tiles isn't NEW.
    """
    prev = tile.prev
    if prev is not None and prev.status == "FAILED":
        raise Rejected(f"tile {tile.id} waits for tile {prev.id}, which is FAILED")
    if prev is not None and prev.scene.status == "FAILED":
        raise Rejected(f"tile {tile.id} waits for tile {prev.id}, whose scene {prev.scene.id} is FAILED")
    following = tile.next_tiles()
    for waiting in following:
        if waiting.status != "NEW":
            raise Rejected(f"tile {waiting.id}, which waits for tile {tile.id}, is {waiting.status}, not NEW")
    journal.touch(tile)
    tile.become("FAILED")
    tile.set_prev(None)
    for waiting in following:
        journal.touch(waiting)
        waiting.set_prev(prev)
    if tile.ref is None and following:
        _take_over_reference(tile, following[0], journal)
    for waiting in following:
        if waiting.scene.status == "DONE":
            waiting.become("PENDING")
            waiting.retry_countdown -= 1


def _take_over_reference(failed: Tile, first: Tile, journal: Journal) -> None:
    for follower in list((failed.referrers or {}).values()):
        journal.touch(follower)
        follower.set_ref(None if follower is first else first)


def report(tile: Tile, status: Status, message: str, journal: Journal) -> None:
    """A worker's result. Rejected or ignored as the table of the contract says."""
    if tile.status == status:
        raise Ignored
    rule = _REPORTS.get((tile.status, status))
    if rule is None:
        raise Rejected(f"tile {tile.id} is {tile.status}: a worker can't make it {status}")
    rule(tile, message, journal)


def _finish(tile: Tile, message: str, journal: Journal) -> None:
    finish(tile, journal)


def _retry_or_give_back(tile: Tile, message: str, journal: Journal) -> None:
    if tile.retry_countdown > 0:
        retry(tile, journal)
    else:
        journal.touch(tile)
        tile.become("RETRY")
        tile.message = message


def _retry_if_scene_is_done(tile: Tile, message: str, journal: Journal) -> None:
    if tile.scene.status != "DONE":
        raise Rejected(f"scene {tile.scene.id} of tile {tile.id} is {tile.scene.status}, not DONE")
    retry(tile, journal)


def _fail_with_message(tile: Tile, message: str, journal: Journal) -> None:
    fail(tile, journal)
    tile.message = message


_REPORTS: dict[tuple[Status, Status], Callable[[Tile, str, Journal], None]] = {
    ("PENDING", "DONE"): _finish,
    ("PENDING", "RETRY"): _retry_or_give_back,
    ("PENDING", "FAILED"): _fail_with_message,
    ("RETRY", "DONE"): _finish,
    ("RETRY", "FAILED"): _fail_with_message,
    ("RETRY", "PENDING"): _retry_if_scene_is_done,
}
"""What is allowed, by the status now and the one that is reported."""
