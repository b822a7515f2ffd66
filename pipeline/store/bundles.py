"""Reads single events back from their bundles."""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import groupby

import msgspec

from pipeline.bundle import TextDamaged, bundle_of, place_in_bundle, unpack, unpack_numbers
from pipeline.event import Event, decode_again
from pipeline.store.database import Database

_AT_ONCE = 64
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
            self._cache[bundle] = lines = unpack(packed)
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


def lines_of(database: Database, events: Iterable[int]) -> dict[int, bytes]:
    """The lines of events, which fit into memory."""
    reader = LineReader(database)
    found: dict[int, bytes] = {}
    for _, group in groupby(sorted(events), key=lambda event: bundle_of(event) // _AT_ONCE):
        some = list(group)
        reader.prepare(some)
        found.update((event, reader.line(event)) for event in some)
    return found


def places(database: Database, events: Iterable[int]) -> dict[int, tuple[str, int, int]]:
    """Where the lines of events stand in the log: file, byte offset and line, from 1."""
    wanted = sorted(set(events))
    database.keep("asked", [(bundle,) for bundle in sorted(set(map(bundle_of, wanted)))], "bundle BIGINT")
    packed = dict(database.rows("SELECT bundle, places FROM bundles SEMI JOIN asked USING (bundle)"))
    stretches = {row[0]: row[1:] for row in database.rows("SELECT stretch, file, lines_before FROM stretches")}
    found = {}
    for event in wanted:
        at = 3 * place_in_bundle(event)
        stretch, offset, line = unpack_numbers(packed[bundle_of(event)])[at : at + 3]
        file, lines_before = stretches[stretch]
        found[event] = (file, offset, lines_before + line)
    return found
