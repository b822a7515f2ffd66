"""The matrix: every tile in exactly one cell, the worst shown, and what never came."""

from collections import Counter
from datetime import date, timedelta

import pytest

from pipeline.event import STATUSES, Status
from pipeline.insight.matrix import Matrix, Track, matrix, natural
from pipeline.store.board import Board, BoardScene, BoardTile

SINCE = "2022-03-01T00:00:00.000000000"


class Acquisitions:
    """Scenes with tiles; ids count up."""

    def __init__(self) -> None:
        self.board = Board("Demo", "DONE", {}, {}, [])

    def scene(self, day: str | None, **tiles: Status) -> None:
        """A scene of a day (or of a time, or of none), with its tiles by name."""
        moment = f"{day}T05:40:00Z" if day and "T" not in day else day
        number = len(self.board.scenes) + 1
        scene = BoardScene(
            number, f"scene {number}", "DONE", "", 0, False, b"{}", None, None, SINCE, SINCE, moment
        )  # fmt: skip
        self.board.scenes[number] = scene
        for name, status in tiles.items():
            id = 100 + len(self.board.tiles)
            tile = BoardTile(id, name, scene, status, "", 0, False, b"{}", None, None, SINCE, SINCE)
            scene.tiles.append(tile)
            self.board.tiles[id] = tile

    def matrix(self) -> Matrix:
        return matrix(self.board)


@pytest.fixture
def acquired() -> Acquisitions:
    return Acquisitions()


def days(first: str, step: int, count: int) -> list[str]:
    start = date.fromisoformat(first)
    return [(start + timedelta(days=step * number)).isoformat() for number in range(count)]


def shown(track: Track) -> dict[str, list[int]]:
    return {day: [tile.id for tile in tiles] for day, tiles in track.cells.items()}


def test_tracks_are_rows_and_acquisition_days_columns(acquired: Acquisitions) -> None:
    acquired.scene("2022-01-13", A44_IW1_8979="PENDING", A44_IW2_8980="DONE")
    acquired.scene("2022-01-01", A44_IW1_8979="DONE")
    found = acquired.matrix()
    assert found.days == ["2022-01-01", "2022-01-13"]
    assert [track.name for track in found.tracks] == ["A44_IW1_8979", "A44_IW2_8980"]
    assert shown(found.tracks[0]) == {"2022-01-01": [102], "2022-01-13": [100]}


def test_a_day_is_one_of_utc(acquired: Acquisitions) -> None:
    acquired.scene("2022-01-01T23:30:00-02:00", A44_IW1_8979="DONE")
    assert acquired.matrix().days == ["2022-01-02"]


def test_tracks_are_in_the_order_of_the_numbers_in_their_names(acquired: Acquisitions) -> None:
    acquired.scene("2022-01-01", A44_IW1_10005="DONE", A44_IW1_979="DONE", A7_IW3_5="DONE", B="DONE", field="DONE")
    names = [track.name for track in acquired.matrix().tracks]
    assert names == ["A7_IW3_5", "A44_IW1_979", "A44_IW1_10005", "B", "field"]


def test_names_with_endless_digits_or_none_can_be_ordered() -> None:
    names = ["", "9" * 6000, "007", "7", "a", "²"]
    assert sorted(sorted(names), key=natural) == sorted(sorted(names, reverse=True), key=natural)


def test_several_tiles_in_a_cell_show_the_worst_first(acquired: Acquisitions) -> None:
    for status in ("DONE", "PENDING", "FAILED", "NEW", "RETRY", "FAILED"):
        acquired.scene("2022-01-01", A44_IW1_8979=status)
    [track] = acquired.matrix().tracks
    [tiles] = track.cells.values()
    assert [tile.status for tile in tiles] == ["FAILED", "FAILED", "RETRY", "NEW", "PENDING", "DONE"]
    assert tiles[0].id < tiles[1].id


def test_a_tile_without_a_date_is_in_no_column_but_counts(acquired: Acquisitions) -> None:
    acquired.scene(None, A44_IW1_8979="RETRY")
    acquired.scene("2022-01-01", A44_IW1_8979="DONE")
    found = acquired.matrix()
    [track] = found.tracks
    assert found.days == ["2022-01-01"]
    assert [tile.id for tile in track.undated] == [100]
    assert track.counts == {"NEW": 0, "PENDING": 0, "DONE": 1, "RETRY": 1, "FAILED": 0}


def test_a_date_on_which_a_track_never_came_is_absent(acquired: Acquisitions) -> None:
    for day in days("2022-01-01", 6, 12):
        tiles: dict[str, Status] = {"A44_IW1_8979": "DONE"}
        if day != "2022-01-25":
            tiles["A44_IW1_9006"] = "DONE"
        acquired.scene(day, **tiles)
    first, second = acquired.matrix().tracks
    assert (first.revisit_days, first.absent) == (6, [])
    assert (second.revisit_days, second.absent) == (6, ["2022-01-25"])


def test_a_day_on_which_everything_was_absent_is_a_column_too(acquired: Acquisitions) -> None:
    for day in days("2022-01-01", 6, 12):
        if day != "2022-01-25":
            acquired.scene(day, A44_IW1_8979="DONE")
    found = acquired.matrix()
    assert found.days == days("2022-01-01", 6, 12)
    assert found.absent == 1


def test_the_silence_between_campaigns_is_a_pause(acquired: Acquisitions) -> None:
    for day in [*days("2021-05-01", 6, 20), *days("2022-05-02", 6, 20)]:
        acquired.scene(day, A44_IW1_8979="DONE")
    found = acquired.matrix()
    assert found.pauses == [("2021-08-23", "2022-05-02")]
    assert found.absent == 0


def test_days_in_a_status_are_told_with_a_tile_to_look_at(acquired: Acquisitions) -> None:
    for day, status in zip(days("2022-01-01", 6, 4), ("DONE", "FAILED", "DONE", "FAILED"), strict=True):
        acquired.scene(day, A44_IW1_8979=status)
    [track] = acquired.matrix().tracks
    assert [(day, tile.id) for day, tile in track.days_in("FAILED")] == [("2022-01-07", 101), ("2022-01-19", 103)]
    assert track.days_in("RETRY") == []


def test_an_aoi_without_scenes_is_an_empty_matrix(acquired: Acquisitions) -> None:
    assert acquired.matrix() == Matrix([], [], [])


def test_every_tile_is_in_one_cell_whatever_was_recorded(recorded_boards: list[Board]) -> None:
    for board in recorded_boards:
        found = matrix(board)
        placed = Counter(
            tile.id for track in found.tracks for tiles in [*track.cells.values(), track.undated] for tile in tiles
        )
        assert placed == Counter(list(board.tiles))
        counted = {status: sum(track.counts[status] for track in found.tracks) for status in STATUSES}
        assert counted == {status: sum(tile.status == status for tile in board.tiles.values()) for status in STATUSES}
        assert all(set(track.absent).isdisjoint(track.cells) for track in found.tracks)
        assert found.days == sorted({day for track in found.tracks for day in [*track.cells, *track.absent]})
