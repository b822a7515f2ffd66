"""The lines of the events, kept compressed: some of one AOI together, so that folding it again reads little else."""

from collections import OrderedDict
from collections.abc import Iterable

import zstandard

from pipeline.event import Event, EventInvalid, decode
from pipeline.store.database import Database, TextDamaged

_LEVEL = 1
_FLUSH_BYTES = 512 * 1024
_CACHE_BYTES = 64 * 1024 * 1024


class TextWriter:
    """Collects lines by AOI and writes them as compressed batches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        found = database.rows("SELECT coalesce(max(batch), 0) FROM lines")
        self._next = found[0][0] + 1
        self._open: dict[str, tuple[int, list[bytes], int]] = {}

    def add(self, aoi: str, text: bytes) -> tuple[int, int, int]:
        """Takes a line; gives its batch, start and length there."""
        if aoi not in self._open:
            self._open[aoi] = (self._next, [], 0)
            self._next += 1
        batch, texts, start = self._open[aoi]
        texts.append(text)
        end = start + len(text)
        if end >= _FLUSH_BYTES:
            self._write([self._open.pop(aoi)])
        else:
            self._open[aoi] = (batch, texts, end)
        return batch, start, len(text)

    def close(self) -> None:
        """Writes what isn't written yet."""
        self._write(self._open.values())
        self._open.clear()

    def _write(self, batches: Iterable[tuple[int, list[bytes], int]]) -> None:
        rows = [(batch, self._compressor.compress(b"".join(texts))) for batch, texts, _ in batches]
        if rows:
            self._database.append("lines", rows)


class TextReader:
    """Gives lines back by batch, start and length. Batches read last are kept, up to a bound."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._decompressor = zstandard.ZstdDecompressor()
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0

    def prepare(self, batches: Iterable[int]) -> None:
        """Reads the batches that are not there yet, in one query. Raises TextDamaged."""
        wanted = sorted(set(batches) - self._cache.keys())
        if not wanted:
            return
        self._trim()
        rows = self._database.rows("SELECT batch, text FROM lines WHERE batch IN (SELECT unnest(?))", [wanted])
        for batch, blob in rows:
            try:
                text = self._decompressor.decompress(blob, max_output_size=2**31 - 1)
            except zstandard.ZstdError as error:
                raise TextDamaged(f"the lines of batch {batch}: {error}") from error
            self._cache[batch] = text
            self._bytes += len(text)

    def text(self, batch: int, start: int, length: int) -> bytes:
        """A line of a batch that was prepared. Raises TextDamaged if it isn't there."""
        lines = self._cache.get(batch)
        if lines is None or start + length > len(lines):
            raise TextDamaged(f"the lines of batch {batch} are not all there")
        self._cache.move_to_end(batch)
        return lines[start : start + length]

    def _trim(self) -> None:
        while self._cache and self._bytes > _CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._bytes -= len(dropped)


def event_of(text: bytes) -> Event:
    """The event of a line that was kept. Raises TextDamaged if it is none: when it was taken in it was one."""
    try:
        return decode(text)
    except EventInvalid as invalid:
        raise TextDamaged(f"a line that was an event: {invalid}") from None
