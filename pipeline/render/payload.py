"""JSON from the log, laid out to be read: objects as lists of names and values, alike objects as tables.

Every member is shown, known to the program or not. Numbers stand as they were written.
"""

import functools
from typing import Any

import msgspec
from markupsafe import Markup, escape

from pipeline.render.plain import built, lines, one_line

_DEEPEST = 8
"""What is nested deeper is shown as JSON."""
_LONGEST = 64 * 1024
"""So many bytes of JSON are laid out; of a longer text the first are shown as they are."""
_LONGEST_REMEMBERED = 2048
_LONGEST_INLINE = 240
_WIDEST = 8
"""Columns of a table of alike objects."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_values = msgspec.json.Decoder(float_hook=_Number)


def laid_out(text: bytes) -> Markup:
    """A JSON object as HTML. What can't be taken apart is shown as it is."""
    return _object_remembered(text) if len(text) <= _LONGEST_REMEMBERED else _object_made(text)


@functools.lru_cache(maxsize=1024)
def _object_remembered(text: bytes) -> Markup:
    """The payloads of tiles are alike on all dates."""
    return _object_made(text)


def _object_made(text: bytes) -> Markup:
    if len(text) > _LONGEST:
        return Markup('<pre class="payload">{}</pre>').format(lines(text.decode("utf-8", "replace"), _LONGEST))
    try:
        members = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return value(text)
    return built(_members([(name, _laid_out(bytes(member), 1)) for name, member in members.items()]))


def value(text: bytes) -> Markup:
    """Any JSON value as HTML."""
    return built(_laid_out(text, 0))


def _laid_out(text: bytes, depth: int) -> str:
    return _remembered(text, depth) if len(text) <= _LONGEST_REMEMBERED else _made(text, depth)


@functools.lru_cache(maxsize=4096)
def _remembered(text: bytes, depth: int) -> str:
    """The same parts come again and again: in the payloads of an AOI's scenes most members are alike."""
    return _made(text, depth)


def _made(text: bytes, depth: int) -> str:
    if len(text) > _LONGEST:
        return f'<pre class="payload">{escape(lines(text.decode("utf-8", "replace"), _LONGEST))}</pre>'
    try:
        return _shown(_values.decode(text), depth)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return f"<code>{escape(lines(text.decode('utf-8', 'replace')))}</code>"


def _shown(value: Any, depth: int) -> str:
    match value:
        case _Number():
            return f"<code>{escape(one_line(value))}</code>"
        case str():
            return str(escape(lines(value))) if value else '<span class="none">empty</span>'
        case dict():
            return _object(value, depth)
        case list():
            return _array(value, depth)
        case _:
            return f"<code>{_json(value)}</code>"


def _object(value: dict[str, Any], depth: int) -> str:
    if not value:
        return "<code>{}</code>"
    if depth >= _DEEPEST:
        return f"<code>{_json(value)}</code>"
    columns = _columns(list(value.values()))
    if columns:
        return _table(columns, list(value.items()), depth)
    return _members([(name, _shown(member, depth + 1)) for name, member in value.items()])


def _members(shown: list[tuple[str, str]]) -> str:
    if not shown:
        return "<code>{}</code>"
    found = "".join([f"<dt>{escape(one_line(name)) or _EMPTY}</dt><dd>{member}</dd>" for name, member in shown])
    return f'<dl class="payload">{found}</dl>'


_EMPTY = '""'


def _array(value: list[Any], depth: int) -> str:
    if not value:
        return "<code>[]</code>"
    columns = _columns(value)
    if columns and depth < _DEEPEST:
        return _table(columns, [(str(place), row) for place, row in enumerate(value, start=1)], depth)
    if depth >= _DEEPEST or not any(isinstance(member, dict | list) for member in value) or _is_numbers(value):
        inline = _json(value)
        if len(inline) <= _LONGEST_INLINE or depth >= _DEEPEST or _is_numbers(value):
            return f"<code>{inline}</code>"
    return f'<ol class="payload">{"".join([f"<li>{_shown(member, depth + 1)}</li>" for member in value])}</ol>'


def _is_numbers(value: Any) -> bool:
    """Numbers, as deep as coordinates are nested."""
    if isinstance(value, list):
        return all(_is_numbers(member) for member in value)
    return isinstance(value, int | _Number) and not isinstance(value, bool)


def _columns(values: list[Any]) -> list[str]:
    """The members that two or more alike objects have, if they make a table: few, and none of them nested."""
    first = values[0]
    if len(values) < 2 or not isinstance(first, dict) or not 0 < len(first) <= _WIDEST:
        return []
    names = list(first)
    for one in values:
        if not isinstance(one, dict) or list(one) != names:
            return []
        if any(isinstance(member, dict | list) for member in one.values()):
            return []
    return names


def _table(columns: list[str], rows: list[tuple[str, dict[str, Any]]], depth: int) -> str:
    head = "".join([f'<th scope="col">{escape(one_line(name)) or _EMPTY}</th>' for name in columns])
    body = "".join(
        [
            f'<tr><th scope="row">{escape(one_line(name)) or _EMPTY}</th>'
            f"{''.join([f'<td>{_shown(member, depth + 1)}</td>' for member in row.values()])}</tr>"
            for name, row in rows
        ]
    )
    return f'<table class="payload"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'


def _json(value: Any) -> str:
    """JSON on one line, with numbers as they were written."""
    return str(escape(lines(_written(value))))


def _written(value: Any) -> str:
    match value:
        case _Number():
            return value
        case dict():
            return "{" + ", ".join([f"{_written(name)}: {_written(member)}" for name, member in value.items()]) + "}"
        case list():
            return "[" + ", ".join([_written(member) for member in value]) + "]"
        case _:
            return msgspec.json.encode(value).decode()
