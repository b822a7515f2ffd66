"""Lines in batches: each is appended at once."""

from collections.abc import Iterable, Iterator

MOST_BYTES = 128 * 1024 * 1024


def batches(lines: Iterable[bytes], most_lines: int) -> Iterator[list[bytes]]:
    """Lines in their order, at most so many at a time, and with their line breaks at most MOST_BYTES, or one line."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == most_lines or size + len(line) >= MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch
