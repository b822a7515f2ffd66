"""The project's Markdown pages, taken apart: blocks of code, tables, headings, links."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
"""Every page that people read. (What stands in `site/` is for the folder.)"""

_PARSER = MarkdownIt("commonmark").enable("table")
_PUNCTUATION = re.compile(r"[^\w\- ]")


class Block(NamedTuple):
    """A block of code: `kind` is what the fence calls it, none for an indented one; `line` counts from 1."""

    kind: str
    text: str
    line: int


def tokens(page: Path) -> list[Token]:
    return _PARSER.parse(page.read_text("utf-8"))


def blocks(page: Path) -> list[Block]:
    """The blocks of code of a page, in order."""
    return [
        Block(token.info.strip(), token.content, (token.map or [0])[0] + 1)
        for token in tokens(page)
        if token.type in ("fence", "code_block")
    ]


def inline(page: Path) -> Iterator[Token]:
    """The parts of a page's running text: words, links, pieces of code."""
    for token in tokens(page):
        yield from token.children or ()


def plain(token: Token) -> str:
    """The words of a piece of running text."""
    return "".join(one.content for one in token.children or () if one.type in ("text", "code_inline", "softbreak"))


def anchors(page: Path) -> set[str]:
    """The names that links may lead to on a page, as GitHub and GitLab make them of its headings."""
    found: set[str] = set()
    read = tokens(page)
    for token, words in pairwise(read):
        if token.type == "heading_open":
            name = _PUNCTUATION.sub("", plain(words).lower()).replace(" ", "-")
            found.add(next(one for one in _numbered(name) if one not in found))
    return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 0
    while True:
        number += 1
        yield f"{name}-{number}"


def links(page: Path) -> list[str]:
    """The addresses of a page's links and pictures."""
    return [
        str(token.attrs["href" if token.type == "link_open" else "src"])
        for token in inline(page)
        if token.type in ("link_open", "image")
    ]


def table(page: Path, first_column: str) -> list[list[Token]]:
    """The rows of the tables whose first column has that name, each cell as a token; heads are left out."""
    found: list[list[Token]] = []
    rows: list[list[Token]] | None = None
    for token in tokens(page):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open" and rows is not None:
            rows.append([])
        elif token.type == "inline" and rows is not None:
            rows[-1].append(token)
        elif token.type == "table_close" and rows is not None:
            head, *body = rows
            found += body if plain(head[0]) == first_column else []
            rows = None
    return found


def codes(cell: Token) -> list[str]:
    """The pieces of code in a cell."""
    return [one.content for one in cell.children or () if one.type == "code_inline"]
