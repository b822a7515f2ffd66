"""Workers' results as the server's queues hand them out: bare, or as messages of Pub/Sub or of pgqueue.

A message's id and time become the event's: a queue may deliver a message again, and it still counts once.
"""

import base64
import binascii
import codecs
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec


class MessageInvalid(ValueError):
    """Something that is no message with a result; its text says why."""


class Message(NamedTuple):
    """A JSON text that a worker sent: a result, or an event. What the queue knows of it: id, source and time."""

    body: bytes
    id: str | None = None
    source: str | None = None
    time: str | None = None


def messages(text: bytes) -> Iterator[tuple[str, Message | MessageInvalid]]:
    """The messages in a text, each with its place: one JSON value a line, or one value over several lines.

    A value is a result or an event as a worker sent it; a message of Pub/Sub, as it is pushed or pulled; a row of
    pgqueue's table, as `row_to_json` gives it; or a list of these. What is none of them has its place too.
    """
    text = text.removeprefix(codecs.BOM_UTF8)  # PowerShell begins files with it
    whole = _over_lines(text)
    if whole is not None:
        yield from _in("", whole)
        return
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.strip():
            yield from _in(f"line {number}", line.strip())


def _over_lines(text: bytes) -> bytes | None:
    """The text as one JSON value on one line; None if it is none, or is on one line already."""
    text = text.strip()
    if b"\n" not in text or text[:1] not in (b"[", b"{"):
        return None
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
        return msgspec.json.format(text, indent=-1)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _in(place: str, text: bytes) -> Iterator[tuple[str, Message | MessageInvalid]]:
    try:
        found = _list_in(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield place, MessageInvalid(f"not JSON: {error}")
        return
    if found is None:
        yield place, _taken_out(text)
        return
    for number, one in enumerate(found, 1):
        yield ", ".join(filter(None, (place, f"message {number}"))), _taken_out(bytes(one))


class _Pulled(msgspec.Struct):
    received: list[msgspec.Raw] | None = msgspec.field(name="receivedMessages", default=None)


def _list_in(text: bytes) -> list[msgspec.Raw] | None:
    """The entries of a list, or of what Pub/Sub's REST API answers to a pull."""
    if text[:1] == b"[":
        return msgspec.json.decode(text, type=list[msgspec.Raw])
    if text[:1] == b"{" and b'"receivedMessages"' in text:
        try:
            return msgspec.json.decode(text, type=_Pulled).received
        except msgspec.ValidationError:
            return None
    return None


def _taken_out(text: bytes) -> Message | MessageInvalid:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return MessageInvalid(f"not JSON: {error}")
    if not isinstance(value, dict):
        return MessageInvalid("neither a result nor an event: an object is expected")
    if "specversion" in value:
        return Message(text)
    try:
        if isinstance(value.get("message"), dict):
            return _of_pubsub(value["message"], value.get("subscription"))
        if isinstance(value.get("queue_name"), str):
            return _of_pgqueue(value)
    except MessageInvalid as invalid:
        return invalid
    if "source_id" in value and "status" not in value:
        return MessageInvalid("this is work for a worker, not a worker's result")
    return Message(text)


def _of_pubsub(message: dict[str, Any], subscription: Any) -> Message:
    data = message.get("data")
    try:
        body = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        raise MessageInvalid("a message of Pub/Sub whose data is not base64") from None
    if not body:
        raise MessageInvalid("a message of Pub/Sub without data")
    id = _text(message, "messageId", "message_id")
    source = subscription if isinstance(subscription, str) and subscription else "pubsub"
    return Message(body, id, source if id else None, _text(message, "publishTime", "publish_time"))


def _of_pgqueue(row: dict[str, Any]) -> Message:
    data, id = row.get("data"), row.get("id")
    if not isinstance(data, str) or not data.startswith("\\x"):
        raise MessageInvalid("a row of pgqueue whose data is not as PostgreSQL writes bytes (\\x and digits)")
    try:
        body = bytes.fromhex(data[2:])
    except ValueError:
        raise MessageInvalid("a row of pgqueue whose data is not as PostgreSQL writes bytes (\\x and digits)") from None
    known = isinstance(id, int) and not isinstance(id, bool)
    return Message(
        body, str(id) if known else None, f"pgqueue/{row['queue_name']}" if known else None, _text(row, "created_at")
    )


def _text(of: dict[str, Any], *names: str) -> str | None:
    return next((of[name] for name in names if isinstance(of.get(name), str) and of[name]), None)
