"""Boards to look at: made from a few events by the real fold, or from the recorded runs."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
from log_lines import apart, recorded

from pipeline.event import decode
from pipeline.fold.apply import fold
from pipeline.fold.outcome import Verdict
from pipeline.fold.state import Aoi
from pipeline.refresh import refresh
from pipeline.store.board import Board
from pipeline.store.database import open_database
from pipeline.store.folds import load_board

START = datetime(2022, 3, 1, tzinfo=UTC)


def _line(number: int, type_: str, data: dict[str, Any]) -> str:
    envelope = {
        "specversion": "1.0",
        "id": f"{number:08d}",
        "source": "tests/insight",
        "type": type_,
        "time": (START + timedelta(minutes=number)).isoformat(),
        "data": data,
    }
    return json.dumps(envelope) + "\n"


class Story:
    """Events of the AOI Demo, a minute apart from 2022-03-01 00:01 UTC on, and the board that they make."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._names: dict[int, tuple[str, str]] = {}
        self._board: Board | None = None
        self.event("aoi.created", id="Demo")

    def event(self, type_: str, **data: object) -> None:
        self._board = None
        self._lines.append(_line(len(self._lines) + 1, type_, data))

    def scene(self, id: int, *, tiles: dict[int, int | None], day: str = "2022-01-02", retries: int = 0) -> None:
        """A scene with its tiles: each with the tile before it in its chain, None for a root tile."""
        source_id = f"scene {id}"
        new: dict[str, dict[str, object]] = {}
        for tile, before in tiles.items():
            name = f"tile {tile}"
            new[name] = {"id": tile}
            if before is not None:
                scene_before, tile_before = self._names.get(before, ("never", "seen"))
                new[name] |= {
                    "previous_scene_id": scene_before,
                    "previous_tile_id": tile_before,
                    "reference_scene_id": scene_before,
                    "reference_tile_id": tile_before,
                }
            self._names[tile] = (source_id, name)
        self.event(
            "scene.created", id=id, source_id=source_id, aoi="Demo", retry_count=retries, tiles=new,
            data={"date": f"{day}T10:00:00Z", "tiles": {name: {} for name in new}},
        )  # fmt: skip

    def says(self, kind: str, id: int, status: str, message: str = "") -> None:
        """A worker's result."""
        self.event(f"{kind}.result", type=kind, id=id, status=status, message=message)

    def chain(self, length: int) -> None:
        """Scenes 1, 2, … a day apart from 2022-01-01 on, each DONE with one tile of the same number: a chain."""
        for number in range(1, length + 1):
            day = (datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)).date().isoformat()
            self.scene(number, tiles={number: number - 1 or None}, day=day)
            self.says("scene", number, "DONE")

    def board(self) -> Board:
        """The board as it is after these events."""
        if self._board is None:
            self._folder.mkdir(exist_ok=True)
            (self._folder / "events.jsonl").write_text("".join(self._lines), encoding="utf-8")
            with open_database(Path(":memory:")) as database:
                refresh(database, self._folder)
                self._board = load_board(database, "Demo")
        return self._board


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "events")


@pytest.fixture(scope="session")
def recorded_boards(tmp_path_factory: pytest.TempPathFactory) -> list[Board]:
    """Every AOI that is there after a recorded run of the server, nonsense and force included."""
    folder = tmp_path_factory.mktemp("recorded")
    with (folder / "events.jsonl").open("w", encoding="utf-8") as log:
        log.writelines(_recorded_lines())
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present ORDER BY name")]
        return [load_board(database, name) for name in names]


def _recorded_lines() -> Iterator[str]:
    """All scenarios in one log: their ids are moved apart, and their AOIs get the scenario's number."""
    number = 0
    for scenario, run in enumerate(recorded("transitions.jsonl.gz")):
        for step in run["steps"]:
            number += 1
            yield _line(number, step["event"]["type"], apart(step["event"], scenario))


class After(NamedTuple):
    """An AOI after some more events, and what each of them came to."""

    aoi: Aoi
    verdicts: list[Verdict]


Then: TypeAlias = Callable[[Board, list[tuple[str, dict[str, Any]]]], After]


@pytest.fixture(scope="session")
def then() -> Then:
    """What the real fold makes of more events, by type and data, after all of a board's own."""
    return _then


def _then(board: Board, more: list[tuple[str, dict[str, Any]]]) -> After:
    own = [(event.number, event.event) for event in board.events]
    taken = {
        event.number: event.reason
        for event in board.events
        if event.type == "scene.created" and event.verdict == "rejected" and " belongs to " in event.reason
    }
    last = max(number for number, _ in own)
    added = [
        (last + place, decode(_line(10**7 + place, type_, data).encode()))
        for place, (type_, data) in enumerate(more, 1)
    ]
    folded = fold(board.name, own + added, taken)
    verdicts = {outcome.event: outcome.verdict for outcome in folded.outcomes}
    return After(folded.aoi, [verdicts.get(number, "applied") for number, _ in added])
