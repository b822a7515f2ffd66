"""The status of an AOI: a pure function of its scenes and tiles."""

from collections.abc import Iterable

from pipeline.event import Status
from pipeline.fold.state import Aoi

_PRECEDENCE: tuple[Status, ...] = ("PENDING", "NEW", "DONE", "FAILED")


def aoi_status(aoi: Aoi) -> Status:
    """RETRY if anything is; else what its scenes say, and once they are DONE what their tiles say. No scenes: NEW."""
    scenes = {scene.status for scene in aoi.scenes.values()}
    if "RETRY" in scenes or any(tile.status == "RETRY" for tile in aoi.tiles.values()):
        return "RETRY"
    first = _first(scenes)
    if first == "DONE":
        return _first({tile.status for tile in aoi.tiles.values() if tile.scene.status == "DONE"})
    return first


def _first(present: Iterable[Status]) -> Status:
    found = set(present)
    return next((status for status in _PRECEDENCE if status in found), "NEW")
