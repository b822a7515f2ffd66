"""Texts of the log as pages show them: what can't be seen, or turns and hides the text around it, becomes U+FFFD.

A text is cut where it would make a page too heavy; how long it is is said, and the JSON files have it whole.
"""

import re

from markupsafe import Markup

LONGEST_NAME = 1_000
LONGEST_TEXT = 4_000
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    "\ud800-\udfff\U000e0000-\U000e007f"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Controls, surrogates, what is no character, and what can't be seen but turns or hides the text around it.

A list of our own: what `str.isprintable` says grows with each release of Python, and with it the bytes would.
"""
_BLANK = re.compile("[ \u00a0\u115f\u1160\u1680\u180e\u2000-\u200d\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0f\uffa0]+")
"""What shows as nothing but room, or as nothing."""


def visible(text: str) -> str:
    """A text that shows as what it is, on one line, and may stand in XML: other characters become U+FFFD.

    One that is nothing but blanks becomes U+2423 (open box) for each: it may be a name, and all there is to click.
    """
    shown = _seen(text)
    return "\N{OPEN BOX}" * len(shown) if _BLANK.fullmatch(shown) else shown


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """The text on one line, of at most so many characters."""
    return visible(text) if len(text) <= longest else f"{visible(text[:longest])}… ({len(text):,} characters)"


def lines(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text with its line breaks, of at most so many characters."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return text
    shown = "\n".join(_seen(line) for line in text[:longest].replace("\t", "    ").splitlines())
    return shown if len(text) <= longest else f"{shown}… ({len(text):,} characters)"


def built(html: str) -> Markup:
    """HTML built of pieces, each of which is fixed or has been escaped by the caller: it isn't escaped again."""
    return str.__new__(Markup, html)  # what `Markup(html)` does, which asks whether it is HTML first
