"""The page of a scene: what it is, why it is where it is, its tiles, what may be done now, and all that happened."""

import functools
from typing import NamedTuple

from markupsafe import Markup, escape

from pipeline.event import STATUSES, Status
from pipeline.insight.waiting import Reason, Waiting, reasons
from pipeline.insight.words import counted
from pipeline.products import describe, describe_tile
from pipeline.render.commands import Command, Commands, listed
from pipeline.render.environment import html_bytes, page, status_badges, time_of
from pipeline.render.mould import Mould
from pipeline.render.pagers import linked_pages
from pipeline.render.paths import url
from pipeline.render.payload import laid_out
from pipeline.render.plain import LONGEST_NAME, LONGEST_TEXT, built, lines, one_line
from pipeline.render.scene.history import Entry, Happened, Histories, Teller, replaced_payloads
from pipeline.render.scene.outline import Outline, Outlines
from pipeline.render.sentence import sentence
from pipeline.store.board import Board, BoardScene, BoardTile
from pipeline.timestamp import instant

EVENTS_A_PAGE = 500
"""A longer history goes on in pages of its own."""
TILES_IN_FULL = 200
"""Of a scene with more tiles than this, payloads and commands by hand are left to the tiles' files."""
_NEXT_TOLD = 20
_LONGEST_MESSAGE = 20_000


class Told(NamedTuple):
    """What is derived about a scene from the whole AOI: what its page needs beyond the scene itself."""

    reasons: tuple[Reason, ...]
    """Of the scene and its tiles, in their order."""
    happened: list[Happened]


class TileShown(NamedTuple):
    """A tile as the page shows it (scene/tile.html). Empty texts are left out."""

    id: int
    name: str
    status: Markup
    by_hand: bool
    why: Markup
    message: str
    """Nothing if the sentence has it whole."""
    retries_left: int
    previous: Markup
    next: Markup
    reference: Markup
    tells: str
    extent: str
    origin: str
    problem: str
    payload: Markup
    tags: Markup
    usual: Markup
    forced: Markup


class SceneShown(NamedTuple):
    """A scene as its page shows it (scene/scene.html). Empty texts are left out."""

    id: int
    word: Status
    aoi: str
    aoi_page: str
    scenes_page: str
    status: Markup
    by_hand: bool
    name: str
    why: Markup
    tally: list[tuple[Markup, str, str]]
    message: str
    usual: Markup
    tiles_together: Markup
    facts: list[tuple[str, str | Markup]]
    forced: Markup
    drawing: str
    lines: str
    drawn: list[tuple[str, str, str]]
    labels: Markup
    place: str
    origin: str
    """Where the place is known from, if it is known."""
    problem: str
    corners: list[tuple[str]]
    corner_count: int
    tile_count: str
    tiles: Markup
    happened: str
    history: Markup
    history_pages: list[tuple[int, str, bool]]
    payload: Markup
    tags: Markup


_SCENE = Mould(
    "scene/scene.html",
    SceneShown._fields,
    "scene/any.html",
    lists=("tally", "facts", "drawn", "corners", "history_pages"),
)
_TILE = Mould("scene/tile.html", TileShown._fields, "scene/any.html")
_EVENT = Mould("scene/event.html", Entry._fields, "scene/any.html")


class ScenePages:
    """Renders the pages of an AOI's scenes. What they have in common is made once."""

    def __init__(self, board: Board, folder: str, waiting: Waiting | None = None) -> None:
        self._board = board
        self._folder = folder
        self._waiting = reasons(board) if waiting is None else waiting
        self._histories = Histories(board)
        self._aoi_page, self._scenes_page = (
            url(f"aoi/{folder}/{page}.html", "scene/any.html") for page in ("index", "scenes")
        )
        self._days = {id: scene.day for id, scene in board.scenes.items()}
        self._commands = Commands()
        self._outlines = Outlines()
        self._badges = status_badges()
        self._teller = Teller(board, self._badges)
        self._older_teller = Teller(board, self._badges, "../")
        self._told: tuple[BoardScene, Told] | None = None

    def told(self, scene: BoardScene) -> Told:
        """What is derived about a scene. That of the last scene is kept: its pages are made from it."""
        if self._told is None or self._told[0] is not scene:
            waiting = self._waiting
            told = Told(
                (waiting.scene(scene.id), *[waiting.tile(tile.id) for tile in scene.tiles]),
                self._histories.of(scene),
            )
            self._told = scene, told
        return self._told[1]

    def pages(self, scene: BoardScene) -> dict[str, bytes]:
        """`scene/{id}.html`, and `scene/{id}/history-2.html` and so on where very much happened."""
        told = self.told(scene)
        parts = -(-len(told.happened) // EVENTS_A_PAGE)
        replaced = replaced_payloads(told.happened)
        path = f"scene/{scene.id}.html"
        files = {path: self._page(scene, told, replaced, parts)}
        for part in range(2, parts + 1):
            path = f"scene/{scene.id}/history-{part}.html"
            files[path] = self._older(scene, told, path, replaced, part, parts)
        return files

    def _older(
        self, scene: BoardScene, told: Told, path: str, replaced: dict[int, bytes], part: int, parts: int
    ) -> bytes:
        return page(
            "scene/older.html",
            path,
            aoi=one_line(self._board.name),
            aoi_page=url(f"aoi/{self._folder}/index.html", path),
            scenes_page=url(f"aoi/{self._folder}/scenes.html", path),
            scene=scene,
            name=one_line(scene.source_id),
            part=part,
            parts=parts,
            history_pages=_history_pages(scene, part, parts),
            history=_history(self._older_teller, scene, told.happened, replaced, part),
            happened=len(told.happened),
        )

    def _page(self, scene: BoardScene, told: Told, replaced: dict[int, bytes], parts: int) -> bytes:
        outline = self._outlines.of(scene)
        drawing, place = outline.drawing, outline.places[0]
        full = len(scene.tiles) <= TILES_IN_FULL
        together = self._commands.together("retry", scene.tiles)
        offer = self._commands.listed(scene)
        tiles = [
            _TILE.fill(self._tile(tile, number, told, outline, full))
            for number, tile in enumerate(scene.tiles, start=1)
        ]
        shown = SceneShown(
            scene.id,
            scene.status,
            one_line(self._board.name),
            self._aoi_page,
            self._scenes_page,
            self._badges[scene.status],
            scene.by_hand,
            one_line(scene.source_id, LONGEST_NAME),
            self._why(told.reasons[0], scene),
            self._tally(scene) if len(tiles) > 1 else [],
            _beyond(told.reasons[0], scene.message, _LONGEST_MESSAGE),
            offer.usual,
            listed([Command("Try its tiles in RETRY again", line) for line in together]),
            self._facts(scene),
            offer.by_hand,
            "" if drawing is None else f"{drawing.width} {drawing.height}",
            "" if drawing is None else drawing.lines,
            self._drawn(scene, outline),
            _NOTHING if drawing is None else drawing.labels,
            place.extent or place.origin.capitalize(),
            place.origin if place.extent else "",
            place.problem,
            [(one,) for one in place.corners],
            len(place.corners),
            f"{len(tiles):,}",
            built("\n".join(tiles)),
            counted(len(told.happened), "event", "events"),
            _history(self._teller, scene, told.happened, replaced, 1),
            _history_pages(scene, 1, parts),
            laid_out(scene.data),
            _NOTHING if scene.tags is None else laid_out(scene.tags),
        )
        return html_bytes(_SCENE.fill(shown))

    def _why(self, reason: Reason, of: BoardScene | BoardTile) -> Markup:
        before, root, words, after = sentence(reason, self._board, of)
        if not root:
            return escape(before)
        page, _, anchor = root.partition("#")
        scene = of if isinstance(of, BoardScene) else of.scene
        href = f"#{anchor or 'main'}" if page == f"{scene.id}.html" else root
        return built(f'{escape(before)}<a href="{href}">{words}</a>{escape(after)}')

    def _facts(self, scene: BoardScene) -> list[tuple[str, str | Markup]]:
        product = describe(scene.source_id)
        level = product.level if product.level and product.level not in (product.product_type or "") else None
        wrs = None if product.wrs_path is None else f"path {product.wrs_path}, row {product.wrs_row}"
        found = (
            ("Acquired", time_of(instant(scene.date)) if scene.date else "unknown: its payload has no date"),
            ("Satellite", product.satellite),
            ("Mode", product.mode),
            ("Product", _with(product.product_type, level)),
            ("Baseline", product.baseline),
            ("Polarisation", product.polarisation),
            ("Orbit", product.orbit),
            ("Relative orbit", product.relative_orbit),
            ("MGRS square", product.mgrs),
            ("WRS", wrs),
            ("Retries left", scene.retry_countdown),
            ("Status since", time_of(scene.since)),
            ("Created", time_of(scene.created)),
        )
        return [(label, one if isinstance(one, Markup) else str(one)) for label, one in found if one is not None]

    def _tally(self, scene: BoardScene) -> list[tuple[Markup, str, str]]:
        """How many of the tiles are in each status, with a link to the first."""
        found: dict[Status, list[BoardTile]] = {}
        for tile in scene.tiles:
            found.setdefault(tile.status, []).append(tile)
        return [
            (self._badges[status], f"{len(found[status]):,}", f"#tile-{found[status][0].id}")
            for status in STATUSES
            if status in found
        ]

    def _drawn(self, scene: BoardScene, outline: Outline) -> list[tuple[str, str, str]]:
        """Classes, what is told on hovering, and the path of each outline."""
        if outline.drawing is None:
            return []
        found = []
        for place, path in outline.drawing.shapes:
            entity = scene if place == 0 else scene.tiles[place - 1]
            kind = "scene" if place == 0 else "tile"
            rough = " approximate" if outline.places[place].approximate else ""
            found.append((f"{kind} {entity.status.lower()}{rough}", f"{kind} {entity.id} {entity.status}", path))
        return found

    def _tile(self, tile: BoardTile, number: int, told: Told, outline: Outline, full: bool) -> TileShown:
        place = outline.places[number]
        offer = self._commands.listed(tile)
        following = [self._other(one, tile.scene) for one in tile.next[:_NEXT_TOLD]]
        if len(tile.next) > _NEXT_TOLD:
            following.append(f"and {len(tile.next) - _NEXT_TOLD:,} more")
        return TileShown(
            tile.id,
            one_line(tile.source_id),
            self._badges[tile.status],
            tile.by_hand,
            self._why(told.reasons[number], tile),
            _beyond(told.reasons[number], tile.message),
            tile.retry_countdown,
            built(self._other(tile.prev, tile.scene)),
            built("<br>".join(following) or _NONE),
            built(self._other(tile.ref, tile.scene)),
            burst_in_words(tile.source_id),
            place.extent,
            place.origin,
            place.problem,
            laid_out(tile.data) if full else _NOTHING,
            laid_out(tile.tags) if full and tile.tags is not None else _NOTHING,
            offer.usual,
            offer.by_hand if full else _NOTHING,
        )

    def _other(self, tile: BoardTile | None, scene: BoardScene) -> str:
        """Another tile, with a link: `tile 30 DONE, 2022-01-04`."""
        if tile is None:
            return _NONE
        where = "" if tile.scene is scene else f"{tile.scene.id}.html"
        day = self._days[tile.scene.id]
        of = f" of {day}" if day else ""
        return f'<a href="{where}#tile-{tile.id}">tile {tile.id}</a>{of} {self._badges[tile.status]}'


_NOTHING = Markup()
_NONE = '<span class="none">none</span>'


def _history(
    teller: Teller, scene: BoardScene, happened: list[Happened], replaced: dict[int, bytes], part: int
) -> Markup:
    some = happened[(part - 1) * EVENTS_A_PAGE : part * EVENTS_A_PAGE]
    return built("\n".join([_EVENT.fill(teller.entry(one, scene, replaced)) for one in some]))


def _history_pages(scene: BoardScene, part: int, parts: int) -> list[tuple[int, str, bool]]:
    """The pages of a long history that this one links to: number, link, and whether it is this; none of a short one."""
    if parts < 2:
        return []
    first, folder = (f"{scene.id}.html", f"{scene.id}/") if part == 1 else (f"../{scene.id}.html", "")
    _, *others = linked_pages(part, parts)
    return [
        (1, f"{first}#history", part == 1),
        *((number, f"{folder}history-{number}.html", number == part) for number in others),
    ]


@functools.lru_cache(maxsize=4096)
def burst_in_words(source_id: str) -> str:
    """What the name of a burst tells; nothing if it isn't a burst's."""
    burst = describe_tile(source_id)
    if burst.direction is None or burst.anx_time is None:
        return ""
    return (
        f"{burst.direction}, relative orbit {burst.relative_orbit}, swath {burst.swath}, "
        f"{burst.anx_time / 10:,.1f} s after the ascending node"
    )


def _beyond(reason: Reason, message: str, longest: int = LONGEST_TEXT) -> str:
    """A message, if the sentence doesn't have it whole."""
    return (
        ""
        if not message or f": {message} (" in reason.sentence or f": {message};" in reason.sentence
        else lines(message, longest)
    )


def _with(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part) or None
