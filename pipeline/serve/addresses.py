"""What the path of a request asks for: one of the API's GET paths, or a file of the site.

A path is taken apart at its slashes first and percent-decoded then, once: `%2F` is a slash in an AOI's name, and
`%252F` a file's name with `%2F` in it.
"""

import re
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote_to_bytes

from pipeline.event_names import STATUSES

_NUMBER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_HIGHEST_ID = 2**63 - 1
_OF_AOI = {"dot": "graph.dot", "roottiles": "roottiles.json", "leaftiles": "leaftiles.json"}
_LISTS = ("scenes", "tiles")


class PathInvalid(ValueError):
    """The path isn't one that can be answered; its text says why."""


class AoiList(NamedTuple):
    """`GET /aoi/`."""


class OfAoi(NamedTuple):
    """`GET /aoi/{aoi}` and what is below it: the file in the AOI's folder that is the answer.

    `file` is empty for the AOI itself, whose name may be a pattern.
    """

    name: str
    file: str = ""
    is_list: bool = False


class OfId(NamedTuple):
    """`GET /scene/{scene}`, `/scene/{scene}/tiles` and `/tile/{tile}`: the file that is the answer."""

    file: tuple[str, ...]
    is_list: bool = False


class File(NamedTuple):
    """A file or folder of the site; the last of its names is empty after a slash."""

    names: tuple[str, ...]


Address: TypeAlias = AoiList | OfAoi | OfId | File


def names_of(raw_path: str) -> tuple[str, ...]:
    """The names in a path as it came over the wire: `/a%20b/c` is `a b` and `c`. Raises PathInvalid."""
    if not raw_path.startswith("/"):
        raise PathInvalid("a path starts with a slash")
    try:
        names = tuple(unquote_to_bytes(part).decode() for part in raw_path[1:].split("/"))
    except UnicodeDecodeError:
        raise PathInvalid("the path is not UTF-8") from None
    if any("\0" in name for name in names):
        raise PathInvalid("a NUL is in the path")
    return names


def address(names: tuple[str, ...]) -> Address:
    """What is asked for. Raises PathInvalid where the API answers 400: an id that is no number."""
    match names:
        case ("aoi", ""):
            return AoiList()
        case ("aoi", name):
            return OfAoi(name)
        case ("aoi", name, file) if name and file in _OF_AOI:
            return OfAoi(name, _OF_AOI[file], file != "dot")
        case ("aoi", name, file) if name and file in _LISTS:
            return OfAoi(name, f"{file}.json", True)
        case ("aoi", name, kind, status) if name and kind in _LISTS and status in STATUSES:
            return OfAoi(name, f"{kind}/{status}.json", True)
        case ("scene" | "tile" as kind, id) if id and "." not in id:
            return OfId((kind, f"{_number(kind, id)}.json"))
        case ("scene", id, "tiles") if id:
            return OfId(("scene", str(_number("scene", id)), "tiles.json"), True)
        case _:
            return File(names)


def _number(kind: str, text: str) -> int:
    """The id, as the API reads it: with a sign or zeros before it, of at most 64 bits."""
    if _NUMBER.fullmatch(text) is None or abs(int(text)) > _HIGHEST_ID:
        raise PathInvalid(f"the id of a {kind} is a number")
    return int(text)
