"""What the demo's workers and operators must know of scenes and tiles, so that what they send is allowed.

The rules are those of the fold (docs/semantics.md), as far as the demo's events go: written down a second time, so
that a log made with them also tests the fold.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["NEW", "PENDING", "DONE", "RETRY", "FAILED"]


@dataclass(slots=True, eq=False)
class Scene:
    """A scene that was created: PENDING."""

    id: int
    source_id: str
    countdown: int
    status: Status = "PENDING"
    tiles: list["Tile"] = field(default_factory=list)
    """In ascending id."""


@dataclass(slots=True, eq=False)
class Tile:
    """A tile that was created: NEW. It is to be listed in `following` of its `prev`."""

    id: int
    name: str
    scene: Scene
    countdown: int
    prev: "Tile | None" = None
    ref: "Tile | None" = None
    status: Status = "NEW"
    following: list["Tile"] = field(default_factory=list)
    """The tiles whose `prev` it is, in ascending id."""


def finish_scene(scene: Scene) -> list[Tile]:
    """The scene is DONE. Returns the tiles that became PENDING."""
    scene.status = "DONE"
    started = [
        tile for tile in scene.tiles if tile.status == "NEW" and (tile.prev is None or tile.prev.status == "DONE")
    ]
    for tile in started:
        tile.status = "PENDING"
    return started


def finish_tile(tile: Tile) -> list[Tile]:
    """The tile is DONE. Returns the tiles that became PENDING."""
    tile.status = "DONE"
    started = [
        following for following in tile.following if following.status == "NEW" and following.scene.status == "DONE"
    ]
    for following in started:
        following.status = "PENDING"
    return started


def may_retry(tile: Tile) -> bool:
    """Whether an operator's retry of a tile in RETRY is allowed."""
    return tile.status == "RETRY" and tile.scene.status == "DONE" and (tile.prev is None or tile.prev.status == "DONE")


def retry(entity: Scene | Tile) -> None:
    """PENDING again, one try less."""
    entity.status = "PENDING"
    entity.countdown -= 1


def report_retry(entity: Scene | Tile) -> bool:
    """A worker's RETRY of something PENDING. Returns whether it is tried again by itself; else it is in RETRY."""
    if entity.countdown > 0:
        retry(entity)
        return True
    entity.status = "RETRY"
    return False


def may_fail(tile: Tile) -> bool:
    """Whether a tile can be failed: its `prev` isn't FAILED nor is its scene, and those that wait for it are NEW."""
    prev = tile.prev
    if prev is not None and "FAILED" in (prev.status, prev.scene.status):
        return False
    return all(following.status == "NEW" for following in tile.following)


def fail_tile(tile: Tile) -> list[Tile]:
    """The tile is FAILED, its chain closed without it. Returns the tiles that became PENDING.

    Where it was a root, those that refer to it are looked for among the tiles behind it.
    """
    prev, following = tile.prev, tile.following
    tile.status, tile.prev, tile.following = "FAILED", None, []
    if tile.ref is None and following:
        _take_over_reference(tile, following)
    started = []
    if prev is not None:
        prev.following = sorted(
            [*(other for other in prev.following if other is not tile), *following], key=lambda t: t.id
        )
    for waiting in following:
        waiting.prev = prev
        if waiting.scene.status == "DONE":
            retry(waiting)
            started.append(waiting)
    return started


def fail_scene(scene: Scene) -> list[Tile]:
    """The scene and all its tiles, which are NEW, are FAILED. Returns the tiles that became PENDING."""
    scene.status = "FAILED"
    started = []
    for tile in scene.tiles:
        started += fail_tile(tile)
    return started


def _take_over_reference(failed: Tile, following: list[Tile]) -> None:
    first, behind = following[0], list(following)
    while behind:
        tile = behind.pop()
        behind += tile.following
        if tile.ref is failed:
            tile.ref = None if tile is first else first
