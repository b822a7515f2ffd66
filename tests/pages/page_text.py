"""A page as text: its elements with their attributes, and the tables on it. Quick, and without a browser."""

import html
from dataclasses import dataclass, field
from functools import cache, cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

_REFERS = {"href", "xlink:href", "src"}


@dataclass(frozen=True)
class Element:
    """A start tag, and what stands directly in a `script` or `style`."""

    name: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)


class PageText(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.feed(file.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1].name in ("script", "style") and data.strip():
            self.elements[-1].text.append(data)

    @cached_property
    def ids(self) -> list[str]:
        """The ids of elements, in order."""
        return [one.attributes["id"] for one in self.elements if "id" in one.attributes]

    @cached_property
    def links(self) -> list[str]:
        """What the page links to and loads, as it is written there."""
        return [
            html.unescape(value) for one in self.elements for name, value in one.attributes.items() if name in _REFERS
        ]


@cache
def read(file: Path) -> PageText:
    """A page, read once: many tests look at the same."""
    return PageText(file)


def target(path: str, link: str) -> tuple[str, str]:
    """The path in the site, and the fragment, that a link on the page at that path leads to."""
    file, fragment = urldefrag(link)
    if not file:
        return path, unquote(fragment)
    parts = path.split("/")[:-1]
    for part in unquote(file).split("/"):
        if part == "..":
            assert parts, f"{link} on {path} leads out of the site"
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts), unquote(fragment)
