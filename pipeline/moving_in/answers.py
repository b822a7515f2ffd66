"""What the API answers, typed: AOIs, scenes and tiles (monitoring-api.md has examples of the bodies)."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from pipeline.event import EMPTY_OBJECT, NOTHING, Count, Id, Name, Status, TileName

_Entry = TypeVar("_Entry", bound=msgspec.Struct)


class AnswerInvalid(ValueError):
    """An answer that isn't what the API answers; its text says which, and what is wrong with it."""


class AoiAnswer(msgspec.Struct, frozen=True):
    """An entry of `GET /aoi/`."""

    name: Name = msgspec.field(name="ID")
    status: Status | None = None


class SceneAnswer(msgspec.Struct, frozen=True):
    """A scene as the API has it. `retry_countdown`: older servers don't say."""

    id: Id
    source_id: Name
    status: Status
    data: msgspec.Raw = EMPTY_OBJECT
    message: str | None = None
    retry_countdown: Count = msgspec.field(name="RetryCountDown", default=0)


class _SceneNamed(msgspec.Struct, frozen=True, gc=False):
    id: Id


class TileAnswer(msgspec.Struct, frozen=True):
    """A tile as the API has it, with the id of its scene."""

    id: Id
    source_id: TileName
    scene: _SceneNamed
    status: Status
    data: msgspec.Raw = EMPTY_OBJECT
    message: str | None = None
    previous_id: Id | None = msgspec.field(name="PreviousID", default=None)
    reference_id: Id | None = msgspec.field(name="ReferenceID", default=None)
    retry_countdown: Count = msgspec.field(name="RetryCountDown", default=0)


class Place(NamedTuple):
    """What only a site's GeoJSON tells of a scene or tile: its footprint and tags, JSON texts; `null` for none."""

    geometry: msgspec.Raw = NOTHING
    tags: msgspec.Raw = NOTHING


class AoiAnswers(NamedTuple):
    """All that was answered about an AOI: scenes and tiles by id, and where they lie, by kind and id."""

    name: str
    status: Status | None
    scenes: dict[int, SceneAnswer]
    tiles: dict[int, TileAnswer]
    places: dict[tuple[str, int], Place]


class Source(Protocol):
    """Where the answers come from: a server, or a folder that holds them as files."""

    name: str
    """The source of the events that are made of them."""

    def list_of(self, *path: str) -> tuple[str, list[msgspec.Raw]]:
        """The entries of one of the API's lists, all pages; and what to call it where something is wrong with it.

        `path` are the names in the API's path, not encoded. Raises AnswerInvalid, SourceUnusable.
        """

    def text_of(self, *path: str) -> bytes | None:
        """An answer as it is, or a file of a site; None if there is none. Raises SourceUnusable."""


class SourceUnusable(Exception):
    """Nothing can be read from there; the text, for people, says why and what to do."""


_list = msgspec.json.Decoder(list[msgspec.Raw] | None)


def entries(body: bytes, place: str) -> list[msgspec.Raw]:
    """The entries of a JSON array; none for null. Raises AnswerInvalid."""
    try:
        return _list.decode(body) or []
    except msgspec.ValidationError:
        raise AnswerInvalid(f"{place}: not a list, as the workflow server answers: {_shown(body)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerInvalid(f"{place}: not JSON ({error}): {_shown(body)}. Is it the workflow server?") from None


def _shown(body: bytes) -> str:
    text = body[:60].decode("utf-8", "backslashreplace")
    return f"{text!r}{'…' if len(body) > 60 else ''}"


def typed(found: Iterable[msgspec.Raw], of: type[_Entry], place: str) -> list[_Entry]:
    """The entries of a list as what they are. Raises AnswerInvalid."""
    decoder = msgspec.json.Decoder(of)
    told: list[_Entry] = []
    for number, entry in enumerate(found, 1):
        try:
            told.append(decoder.decode(entry))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise AnswerInvalid(f"{place}, entry {number}: not as the workflow server answers: {error}") from None
    return told


class _FeatureProperties(msgspec.Struct, frozen=True):
    id: Id
    footprint: str = ""
    tags: msgspec.Raw = NOTHING


class _Feature(msgspec.Struct, frozen=True):
    properties: _FeatureProperties
    geometry: msgspec.Raw = NOTHING


class _Features(msgspec.Struct, frozen=True):
    features: list[_Feature]


_features = msgspec.json.Decoder(_Features)


def places_in(text: bytes, kind: str, place: str) -> dict[tuple[str, int], Place]:
    """Footprints and tags in a site's GeoJSON. A footprint that was made from a name is left out: it is made again.

    Raises AnswerInvalid.
    """
    try:
        found = _features.decode(text).features
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerInvalid(f"{place}: not the GeoJSON of a Sceneboard site: {error}") from None
    told = {}
    for one in found:
        geometry = one.geometry if one.properties.footprint == "event" else NOTHING
        told[kind, one.properties.id] = Place(geometry, one.properties.tags)
    return told
