"""`log append`: takes workers' results into the log, bare, as events, or as messages of the server's queues."""

from pathlib import Path
from typing import Any

import msgspec

from pipeline.event import EventInvalid, decode, moment
from pipeline.log.batches import batches
from pipeline.log.compose import Unwritable, compose
from pipeline.log.place import Data, known_log, open_log
from pipeline.operate.answer import Answer, Code
from pipeline.operate.queue_messages import Message, MessageInvalid, messages

_BATCH = 2_000
_BATCH_OF_A_BUCKET = 100_000
"""Where each batch is an object of its own."""


def append_results(data: Data, text: bytes, name: str, source: str | None) -> Answer:
    """Appends all messages of a text, or none if one can't be used. Raises AppendFailed, OSError if there is no log."""
    lines: list[bytes] = []
    for place, message in messages(text):
        try:
            if isinstance(message, MessageInvalid):
                raise EventInvalid(str(message))
            lines.append(_event(message, source))
        except EventInvalid as invalid:
            where = f"{name}, {place}" if place else name
            return Answer(name, Code.USAGE, f"{where}: {invalid}; nothing of {name} was appended")
    to = known_log(data)
    log = open_log(to)
    size = _BATCH if isinstance(to, Path) else _BATCH_OF_A_BUCKET
    for batch in batches(lines, size):
        log.append(batch)
    return Answer(name, Code.OK, f"{name}: {len(lines):,} events appended", appended=bool(lines))


def _event(message: Message, source: str | None) -> bytes:
    """The body if it is an event, or an event around the bare result. Raises EventInvalid."""
    line = message.body.strip()
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
            line = compose(
                f"{kind}.result", value, source=source or message.source, id=message.id, time=message.time
            )  # fmt: skip
        except Unwritable as error:
            raise EventInvalid(str(error)) from None
    elif b"\n" in line:
        line = msgspec.json.format(line, indent=-1)
    event = decode(line)
    moment(event)
    return line
