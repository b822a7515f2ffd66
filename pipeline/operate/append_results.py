"""`log append`: takes workers' results, bare or as events, into the log."""

from pathlib import Path
from typing import Any

import msgspec

from pipeline.event import EventInvalid, decode, moment
from pipeline.log.append import append_lines
from pipeline.log.compose import Unwritable, compose
from pipeline.operate.answer import Answer, Code
from pipeline.operate.blind import EVENTS

_BATCH = 2_000


def append_results(data: Path, text: bytes, name: str, source: str | None) -> Answer:
    """Appends all lines of a text, or none if one can't be used. Raises AppendFailed."""
    lines: list[bytes] = []
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            lines.append(_event(line.strip(), source))
        except EventInvalid as invalid:
            return Answer(name, Code.USAGE, f"{name}, line {number}: {invalid}; nothing of {name} was appended")
    for start in range(0, len(lines), _BATCH):
        append_lines(data / EVENTS, lines[start : start + _BATCH])
    return Answer(name, Code.OK, f"{name}: {len(lines):,} events appended", appended=bool(lines))


def _event(line: bytes, source: str | None) -> bytes:
    """The line if it is an event, or an event around the bare result. Raises EventInvalid."""
    try:
        value: Any = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventInvalid(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise EventInvalid("neither a result nor an event: an object is expected")
    if "specversion" not in value:
        kind = value.get("type")
        if kind not in ("scene", "tile"):
            raise EventInvalid('a bare result has "type": "scene" or "tile"')
        try:
            line = compose(f"{kind}.result", value, source=source)
        except Unwritable as error:
            raise EventInvalid(str(error)) from None
    event = decode(line)
    moment(event)
    return line
