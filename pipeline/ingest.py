"""Ingest: takes what is new in the log apart into events, and into lines that can't be used."""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

import msgspec

from pipeline.bundle import MOST_EVENTS, Bundle, first_event, pack, pack_numbers, pack_texts
from pipeline.event import EventInvalid, SceneCreated, decode, kind_of, too_long
from pipeline.log.files import is_compressed
from pipeline.log.lines import LineReader, TooLong
from pipeline.log.stretches import Stretch
from pipeline.stages import no_collections, row_files
from pipeline.timestamp import TimestampInvalid, instant

_HELD_BYTES = 96 * 1024 * 1024
"""So much of the lines' text is held at a time."""
_BUNDLE_BYTES = 512 * 1024
_HOMELESS_BUNDLE_BYTES = 32 * 1024
"""Bundles that may hold events of several AOIs are small: each of these AOIs has to read them."""
MAX_BAD_LINES = 100_000
"""A compressed file with more lines that can't be used isn't read on: some kilobytes can unpack to millions of them."""
_TEXT_SHOWN_BYTES = 64 * 1024
_PLACE = 3
"""Numbers that tell where an event was read: its stretch, its byte offset and its line there."""
BUNDLES_OF_A_PART = 1 << 20
"""A part has fewer bundles: so many numbers are set aside for each."""
_Value = TypeVar("_Value")


class Quarantined(NamedTuple):
    """A line that can't be used, where it stands and why. `text` shows bytes that aren't UTF-8 as `\\xNN`."""

    file: str
    offset: int
    line: int
    reason: str
    text: str


class Unfinished(NamedTuple):
    """What stands behind the last line's end of a log file: a line that is being written, or was torn."""

    file: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the log that is to be taken apart. With `until`, an instant, later events are left out."""

    log_dir: Path
    stretches: list[Stretch]
    first_bundle: int
    spool: Path
    """A folder for the rows that it makes."""
    until: str | None = None


class Reached(NamedTuple):
    """How far a stretch was read: up to which byte and which line, counted as in the stretch; or why it couldn't be."""

    stretch: Stretch
    offset: int
    line: int
    unfinished: str = ""
    damage: str = ""
    error: str = ""


class BadRow(msgspec.Struct, gc=False):
    """A line that can't be used: `line` is counted as in its stretch, the rest is as in Quarantined."""

    stretch: int
    offset: int
    line: int
    reason: str
    text: str


class EventRows(msgspec.Struct, gc=False):
    """Events of a bundle, column by column. `first` is the number of the first; the others follow it.

    Of events that don't say to which AOI they belong `aoi` is empty, and `kind` and `entity` tell what they name.
    """

    first: int
    aoi: str
    source: list[str]
    id: list[str]
    kind: list[str] | None
    entity: list[int] | None


class CreationRow(msgspec.Struct, gc=False):
    """A creation and the ids that it names."""

    event: int
    aoi: str
    instant: str
    sequence: str
    scene: int
    tiles: list[int]


@dataclass(slots=True)
class Taken:
    """A part of the log, taken apart."""

    event_rows: Path
    """A file of JSON Lines, each an EventRows."""
    creation_rows: Path
    """A file of JSON Lines, each a CreationRow."""
    bad_rows: Path
    """A file of JSON Lines, each a BadRow."""
    events: int = 0
    bad: int = 0
    """Lines that can't be used."""
    bundles: list[Bundle] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)


def take_apart(part: Part) -> Taken:
    """The stage that reads a part of the log. Raises OSError if its rows can't be written."""
    rows = part.spool / str(part.first_bundle)
    taken = Taken(
        rows.with_suffix(".events.jsonl"), rows.with_suffix(".creations.jsonl"), rows.with_suffix(".bad.jsonl")
    )
    with no_collections(), row_files(taken.event_rows, taken.creation_rows, taken.bad_rows) as (events, creations, bad):
        sorter = _Sorter(part, taken, events, creations, bad)
        for stretch in part.stretches:
            sorter.read(stretch)
        sorter.flush()
    return taken


def shown(text: bytes, length: int | None = None) -> str:
    """A line's bytes as text: `\\xNN` for what isn't UTF-8, cut at 64 KiB.

    `length` is the line's, if `text` is only its start.
    """
    cut = text[:_TEXT_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    return cut if len(text) <= _TEXT_SHOWN_BYTES else f"{cut}… ({length or len(text):,} bytes)"


class _Heap:
    """Events of one AOI, or of none that they tell, as they are read."""

    __slots__ = ("creations", "entities", "ids", "instants", "kinds", "lines", "places", "sources")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.instants: list[str] = []
        self.sources: list[str] = []
        self.ids: list[str] = []
        self.places: array[int] = array("q")
        """Of each event `_PLACE` numbers."""
        self.kinds: list[str] = []
        self.entities: list[int] = []
        """What each event names, where it doesn't say to which AOI it belongs."""
        self.creations: list[tuple[int, CreationRow]] = []
        """Each with its place among the events."""

    def sort_by_entity(self) -> None:
        """Puts events that name the same, or ids near each other, beside each other."""
        order = sorted(range(len(self.ids)), key=lambda place: (self.kinds[place], self.entities[place]))
        self.places = array("q", _picked_places(self.places, order))
        self.lines, self.instants = _picked(self.lines, order), _picked(self.instants, order)
        self.sources, self.ids = _picked(self.sources, order), _picked(self.ids, order)
        self.kinds, self.entities = _picked(self.kinds, order), _picked(self.entities, order)

    def cut(self, size: int) -> Iterator[slice]:
        """Divides its events into runs of about so many bytes."""
        ends = list(accumulate(map(len, self.lines)))
        start, done = 0, 0
        while start < len(ends):
            stop = min(bisect_left(ends, done + size, start) + 1, start + MOST_EVENTS, len(ends))
            yield slice(start, stop)
            start, done = stop, ends[stop - 1]


def _picked_places(places: "array[int]", order: list[int]) -> Iterator[int]:
    for place in order:
        yield from places[_PLACE * place : _PLACE * (place + 1)]


def _picked(values: Sequence[_Value], places: list[int]) -> list[_Value]:
    return [values[place] for place in places]


class _Sorter:
    """Sorts the events of a part by AOI, and makes bundles and rows of them."""

    def __init__(
        self, part: Part, taken: Taken, event_rows: IO[bytes], creation_rows: IO[bytes], bad_rows: IO[bytes]
    ) -> None:
        self._part, self._taken = part, taken
        self._event_rows, self._creation_rows, self._bad_rows = event_rows, creation_rows, bad_rows
        self._next_bundle = part.first_bundle
        self._heaps: dict[str | None, _Heap] = {}
        """By AOI; under None the events that don't say to which they belong."""
        self._held = 0

    def read(self, stretch: Stretch) -> None:
        """Takes a stretch apart."""
        reader = LineReader(self._part.log_dir, stretch.start, stretch.end)
        error = ""
        most_bad = self._taken.bad + MAX_BAD_LINES if is_compressed(stretch.start.path) else sys.maxsize
        blocks = reader.blocks()
        while True:
            try:
                block = next(blocks, None)
            except OSError as problem:
                error = problem.strerror or str(problem)
                break
            if block is None:
                break
            if isinstance(block, TooLong):
                self._take_too_long(stretch, reader, block)
            else:
                self._take(stretch, reader, block, most_bad)
            if self._held >= _HELD_BYTES:
                self.flush()
            if self._taken.bad > most_bad:
                reader.damage = f"it has more than {MAX_BAD_LINES:,} lines that can't be used, and isn't read on"
                break
        if not error and stretch.end is not None and reader.offset != stretch.end:
            error = "was cut while it was read"
        self._taken.reached.append(
            Reached(
                stretch, reader.offset, reader.line, shown(reader.unfinished) if reader.unfinished else "",
                reader.damage, error,
            )
        )  # fmt: skip

    def _take(self, stretch: Stretch, reader: LineReader, texts: list[bytes], most_bad: int) -> None:
        """Takes lines apart, and moves the reader on behind them: up to the one that is one bad line too many."""
        heaps, until, number = self._heaps, self._part.until, stretch.number
        end, line = reader.offset, reader.line
        for text in texts:
            offset = end
            end += len(text) + 1
            line += 1
            try:
                event = decode(text)
                moment = instant(event.time)
            except (EventInvalid, TimestampInvalid) as invalid:
                if text and not text.isspace():
                    self._quarantine(stretch, offset, line, str(invalid), shown(text.removesuffix(b"\r")))
                    if self._taken.bad > most_bad:
                        break
                continue
            if until is not None and moment > until:
                continue
            named = event.data.id
            if type(event) is SceneCreated:
                aoi: str | None = event.data.aoi
            elif isinstance(named, str):
                aoi = named
            else:
                aoi = event.partitionkey
            heap = heaps.get(aoi)
            if heap is None:
                heap = heaps[aoi] = _Heap()
            if aoi is None and isinstance(named, int):
                heap.kinds.append(kind_of(event))
                heap.entities.append(named)
            elif type(event) is SceneCreated:
                heap.creations.append((len(heap.ids), _creation(event, moment)))
            heap.lines.append(text.removesuffix(b"\r"))
            heap.instants.append(moment)
            heap.sources.append(event.source)
            heap.ids.append(event.id)
            heap.places.extend((number, offset, line))
        self._held += end - reader.offset
        reader.offset, reader.line = end, line

    def _take_too_long(self, stretch: Stretch, reader: LineReader, found: TooLong) -> None:
        offset = reader.offset
        reader.offset += found.length + 1
        reader.line += 1
        reason = str(too_long(found.length))
        self._quarantine(stretch, offset, reader.line, reason, shown(found.start, found.length))

    def _quarantine(self, stretch: Stretch, offset: int, line: int, reason: str, text: str) -> None:
        self._taken.bad += 1
        self._bad_rows.write(_encoder.encode(BadRow(stretch.number, offset, line, reason, text)) + b"\n")

    def flush(self) -> None:
        """Makes bundles and rows of all that is held."""
        for aoi, heap in self._heaps.items():
            if aoi is None:
                heap.sort_by_entity()
            for run in heap.cut(_HOMELESS_BUNDLE_BYTES if aoi is None else _BUNDLE_BYTES):
                self._bundle(aoi, heap, run)
        self._heaps.clear()
        self._held = 0

    def _bundle(self, aoi: str | None, heap: _Heap, run: slice) -> None:
        number, instants, ids = self._next_bundle, heap.instants[run], heap.ids[run]
        self._next_bundle += 1
        first = first_event(number)
        self._taken.events += len(ids)
        places = heap.places[_PLACE * run.start : _PLACE * run.stop]
        self._taken.bundles.append(
            Bundle(
                number, len(ids), max(instants), pack(heap.lines[run]), pack_texts(instants), pack_numbers(places)
            )
        )  # fmt: skip
        rows = EventRows(first, aoi or "", heap.sources[run], ids, heap.kinds[run] or None, heap.entities[run] or None)
        self._event_rows.write(_encoder.encode(rows) + b"\n")
        for place, creation in heap.creations:
            if run.start <= place < run.stop:
                creation.event = first + place - run.start
                self._creation_rows.write(_encoder.encode(creation) + b"\n")


def _creation(event: SceneCreated, moment: str) -> CreationRow:
    tiles = event.data.tiles or {}
    ids = [tile.id for tile in tiles.values()]
    return CreationRow(0, event.data.aoi, moment, event.sequence, event.data.id, ids)


_encoder = msgspec.json.Encoder()
