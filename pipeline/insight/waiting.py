"""Why every scene and tile is where it is: one sentence that names the root.

A tile waits for its scene and for the tile before it in its chain, which may wait in turn. The root is where that
ends: the earliest scene or tile in RETRY or FAILED that is in the way, and if none is, the earliest that is in the
way at all. What a worker has (PENDING) waits for nothing, whatever stands before it. Among scene and chain, the chain
comes first: what is earlier has to be settled earlier.

Forced states make odd boards: a NEW tile with nothing in its way that nobody handed out, a tile in RETRY whose scene
isn't DONE. The sentences say so, and what the rules allow.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from pipeline.event import Status
from pipeline.insight.failures import Failures, Kind, failures, kind_of
from pipeline.insight.guard import allowed, retries
from pipeline.insight.words import counted, excerpt, moment
from pipeline.store.board import Board, BoardScene, BoardTile

ReasonKind: TypeAlias = Literal[
    "may run now", "behind a failure", "behind work in progress", "its scene isn't ready", "done", "in RETRY", "failed"
]
"""The first four are NEW or PENDING. `may run now` is with a worker, or could be if it were handed out."""

_FAILING: tuple[Status, ...] = ("RETRY", "FAILED")
_WAITING: tuple[Status, ...] = ("NEW", "RETRY")


class Root(NamedTuple):
    """A scene or tile that others wait for. `via` is the tile that a scene holds up first, of a chain."""

    kind: Kind
    id: int
    failing: bool
    via: int


class Reason(NamedTuple):
    """Why a scene or tile is where it is. The sentence is one line, without a subject and without a full stop.

    The root is what it waits for. What failed is its own root, unless an earlier failure stands before it. What may
    run now and what is done has none.
    """

    kind: ReasonKind
    sentence: str
    root_kind: Kind | None = None
    root_id: int | None = None


class _Way(NamedTuple):
    """What is in the way of a tile: the root, and how many scenes and tiles there are in all, the root among them."""

    root: Root | None
    obstacles: int


_CLEAR = _Way(None, 0)


@dataclass(slots=True)
class Waiting:
    """The reasons of an AOI's scenes and tiles. Made when asked for: most pages need few of them."""

    board: Board
    failures: Failures
    _ways: dict[int, _Way]
    _roots: dict[tuple[Kind, int], str] = field(default_factory=dict)
    _tiles: dict[int, Reason] = field(default_factory=dict)
    """Those that were asked for: lists, the graph, scenes' fingerprints and pages ask for the same."""

    def scene(self, id: int) -> Reason:
        """Why this scene is where it is. Raises KeyError if there is none of that id."""
        scene = self.board.scenes[id]
        match scene.status:
            case "DONE":
                return _done(scene)
            case "PENDING":
                return Reason("may run now", self._with_a_worker(scene))
            case "NEW":
                return Reason("may run now", _idle(scene))
            case "RETRY":
                return Reason("in RETRY", self._in_retry(scene), "scene", id)
            case "FAILED":
                return Reason("failed", f"{self._failing(scene)}; given up", "scene", id)

    def tile(self, id: int) -> Reason:
        """Why this tile is where it is. Raises KeyError if there is none of that id."""
        found = self._tiles.get(id)
        if found is None:
            found = self._tiles[id] = self._of_tile(self.board.tiles[id])
        return found

    def _of_tile(self, tile: BoardTile) -> Reason:
        match tile.status:
            case "DONE":
                return _done(tile)
            case "PENDING":
                return Reason("may run now", self._with_a_worker(tile) + _all_the_same(tile))
            case "NEW":
                return self._waiting(tile)
            case "RETRY":
                root = self._ways[tile.id].root
                before = (root.kind, root.id) if root and root.failing else ("tile", tile.id)
                return Reason("in RETRY", self._in_retry(tile), *before)
            case "FAILED":
                return Reason("failed", self._failing(tile) + _given_up(tile, self.failures), "tile", tile.id)

    def holder(self, tile: BoardTile) -> tuple[Kind, int] | None:
        """The scene or tile in RETRY or FAILED that a NEW tile can't start before; None if none is in its way."""
        if tile.status != "NEW":
            return None
        root = self._ways[tile.id].root
        return (root.kind, root.id) if root is not None and root.failing else None

    def _waiting(self, tile: BoardTile) -> Reason:
        root, obstacles = self._ways[tile.id]
        if root is None:
            return Reason("may run now", _idle(tile))
        own_scene = root.kind == "scene" and root.id == tile.scene.id
        if root.failing:
            kind: ReasonKind = "behind a failure"
        else:
            kind = "its scene isn't ready" if own_scene else "behind work in progress"
        if not own_scene:
            through = f", through tile {root.via} of its chain" if root.kind == "scene" else ""
            what = f"waits for {self._named(root)}{through}, {self._state(root)}"
        elif root.failing:
            what = f"waits for its scene {root.id}, {self._state(root)}"
        else:
            what = f"its scene {root.id} isn't ready: {self._state(root)}"
        rest = _rest(tile, obstacles - 1, its_scene_said=own_scene)
        return Reason(kind, f"{what}; {rest}", root.kind, root.id)

    def _named(self, root: Root) -> str:
        """As `tile 153637 of 2020-04-21`: the day of acquisition."""
        entity = self._entity(root)
        day = (entity if isinstance(entity, BoardScene) else entity.scene).day
        return f"{root.kind} {root.id} of {day}" if day else f"{root.kind} {root.id}"

    def _state(self, root: Root) -> str:
        """What is the matter with a root. Thousands wait for one: it is told once."""
        key = (root.kind, root.id)
        known = self._roots.get(key)
        if known is None:
            entity = self._entity(root)
            if entity.status in _FAILING:
                known = self._failing(entity, brackets=True)
            elif entity.status == "NEW":
                known = f"NEW since {moment(entity.since)}, handed to nobody until it is forced PENDING"
            else:
                known = f"{entity.status} since {moment(entity.since)}"
            self._roots[key] = known
        return known

    def _entity(self, root: Root) -> BoardScene | BoardTile:
        return self.board.scenes[root.id] if root.kind == "scene" else self.board.tiles[root.id]

    def _failing(self, entity: BoardScene | BoardTile, *, brackets: bool = False) -> str:
        """As `in RETRY since …: no space left (3 tries)`; with brackets `in RETRY since … (no space left; 3 tries)`."""
        tries = self.failures.tries.get((kind_of(entity), entity.id), 0)
        message = excerpt(self.failures.message(entity))
        details = [counted(tries, "try", "tries")] if tries else []
        details += ["set by hand"] if entity.by_hand else []
        since = f"{'in RETRY' if entity.status == 'RETRY' else 'FAILED'} since {moment(entity.since)}"
        if brackets:
            details = [message, *details] if message else details
        elif message:
            since = f"{since}: {message}"
        return f"{since} ({'; '.join(details)})" if details else since

    def _in_retry(self, entity: BoardScene | BoardTile) -> str:
        return f"{self._failing(entity)}; {retries(entity.retry_countdown)} left; {_what_an_operator_may(entity)}"

    def _with_a_worker(self, entity: BoardScene | BoardTile) -> str:
        tries = self.failures.tries.get((kind_of(entity), entity.id), 0)
        failed = f" ({counted(tries, 'try', 'tries')} failed)" if tries else ""
        by_hand = " by hand" if entity.by_hand else ""
        left = retries(entity.retry_countdown)
        return f"handed to a worker{by_hand}, PENDING since {moment(entity.since)}{failed}; {left} left"


def reasons(board: Board) -> Waiting:
    """Finds out what is in the way of each of the AOI's tiles: linear in tiles and events, however long the chains."""
    ways: dict[int, _Way] = {}
    for tile in board.tiles.values():
        if tile.status not in _WAITING or tile.id in ways:
            continue
        trail = [tile]
        while (prev := trail[-1].prev) is not None and prev.status in _WAITING and prev.id not in ways:
            trail.append(prev)
        for one in reversed(trail):
            ways[one.id] = _way(one, ways)
    return Waiting(board, failures(board), ways)


def _way(tile: BoardTile, ways: dict[int, _Way]) -> _Way:
    """What is in the way of a NEW tile, or of the retry of one in RETRY; those before it in its chain are known."""
    chain, obstacles = _CLEAR if tile.prev is None else _behind(tile.prev, ways)
    scene = tile.scene
    if scene.status == "DONE":
        return _Way(chain, obstacles)
    if chain is None or (scene.status in _FAILING and not chain.failing):
        chain = Root("scene", scene.id, scene.status in _FAILING, tile.id)
    return _Way(chain, obstacles + 1)


def _behind(tile: BoardTile, ways: dict[int, _Way]) -> _Way:
    """What is in the way of whatever has this tile before it."""
    match tile.status:
        case "DONE":
            return _CLEAR
        case "PENDING" | "FAILED":
            return _Way(Root("tile", tile.id, tile.status == "FAILED", tile.id), 1)
        case "NEW":
            way = ways[tile.id]
            return _Way(Root("tile", tile.id, False, tile.id), 1) if way.root is None else way
        case "RETRY":
            root, obstacles = ways[tile.id]
            if root is None or not root.failing:
                root = Root("tile", tile.id, True, tile.id)
            return _Way(root, obstacles + 1)


def _rest(tile: BoardTile, others: int, *, its_scene_said: bool) -> str:
    """What else is in the way of a tile, beside the root."""
    said = []
    if not its_scene_said and tile.scene.status != "DONE":
        said.append(f"its scene {tile.scene.id} is {_is(tile.scene.status)}")
        others -= 1
    if others:
        more = "one more thing in its chain is" if others == 1 else f"{others:,} more things in its chain are"
        said.append(f"{more} in its way")
    return f"and {', and '.join(said)}" if said else "nothing else is in its way"


def _is(status: Status) -> str:
    return "in RETRY" if status == "RETRY" else status


def _done(entity: BoardScene | BoardTile) -> Reason:
    return Reason("done", f"done since {moment(entity.since)}{', set by hand' if entity.by_hand else ''}")


def _idle(entity: BoardScene | BoardTile) -> str:
    """NEW, and nothing will make it start."""
    by_hand = ", set by hand" if entity.by_hand else ""
    return (
        f"NEW since {moment(entity.since)}{by_hand}: nothing is in its way, but no worker has it; "
        "force it PENDING to hand it out"
    )


def _all_the_same(tile: BoardTile) -> str:
    """A worker may have a tile that isn't due yet, after a force or when a tile before it was failed."""
    said = []
    if tile.prev is not None and tile.prev.status != "DONE":
        said.append(f"tile {tile.prev.id} before it is {_is(tile.prev.status)}")
    if tile.scene.status != "DONE":
        said.append(f"its scene {tile.scene.id} is {_is(tile.scene.status)}")
    return f"; {' and '.join(said)} all the same" if said else ""


def _given_up(tile: BoardTile, known: Failures) -> str:
    if tile.id in known.failed_with_scene:
        return f"; given up with its scene {tile.scene.id}"
    return "; given up"


def _what_an_operator_may(entity: BoardScene | BoardTile) -> str:
    no_retry, no_fail = allowed("retry", entity), allowed("fail", entity)
    if no_retry is None:
        return (
            "an operator may retry or fail it"
            if no_fail is None
            else f"an operator may retry it, not fail it: {no_fail}"
        )
    if no_fail is None:
        return f"an operator may fail it, not retry it: {no_retry}"
    return f"an operator can neither retry it ({no_retry}) nor fail it ({no_fail})"


class _Waits(msgspec.Struct):
    kind: Kind
    id: int
    status: Status
    why: ReasonKind
    root: "_RootOf | None"
    sentence: str


class _RootOf(msgspec.Struct):
    kind: Kind
    id: int


_encoder = msgspec.json.Encoder()


def waiting_json(board: Board, waiting: Waiting) -> bytes:
    """`aoi/{aoi}/waiting.json`: every scene and tile that isn't DONE, scenes first, by id.

    Each as `{"kind", "id", "status", "why", "root": {"kind", "id"} or null, "sentence"}`.
    """
    found = [_waits(scene, waiting.scene(scene.id)) for scene in board.scenes.values() if scene.status != "DONE"] + [
        _waits(tile, waiting.tile(tile.id)) for tile in board.tiles.values() if tile.status != "DONE"
    ]
    return _encoder.encode(found) + b"\n"


def _waits(entity: BoardScene | BoardTile, reason: Reason) -> _Waits:
    root = None
    if reason.root_kind is not None and reason.root_id is not None:
        root = _RootOf(reason.root_kind, reason.root_id)
    return _Waits(kind_of(entity), entity.id, entity.status, reason.kind, root, reason.sentence)
