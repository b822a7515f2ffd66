"""Ingest: takes what is new in the log apart into events, and into lines that can't be used."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipeline.event import EventInvalid, SceneCreated, decode, moment, type_of
from pipeline.fold.owners import Claim, claims
from pipeline.log.files import Position, Unreadable, is_compressed, proof_of
from pipeline.log.lines import Line, LineReader

BATCH_LINES = 50_000
BATCH_BYTES = 64 * 1024 * 1024
MAX_BAD_LINES = 100_000
"""A compressed file with more lines that can't be used isn't read on: some kilobytes can unpack to millions of them."""
_TEXT_SHOWN_BYTES = 64 * 1024


class Arrival(msgspec.Struct, gc=False):
    """An event as it stands in the log. `aoi` is empty where it doesn't say to which AOI it belongs."""

    source: str
    id: str
    instant: str
    sequence: str
    type: str
    partitionkey: str | None
    kind: str
    entity: int | None
    aoi: str
    text: bytes
    file: str
    offset: int
    line: int


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


@dataclass(slots=True)
class Batch:
    """Some of the new lines, taken apart."""

    arrivals: list[Arrival] = field(default_factory=list)
    claims: list[tuple[int, Claim]] = field(default_factory=list)
    """Ids that creations among the arrivals name, with the creation's place in `arrivals`."""
    quarantined: list[Quarantined] = field(default_factory=list)
    read: list[Position] = field(default_factory=list)
    """Files that were read to their end, and how far that is."""
    unfinished: list[Unfinished] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    bytes: int = 0
    """Of the lines that are in it."""

    @property
    def is_full(self) -> bool:
        """Whether it is time for the next one: all of a batch is in memory at once."""
        return len(self.arrivals) + len(self.quarantined) >= BATCH_LINES or self.bytes >= BATCH_BYTES


def ingest(log_dir: Path, to_read: list[Position], until: str | None = None) -> Iterator[Batch]:
    """Reads log files from their positions on, in batches. With `until`, later instants are left out."""
    batch = Batch()
    for start in to_read:
        reader = LineReader(log_dir, start)
        damage = ""
        bad = 0
        try:
            for line in reader:
                bad += _take(batch, start.path, line, until)
                if bad > MAX_BAD_LINES and is_compressed(start.path):
                    damage = f"it has more than {MAX_BAD_LINES:,} lines that can't be used, and isn't read on"
                    break
                if batch.is_full:
                    yield batch
                    batch = Batch()
            proof = proof_of(log_dir, start.path, reader.offset)
        except OSError as error:
            batch.unreadable.append(Unreadable(start.path, error.strerror or str(error)))
            continue
        if damage := damage or reader.damage:
            batch.quarantined.append(
                Quarantined(start.path, reader.offset, reader.line + 1, f"damaged from here on: {damage}", "")
            )
        if reader.unfinished:
            batch.unfinished.append(Unfinished(start.path, reader.offset, shown(reader.unfinished)))
        batch.read.append(replace(start, offset=reader.offset, line=reader.line, proof=proof))
    yield batch


def shown(text: bytes, length: int | None = None) -> str:
    """A line's bytes as text: `\\xNN` for what isn't UTF-8, cut at 64 KiB.

    `length` is the line's own, if the text is only its start.
    """
    cut = text[:_TEXT_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    return cut if len(text) <= _TEXT_SHOWN_BYTES else f"{cut}… ({length or len(text):,} bytes)"


def _take(batch: Batch, file: str, line: Line, until: str | None) -> bool:
    """Takes a line into the batch; tells whether it can't be used."""
    batch.bytes += len(line.text)
    try:
        event = decode(line.text, line.length)
        instant = moment(event)
    except EventInvalid as invalid:
        text = shown(line.text, line.length)
        batch.quarantined.append(Quarantined(file, line.offset, line.number, str(invalid), text))
        return True
    if until is not None and instant > until:
        return False
    named = event.data.id
    type = type_of(event)
    kind = type.partition(".")[0]
    aoi = event.partitionkey or ""
    if isinstance(named, str):
        aoi, entity = named, None
    else:
        entity = named
        if isinstance(event, SceneCreated):
            aoi = event.data.aoi
            place = len(batch.arrivals)
            batch.claims += [(place, claim) for claim in claims(event.data)]
    batch.arrivals.append(
        Arrival(
            event.source, event.id, instant, event.sequence, type, event.partitionkey, kind, entity, aoi,
            line.text, file, line.offset, line.number,
        )
    )  # fmt: skip
    return False
