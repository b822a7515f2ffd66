"""The commands that an operator may give now, as lines to paste into a shell. Only those that the rules allow.

Which commands those are is asked from the rules (insight's `allowed`). They look at statuses alone: of the scene or
tile itself, and of what is before and after it. An AOI has few constellations of those, so each is asked about once.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from markupsafe import Markup, escape

from pipeline.event import Status
from pipeline.insight.failures import Kind, kind_of
from pipeline.insight.guard import Verb, allowed, commands, expect, state_of
from pipeline.render.plain import built
from pipeline.store.board import BoardScene, BoardTile


class Command(NamedTuple):
    """A command line, and in a few words what it does."""

    does: str
    line: str


class Offer(NamedTuple):
    """What an operator may do with a scene or tile: as usual, and by hand, whatever its status."""

    usual: tuple[Command, ...]
    by_hand: tuple[Command, ...]


class Listed(NamedTuple):
    """An offer as lists of HTML; each is empty if there is nothing in it."""

    usual: Markup
    by_hand: Markup


_Shape: TypeAlias = tuple[object, ...]

_RETRY = "Try it again"
_GIVE_UP: dict[Kind, str] = {"scene": "Give it up, with all its tiles", "tile": "Give it up: what waits goes on"}
_BY_HAND: dict[Status, str] = {
    "PENDING": "Hand it to a worker",
    "DONE": "Take it as done",
    "RETRY": "Leave it to an operator: set the status alone",
    "NEW": "Put it back: set the status alone",
}
"""`force FAILED` isn't offered: `fail --force` does the same."""
_ORDER: tuple[Status, ...] = ("PENDING", "DONE", "RETRY", "NEW")
_ID, _GUARD = "{id}", "{guard}"
_GUARDED: frozenset[Verb] = frozenset(("retry", "fail", "force"))


class Commands:
    """Tells the commands for the scenes and tiles of a board."""

    def __init__(self) -> None:
        self._known: dict[_Shape, tuple[Offer, str, str]] = {}

    def offer(self, entity: BoardScene | BoardTile) -> Offer:
        """The commands for one scene or tile. Those that take a guard have one: when that changed, they are refused."""
        usual, by_hand = self._shaped(entity)[0]
        id, guard = entity.id, expect((state_of(entity),))
        return Offer(
            tuple([Command(does, line.format(id=id, guard=guard)) for does, line in usual]),
            tuple([Command(does, line.format(id=id, guard=guard)) for does, line in by_hand]),
        )

    def listed(self, entity: BoardScene | BoardTile) -> Listed:
        """The same, to be shown."""
        _, usual, by_hand = self._shaped(entity)
        id, guard = entity.id, expect((state_of(entity),))
        return Listed(built(usual.format(id=id, guard=guard)), built(by_hand.format(id=id, guard=guard)))

    def together(self, verb: Literal["retry", "fail"], entities: Sequence[BoardScene | BoardTile]) -> tuple[str, ...]:
        """The lines that retry or fail all of these (all scenes or all tiles) that may be; none if one may at most."""
        if len(entities) < 2:
            return ()
        may = [one for one in entities if any(f" {verb} " in line for _, line in self._shaped(one)[0].usual)]
        return commands(verb, may) if len(may) > 1 else ()

    def _shaped(self, entity: BoardScene | BoardTile) -> tuple[Offer, str, str]:
        """The commands and their lists, with places for the id and the guard."""
        shape = _scene_shape(entity) if isinstance(entity, BoardScene) else _tile_shape(entity)
        found = self._known.get(shape)
        if found is None:
            offer = Offer(_usual(entity), _by_hand(entity))
            found = self._known[shape] = offer, _list(offer.usual), _list(offer.by_hand)
        return found


def listed(some: Iterable[Command]) -> Markup:
    """Commands to be shown, each with what it does."""
    return built(_list(some))


def _list(some: Iterable[Command]) -> str:
    rows = [
        f'<dt>{escape(does)}</dt><dd class="command"><div><code>{_unbroken(line)}</code></div></dd>'
        for does, line in some
    ]
    return f'<dl class="commands">{"".join(rows)}</dl>' if rows else ""


def _unbroken(line: str) -> str:
    """The line, whose guard isn't broken at its hyphens where the line is long."""
    before, mark, guard = line.partition(" --expect ")
    return f"{escape(before)} <span>--expect {escape(guard)}</span>" if mark else escape(line)


def _line(kind: Kind, verb: Verb, *words: str) -> str:
    """A line with a guard, if the command takes one."""
    return " ".join(["sceneboard", kind, verb, _ID, *words, *(["--expect", _GUARD] if verb in _GUARDED else [])])


def _usual(entity: BoardScene | BoardTile) -> tuple[Command, ...]:
    kind = kind_of(entity)
    found = []
    if allowed("retry", entity) is None:
        found.append(Command(_RETRY, _line(kind, "retry")))
    if allowed("fail", entity) is None:
        found.append(Command(_GIVE_UP[kind], _line(kind, "fail")))
    return tuple(found)


def _by_hand(entity: BoardScene | BoardTile) -> tuple[Command, ...]:
    """What does the same as a usual command, or nothing, is left out."""
    kind = kind_of(entity)
    found = []
    for status in _ORDER:
        same = allowed("retry", entity) is None if status == "PENDING" else _only_set(status, entity.status)
        if not same and allowed("force", entity, status=status) is None:
            found.append(Command(_BY_HAND[status], _line(kind, "force", status)))
    if allowed("fail", entity) is not None and allowed("fail", entity, force=True) is None:
        found.append(Command(_GIVE_UP[kind], _line(kind, "fail", "--force")))
    return tuple(found)


def _only_set(status: Status, now: Status) -> bool:
    """A force to RETRY or NEW sets the status and nothing else: there is no use in setting it again."""
    return status == now and status in ("RETRY", "NEW")


def _scene_shape(scene: BoardScene) -> _Shape:
    return (scene.status, *[_tile_shape(tile) for tile in scene.tiles])


def _tile_shape(tile: BoardTile) -> _Shape:
    prev, following = tile.prev, tile.next
    return (
        "tile",
        tile.status,
        tile.scene.status,
        None if prev is None else (prev.status, prev.scene.status),
        tuple([(one.status, one.scene.status) for one in following]) if following else (),
    )


AoiVerb: TypeAlias = Literal["retry", "show", "graph", "delete"]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def aoi_command(verb: AoiVerb, name: str, *options: str) -> str | None:
    """A command about an AOI, whose name may be any text. None if no shell can hand on that name."""
    word = quoted(name)
    if word is None:
        return None
    dashes = "-- " if name.startswith("-") else ""
    return " ".join(["sceneboard", "aoi", verb, *options, dashes + word])


def quoted(word: str) -> str | None:
    """A text as one word of a shell, on one line, to be pasted into a terminal; None if it can't be one.

    Control characters, and marks that turn or hide text, are written as octal bytes in `$'…'` (POSIX 2024; bash, zsh,
    ksh): in a terminal the characters themselves could end the word, or do worse. A NUL can't be in a word at all.
    """
    if "\0" in word:
        return None
    try:
        word.encode()
    except UnicodeEncodeError:
        return None
    if not _CONTROL.search(word):
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    # In an interactive bash an exclamation mark calls up the history, even here.
    escaped = escaped.replace("!", "\\041")
    octal = _CONTROL.sub(lambda found: "".join(f"\\{byte:03o}" for byte in found[0].encode()), escaped)
    return f"$'{octal}'"
