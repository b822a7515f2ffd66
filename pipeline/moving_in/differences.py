"""What of a server's answers the folded events don't give."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.event import canonical
from pipeline.fold.state import Aoi, Scene, Tile
from pipeline.moving_in.answers import AoiAnswers, SceneAnswer, TileAnswer

_LONGEST = 60


class Difference(NamedTuple):
    """Something that could not be taken over. `kind` is scene or tile; `why` says what stands against it."""

    aoi: str
    kind: str
    id: int
    what: str
    there: str
    here: str
    why: str

    @property
    def sentence(self) -> str:
        return f"AOI {self.aoi}, {self.kind} {self.id}: {self.what} is {self.there} there, {self.here} here: {self.why}"


_WHY = {
    "status": "no events that the rules allow lead to it",
    "message": "a message comes with a RETRY when no retries are left, or with FAILED; nothing else sets or changes it",
    "RetryCountDown": "retries only ever go down, by one with each retry",
    "PreviousID": "it is given when a scene is added, and changes only when a tile before it is given up",
    "ReferenceID": "it is given with PreviousID when a scene is added, and changes only when the root is given up",
    "data": "only a JSON object can be set",
    "geometry": "a footprint is given when a scene is added; no event changes it",
    "tags": "tags are given when a scene is added; no event changes them",
}


_WEIGHTS = {"it": 20, "status": 10, "message": 3, "RetryCountDown": 1}
_OTHERS_WEIGHT = 3


def weight(found: Iterable[Difference]) -> int:
    """How much is not as it should be: of two plans the one with less is the nearer."""
    return sum(_WEIGHTS.get(one.what, _OTHERS_WEIGHT) for one in found)


def same_json(one: bytes, other: bytes) -> bool:
    """Whether two JSON texts have the same value."""
    return one == other or canonical(one) == canonical(other)


def differences(aoi: Aoi, answers: AoiAnswers, refused: dict[int, str]) -> list[Difference]:
    """Everything in which an AOI is not as answered, scenes before tiles, by id.

    `refused` says of scenes that could not be added why not.
    """
    return [*_of_scenes(aoi, answers, refused), *_of_tiles(aoi, answers, refused)]


def _of_scenes(aoi: Aoi, answers: AoiAnswers, refused: dict[int, str]) -> Iterator[Difference]:
    for id, there in sorted(answers.scenes.items()):
        here = aoi.scenes.get(id)
        if here is None:
            why = refused.get(id, "it could not be added")
            yield Difference(answers.name, "scene", id, "it", there.status, "missing", why)
        else:
            yield from _of("scene", here, there, answers)
    for id in sorted(aoi.scenes.keys() - answers.scenes.keys()):
        yield _left(answers.name, "scene", id, aoi.scenes[id])


def _of_tiles(aoi: Aoi, answers: AoiAnswers, refused: dict[int, str]) -> Iterator[Difference]:
    for id, there in sorted(answers.tiles.items()):
        here = aoi.tiles.get(id)
        if here is None:
            why = refused.get(there.scene.id, "no event adds a tile to a scene that is there")
            yield Difference(answers.name, "tile", id, "it", there.status, "missing", why)
            continue
        yield from _of("tile", here, there, answers)
        prev, ref = (None if one is None else one.id for one in (here.prev, here.ref))
        for what, found, wanted in (
            ("PreviousID", prev, there.previous_id),
            ("ReferenceID", ref, there.reference_id),
        ):
            if found != wanted:
                yield _difference(answers.name, "tile", id, what, _number(wanted), _number(found))
    for id in sorted(aoi.tiles.keys() - answers.tiles.keys()):
        if aoi.tiles[id].scene.id in answers.scenes:
            yield _left(answers.name, "tile", id, aoi.tiles[id])


def _of(kind: str, here: Scene | Tile, there: SceneAnswer | TileAnswer, answers: AoiAnswers) -> Iterator[Difference]:
    if here.status != there.status:
        yield _difference(answers.name, kind, there.id, "status", there.status, here.status)
    if here.message != (there.message or ""):
        yield _difference(answers.name, kind, there.id, "message", _text(there.message or ""), _text(here.message))
    if here.retry_countdown != there.retry_countdown:
        found = str(there.retry_countdown), str(here.retry_countdown)
        yield _difference(answers.name, kind, there.id, "RetryCountDown", *found)
    if not same_json(here.data, bytes(there.data)):
        yield _difference(answers.name, kind, there.id, "data", _json(bytes(there.data)), _json(here.data))
    place = answers.places.get((kind, there.id))
    for what, wanted, found_text in (
        ("geometry", place and bytes(place.geometry), here.geometry),
        ("tags", place and bytes(place.tags), here.tags),
    ):
        if wanted not in (None, b"null") and wanted is not None and not same_json(wanted, found_text or b"null"):
            yield _difference(answers.name, kind, there.id, what, _json(wanted), _json(found_text or b"null"))


def _difference(aoi: str, kind: str, id: int, what: str, there: str, here: str) -> Difference:
    return Difference(aoi, kind, id, what, there, here, _WHY[what])


def _left(aoi: str, kind: str, id: int, here: Scene | Tile) -> Difference:
    return Difference(aoi, kind, id, "it", "missing", here.status, "it is left as it is: no event removes it alone")


def _number(id: int | None) -> str:
    return "none" if id is None else str(id)


def _text(message: str) -> str:
    return repr(message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…")


def _json(text: bytes) -> str:
    shown = text.decode("utf-8", "backslashreplace")
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
