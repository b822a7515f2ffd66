"""Writes events as the lines of log files: CloudEvents 1.0 in the JSON format, one a line, compact, in UTF-8."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no id yet: who says what, and when."""

    time: datetime
    source: str
    type: str
    data: Mapping[str, object]
    partitionkey: str | None = None


@dataclass(slots=True)
class LogCounts:
    """What was written. Broken lines are not events; the rejected ones are those that the rules refuse, on purpose."""

    files: int = 0
    bytes: int = 0
    events: int = 0
    aois: int = 0
    scenes: int = 0
    tiles: int = 0
    rejected: int = 0
    broken_lines: int = 0
    by_type: Counter[str] = field(default_factory=Counter)


class LogFileExists(FileExistsError):
    """A file of the demo is there already. Its text says which, and what to do."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} exists already and a log is never written over: choose another folder, or delete it first"
        )


def lines(drafts: Iterable[Draft]) -> list[tuple[Draft, bytes]]:
    """Each event with its line, in log order. Ids count up from 1 for each source, zero-padded so that they sort.

    Raises ValueError if two events have the same time: the demo's order must not hang on ties.
    """
    ordered = sorted(drafts, key=lambda draft: draft.time)
    for earlier, later in pairwise(ordered):
        if earlier.time == later.time:
            raise ValueError(f"two events at {later.time}: {earlier.type} and {later.type}")
    numbers: Counter[str] = Counter()
    written = []
    for draft in ordered:
        numbers[draft.source] += 1
        written.append((draft, _line(draft, numbers[draft.source])))
    return written


def _line(draft: Draft, number: int) -> bytes:
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": f"{number:06d}",
        "source": draft.source,
        "type": draft.type,
        "time": _time(draft),
    }
    if draft.type.startswith(("scene.", "tile.")):
        event["subject"] = f"{draft.type.partition('.')[0]}/{draft.data['id']}"
    if draft.partitionkey is not None:
        event["partitionkey"] = draft.partitionkey
    event["data"] = draft.data
    return msgspec.json.encode(event) + b"\n"


def _time(draft: Draft) -> str:
    """The ingester's clocks tell nanoseconds, the operators' microseconds."""
    text = f"{draft.time:%Y-%m-%dT%H:%M:%S.%f}"
    if draft.source.startswith("ingester/"):
        text += f"{zlib.crc32(text.encode()) % 1000:03d}"
    return f"{text}Z"


def write_files(events_dir: Path, content: Mapping[str, bytes]) -> None:
    """Writes the files of a log by their relative paths; those that end in `.gz` are compressed.

    A compressed file holds neither a time nor a name, so its bytes hang on nothing but its content.
    Raises LogFileExists before anything is written if one of them is there.
    """
    for path in content:
        if (events_dir / path).exists():
            raise LogFileExists(events_dir / path)
    for path, raw in content.items():
        target = events_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_compressed(raw) if path.endswith(".gz") else raw)


def by_file(written: Iterable[tuple[Draft, bytes]], file_of: Callable[[Draft], str]) -> dict[str, list[bytes]]:
    """The lines of each file, in log order, by its relative path."""
    files: dict[str, list[bytes]] = {}
    for draft, line in written:
        files.setdefault(file_of(draft), []).append(line)
    return dict(sorted(files.items()))


def _compressed(raw: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(raw)
    return buffer.getvalue()
