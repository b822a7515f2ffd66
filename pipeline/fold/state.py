"""What the fold knows of an AOI: its scenes and tiles, and which tile waits for which."""

from dataclasses import dataclass, field

from pipeline.event import Status


@dataclass(slots=True, eq=False)
class Scene:
    """A scene. `data`, `geometry` and `tags` are JSON texts; `created` is the number of the event that made it."""

    id: int
    source_id: str
    status: Status
    retry_countdown: int
    data: bytes
    geometry: bytes | None
    tags: bytes | None
    created: int
    message: str = ""
    tiles: dict[str, "Tile"] = field(default_factory=dict)
    """By source id, in ascending id."""
    by_hand: bool = False
    """Its status was forced by an operator."""

    def become(self, status: Status) -> None:
        """Takes on a status, by rule."""
        self.status = status
        self.by_hand = False


@dataclass(slots=True, eq=False)
class Tile:
    """A tile. `prev` must be DONE before it may start; `ref` is the root of its chain."""

    id: int
    source_id: str
    scene: Scene
    status: Status
    retry_countdown: int
    data: bytes
    geometry: bytes | None
    tags: bytes | None
    created: int
    message: str = ""
    prev: "Tile | None" = None
    ref: "Tile | None" = None
    next: dict[int, "Tile"] | None = None
    """Those whose `prev` it is, by id, if there were any."""
    referrers: dict[int, "Tile"] | None = None
    """Those whose `ref` it is, by id, if there were any."""
    by_hand: bool = False

    def become(self, status: Status) -> None:
        """Takes on a status, by rule."""
        self.status = status
        self.by_hand = False

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
                prev.next = {}
            prev.next[self.id] = self

    def set_ref(self, ref: "Tile | None") -> None:
        """Makes another tile the root of its chain, or none."""
        if self.ref is not None and self.ref.referrers is not None:
            del self.ref.referrers[self.id]
        self.ref = ref
        if ref is not None:
            if ref.referrers is None:
                ref.referrers = {}
            ref.referrers[self.id] = self


@dataclass(slots=True)
class Aoi:
    """An AOI by its name. `exists` is false before its creation and after its deletion."""

    name: str
    exists: bool = False
    scenes: dict[int, Scene] = field(default_factory=dict)
    tiles: dict[int, Tile] = field(default_factory=dict)
    by_source_id: dict[str, Scene] = field(default_factory=dict)
