"""Draws a placed dependency graph as SVG: scenes as boxes, tiles as ellipses, each a link with a tooltip.

The status is told by colour, by weight (FAILED is solid, RETRY is bold, NEW is hollow) and in words; lines are dotted
where something isn't done. Names and messages come from the log: all of them pass through `_text`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from pipeline.event import STATUSES
from pipeline.render.graph.layout import Layout, Placed
from pipeline.render.plain import visible
from pipeline.store.board import BoardScene, BoardTile

DAYS_WIDTH = 90
"""The width of the column of dates beside a drawing."""
SCENE_LABEL, TILE_LABEL = 28, 14
"""How many characters of a name fit into a box and an ellipse of the sizes in `graph_layout`."""


class Detail(NamedTuple):
    """How many characters of messages, sentences and names a tooltip holds."""

    message: int
    why: int
    name: int


FULL_DETAIL = Detail(240, 320, 120)
DETAILS = (FULL_DETAIL, Detail(40, 80, 60), Detail(0, 0, 16), Detail(0, 0, 0))
"""Ever shorter tooltips, for drawings that would be too heavy otherwise."""


@dataclass(frozen=True)
class Sheet:
    """What a drawing links to and says. Links are relative to the file that it stands in."""

    scenes: str
    """The folder of the scenes' pages: `../../scene/`."""
    window: Callable[[BoardTile], str]
    """The page of the window in which a tile stands."""
    why: Mapping[tuple[str, int], str]
    """What a scene or tile waits for, by `scene` or `tile` and id."""
    scene_label: Callable[[BoardScene], str]
    tile_label: Callable[[BoardTile], str]
    detail: Detail = FULL_DETAIL


_BREAKS = re.compile("[\t-\r]+")
_MAY_BE_WIDE = re.compile("[\u1100-\u1fff\u2300-\u2bff\u2e80-\U0010ffff]")


def shortened(text: str, most: int) -> str:
    """A name in at most `most` columns of a fixed-width font, its middle left out; wide characters take two."""
    if len(text) <= most and text.isascii():
        return text
    if columns_of(text[: most + 1]) <= most:
        return text
    tail = most // 3
    head = most - 1 - tail
    return f"{_fitting(text[:head], head)}\N{HORIZONTAL ELLIPSIS}{_fitting(text[: -tail - 1 : -1], tail)[::-1]}"


def columns_of(text: str) -> int:
    """How many columns a text takes in a fixed-width font, at most: two for what may be East Asian or an emoji."""
    return len(text) if text.isascii() else sum(2 if _MAY_BE_WIDE.match(character) else 1 for character in text)


def _fitting(text: str, most: int) -> str:
    taken = 0
    for n, character in enumerate(text):
        taken += columns_of(character)
        if taken > most:
            return text[:n]
    return text


def draw(layout: Layout, sheet: Sheet) -> str:
    """All scenes and tiles, with the lines that lead to them, in the order in which they are read."""
    pieces = []
    for thing, at in layout.nodes:
        if isinstance(thing, BoardScene):
            pieces.append(_scene(thing, at, sheet))
        else:
            pieces.append(_tile(thing, at, sheet))
    return "\n".join(pieces)


def _scene(scene: BoardScene, at: Placed, sheet: Sheet) -> str:
    return (
        f'<a id="scene-{scene.id}" class="scene {scene.status.lower()}" href="{sheet.scenes}{scene.id}.html" '
        f'transform="translate({at.x:g} {at.y:g})">{_title("scene", scene, scene.day, sheet)}{_lines(at)}'
        f'<rect x="{-at.width / 2:g}" y="{-at.height / 2:g}" width="{at.width:g}" height="{at.height:g}" rx="2"/>'
        f'<text y="-2">{_text(sheet.scene_label(scene))}</text><text y="11">{scene.id} {scene.status}</text></a>'
    )


def _tile(tile: BoardTile, at: Placed, sheet: Sheet) -> str:
    before = "" if tile.prev is None else f' data-prev="{tile.prev.id}"'
    drawn = (
        f'<a id="tile-{tile.id}" class="tile {tile.status.lower()}" '
        f'href="{sheet.scenes}{tile.scene.id}.html#tile-{tile.id}" transform="translate({at.x:g} {at.y:g})"{before}>'
        f"{_title('tile', tile, tile.scene.day, sheet)}{_lines(at)}"
        f'<ellipse rx="{at.width / 2:g}" ry="{at.height / 2:g}"/>'
        f'<text y="-2">{_text(sheet.tile_label(tile))}</text><text y="10">{_number(tile.id)} {tile.status}</text></a>'
    )
    if at.earlier is not None:
        drawn += _away(tile, at, at.earlier, 1, sheet)
    if at.later:
        drawn += _away(tile, at, at.later[0], len(at.later), sheet)
    return drawn


def _away(tile: BoardTile, at: Placed, other: BoardTile, count: int, sheet: Sheet) -> str:
    """A stub that leads to a tile of another window: the one before, or one that comes after."""
    up = other is tile.prev
    edge, sign = (-at.height / 2, -1) if up else (at.height / 2, 1)
    tip = edge + sign * 14
    done = (tile if up else other).status == "DONE"
    relation = "waits for" if up else "comes before"
    more = f" and {count - 1} more" if count > 1 else ""
    return (
        f'<a class="away{" done" if done else ""}" href="{sheet.window(other)}#tile-{other.id}" '
        f'transform="translate({at.x:g} {at.y:g})">'
        f"<title>{relation} tile {other.id}{more}, {other.status}</title>"
        f'<path d="M0 {edge:g}V{tip:g}"/>'
        f'<path class="h" d="M0 {tip + sign * 3:g}l-4 {-sign * 7}h8z"/>'
        f'<text x="8" y="{tip + (3 if up else 5):g}">{other.scene.day or "no date"}</text></a>'
    )


def _number(id: int) -> str:
    """An id that fits into an ellipse."""
    digits = str(id)
    return digits if len(digits) <= 8 else f"\N{HORIZONTAL ELLIPSIS}{digits[-7:]}"


def _lines(at: Placed) -> str:
    if not at.line:
        return ""
    heads = "".join(_head(*head) for head in at.heads)
    return f'<path d="{at.line}"/><path class="h" d="{heads}"/>'


def _head(x: float, y: float, dx: float, dy: float) -> str:
    """An arrow's head with its point at (x, y), in the direction (dx, dy)."""
    if (dx, dy) == (0, 1):
        return f"M{x:g} {y:g}l-3-7h6z"
    back_x, back_y = x - 7 * dx, y - 7 * dy
    return f"M{x:.1f} {y:.1f}L{back_x - 3 * dy:.1f} {back_y + 3 * dx:.1f}L{back_x + 3 * dy:.1f} {back_y - 3 * dx:.1f}z"


def _title(kind: str, of: BoardScene | BoardTile, day: str | None, sheet: Sheet) -> str:
    detail = sheet.detail
    message = f": {_cut(of.message, detail.message)}" if of.message and detail.message else ""
    why = sheet.why.get((kind, of.id), "") if detail.why else ""
    return (
        f"<title>{kind} {_cut(of.source_id, detail.name)} (id={of.id}), {day or 'no date'}\n"
        f"{of.status}{message}{chr(10) if why else ''}{_cut(why, detail.why)}</title>"
    )


def _cut(text: str, most: int) -> str:
    return _text(text if len(text) <= most else f"{text[:most]}\N{HORIZONTAL ELLIPSIS}")


def _text(text: str) -> str:
    """A text from the log as SVG text, in HTML and in XML."""
    if not text.isascii() or not text.isprintable() or text.isspace():
        text = visible(_BREAKS.sub(" ", text))
    return escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text


# As part of a page


def days_column(layout: Layout) -> str:
    """The dates beside a drawing, as an SVG of its own that can stay in view. Tooltips tell them to screen readers."""
    days = "".join(f'<text x="{DAYS_WIDTH - 9}" y="{y + 33:g}">{day}</text>' for y, day in layout.days)
    return (
        f'<svg class="graph-days" width="{DAYS_WIDTH}" height="{layout.height:g}" '
        f'viewBox="0 0 {DAYS_WIDTH} {layout.height:g}" aria-hidden="true">{_rules(layout, DAYS_WIDTH)}{days}</svg>'
    )


def inline(layout: Layout, sheet: Sheet, label: str) -> str:
    """The drawing as an SVG in a page, which brings the style."""
    return (
        f'<svg class="graph-drawing" width="{layout.width:g}" height="{layout.height:g}" '
        f'viewBox="0 0 {layout.width:g} {layout.height:g}" role="group" aria-label="{escape(visible(label))}">'
        f"{_rules(layout, layout.width)}\n{draw(layout, sheet)}\n</svg>"
    )


def _rules(layout: Layout, width: float) -> str:
    lines = "".join(f"M0 {y:g}h{width:g}" for y, _ in layout.days[1:])
    return f'<path class="rule" d="{lines}"/>' if lines else ""


# On its own


class _Palette(NamedTuple):
    """As in the site's style, where they are custom properties; other programs than browsers don't know those."""

    paper: str
    ink: str
    quiet: str
    line: str
    link: str
    statuses: tuple[str, str, str, str, str]


_LIGHT = _Palette(
    "#ffffff", "#16181d", "#5a606b", "#dcdee2", "#0b4fa0", ("#88919d", "#2450c0", "#1a9a5f", "#cc7a00", "#ab0f2c")
)
_DARK = _Palette(
    "#151a21", "#e6e9ee", "#9ea7b4", "#2a313c", "#8abaff", ("#8f97a3", "#4a95ff", "#4fd590", "#f9b42d", "#ee3a4a")
)


def standalone(layout: Layout, sheet: Sheet, title: str, note: tuple[str, str] | None = None) -> bytes:
    """The drawing as a file that needs no other: its style is in it. A `note`, a text and its link, goes on top."""
    top = 0 if note is None else 32
    left = DAYS_WIDTH if layout.days else 0
    width, height = max(left + layout.width, 480), layout.height + top
    said = ""
    if note is not None:
        said = f'<a href="{escape(note[1])}"><text class="note" x="14" y="21">{_text(note[0])}</text></a>\n'
    days = "".join(f'<text class="day" x="{left - 14}" y="{y + 33:g}">{day}</text>' for y, day in layout.days)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">\n<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n'
        f'<rect class="paper" width="{width:g}" height="{height:g}"/>\n{said}<g transform="translate(0 {top})">'
        f'{_rules(layout, width)}{days}</g>\n<g transform="translate({left} {top})">\n{draw(layout, sheet)}\n</g>\n'
        "</svg>\n"
    ).encode()


def _style(of: _Palette) -> str:
    rules = [
        f".paper{{fill:{of.paper}}}.rule{{stroke:{of.line}}}path{{stroke:{of.ink}}}.scene path{{stroke:{of.quiet}}}"
        f".h{{fill:{of.ink}}}.scene .h{{fill:{of.quiet}}}text{{fill:{of.ink}}}.day{{fill:{of.quiet}}}"
        f".note,.away text{{fill:{of.link}}}"
    ]
    for status, colour in zip(STATUSES, of.statuses, strict=True):
        shape = f".{status.lower()}>rect,.{status.lower()}>ellipse"
        rules.append(f"{shape}{{stroke:{colour};fill:{_mixed(colour, of.paper, _TINTS.get(status, 0.12))}}}")
    rules.append(f".failed>text{{fill:{of.paper}}}")
    return "".join(rules)


_TINTS = {"NEW": 0.0, "RETRY": 0.24, "FAILED": 1.0}


def _mixed(colour: str, with_: str, share: float) -> str:
    """A colour (`#rrggbb`) over another, `share` of it."""
    parts = [(int(colour[n : n + 2], 16), int(with_[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(over * share + under * (1 - share)):02x}" for over, under in parts)


_STYLE = (
    "text{font:10px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;text-anchor:middle}"
    "a{text-decoration:none}path{fill:none;pointer-events:none}path:not(.h){stroke-width:1.2}"
    "a:not(.done)>path:not(.h){stroke-dasharray:.1 4;stroke-width:1.8;stroke-linecap:round}"
    ".h,.scene .h{stroke:none}"
    ".rule{stroke-width:1}rect,ellipse{stroke-width:1.3}.pending>rect,.pending>ellipse{stroke-width:1.8}"
    ".retry>rect,.retry>ellipse,.failed>rect,.failed>ellipse{stroke-width:3}.paper{stroke:none}"
    ".day,.note{font-size:12px}.day{text-anchor:end}"
    ".note,.away text{text-anchor:start}a:hover>text{text-decoration:underline}"
    + _style(_LIGHT)
    + "@media (prefers-color-scheme:dark){"
    + _style(_DARK)
    + "}"
)
