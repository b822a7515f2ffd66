"""What needs attention, as an unlock list: what failed, grouped by what went wrong, most held up first.

Every failure stands in exactly one group, and the groups sum to the whole: the scenes and tiles in RETRY and FAILED,
and the scenes whose creation was rejected and that aren't there for another reason. A group is of one kind (scene,
tile or creation), one status and one cause: what is in it has gone wrong in one way and can be settled by one command.

Every NEW tile behind a failure is held up by exactly one root, so that what groups hold up sums to all that is held up.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.event import SceneCreated
from pipeline.insight.cause import cause
from pipeline.insight.failures import NO_MESSAGE, Helped, Key, kind_of
from pipeline.insight.guard import allowed, commands
from pipeline.insight.waiting import Waiting
from pipeline.insight.words import one_line
from pipeline.store.board import Board, BoardEvent, BoardScene, BoardTile

__all__ = ["Attention", "Group", "GroupKind", "GroupStatus", "attention", "cause"]

GroupKind: TypeAlias = Literal["scene", "tile", "creation"]
GroupStatus: TypeAlias = Literal["RETRY", "FAILED", "REJECTED"]

_LONGEST_EXAMPLE = 300


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one kind, status and cause."""

    kind: GroupKind
    status: GroupStatus
    cause: str
    """The normal form of the message (see `cause`), or of the reason of a rejection. Never empty."""
    example: str
    """The message of the one that failed first, in one line of at most 300 characters; it may be empty."""
    ids: tuple[int, ...]
    """Ascending. Of creations: the ids that they asked for, which may be another's."""
    source_ids: tuple[str, ...]
    """Those of `ids`, one by one."""
    held_up: int
    """NEW tiles that can't start until this is settled, directly and down the chains."""
    oldest: str
    """The instant of the first failure of those in the group."""
    helped: Helped
    """How often it has helped before to try again after this cause."""
    retry: tuple[str, ...]
    """The commands that retry them: as many of them as the rules allow."""
    retriable: int
    """How many those are."""
    fail: tuple[str, ...]
    """The commands that fail them: as many of them as the rules allow."""
    failable: int

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def settled(self) -> bool:
        """Nothing waits for it and no command is due: it is in the list so that the list is whole."""
        return self.status == "FAILED" and not self.held_up


@dataclass(frozen=True, slots=True)
class Attention:
    """The groups of an AOI: what holds up most first, then the largest, then the oldest."""

    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """Scenes and tiles in RETRY and FAILED, and rejected creations."""
        return sum(group.count for group in self.groups)

    @property
    def open_count(self) -> int:
        """How many of them are open: something waits for them, or a command, or they are work that will never come."""
        return sum(group.count for group in self.groups if not group.settled)

    @property
    def held_up(self) -> int:
        """NEW tiles that can't start until a failure is settled."""
        return sum(group.held_up for group in self.groups)


def attention(board: Board, waiting: Waiting) -> Attention:
    """Groups an AOI's failures. Linear in its scenes, tiles and events."""
    held_up: Counter[Key] = Counter()
    for tile in board.tiles.values():
        holder = waiting.holder(tile)
        if holder is not None:
            held_up[holder] += 1
    groups: list[Group] = []
    entities: tuple[Sequence[BoardScene | BoardTile], ...] = (list(board.scenes.values()), list(board.tiles.values()))
    for some in entities:
        members: dict[tuple[GroupStatus, str], list[BoardScene | BoardTile]] = {}
        for entity in some:
            if entity.status == "RETRY" or entity.status == "FAILED":
                members.setdefault((entity.status, waiting.failures.cause(entity)), []).append(entity)
        groups += [_group(status, why, found, waiting, held_up) for (status, why), found in members.items()]
    groups += _rejected_creations(board)
    groups.sort(key=lambda group: (-group.held_up, -group.count, group.oldest, group.cause, group.kind, group.status))
    return Attention(tuple(groups))


def _group(
    status: GroupStatus, why: str, found: list[BoardScene | BoardTile], waiting: Waiting, held_up: Counter[Key]
) -> Group:
    known = waiting.failures
    kind = kind_of(found[0])
    first = {entity.id: known.first.get((kind, entity.id), entity.since) for entity in found}
    earliest = min(found, key=lambda entity: (first[entity.id], entity.id))
    may_retry = [entity for entity in found if allowed("retry", entity) is None]
    may_fail = [entity for entity in found if allowed("fail", entity) is None]
    return Group(
        kind,
        status,
        why,
        _example(known.message(earliest)),
        tuple(entity.id for entity in found),
        tuple(entity.source_id for entity in found),
        sum(held_up[kind, entity.id] for entity in found),
        first[earliest.id],
        known.helped(kind, why),
        commands("retry", may_retry),
        len(may_retry),
        commands("fail", may_fail),
        len(may_fail),
    )


def _example(message: str) -> str:
    shown = one_line(message)
    return shown if len(shown) <= _LONGEST_EXAMPLE else f"{shown[: _LONGEST_EXAMPLE - 1].rstrip()}…"


@dataclass(slots=True)
class _Refused:
    """A scene that was to be created and never was."""

    id: int
    source_id: str
    reason: str
    first: str


def _rejected_creations(board: Board) -> list[Group]:
    """Work that will never come. A scene that was sent several times counts once, with the reason of the last time."""
    members: dict[str, list[_Refused]] = {}
    for refused in _refused(board).values():
        members.setdefault(cause(refused.reason) or NO_MESSAGE, []).append(refused)
    groups = []
    for why, found in members.items():
        found.sort(key=lambda refused: (refused.id, refused.source_id))
        earliest = min(found, key=lambda refused: (refused.first, refused.id, refused.source_id))
        groups.append(
            Group(
                "creation",
                "REJECTED",
                why,
                _example(earliest.reason),
                tuple(refused.id for refused in found),
                tuple(refused.source_id for refused in found),
                0,
                earliest.first,
                Helped(0, 0),
                (),
                0,
                (),
                0,
            )
        )
    return groups


def _refused(board: Board) -> dict[str, _Refused]:
    """By source id."""
    there = {scene.source_id for scene in board.scenes.values()}
    refused: dict[str, _Refused] = {}
    for event in board.events:
        if event.type == "aoi.deleted" and event.verdict == "applied":
            refused.clear()
        elif event.type == "scene.created" and event.verdict == "rejected":
            _refuse(event, there, refused)
    return refused


def _refuse(event: BoardEvent, there: set[str], refused: dict[str, _Refused]) -> None:
    if not isinstance(event.event, SceneCreated):
        return
    new = event.event.data
    if new.source_id in there:
        return
    known = refused.get(new.source_id)
    first = event.instant if known is None else known.first
    refused[new.source_id] = _Refused(new.id, new.source_id, event.reason, first)
