"""A badge: an AOI's name and how it is, as a small picture for a README or a wiki."""

from html import escape

from pipeline.event import Status
from pipeline.insight.workload import Overview
from pipeline.render.graph.svg import columns_of
from pipeline.render.plain import visible

COLOURS: dict[Status, str] = {
    "NEW": "#5d6673", "PENDING": "#2450c0", "DONE": "#14713f", "RETRY": "#9c5b00", "FAILED": "#ab0f2c",
}  # fmt: skip
"""Behind white text, which has to be readable on each."""
LABEL_COLOUR = "#33383f"
_LONGEST_LABEL = 40
_COLUMN_PX = 6.0
_PADDING_PX = 6
_HEIGHT_PX = 20


def badge(of: Overview) -> bytes:
    """`Demo | RETRY · 36 of 46 tiles, 2 to retry`. The text is fitted to its place, whatever the font is."""
    label, text = _label(of.id), _text(of)
    left, right = _width(label), _width(text)
    told = escape(f"{label}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT_PX}" role="img" '
        f'aria-label="{told}"><title>{told}</title>'
        f'<rect width="{left}" height="{_HEIGHT_PX}" fill="{LABEL_COLOUR}"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT_PX}" fill="{COLOURS[of.status]}"/>'
        '<g fill="#fff" font-family="ui-sans-serif,system-ui,sans-serif" font-size="11">'
        f"{_written(label, 0, left)}{_written(text, left, right)}</g></svg>\n"
    ).encode()


def _label(name: str) -> str:
    shown = visible(name[:_LONGEST_LABEL])
    return shown if len(name) <= _LONGEST_LABEL else f"{shown}…"


def _text(of: Overview) -> str:
    parts = [f"{of.status} · {of.tiles.done:,} of {of.tiles.total:,} tiles"]
    retry, failed = of.scenes.retry + of.tiles.retry, of.scenes.failed + of.tiles.failed
    if retry:
        parts.append(f"{retry:,} to retry")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def _width(text: str) -> int:
    return round(columns_of(text) * _COLUMN_PX) + 2 * _PADDING_PX


def _written(text: str, x: int, width: int) -> str:
    return (
        f'<text x="{x + _PADDING_PX}" y="14" textLength="{width - 2 * _PADDING_PX}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )
