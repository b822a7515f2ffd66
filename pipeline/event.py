"""The events of the log: CloudEvents 1.0 in the JSON format, one typed structure for each type.

What each type does is told by the fold; here is only what it holds. Fields that aren't named here are kept: an event
goes through the program with the text of its line.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec

from pipeline.event_names import STATUSES, Status
from pipeline.timestamp import TimestampInvalid, instant

MAX_NAME_LENGTH = 4_096
"""Characters of a name of an AOI, scene or tile, of an event's id and source, at most: they stand on many pages."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
TileName = Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]

MAX_LINE_BYTES = 32 * 1024 * 1024
"""A longer line is quarantined: an event of that size would hold up every build and every page."""
MAX_TILES = 100_000
"""A scene with more tiles is quarantined, for the same reason."""
EMPTY_OBJECT = msgspec.Raw(b"{}")
NOTHING = msgspec.Raw(b"null")


__all__ = ["STATUSES", "Event", "EventInvalid", "Status", "decode", "decode_again", "kind_of", "type_of"]


class EventInvalid(ValueError):
    """A line that isn't an event; its text says why."""


class _Payload(msgspec.Struct, frozen=True, gc=False):
    pass


class _Command(_Payload, frozen=True, gc=False):
    by: str | None = None
    reason: str | None = None


class NewTile(_Payload, frozen=True, gc=False):
    """A tile of a new scene. Previous and reference are named by source ids; both empty: a root tile."""

    id: Id
    previous_tile_id: str | None = None
    previous_scene_id: str | None = None
    reference_tile_id: str | None = None
    reference_scene_id: str | None = None
    data: msgspec.Raw = EMPTY_OBJECT
    geometry: msgspec.Raw = NOTHING
    tags: msgspec.Raw = NOTHING


class NewScene(_Payload, frozen=True):
    """The body of `POST /aoi/{aoi}/scene`, with ids."""

    id: Id
    source_id: Name
    aoi: Name
    data: msgspec.Raw = EMPTY_OBJECT
    tiles: dict[TileName, NewTile] | None = None
    retry_count: Count | None = None
    geometry: msgspec.Raw = NOTHING
    tags: msgspec.Raw = NOTHING


class _SceneTiles(_Payload, frozen=True):
    tiles: dict[str, msgspec.Raw] | None = None


class AoiNamed(_Command, frozen=True, gc=False, kw_only=True):
    id: Name


class AoiNamedForce(_Command, frozen=True, gc=False, kw_only=True):
    id: Name
    force: bool | None = False


class SceneReport(_Payload, frozen=True, gc=False):
    id: Id
    status: Status
    message: str | None = None
    type: Literal["scene"] = "scene"


class TileReport(_Payload, frozen=True, gc=False):
    id: Id
    status: Status
    message: str | None = None
    type: Literal["tile"] = "tile"


class EntityNamed(_Command, frozen=True, gc=False, kw_only=True):
    id: Id


class EntityFail(_Command, frozen=True, gc=False, kw_only=True):
    id: Id
    force: bool | None = False


class EntityForce(_Command, frozen=True, gc=False, kw_only=True):
    id: Id
    status: Status


class EntityData(_Command, frozen=True, gc=False, kw_only=True):
    id: Id
    data: msgspec.Raw


class _Event(msgspec.Struct, frozen=True, tag_field="type", gc=False, kw_only=True):
    specversion: Literal["1.0"]
    id: Name
    source: Name
    time: str
    sequence: str = ""
    partitionkey: str | None = None
    subject: str | None = None


class AoiCreated(_Event, frozen=True, tag="aoi.created", gc=False, kw_only=True):
    data: AoiNamed


class AoiDeleted(_Event, frozen=True, tag="aoi.deleted", gc=False, kw_only=True):
    data: AoiNamed


class AoiRetry(_Event, frozen=True, tag="aoi.retry", gc=False, kw_only=True):
    data: AoiNamedForce


class SceneCreated(_Event, frozen=True, tag="scene.created", kw_only=True):
    data: NewScene


class SceneResult(_Event, frozen=True, tag="scene.result", gc=False, kw_only=True):
    data: SceneReport


class SceneRetry(_Event, frozen=True, tag="scene.retry", gc=False, kw_only=True):
    data: EntityNamed


class SceneFail(_Event, frozen=True, tag="scene.fail", gc=False, kw_only=True):
    data: EntityFail


class SceneForce(_Event, frozen=True, tag="scene.force", gc=False, kw_only=True):
    data: EntityForce


class SceneData(_Event, frozen=True, tag="scene.data", gc=False, kw_only=True):
    data: EntityData


class TileResult(_Event, frozen=True, tag="tile.result", gc=False, kw_only=True):
    data: TileReport


class TileRetry(_Event, frozen=True, tag="tile.retry", gc=False, kw_only=True):
    data: EntityNamed


class TileFail(_Event, frozen=True, tag="tile.fail", gc=False, kw_only=True):
    data: EntityFail


class TileForce(_Event, frozen=True, tag="tile.force", gc=False, kw_only=True):
    data: EntityForce


class TileData(_Event, frozen=True, tag="tile.data", gc=False, kw_only=True):
    data: EntityData


AoiEvent: TypeAlias = AoiCreated | AoiDeleted | AoiRetry
SceneEvent: TypeAlias = SceneResult | SceneRetry | SceneFail | SceneForce | SceneData
TileEvent: TypeAlias = TileResult | TileRetry | TileFail | TileForce | TileData
Event: TypeAlias = AoiEvent | SceneCreated | SceneEvent | TileEvent
EVENT_TYPES: tuple[str, ...] = tuple(
    str(structure.__struct_config__.tag)
    for union in (AoiEvent, SceneCreated | SceneEvent, TileEvent)
    for structure in get_args(union)
)

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_scene_tiles = msgspec.json.Decoder(_SceneTiles)
_Object = dict[str, msgspec.Raw]
_object = msgspec.json.Decoder(_Object)


_TYPE_NAMES: dict[type, str] = {
    structure: str(structure.__struct_config__.tag)
    for union in (AoiEvent, SceneCreated | SceneEvent, TileEvent)
    for structure in get_args(union)
}


_KINDS: dict[type, str] = {structure: name.partition(".")[0] for structure, name in _TYPE_NAMES.items()}


def type_of(event: Event) -> str:
    """The event's CloudEvents `type`, such as `scene.created`."""
    return _TYPE_NAMES[type(event)]


def kind_of(event: Event) -> str:
    """What the event is about: `aoi`, `scene` or `tile`."""
    return _KINDS[type(event)]


def too_long(length: int) -> EventInvalid:
    """Says that a line of so many bytes is too long to be an event."""
    return EventInvalid(f"a line of {length:,} bytes; at most {MAX_LINE_BYTES:,} are taken")


def decode(line: bytes) -> Event:
    """The event that a line of the log holds.

    Raises EventInvalid: not UTF-8, not JSON, not a CloudEvents 1.0 event of a known type, a field of a wrong type, a
    time that isn't RFC 3339, or larger than the limits above.
    """
    if len(line) > MAX_LINE_BYTES:
        raise too_long(len(line))
    try:
        if not line.isascii():
            line.decode()
        event = _decoder.decode(line)
        if type(event) in _LOOKED_INTO:
            _look_into(event)
    except UnicodeDecodeError as error:
        raise EventInvalid(f"not UTF-8: byte {error.start + 1} of the line is 0x{line[error.start]:02x}") from None
    except msgspec.ValidationError as error:
        raise EventInvalid(_explain(str(error))) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise EventInvalid(f"not JSON: {error}") from None
    return event


def decode_all(lines: Iterable[bytes]) -> list[Event]:
    """The events of lines that are UTF-8 and not too long, as `decode` gives them, in less time.

    Raises EventInvalid if one of them isn't an event.
    """
    try:
        events = list(map(_decoder.decode, lines))
        for event in events:
            if type(event) in _LOOKED_INTO:
                _look_into(event)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EventInvalid(str(error)) from None
    return events


def decode_again(line: bytes) -> Event:
    """The event of a line that `decode` has taken before, without the checks."""
    return _decoder.decode(line)


def _look_into(event: Event) -> None:
    """Checks what is kept as it came: payloads are objects, or null where a creation says so."""
    if isinstance(event, SceneCreated):
        tiles = event.data.tiles or {}
        if len(tiles) > MAX_TILES:
            raise EventInvalid(f"a scene of {len(tiles):,} tiles; at most {MAX_TILES:,} are taken")
        tiles_named_in_data(event.data)
        if not {memoryview(data)[0] for data in map(_data, tiles.values())} <= _OBJECT_OR_NULL:
            name = next(name for name, tile in tiles.items() if bytes(tile.data)[0] not in _OBJECT_OR_NULL)
            raise EventInvalid(f"not an event: the data of tile {name[:60]!r} is not an object")
    elif isinstance(event, SceneData | TileData):
        _object.decode(event.data.data)


_LOOKED_INTO = (SceneCreated, SceneData, TileData)
_OBJECT_OR_NULL = frozenset(b"{n")
_data = attrgetter("data")


def _explain(problem: str) -> str:
    """msgspec's message in the words of the log."""
    if problem.startswith("Invalid value") and problem.endswith("`$.type`"):
        return f"unknown event type: {problem}; known are {', '.join(EVENT_TYPES)}"
    return f"not an event: {problem}"


def moment(event: Event) -> str:
    """The event's instant. Raises EventInvalid if its `time` isn't RFC 3339."""
    try:
        return instant(event.time)
    except TimestampInvalid as error:
        raise EventInvalid(str(error)) from None


def tiles_named_in_data(scene: NewScene) -> int:
    """How many entries the new scene's `data.tiles` has. Raises msgspec.ValidationError if that isn't an object."""
    return len(_scene_tiles.decode(scene.data).tiles or {})


def canonical(line: bytes) -> str:
    """A text that is the same for two lines if they hold the same JSON value, and by which they are put in order.

    It is the form of the JSON Canonicalization Scheme (RFC 8785), but for numbers: they are laid out as there, but keep
    all their digits (1, 1.0 and 1e0 are one). A line that is too deep or too large for that stands for itself.
    """
    try:
        value = json.loads(line, parse_int=_number, parse_float=_number)
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return _NUMBER.sub(r"\1", text)
    except (ValueError, ArithmeticError, RecursionError):
        return line.decode("utf-8", "backslashreplace")


_NUMBER = re.compile(r'\{"\\u0000number":"([^"]+)"\}')


def _number(text: str) -> dict[str, str]:
    sign, digits, exponent = Decimal(text).as_tuple()
    figures = "".join(map(str, digits)).lstrip("0")
    point = int(exponent) + len(figures)
    figures = figures.rstrip("0")
    return {"\0number": "-" * (sign if figures else 0) + _laid_out(figures, point)}


def _laid_out(figures: str, point: int) -> str:
    """The number 0.FIGURES × 10^POINT as ECMAScript writes it."""
    if not figures:
        return "0"
    if len(figures) <= point <= 21:
        return figures + "0" * (point - len(figures))
    if 0 < point <= 21:
        return f"{figures[:point]}.{figures[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{figures}"
    return f"{figures[0]}{'.' * (len(figures) > 1)}{figures[1:]}e{point - 1:+d}"
