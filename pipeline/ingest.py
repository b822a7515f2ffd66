"""Ingest: takes what is new in the log apart into events, and into lines that can't be used."""

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from pipeline.bundle import Bundle, first_event, pack_lines, pack_numbers, place_of, split_lines
from pipeline.event import (
    MAX_LINE_BYTES,
    Event,
    EventInvalid,
    SceneCreated,
    decode,
    decode_all,
    kind_of,
    too_long,
)
from pipeline.log.files import is_compressed
from pipeline.log.lines import LineReader, TooLong
from pipeline.log.place import Log, Source, open_log
from pipeline.log.stretches import Stretch
from pipeline.stages import Undivided, no_collections, own_name, row_files
from pipeline.timestamp import TimestampInvalid, instant, newest, require_valid

_HELD_BYTES = 96 * 1024 * 1024
"""So much of the lines' text is held at a time."""
_BUNDLE_EVENTS = 512
"""So many of an AOI are kept together: some hundred kilobytes."""
_BITS_LEFT_OUT = 12
"""Events that don't say to which AOI they belong are kept together if the ids they name differ in these bits only …"""
_MOST_HEAPS = 2048
"""… but not in more bundles at a time than that: more bits may differ then."""
MAX_BAD_LINES = 100_000
"""A compressed file with more lines that can't be used isn't read on: some kilobytes can unpack to millions of them."""
_TEXT_SHOWN_BYTES = 64 * 1024
BUNDLES_OF_A_PART = 1 << 20
"""A part has fewer bundles: so many numbers are set aside for each."""


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
class Part(Undivided):
    """A part of the log that is to be taken apart. With `until`, an instant, later events are left out.

    It isn't divided: its lines are read in bounded memory.
    """

    log: Source
    stretches: list[Stretch]
    first_bundle: int
    spool: Path
    """A folder for the rows that it makes."""
    until: str | None = None

    @property
    def about(self) -> str:
        """Its files."""
        return "log files " + ", ".join(sorted({stretch.start.path for stretch in self.stretches}))


class Reached(NamedTuple):
    """How far a stretch was read: up to which byte and which line, counted as in the stretch; or why it couldn't be."""

    stretch: Stretch
    offset: int
    line: int
    lengths: bytes
    """The length in bytes of each of its lines, packed."""
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
    """Events, column by column."""

    event: list[int]
    source: list[str]
    id: list[str]


class HomelessRows(msgspec.Struct, gc=False):
    """Those that don't say to which AOI they belong, and the kind and id that they name, column by column."""

    event: list[int]
    kind: list[str]
    entity: list[int]


class CreationRow(msgspec.Struct, gc=False):
    """A creation and the ids that it names."""

    event: int
    source: str
    id: str
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
    homeless_rows: Path
    """A file of JSON Lines, each a HomelessRows."""
    creation_rows: Path
    """A file of JSON Lines, each a CreationRow."""
    bad_rows: Path
    """A file of JSON Lines, each a BadRow."""
    events: int = 0
    homeless: int = 0
    bad: int = 0
    """Lines that can't be used."""
    bundles: list[Bundle] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)

    @property
    def files(self) -> tuple[Path, Path, Path, Path]:
        """The four files."""
        return self.event_rows, self.homeless_rows, self.creation_rows, self.bad_rows


def take_apart(part: Part) -> Taken:
    """The stage that reads a part of the log. Raises LogUnreachable, and OSError if its rows can't be written."""
    rows = part.spool / own_name(str(part.first_bundle))
    names = [rows.with_suffix(f".{kind}.jsonl") for kind in ("events", "homeless", "creations", "bad")]
    taken = Taken(names[0], names[1], names[2], names[3])
    with no_collections(), row_files(*names) as files:
        log = open_log(part.log)
        sorter = _Sorter(part, log, taken, *files)
        with log.expecting(stretch.start for stretch in part.stretches):
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
    """Events that become a bundle: of one AOI, or (None) some that don't say to which they belong."""

    __slots__ = ("aoi", "lines", "next", "number", "places", "times")

    def __init__(self, number: int, aoi: str | None) -> None:
        self.aoi = aoi
        self.begin(number)

    def begin(self, number: int) -> None:
        """Begins a bundle of that number."""
        self.number = number
        self.next = first_event(number)
        """The number of the next event."""
        self.lines: list[bytes] = []
        self.places: array[int] = array("q")
        self.times: list[str] = []

    def bundle(self) -> Bundle:
        """All that is in it."""
        lines, places = pack_lines(self.lines), pack_numbers(self.places)
        return Bundle(self.number, self.aoi, len(self.lines), newest(self.times), lines, places)


class _Sorter:
    """Sorts the events of a part by AOI, and makes bundles and rows of them."""

    def __init__(
        self,
        part: Part,
        log: Log,
        taken: Taken,
        events: IO[bytes],
        homeless: IO[bytes],
        creations: IO[bytes],
        bad: IO[bytes],
    ) -> None:
        self._part, self._log, self._taken = part, log, taken
        self._event_rows, self._homeless_rows, self._creation_rows, self._bad_rows = events, homeless, creations, bad
        self._next_bundle = part.first_bundle
        self._heaps: dict[str | tuple[str, int], _Heap] = {}
        """By AOI; those that don't say to which they belong by what they name: the kind, and the id's first digits."""
        self._of_entities = 0
        """How many of the latter there were."""
        self._bits_left_out = _BITS_LEFT_OUT
        self._held = 0

    def read(self, stretch: Stretch) -> None:
        """Takes a stretch apart."""
        reader = LineReader(self._log, stretch.start, stretch.end)
        lengths: array[int] = array("q")
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
                lengths.append(block.length)
            else:
                lengths.extend(self._take(stretch, reader, block, most_bad))
            if self._held >= _HELD_BYTES:
                self.flush()
            if self._taken.bad > most_bad:
                reader.damage = f"it has more than {MAX_BAD_LINES:,} lines that can't be used, and isn't read on"
                break
        if not error and stretch.end is not None and reader.offset != stretch.end:
            error = "was cut while it was read"
        unfinished = shown(reader.unfinished) if reader.unfinished else ""
        self._taken.reached.append(
            Reached(stretch, reader.offset, reader.line, pack_numbers(lengths), unfinished, reader.damage, error)
        )

    def _take(self, stretch: Stretch, reader: LineReader, block: bytes, most_bad: int) -> Iterable[int]:
        """Takes lines apart, and moves the reader on behind them: up to the one that is one bad line too many.

        Gives their lengths.
        """
        lines = split_lines(block)
        events: Sequence[Event | None]
        try:
            if not block.isascii():
                block.decode()
            if len(block) > MAX_LINE_BYTES:
                raise too_long(len(block))
            events = decode_all(lines)
            require_valid([event.time for event in events])
        except (UnicodeDecodeError, EventInvalid, TimestampInvalid):
            events = self._one_by_one(stretch, reader, lines, most_bad)
            lines = lines[: len(events)]
        kept = [line.removesuffix(b"\r") for line in lines] if b"\r" in block else lines
        self._sort(place_of(stretch.number, reader.line), kept, events)
        self._held += len(block)
        reader.offset += sum(map(len, lines)) + len(lines)
        reader.line += len(lines)
        return map(len, lines)

    def _sort(self, before: int, lines: Sequence[bytes], events: Sequence[Event | None]) -> None:
        """Puts events to those that they are kept with. `before` is the place of the line before the first."""
        heaps, until = self._heaps, self._part.until
        rows, homeless = EventRows([], [], []), HomelessRows([], [], [])
        numbers, sources, ids = rows.event, rows.source, rows.id
        for place, line, event in zip(count(before + 1), lines, events, strict=False):
            if event is None or (until is not None and instant(event.time) > until):
                continue
            named = event.data.id
            key: str | tuple[str, int]
            if type(event) is SceneCreated:
                key = event.data.aoi
            elif isinstance(named, str):
                key = named
            elif event.partitionkey is not None:
                key = event.partitionkey
            else:
                key = (kind_of(event), named >> self._bits_left_out)
            heap = heaps.get(key)
            if heap is None:
                heap = heaps[key] = self._new_heap(key)
            number = heap.next
            heap.next = number + 1
            heap.lines.append(line)
            heap.places.append(place)
            heap.times.append(event.time)
            numbers.append(number)
            sources.append(event.source)
            ids.append(event.id)
            if heap.aoi is None:
                homeless.event.append(number)
                homeless.kind.append(kind_of(event))
                homeless.entity.append(int(named))
            elif type(event) is SceneCreated:
                self._creation_rows.write(_encoder.encode(_creation(number, event, instant(event.time))) + b"\n")
            if len(heap.lines) == _BUNDLE_EVENTS:
                self._finish(heap)
        self._taken.events += len(numbers)
        self._taken.homeless += len(homeless.event)
        if numbers:
            self._event_rows.write(_encoder.encode(rows) + b"\n")
        if homeless.event:
            self._homeless_rows.write(_encoder.encode(homeless) + b"\n")

    def _new_heap(self, key: str | tuple[str, int]) -> _Heap:
        if isinstance(key, str):
            return _Heap(self._new_number(), key)
        self._of_entities += 1
        if self._of_entities % _MOST_HEAPS == 0:
            self._bits_left_out += 4  # ids are far from each other: more of them are kept together from here on
        return _Heap(self._new_number(), None)

    def _new_number(self) -> int:
        self._next_bundle += 1
        return self._next_bundle - 1

    def _finish(self, heap: _Heap) -> None:
        """Makes a bundle of what is in a heap, and empties it."""
        self._taken.bundles.append(heap.bundle())
        heap.begin(self._new_number())

    def flush(self) -> None:
        """Makes bundles of all that is held."""
        self._taken.bundles += [heap.bundle() for heap in self._heaps.values() if heap.lines]
        self._heaps.clear()
        self._held = 0

    def _one_by_one(
        self, stretch: Stretch, reader: LineReader, lines: Sequence[bytes], most_bad: int
    ) -> list[Event | None]:
        """Events; None for a line that isn't one: it is in quarantine then, unless it is empty."""
        events: list[Event | None] = []
        offset = reader.offset
        for number, line in enumerate(lines, reader.line + 1):
            event = None
            try:
                event = decode(line)
                instant(event.time)
            except (EventInvalid, TimestampInvalid) as invalid:
                event = None
                if line and not line.isspace():
                    self._quarantine(stretch, offset, number, str(invalid), shown(line.removesuffix(b"\r")))
            events.append(event)
            offset += len(line) + 1
            if self._taken.bad > most_bad:
                break
        return events

    def _take_too_long(self, stretch: Stretch, reader: LineReader, found: TooLong) -> None:
        offset = reader.offset
        reader.offset += found.length + 1
        reader.line += 1
        reason = str(too_long(found.length))
        self._quarantine(stretch, offset, reader.line, reason, shown(found.start, found.length))

    def _quarantine(self, stretch: Stretch, offset: int, line: int, reason: str, text: str) -> None:
        self._taken.bad += 1
        self._bad_rows.write(_encoder.encode(BadRow(stretch.number, offset, line, reason, text)) + b"\n")


def _creation(number: int, event: SceneCreated, moment: str) -> CreationRow:
    new = event.data
    tiles = [tile.id for tile in (new.tiles or {}).values()]
    return CreationRow(number, event.source, event.id, new.aoi, moment, event.sequence, new.id, tiles)


_encoder = msgspec.json.Encoder()
