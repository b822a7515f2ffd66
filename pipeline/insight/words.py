"""Words that every sentence about scenes and tiles is made of. All of them are text of one line."""

import functools

_LONGEST_EXCERPT = 120
_LONGEST_LINE = 4_000


def one_line(text: str) -> str:
    """The text without line breaks, control characters and marks that turn or hide it: each is a blank.

    Blanks in a row become one. Of a text of more than 4,000 characters the rest is left out.
    """
    shown = text[:_LONGEST_LINE]
    if not shown.isprintable():
        shown = "".join(character if character.isprintable() else " " for character in shown)
    return " ".join(shown.split())


@functools.lru_cache(maxsize=10_000)
def excerpt(message: str) -> str:
    """The first line of a message that says something, of at most 120 characters; empty if none does."""
    for line in message[:_LONGEST_LINE].splitlines():
        shown = one_line(line)
        if shown:
            return shown if len(shown) <= _LONGEST_EXCERPT else f"{shown[: _LONGEST_EXCERPT - 1].rstrip()}…"
    return ""


def moment(instant: str) -> str:
    """An instant to the second, as `2022-03-01 12:00:05 UTC`."""
    return f"{instant[:10]} {instant[11:19]} UTC"


def counted(number: int, one: str, many: str) -> str:
    """`1 try`, `3 tries`, `1,200 tries`."""
    return f"{number:,} {one if number == 1 else many}"
