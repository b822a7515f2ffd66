"""The past of an AOI, as the store keeps it and as the fold takes it: to be unpacked where there is no database."""

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from pipeline.bundle import TextDamaged, first_event, unpack_lines
from pipeline.event import Event, decode_again
from pipeline.timestamp import TimestampInvalid, instants, sort_keys


class Past(NamedTuple):
    """Everything that happened to an AOI: numbered events in log order, their lines and instants.

    `taken` says, by number, which creations name an id of something else.
    """

    name: str
    events: list[tuple[int, Event]]
    texts: list[bytes]
    instants: list[str]
    taken: dict[int, str]


class Excerpt(NamedTuple):
    """What of a bundle belongs to an AOI: all of it, or the events at some places."""

    bundle: int
    lines: bytes
    places: list[int] | None


class PackedPast(NamedTuple):
    """The past of an AOI as it is kept."""

    name: str
    excerpts: list[Excerpt]
    taken: dict[int, str]

    @property
    def bytes(self) -> int:
        """How large it is."""
        return sum(len(excerpt.lines) for excerpt in self.excerpts)


class Unpacked(NamedTuple):
    """The events of an AOI as they were kept: their numbers, their lines, and what these hold."""

    numbers: list[int]
    lines: list[bytes]
    events: list[Event]

    def in_log_order(self) -> list[tuple[int, Event]]:
        """The events with their numbers, as the fold takes them. Raises TextDamaged."""
        return [(self.numbers[place], self.events[place]) for place in self.order()]

    def order(self) -> list[int]:
        """The places of the events in log order. Raises TextDamaged."""
        try:
            moments = sort_keys([event.time for event in self.events])
        except TimestampInvalid as error:
            raise TextDamaged(f"a line that was an event: {error}") from error
        if len(set(moments)) == len(moments):  # else the rest tells
            return sorted(range(len(moments)), key=moments.__getitem__)
        keys = [
            (moment, event.sequence, event.source, event.id) for moment, event in zip(moments, self.events, strict=True)
        ]
        return sorted(range(len(keys)), key=keys.__getitem__)

    def lines_of(self, wanted: Collection[int]) -> dict[int, bytes]:
        """The lines of some events, by number."""
        if not wanted:
            return {}
        return {number: line for number, line in zip(self.numbers, self.lines, strict=True) if number in wanted}


def unpack(packed: PackedPast) -> Unpacked:
    """What happened to an AOI, in any order. Raises TextDamaged."""
    numbers: list[int] = []
    lines: list[bytes] = []
    for bundle, packed_lines, places in packed.excerpts:
        first, some = first_event(bundle), unpack_lines(packed_lines)
        if places is None:
            numbers += range(first, first + len(some))
            lines += some
        elif places[-1] < len(some):
            numbers += [first + place for place in places]
            lines += [some[place] for place in places]
        else:
            raise TextDamaged(f"bundle {bundle} has {len(some)} lines, not {places[-1] + 1}")
    try:
        return Unpacked(numbers, lines, list(map(decode_again, lines)))
    except msgspec.MsgspecError as error:
        raise TextDamaged(f"a line that was an event: {error}") from error


def past_of(packed: PackedPast) -> Past:
    """The past of an AOI with all that belongs to it. Raises TextDamaged."""
    numbers, lines, events = found = unpack(packed)
    order = found.order()
    return Past(
        packed.name,
        [(numbers[place], events[place]) for place in order],
        [lines[place] for place in order],
        instants([events[place].time for place in order]),
        packed.taken,
    )
