"""`?page=` and `?limit=`, as the API takes them: pages are counted from 0."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

DEFAULT_LIMIT = 1000
"""The length of a page if `page` is given alone."""
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_items = msgspec.json.Decoder(list[msgspec.Raw])


class PagingInvalid(ValueError):
    """`page` or `limit` is no number that makes sense; the text says which."""


class Page(NamedTuple):
    """A part of a list: `number` from 0, `limit` entries long."""

    number: int
    limit: int

    def of(self, body: bytes) -> bytes:
        """The part of a JSON array, each entry as it stands in it."""
        first = self.number * self.limit
        return msgspec.json.encode(_items.decode(body)[first : first + self.limit]) + b"\n"


def page_of(query: Mapping[str, str]) -> Page | None:
    """What a query asks for; None for the whole list. Raises PagingInvalid."""
    if "page" not in query and "limit" not in query:
        return None
    limit = _number(query, "limit", DEFAULT_LIMIT)
    if limit == 0:
        raise PagingInvalid("limit is 1 or more")
    return Page(_number(query, "page", 0), limit)


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    if _NUMBER.fullmatch(text) is None:
        raise PagingInvalid(f"{name} is a whole number, 0 or more")
    return int(text)
