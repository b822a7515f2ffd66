"""Unpacks rotated log files (gzip, Zstandard), in bounded memory, and tells when one is damaged or not whole."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

_PACKED_BYTES = 1024
"""So much is unpacked at once: at the most it becomes 32 MiB."""


class Damaged(Exception):
    """The file can't be unpacked from here on; its text says why."""


class _Part(Protocol):
    """A compressed file is one such part, or several in a row."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def unpack(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The text of a file that is called `….gz` or `….zst`, piece by piece.

    Raises Damaged, after all that could be unpacked before the damage; OSError if the file can't be read.
    """
    import zstandard

    gzip = name.endswith(".gz")
    part: _Part | None = None
    before = b""
    while packed := file.read(_PACKED_BYTES):
        while packed:
            if part is None:
                packed = packed.lstrip(before)
                if not packed:
                    break
                part = zlib.decompressobj(31) if gzip else zstandard.ZstdDecompressor().decompressobj()
            try:
                text = part.decompress(packed)
            except (zlib.error, zstandard.ZstdError) as error:
                raise Damaged(str(error)) from None
            if text:
                yield text
            packed = part.unused_data
            if part.eof:
                part = None
                before = b"\0" if gzip else b""  # gzip files may be padded with zeros, between and after their parts
    if part is not None:
        raise Damaged("it ends before its end mark: it was cut, or is being written still")
