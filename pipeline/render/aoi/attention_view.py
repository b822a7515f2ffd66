"""What needs attention, as the AOI's page shows it and as a file. Long lists are cut on the page, never in the file."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pipeline.insight.attention import Attention, Group, GroupKind
from pipeline.render.paths import url
from pipeline.render.plain import one_line
from pipeline.store.board import Board
from pipeline.timestamp import rfc3339

MOST_GROUPS = 40
MOST_MEMBERS = 12
MOST_COMMANDS = 2
"""What a page shows of groups, of a group's members, and of the lines of each of its commands."""
NAMED = 3
"""Up to so many members are shown with their names and days, more with their ids alone."""
_LONGEST_NAME = 120
_LONGEST_EXAMPLE = 300

_NOUNS: dict[GroupKind, tuple[str, str]] = {
    "scene": ("scene", "scenes"),
    "tile": ("tile", "tiles"),
    "creation": ("scene that was to be created", "scenes that were to be created"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One of a group: its id, its link, its name and day of acquisition. What never was has no link and no day."""

    id: int
    href: str
    name: str
    day: str


@dataclass(frozen=True, slots=True)
class Command:
    """What a command does to a group: the lines shown, and how many more there are."""

    does: str
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as the page shows it."""

    group: Group
    what: str
    """`3 tiles`."""
    message: str
    """The message of the first that failed; the cause where it has none."""
    members: list[Member]
    more: int
    """How many members aren't listed."""
    named: bool
    """Whether the members' names are shown."""
    commands: list[Command]


@dataclass(frozen=True, slots=True)
class Part:
    """Some groups of the list, and what those that aren't shown have together."""

    groups: list[GroupView]
    count: int
    held_up: int
    more_groups: int
    more_count: int
    more_held_up: int


@dataclass(frozen=True, slots=True)
class AttentionView:
    """The list in its two parts: what is open, in the order of the list, and what is settled."""

    open: Part
    settled: Part
    count: int
    """All failures: those of both parts."""


def attention_view(board: Board, found: Attention, page_path: str) -> AttentionView:
    """What the template `aoi/attention.html` shows, as `attention`."""
    return AttentionView(
        _part(board, [group for group in found.groups if not group.settled], page_path),
        _part(board, [group for group in found.groups if group.settled], page_path),
        found.count,
    )


def _part(board: Board, groups: Sequence[Group], page_path: str) -> Part:
    shown, more = groups[:MOST_GROUPS], groups[MOST_GROUPS:]
    return Part(
        [_view(board, group, page_path) for group in shown],
        sum(group.count for group in groups),
        sum(group.held_up for group in groups),
        len(more),
        sum(group.count for group in more),
        sum(group.held_up for group in more),
    )


def _view(board: Board, group: Group, page_path: str) -> GroupView:
    one, many = _NOUNS[group.kind]
    named = zip(group.ids[:MOST_MEMBERS], group.source_ids[:MOST_MEMBERS], strict=True)
    offers = (("Retry", group.retriable, group.retry), ("Give up", group.failable, group.fail))
    return GroupView(
        group,
        what=f"{group.count:,} {one if group.count == 1 else many}",
        message=one_line(group.example or group.cause, _LONGEST_EXAMPLE),
        members=[_member(board, group.kind, id, name, page_path) for id, name in named],
        more=max(0, group.count - MOST_MEMBERS),
        named=group.count <= NAMED,
        commands=[
            Command(_does(does, able, group.count), lines[:MOST_COMMANDS], max(0, len(lines) - MOST_COMMANDS))
            for does, able, lines in offers
            if lines
        ],
    )


def _member(board: Board, kind: GroupKind, id: int, name: str, page_path: str) -> Member:
    return Member(id, _href(board, kind, id, page_path), one_line(name, _LONGEST_NAME), _day(board, kind, id))


def _does(does: str, able: int, count: int) -> str:
    """`Retry`; `Retry 2 of 3` where the rules allow no more."""
    return does if able == count else f"{does} {able:,} of {count:,}"


def _href(board: Board, kind: GroupKind, id: int, page_path: str) -> str:
    match kind:
        case "scene":
            return url(f"scene/{id}.html", page_path)
        case "tile":
            return url(f"scene/{board.tiles[id].scene.id}.html#tile-{id}", page_path)
        case "creation":
            return ""


def _day(board: Board, kind: GroupKind, id: int) -> str:
    match kind:
        case "scene":
            return board.scenes[id].day or ""
        case "tile":
            return board.tiles[id].scene.day or ""
        case "creation":
            return ""


class _Helped(msgspec.Struct):
    done: int
    tried: int


class _GroupBody(msgspec.Struct):
    kind: str
    status: str
    cause: str
    example: str
    count: int
    held_up: int
    oldest: str
    helped: _Helped
    ids: tuple[int, ...]
    source_ids: tuple[str, ...]
    retry: tuple[str, ...]
    fail: tuple[str, ...]


class _Body(msgspec.Struct):
    count: int
    held_up: int
    groups: list[_GroupBody]


def attention_json(found: Attention) -> bytes:
    """`aoi/{aoi}/attention.json`: all groups, whole, what holds up most first.

    `{"count", "held_up", "groups": [{"kind": "scene", "tile" or "creation", "status", "cause", "example", "count",
    "held_up", "oldest", "helped": {"done", "tried"}, "ids", "source_ids", "retry", "fail"}]}`; the last two are lists
    of command lines.
    """
    groups = [
        _GroupBody(
            group.kind, group.status, group.cause, group.example, group.count, group.held_up, rfc3339(group.oldest),
            _Helped(*group.helped), group.ids, group.source_ids, group.retry, group.fail,
        )
        for group in found.groups
    ]  # fmt: skip
    return msgspec.json.encode(_Body(found.count, found.held_up, groups)) + b"\n"
