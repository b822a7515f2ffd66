"""Texts of the log as pages show them: what can't be seen, or turns and hides the text around it, becomes U+FFFD.

A text is cut where it would make a page too heavy; how long it is is said, and the JSON files have it whole.
"""

from markupsafe import Markup

from pipeline.render.graph.dot import visible

LONGEST_NAME = 1_000
LONGEST_TEXT = 4_000


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """The text on one line, of at most so many characters."""
    return visible(text) if len(text) <= longest else f"{visible(text[:longest])}… ({len(text):,} characters)"


def lines(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text with its line breaks, of at most so many characters."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return text
    shown = "\n".join(visible(line) for line in text[:longest].replace("\t", "    ").splitlines())
    return shown if len(text) <= longest else f"{shown}… ({len(text):,} characters)"


def built(html: str) -> Markup:
    """HTML built of pieces, each of which is fixed or has been escaped by the caller: it isn't escaped again."""
    return str.__new__(Markup, html)  # what `Markup(html)` does, which asks whether it is HTML first
