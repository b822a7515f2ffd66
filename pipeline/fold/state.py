"""What the fold knows of an AOI: its scenes and tiles, and which tile waits for which."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec

from pipeline.event import NewScene, NewTile, Status


class _Entity(msgspec.Struct, eq=False):
    """What scenes and tiles have in common. `created` is the number of the event that made it."""

    id: int
    source_id: str
    status: Status
    retry_countdown: int
    made: NewScene | NewTile
    """What its creation says of it."""
    created: int
    message: str = ""
    by_hand: bool = False
    """Its status was forced by an operator."""
    replaced: msgspec.Raw | None = None
    """The data that was given to it since."""

    if TYPE_CHECKING:  # every Struct has it

        def __copy__(self) -> Self: ...

    def become(self, status: Status) -> None:
        """Takes on a status, by rule."""
        self.status = status
        self.by_hand = False

    @property
    def data(self) -> bytes:
        """Its payload, a JSON text."""
        return bytes(self.made.data if self.replaced is None else self.replaced)

    @property
    def geometry(self) -> bytes | None:
        """Its footprint, a JSON text, if it has one."""
        return _text(self.made.geometry)

    @property
    def tags(self) -> bytes | None:
        """Its tags, a JSON text, if it has any."""
        return _text(self.made.tags)


class Scene(_Entity, eq=False):
    """A scene."""

    tiles: dict[str, "Tile"] = {}
    """By source id, in ascending id."""


class Tile(_Entity, eq=False, kw_only=True):
    """A tile of a scene. `prev` must be DONE before it may start; `ref` is the root of its chain."""

    scene: Scene
    prev: "Tile | None" = None
    ref: "Tile | None" = None
    next: dict[int, "Tile"] | None = None
    """Those whose `prev` it is, by id, if there were any."""
    referrers: dict[int, "Tile"] | None = None
    """Those whose `ref` it is, by id, if there were any."""

    def next_tiles(self) -> list["Tile"]:
        """Those whose `prev` it is, in ascending id."""
        return [self.next[id] for id in sorted(self.next)] if self.next else []

    def set_prev(self, prev: "Tile | None") -> None:
        """Makes it wait for another tile, or for none."""
        if self.prev is not None and self.prev.next is not None:
            del self.prev.next[self.id]
        self.prev = prev
        if prev is not None:
            if prev.next is None:
                prev.next = {self.id: self}
            else:
                prev.next[self.id] = self

    def set_ref(self, ref: "Tile | None") -> None:
        """Makes another tile the root of its chain, or none."""
        if self.ref is not None and self.ref.referrers is not None:
            del self.ref.referrers[self.id]
        self.ref = ref
        if ref is not None:
            if ref.referrers is None:
                ref.referrers = {self.id: self}
            else:
                ref.referrers[self.id] = self


def _text(raw: msgspec.Raw) -> bytes | None:
    text = bytes(raw)
    return None if text == b"null" else text


@dataclass(slots=True)
class Aoi:
    """An AOI by its name. `exists` is false before its creation and after its deletion."""

    name: str
    exists: bool = False
    scenes: dict[int, Scene] = field(default_factory=dict)
    tiles: dict[int, Tile] = field(default_factory=dict)
    by_source_id: dict[str, Scene] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets its scenes and tiles. They lead to one another: Python couldn't free them as it goes along."""
        for tile in self.tiles.values():
            tile.prev = tile.ref = tile.next = tile.referrers = None
        for scene in self.scenes.values():
            scene.tiles = {}
        self.scenes.clear()
        self.tiles.clear()
        self.by_source_id.clear()
