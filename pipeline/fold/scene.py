"""How a scene goes from one status to another: finish, retry, fail, and a worker's result."""

from collections.abc import Callable

from pipeline.event import Status
from pipeline.fold import tile as tile_rules
from pipeline.fold.outcome import Ignored, Journal, Rejected
from pipeline.fold.state import Scene


def finish(scene: Scene, journal: Journal) -> None:
    """DONE. Its NEW tiles without `prev`, or whose `prev` is DONE, become PENDING. No countdown changes."""
    journal.touch(scene)
    scene.become("DONE")
    for tile in scene.tiles.values():
        if tile.status == "NEW" and (tile.prev is None or tile.prev.status == "DONE"):
            journal.touch(tile)
            tile.become("PENDING")


def retry(scene: Scene, journal: Journal) -> None:
    """PENDING, countdown − 1; it may go below 0."""
    journal.touch(scene)
    scene.become("PENDING")
    scene.retry_countdown -= 1


def fail(scene: Scene, journal: Journal) -> None:
    """FAILED, then each of its tiles, in ascending id. Rejected unless all its tiles are NEW."""
    for tile in scene.tiles.values():
        if tile.status != "NEW":
            raise Rejected(f"tile {tile.id} of scene {scene.id} is {tile.status}, not NEW")
    journal.touch(scene)
    scene.become("FAILED")
    for tile in scene.tiles.values():
        tile_rules.fail(tile, journal)


def report(scene: Scene, status: Status, message: str, journal: Journal) -> None:
    """A worker's result. Rejected or ignored as the table of the contract says."""
    if scene.status == status:
        raise Ignored
    rule = _REPORTS.get((scene.status, status))
    if rule is None:
        raise Rejected(f"scene {scene.id} is {scene.status}: a worker can't make it {status}")
    rule(scene, message, journal)


def _finish(scene: Scene, message: str, journal: Journal) -> None:
    finish(scene, journal)


def _retry_or_give_back(scene: Scene, message: str, journal: Journal) -> None:
    if scene.retry_countdown > 0:
        retry(scene, journal)
    else:
        journal.touch(scene)
        scene.become("RETRY")
        scene.message = message


def _retry(scene: Scene, message: str, journal: Journal) -> None:
    retry(scene, journal)


def _fail_with_message(scene: Scene, message: str, journal: Journal) -> None:
    fail(scene, journal)
    scene.message = message


_REPORTS: dict[tuple[Status, Status], Callable[[Scene, str, Journal], None]] = {
    ("PENDING", "DONE"): _finish,
    ("PENDING", "RETRY"): _retry_or_give_back,
    ("PENDING", "FAILED"): _fail_with_message,
    ("RETRY", "DONE"): _finish,
    ("RETRY", "FAILED"): _fail_with_message,
    ("RETRY", "PENDING"): _retry,
}
"""What is allowed, by the status now and the one that is reported."""
