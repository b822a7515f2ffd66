"""Events on their way into a store."""

from collections.abc import Mapping
from typing import Any

from log_lines import Log, scene_body

from pipeline.event import canonical
from pipeline.refresh import Refreshed, refresh
from pipeline.store import record
from pipeline.store.board import Board
from pipeline.store.database import Database
from pipeline.store.folds import load_board


class Taken:
    """A store, and the log that it is brought up to. `take` is one build's look at the log."""

    def __init__(self, database: Database, log: Log) -> None:
        self.database = database
        self.log = log

    def take(self, *events: Mapping[str, Any] | bytes, file: str = "log.jsonl") -> Refreshed:
        """Appends these to a file of the log and takes in what is new."""
        if events:
            self.log.append(*events, file=file)
        return refresh(self.database, self.log.folder)

    # Events that aren't written yet

    def aoi(self, name: str, /, **more: Any) -> dict[str, Any]:
        return self.log.event("aoi.created", {"id": name}, **more)

    def scene(self, id: int, tiles: Mapping[int, int | None], /, *, aoi: str = "A", **more: Any) -> dict[str, Any]:
        body = {name: more.pop(name) for name in ("source_id", "retries") if name in more}
        return self.log.event("scene.created", scene_body(id, tiles, aoi=aoi, **body), **more)

    def says(self, kind: str, id: int, status: str, message: str = "", /, **more: Any) -> dict[str, Any]:
        data = {"type": kind, "id": id, "status": status, "message": message}
        return self.log.event(f"{kind}.result", data, **more)

    # What the store hands on

    def board(self, name: str = "A") -> Board:
        return load_board(self.database, name)

    def rejected(self) -> dict[str, str]:
        """Reasons by the event's id."""
        return {one.id: one.reason for one in record.rejected(self.database)}

    def home(self, id: str) -> str:
        """The AOI that an event was folded in."""
        return next(one.aoi for one in record.latest(self.database, 10**6) if one.id == id)

    def quarantine(self) -> list[tuple[str, int, int, str, str]]:
        """File, byte offset, line, reason and text of what can't be used."""
        return [tuple(bad) for bad in record.quarantine(self.database)]

    def unfinished(self) -> list[tuple[str, int, str]]:
        """File, byte offset and text of lines that have no end yet."""
        return [tuple(torn) for torn in record.unfinished(self.database)]

    def conflicts(self) -> list[str]:
        """The texts of what lost against another event of the same identity."""
        return [bad.text for bad in record.quarantine(self.database) if bad.reason == record.CONFLICT]


def told(database: Database) -> dict[str, Any]:
    """All that a site is made from, but for the names of log files."""
    aois = record.aois(database)
    return {
        "aois": aois,
        "events": [[*one] for one in record.latest(database, 10**6)],
        "rejected": [[*one] for one in record.rejected(database)],
        "quarantine": {(bad.reason, canonical(bad.text.encode())) for bad in record.quarantine(database)},
        "boards": {name: _board(database, name) for name, _ in aois},
    }


def _board(database: Database, name: str) -> Any:
    board = load_board(database, name)
    scenes = [
        (
            scene.id, scene.source_id, scene.status, scene.message, scene.retry_countdown, scene.by_hand, scene.data,
            scene.created, scene.since,
        )
        for scene in board.scenes.values()
    ]  # fmt: skip
    tiles = [
        (
            tile.id, tile.source_id, tile.scene.id, tile.status, tile.message, tile.retry_countdown, tile.by_hand,
            tile.data, tile.since, tile.prev and tile.prev.id, tile.ref and tile.ref.id, [one.id for one in tile.next],
        )
        for tile in board.tiles.values()
    ]  # fmt: skip
    changes = [[change[1:] for change in event.changes] for event in board.events]
    return board.status, scenes, tiles, changes
