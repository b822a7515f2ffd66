"""The lists of an AOI's scenes and tiles, whole and by status."""

from pipeline.event import STATUSES, Status
from pipeline.render.environment import page
from pipeline.store.board import Board


def list_pages(board: Board, folder: str) -> dict[str, bytes]:
    """`scenes.html` and `tiles.html`, and a page for each status."""
    files = {}
    choices: list[Status | None] = [None, *STATUSES]
    for kind, entities in (("scenes", board.scenes.values()), ("tiles", board.tiles.values())):
        for status in choices:
            path = f"aoi/{folder}/{kind}.html" if status is None else f"aoi/{folder}/{kind}/{status}.html"
            shown = [one for one in entities if status in (None, one.status)]
            files[path] = page("aoi/list.html", path, board=board, folder=folder, kind=kind, status=status, shown=shown)
    return files
