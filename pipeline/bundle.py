"""Bundles: events that are kept together, their lines compressed, and the numbers of the events in them.

A bundle holds events of one AOI, so that folding it again reads little else; or some that don't say to which AOI they
belong, of ids near each other.
"""

from array import array
from collections.abc import Sequence
from io import BytesIO

import msgspec
import zstandard

_LEVEL = -1
_BITS = 16
MOST_EVENTS = 1 << _BITS
"""A bundle has no more events."""
_LINE_BITS = 40

_compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
_decompressor = zstandard.ZstdDecompressor()


class TextDamaged(Exception):
    """A line of the log that was kept can't be read any more."""


class Bundle(msgspec.Struct, frozen=True, gc=False):
    """Some events, in the order in which they were read.

    `lines` holds the line of each, and `places` its place in the log, packed as below. `aoi` is None if they don't say
    to which AOI they belong.
    """

    number: int
    aoi: str | None
    events: int
    newest: str
    """The last instant."""
    lines: bytes
    places: bytes


def first_event(bundle: int) -> int:
    """The number of a bundle's first event; those of the others follow it."""
    return bundle << _BITS


def bundle_of(event: int) -> int:
    """The number of the bundle that an event is in."""
    return event >> _BITS


def place_in_bundle(event: int) -> int:
    """How many events stand before it in its bundle."""
    return event & (MOST_EVENTS - 1)


def place_of(stretch: int, line: int) -> int:
    """The place of a line in the log: the number of its stretch, and its own there, as one number."""
    return stretch << _LINE_BITS | line


def stretch_and_line(place: int) -> tuple[int, int]:
    """What a place is made of."""
    return place >> _LINE_BITS, place & ((1 << _LINE_BITS) - 1)


def pack_lines(lines: Sequence[bytes]) -> bytes:
    """Lines, which have no line break in them, compressed."""
    return _compressor.compress(b"\n".join(lines))


def unpack_lines(packed: bytes) -> list[bytes]:
    """What was packed. Raises TextDamaged."""
    return split_lines(_whole(packed) + b"\n")


def split_lines(text: bytes) -> list[bytes]:
    """The lines of a text that ends with a line break, without these: `bytes.split` takes three times as long."""
    return [line[:-1] for line in BytesIO(text)]


def pack_numbers(numbers: "array[int]") -> bytes:
    """Whole numbers (`array("q")`), compressed."""
    return _compressor.compress(numbers.tobytes())


def unpack_numbers(packed: bytes) -> "array[int]":
    """What was packed. Raises TextDamaged."""
    return array("q", _whole(packed))


def _whole(packed: bytes) -> bytes:
    try:
        return _decompressor.decompress(packed)
    except zstandard.ZstdError as error:
        raise TextDamaged(f"lines of the log that were kept can't be read: {error}") from error
