"""Whether a command may be given now, and whether what it names is still as it was seen.

What is allowed is asked from the rules of the fold themselves, on a copy of what the command would touch.

The guard of a command (`--expect HASH`) is a hash over what it names: a command that was made from a page is refused
when someone else was faster. The hash is short, so it can't say by itself what changed; but what it names has been in
few states, all of them kept as transitions: going back through them until the hash fits gives what was seen.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from pipeline.event import NewScene, NewTile, Status
from pipeline.fold import operator
from pipeline.fold.outcome import Ignored, Journal, Rejected, Transition
from pipeline.fold.state import Scene, Tile
from pipeline.insight.failures import Kind, kind_of
from pipeline.insight.words import counted
from pipeline.store.board import BoardScene, BoardTile

Verb: TypeAlias = Literal["retry", "fail", "force"]

HASH_DIGITS = 10
IDS_IN_A_COMMAND = 50
"""A command with more ids is cut into several: each still fits a line of a terminal or two, with a guard of its own."""


class State(NamedTuple):
    """What a guard looks at."""

    kind: Kind
    id: int
    status: Status
    retries_left: int


class Changed(NamedTuple):
    """A scene or tile that isn't as it was seen. `event` is the number of the last event that changed it since."""

    seen: State
    now: State
    event: int

    @property
    def sentence(self) -> str:
        """As `tile 12 is PENDING with no retry left; it was RETRY with 1 retry left`."""
        now, seen = _told(self.now), _told(self.seen)
        return f"{self.now.kind} {self.now.id} is {now}; it was {seen}"


def _told(state: State) -> str:
    return f"{state.status} with {retries(state.retries_left)} left"


def retries(left: int) -> str:
    """`no retry`, `1 retry`, `2 retries`. A countdown below 0 is none."""
    return counted(left, "retry", "retries") if left > 0 else "no retry"


def state_of(entity: BoardScene | BoardTile) -> State:
    """What a guard looks at, of a board's scene or tile."""
    return State(kind_of(entity), entity.id, entity.status, entity.retry_countdown)


def expect(states: Iterable[State]) -> str:
    """The guard of a command that names these scenes or tiles: ten hexadecimal digits.

    A BLAKE2b hash over kind, id, status and retries left, in ascending order; one that is named twice counts once.
    """
    text = "".join(f"{kind} {id} {status} {left}\n" for kind, id, status, left in sorted(set(states)))
    return hashlib.blake2b(text.encode(), digest_size=HASH_DIGITS // 2).hexdigest()


def fits(expected: str, states: Iterable[State]) -> bool:
    """Whether the scenes or tiles are as the guard says; the hash may be in capitals."""
    return expect(states) == expected.strip().lower()


def changed(expected: str, now: Iterable[State], past: Sequence[Transition]) -> list[Changed] | None:
    """What has changed since a command with this guard was made, in ascending order; empty if the guard fits.

    `past` are the transitions of what the command names, in log order; those of others don't matter. None if what it
    names was never as the guard says: it is of another command, or the past itself has changed since (a late event).
    """
    current = {(state.kind, state.id): state for state in now}
    seen = dict(current)
    last: dict[tuple[Kind, int], int] = {}
    behind = len(past)
    while not fits(expected, seen.values()):
        if behind == 0:
            return None
        event = past[behind - 1].event
        while behind and past[behind - 1].event == event:
            behind -= 1
            change = past[behind]
            key = (change.kind, change.id)
            if key in seen:
                seen[key] = State(change.kind, change.id, change.status_before, change.retries_before)
                last.setdefault(key, event)
    return [Changed(seen[key], current[key], last[key]) for key in sorted(current) if seen[key] != current[key]]


def commands(verb: Literal["retry", "fail"], entities: Sequence[BoardScene | BoardTile]) -> tuple[str, ...]:
    """The command lines that retry or fail these scenes (or these tiles, all of one kind), in the order given.

    They name their ids and carry a guard. Numbers and fixed words alone: safe to paste into any shell.
    """
    lines = []
    for start in range(0, len(entities), IDS_IN_A_COMMAND):
        some = entities[start : start + IDS_IN_A_COMMAND]
        ids = " ".join(str(one.id) for one in some)
        lines.append(f"sceneboard {kind_of(some[0])} {verb} {ids} --expect {expect(map(state_of, some))}")
    return tuple(lines)


def allowed(
    verb: Verb, entity: BoardScene | BoardTile, *, force: bool = False, status: Status | None = None
) -> str | None:
    """None if an operator's command would change the scene or tile as it is now, else the reason why not.

    `force` is that of `fail`; `status` is what `force` sets. Raises ValueError for a `force` without a status.
    """
    scene = _copy_scene_and_tiles(entity) if isinstance(entity, BoardScene) else _copy_scene(entity.scene)
    tiles = [_copy_tile(entity, scene)] if isinstance(entity, BoardTile) else [*scene.tiles.values()]
    try:
        if isinstance(entity, BoardScene):
            _try_scene(verb, scene, force, status)
        else:
            _try_tile(verb, tiles[0], force, status)
    except Ignored:
        return f"{kind_of(entity)} {entity.id} is {entity.status} already"
    except Rejected as rejected:
        return str(rejected)
    finally:
        _let_go(scene, tiles)
    return None


def _try_scene(verb: Verb, scene: Scene, force: bool, status: Status | None) -> None:
    match verb:
        case "retry":
            operator.retry_scene(scene, Journal())
        case "fail":
            operator.fail_scene(scene, force, Journal())
        case "force":
            operator.force_scene(scene, _given(status), Journal())


def _try_tile(verb: Verb, tile: Tile, force: bool, status: Status | None) -> None:
    match verb:
        case "retry":
            operator.retry_tile(tile, Journal())
        case "fail":
            operator.fail_tile(tile, force, Journal())
        case "force":
            operator.force_tile(tile, _given(status), Journal())


def _let_go(scene: Scene, tiles: Iterable[Tile]) -> None:
    """Copies lead to one another: without that they stay until Python looks for them."""
    scene.tiles = {}
    for tile in tiles:
        tile.prev = tile.next = None


def _given(status: Status | None) -> Status:
    if status is None:
        raise ValueError("force needs the status to set")
    return status


def _copy_scene(of: BoardScene) -> Scene:
    return Scene(
        id=of.id, source_id=of.source_id, status=of.status, retry_countdown=of.retry_countdown,
        made=NewScene(of.id, of.source_id, ""), created=0,
    )  # fmt: skip


def _copy_scene_and_tiles(of: BoardScene) -> Scene:
    scene = _copy_scene(of)
    scene.tiles = {tile.source_id: _copy_tile(tile, scene) for tile in of.tiles}
    return scene


def _copy_tile(of: BoardTile, scene: Scene) -> Tile:
    """The tile with what the rules look at: its scene, its previous and next tiles and theirs."""
    tile = _lone_tile(of, scene)
    if of.prev is not None:
        tile.set_prev(_lone_tile(of.prev, _copy_scene(of.prev.scene)))
    for following in of.next:
        _lone_tile(following, _copy_scene(following.scene)).set_prev(tile)
    return tile


def _lone_tile(of: BoardTile, scene: Scene) -> Tile:
    return Tile(
        id=of.id, source_id=of.source_id, scene=scene, status=of.status, retry_countdown=of.retry_countdown,
        made=NewTile(of.id), created=0,
    )  # fmt: skip
