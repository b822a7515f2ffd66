"""Moulds: templates that are gone through once for each shape of what is put into them, and filled after that.

A page that is made ten thousand times differs from the next in its texts, not in the template's own. Jinja makes the
page once with marks where the texts go; what stands between the marks is kept, for all pages of the same shape.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import count
from operator import itemgetter
from typing import Any, NoReturn, TypeAlias

from markupsafe import Markup, escape

from pipeline.render.environment import rendered
from pipeline.render.plain import built

_Shape: TypeAlias = tuple[bool | int, ...]
_Known: TypeAlias = tuple[list[str], Callable[[Sequence[Any]], Iterable[Any]]]
_MARK = re.compile("\0([0-9]+)\0")
_MOST_SHAPES = 4096
_NO_ROWS: tuple[int, ...] = ()


class Mould:
    """A template to be filled with values: texts, numbers, flags, and lists of rows of these.

    The template may print a value, ask whether it is empty or false, and go through the rows of a list. It may do
    nothing else with it, since what it sees is a mark: that is a TypeError. A text is escaped, HTML (a `Markup`) is
    not, as in any page.

    `names` are those of the values in the template, `lists` those among them that are lists of tuples. `path` is that
    of a page of the site from which the template's own links lead as from those that are made with it.
    """

    def __init__(self, template: str, names: Sequence[str], path: str, lists: Collection[str] = ()) -> None:
        self._template = template
        self._names = tuple(names)
        self._path = path
        self._has_rows = [name in lists for name in names] if lists else None
        self._known: dict[_Shape, _Known] = {}

    def fill(self, values: Sequence[Any]) -> Markup:
        """The template with these values, in the order of the names."""
        flat, lengths = (values, _NO_ROWS) if self._has_rows is None else _flattened(values, self._has_rows)
        shape: _Shape = (*[not one for one in flat], *lengths)
        found = self._known.get(shape)
        if found is None:
            if len(self._known) >= _MOST_SHAPES:
                self._known.clear()
            found = self._known[shape] = self._made(values)
        texts, marked = found
        parts = texts.copy()
        parts[1::2] = [one if type(one) is Markup else _escaped(one) for one in marked(flat)]
        return built("".join(parts))

    def _made(self, values: Sequence[Any]) -> _Known:
        """The texts of the template, with an empty one at each mark; and what picks the values for the marks."""
        numbers = count()
        marks = [
            [[_Mark(one, next(numbers)) for one in row] for row in value] if has_rows else _Mark(value, next(numbers))
            for value, has_rows in zip(values, self._has_rows or [False] * len(values), strict=True)
        ]
        parts = _MARK.split(rendered(self._template, self._path, **dict(zip(self._names, marks, strict=True))))
        places = [int(mark) for mark in parts[1::2]]
        texts = [part if place % 2 == 0 else "" for place, part in enumerate(parts)]
        if len(places) < 2:
            return texts, lambda flat: [flat[place] for place in places]
        return texts, itemgetter(*places)


class _Mark:
    """Stands for a value while the template is gone through: it can be printed, or asked whether it is empty."""

    __slots__ = ("_full", "_number")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: object, number: int) -> None:
        self._full = bool(value)
        self._number = number

    def __bool__(self) -> bool:
        return self._full

    def __html__(self) -> str:
        return f"\0{self._number}\0"

    def __str__(self) -> NoReturn:
        raise TypeError("the template of a mould can print a value and ask whether it is empty, nothing else")

    def __eq__(self, other: object) -> NoReturn:
        self.__str__()


def _flattened(values: Sequence[Any], has_rows: Sequence[bool]) -> tuple[list[Any], tuple[int, ...]]:
    """The values, and those of all rows, one after the other; and how many rows each list has."""
    flat: list[Any] = []
    lengths = []
    for value, rows in zip(values, has_rows, strict=True):
        if rows:
            lengths.append(len(value))
            for row in value:
                flat += row
        else:
            flat.append(value)
    return flat, tuple(lengths)


def _escaped(value: object) -> str:
    """As `escape`, which takes several times as long for a text in which there is nothing to escape."""
    if type(value) is int:
        return str(value)
    if type(value) is str and not (
        "&" in value or "<" in value or ">" in value or '"' in value or "'" in value
    ):  # fmt: skip
        return value
    return escape(value)
