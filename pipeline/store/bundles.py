"""Reads single events back from their bundles."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from itertools import accumulate, groupby

import msgspec

from pipeline.bundle import TextDamaged, bundle_of, place_in_bundle, stretch_and_line, unpack_lines, unpack_numbers
from pipeline.event import Event, decode_again
from pipeline.store.database import Database

_CACHE_BYTES = 64 * 1024 * 1024


class LineReader:
    """Gives the lines of events. Bundles read last are kept, up to a bound."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: OrderedDict[int, list[bytes]] = OrderedDict()
        self._sizes: dict[int, int] = {}

    def prepare(self, events: Iterable[int]) -> None:
        """Reads the bundles of these events that aren't there yet, in one query."""
        wanted = set(map(bundle_of, events))
        for bundle in wanted & self._cache.keys():
            self._cache.move_to_end(bundle)
        missing = sorted(wanted - self._cache.keys())
        if not missing:
            return
        self._trim()
        rows = self._database.rows(
            "SELECT bundle, lines FROM bundles WHERE bundle IN (SELECT unnest(?::BIGINT[]))", [missing]
        )
        for bundle, packed in rows:
            self._cache[bundle] = lines = unpack_lines(packed)
            self._sizes[bundle] = sum(map(len, lines))

    def line(self, event: int) -> bytes:
        """The line of an event that was prepared. Raises TextDamaged if it isn't there."""
        try:
            return self._cache[bundle_of(event)][place_in_bundle(event)]
        except LookupError as error:
            raise TextDamaged(f"the lines of bundle {bundle_of(event)} are not all there") from error

    def _trim(self) -> None:
        while self._cache and sum(self._sizes.values()) > _CACHE_BYTES:
            bundle, _ = self._cache.popitem(last=False)
            del self._sizes[bundle]


def event_of(line: bytes) -> Event:
    """The event of a line that was kept. Raises TextDamaged if it is none: when it was taken in it was one."""
    try:
        return decode_again(line)
    except msgspec.MsgspecError as error:
        raise TextDamaged(f"a line that was an event: {error}") from error


def places(database: Database, events: Iterable[int]) -> dict[int, int]:
    """The places of events in the log, as in bundle.py."""
    wanted = sorted(set(events))
    database.keep("asked", [(bundle,) for bundle in sorted(set(map(bundle_of, wanted)))], "bundle BIGINT")
    packed = dict(database.rows("SELECT bundle, places FROM bundles SEMI JOIN asked USING (bundle)"))
    at: dict[int, int] = {}
    for bundle, group in groupby(wanted, key=bundle_of):
        found = unpack_numbers(packed[bundle])
        at.update((event, found[place_in_bundle(event)]) for event in group)
    return at


def lines_at(database: Database, wanted: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """By places as in bundle.py: stretch, byte offset and line, from 1."""
    at: dict[int, list[int]] = defaultdict(list)
    for place in wanted:
        at[stretch_and_line(place)[0]].append(place)
    database.keep("asked", [(stretch,) for stretch in at], "stretch BIGINT")
    told: dict[int, tuple[int, int, int]] = {}
    for stretch, lines_before, first_line, offset, lengths in database.rows(
        """
        SELECT stretch, lines_before, first_line, "offset", lengths FROM stretches SEMI JOIN asked USING (stretch)
        """
    ):
        starts = list(accumulate((length + 1 for length in unpack_numbers(lengths)), initial=offset))
        for place in at[stretch]:
            _, line = stretch_and_line(place)
            told[place] = stretch, starts[line - first_line], lines_before + line
    return told
