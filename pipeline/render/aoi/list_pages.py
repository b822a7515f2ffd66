"""The lists of an AOI's scenes and tiles, whole and by status: pages of rows, and the rows once more as a data file.

The pages are complete without a script. With one, filtering and sorting work over all rows of the AOI: their data is
loaded when it is first needed. It is a `.js` file: a page that was opened from a folder can't read any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from markupsafe import Markup

from pipeline.event import STATUSES, Status
from pipeline.insight.waiting import Waiting, reasons
from pipeline.insight.words import excerpt
from pipeline.insight.workload import Counts, overview
from pipeline.render.environment import page, status_badges, time_of
from pipeline.render.mould import Mould
from pipeline.render.paths import url
from pipeline.render.plain import built, lines, one_line
from pipeline.render.section import Section
from pipeline.render.sentence import sentence
from pipeline.store.board import Board, BoardScene, BoardTile
from pipeline.timestamp import instant

ROWS_A_PAGE = 500
_LONGEST_NAME = 300
_LONGEST_TITLE = 2_000
_PAGES_NAMED = 2
"""Pages on each side of this one that the pager names."""

Kind: TypeAlias = Literal["scenes", "tiles"]


class Row(NamedTuple):
    """A scene or tile in a list (aoi/list_row.html). `page` is in the folder of the scenes' pages, as `root`.

    What it waits for is a sentence in parts, of which `words` lead to its root (`sentence.Sentence`).
    """

    id: int
    page: str
    name: str
    acquired: Markup
    status: Markup
    by_hand: bool
    message: str
    whole: str
    """The message where it is longer than what is shown of it; else nothing."""
    retries_left: int
    before: str
    root: str
    words: str
    after: str


_ROW = Mould("aoi/list_row.html", ("up", *Row._fields), "aoi/any/scenes.html")


class PagerLink(NamedTuple):
    """A page of a list; without `href` a gap."""

    label: str
    href: str
    current: bool


def list_sections(board: Board, folder: str, waiting: Waiting | None = None) -> list[Section]:
    """`scenes.html`, `scenes-2.html` and so on, a list for each status, the same of tiles, and the data files."""
    known = reasons(board) if waiting is None else waiting
    counts = overview(board)
    scenes, tiles = list(board.scenes.values()), list(board.tiles.values())
    acquired = {scene.id: time_of(instant(scene.date)) if scene.date else built("") for scene in scenes}
    scene_rows = [_row(one, board, known, acquired) for one in scenes]
    tile_rows = [_row(one, board, known, acquired) for one in tiles]
    return [
        *_lists(board, folder, "scenes", scenes, scene_rows, counts.scenes),
        *_lists(board, folder, "tiles", tiles, tile_rows, counts.tiles),
    ]


def _row(of: BoardScene | BoardTile, board: Board, waiting: Waiting, acquired: Mapping[int, Markup]) -> Row:
    if isinstance(of, BoardScene):
        scene, where, reason = of, f"{of.id}.html", waiting.scene(of.id)
    else:
        scene, where, reason = of.scene, f"{of.scene.id}.html#tile-{of.id}", waiting.tile(of.id)
    message = excerpt(of.message)
    return Row(
        of.id,
        where,
        one_line(of.source_id, _LONGEST_NAME),
        acquired[scene.id],
        status_badges()[of.status],
        of.by_hand,
        message,
        "" if message == of.message else lines(of.message, _LONGEST_TITLE),
        of.retry_countdown,
        *sentence(reason, board, of),
    )


def _lists(
    board: Board,
    folder: str,
    kind: Kind,
    entities: Sequence[BoardScene | BoardTile],
    rows: Sequence[Row],
    counts: Counts,
) -> Iterator[Section]:
    data_path = f"aoi/{folder}/{kind}-data.js"
    yield Section(
        f"{kind}-data",
        (data_path,),
        lambda: [_shown(one, row) for one, row in zip(entities, rows, strict=True)],
        lambda: {data_path: _data(kind, entities, rows)},
    )
    for status in (None, *STATUSES):
        some = [(one, row) for one, row in zip(entities, rows, strict=True) if status is None or one.status == status]
        pages = max(1, -(-len(some) // ROWS_A_PAGE))
        for number in range(1, pages + 1):
            yield _list(board.name, folder, _Place(kind, status, number, pages, len(some)), counts, some)


class _Place(NamedTuple):
    """A page of a list: of scenes or tiles, of a status or all, its number, and how many pages and rows there are."""

    kind: Kind
    status: Status | None
    number: int
    pages: int
    total: int


def _list(
    aoi: str, folder: str, at: _Place, counts: Counts, some: Sequence[tuple[BoardScene | BoardTile, Row]]
) -> Section:
    kind, status, number, pages, total = at
    path = _path(folder, kind, status, number)
    first = (number - 1) * ROWS_A_PAGE
    shown = some[first : first + ROWS_A_PAGE]

    def make() -> dict[str, bytes]:
        up = url("scene/", path)
        html = page(
            "aoi/list.html",
            path,
            aoi=one_line(aoi),
            aoi_page=url(f"aoi/{folder}/index.html", path),
            kind=kind,
            status=status,
            counts=counts,
            choices=[(one, url(_path(folder, kind, one, 1), path)) for one in (None, *STATUSES)],
            other=url(_path(folder, "tiles" if kind == "scenes" else "scenes", status, 1), path),
            badges=status_badges(),
            data=url(f"aoi/{folder}/{kind}-data.js", path),
            up=up,
            rows=built("\n".join([_ROW.fill((up, *row)) for _, row in shown])),
            first=first + 1,
            last=first + len(shown),
            total=total,
            number=number,
            pages=pages,
            pager=_pager(folder, kind, status, number, pages),
            files=_files(folder, kind, status, path),
        )
        return {path: html}

    return Section(path, (path,), lambda: (aoi, at, counts, [_shown(one, row) for one, row in shown]), make)


def _shown(of: BoardScene | BoardTile, row: Row) -> tuple[object, ...]:
    """What a row is made from, as plain values."""
    scene = of if isinstance(of, BoardScene) else of.scene
    return (*row[:3], scene.date, of.status, *row[5:])


def _path(folder: str, kind: Kind, status: Status | None, number: int) -> str:
    name = kind if status is None else f"{kind}/{status}"
    return f"aoi/{folder}/{name}.html" if number == 1 else f"aoi/{folder}/{name}-{number}.html"


def _files(folder: str, kind: Kind, status: Status | None, path: str) -> list[tuple[str, str]]:
    """The same list for scripts: name and link."""
    name = kind if status is None else f"{kind}/{status}"
    return [(f"{name}.{ending}", url(f"aoi/{folder}/{name}.{ending}", path)) for ending in ("json", "geojson")]


def _pager(folder: str, kind: Kind, status: Status | None, number: int, pages: int) -> list[PagerLink]:
    """The first, the last, and those near this one."""
    if pages == 1:
        return []
    path = _path(folder, kind, status, number)
    near = range(number - _PAGES_NAMED, number + _PAGES_NAMED + 1)
    links: list[PagerLink] = []
    named = 0
    for one in range(1, pages + 1):
        if one in (1, pages) or one in near:
            if one > named + 1:
                links.append(PagerLink("…", "", False))
            links.append(PagerLink(str(one), url(_path(folder, kind, status, one), path), one == number))
            named = one
    return links


_UNSAFE = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)


def _data(kind: Kind, entities: Sequence[BoardScene | BoardTile], rows: Sequence[Row]) -> bytes:
    """The rows as a script that sets `window.sceneboardScenes` or `window.sceneboardTiles`.

    `{"texts": […], "rows": […]}`. A row is: id, its scene's id, name, date, status (0 to 4), 1 if set by hand,
    message, the whole message, retries left, and the sentence: before, its root's scene and tile (0: the scene itself;
    both 0: no root) and after. Texts are told by their place in `texts`, of which the first is empty.
    """
    places: dict[str, int] = {"": 0}

    def place(text: str) -> int:
        return places.setdefault(text, len(places))

    data = []
    dates: dict[int, str] = {}
    for row, of in zip(rows, entities, strict=True):
        scene = of if isinstance(of, BoardScene) else of.scene
        if scene.id not in dates:
            dates[scene.id] = instant(scene.date)[:19].replace("T", " ") if scene.date else ""
        root_page, _, anchor = row.root.partition("#")
        data.append(
            (
                row.id,
                scene.id,
                place(row.name),
                place(dates[scene.id]),
                STATUSES.index(of.status),
                int(row.by_hand),
                place(row.message),
                place(row.whole),
                row.retries_left,
                place(row.before),
                int(root_page.removesuffix(".html") or 0),
                int(anchor.removeprefix("tile-") or 0),
                place(row.after),
            )
        )
    text = msgspec.json.encode({"texts": list(places), "rows": data})
    for character, escaped in _UNSAFE:
        text = text.replace(character, escaped)
    return b"window.sceneboard" + kind.capitalize().encode() + b" = " + text + b";\n"
