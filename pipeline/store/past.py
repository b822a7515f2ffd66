"""The past of an AOI, as the store keeps it and as the fold takes it: to be unpacked where there is no database."""

from typing import NamedTuple

import msgspec

from pipeline.bundle import TextDamaged, first_event, unpack, unpack_texts
from pipeline.event import Event, decode_again


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
    instants: bytes
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


def unpack_past(packed: PackedPast) -> Past:
    """The past as the fold takes it, in log order. Raises TextDamaged."""
    numbers: list[int] = []
    lines: list[bytes] = []
    instants: list[str] = []
    for bundle, packed_lines, packed_instants, places in packed.excerpts:
        first, some_lines, some_instants = first_event(bundle), unpack(packed_lines), unpack_texts(packed_instants)
        if places is None:
            numbers += range(first, first + len(some_lines))
            lines += some_lines
            instants += some_instants
        elif places[-1] < len(some_lines):
            numbers += [first + place for place in places]
            lines += [some_lines[place] for place in places]
            instants += [some_instants[place] for place in places]
        else:
            raise TextDamaged(f"bundle {bundle} has {len(some_lines)} lines, not {places[-1] + 1}")
    if len(lines) != len(instants):
        raise TextDamaged(f"of {len(lines)} events of {packed.name} {len(instants)} have an instant")
    try:
        events = list(map(decode_again, lines))
    except msgspec.MsgspecError as error:
        raise TextDamaged(f"a line that was an event: {error}") from error
    order = _log_order(events, instants)
    return Past(
        packed.name,
        [(numbers[place], events[place]) for place in order],
        [lines[place] for place in order],
        [instants[place] for place in order],
        packed.taken,
    )


def _log_order(events: list[Event], instants: list[str]) -> list[int]:
    """The places of events in log order. The rest is looked at only if some share their instant."""
    if len(set(instants)) == len(instants):
        return sorted(range(len(instants)), key=instants.__getitem__)
    keys = [(instant, event.sequence, event.source, event.id) for instant, event in zip(instants, events, strict=True)]
    return sorted(range(len(keys)), key=keys.__getitem__)
