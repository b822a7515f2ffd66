"""Sections of an AOI's files: what they are made from tells whether they would be the same."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from log_lines import Log, line
from strange_events import histories

from pipeline.insight.facts import Facts
from pipeline.refresh import refresh
from pipeline.render.aoi import list_pages
from pipeline.render.aoi.files import aoi_files
from pipeline.render.graph import pages as graph_pages
from pipeline.render.section import Section
from pipeline.store.board import load_board
from pipeline.store.database import open_database


def sections(folder: Path) -> dict[tuple[str, str], Section]:
    """The sections of all AOIs of a log, by AOI and name."""
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present")]
        boards = [load_board(database, name) for name in names]
    return {
        (board.name, section.name): section for board in boards for section in aoi_files(Facts(board), "x").sections
    }


@settings(max_examples=60)
@given(histories(2, 25))
def test_sections_with_the_same_fingerprint_have_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_pages, "ROWS_A_PAGE", 2)
        patch.setitem(graph_pages.graph.__kwdefaults__, "most", 3)
        known: dict[tuple[str, str, str], dict[str, bytes]] = {}
        for count in range(len(events) // 2, len(events) + 1):
            (folder / "log.jsonl").write_bytes(b"".join(line(one) + b"\n" for one in events[:count]))
            for (aoi, name), section in sections(folder).items():
                files = section.make()
                assert tuple(files) == section.paths
                assert known.setdefault((aoi, name, section.fingerprint), files) == files


def test_what_happens_to_one_scene_leaves_most_sections_as_they_were(log: Log) -> None:
    log.aoi()
    for number in range(1, 5):
        log.scene(number, {number * 10: None}, date=f"202{number}-01-01T00:00:00Z")
        log.says("scene", number, "DONE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(graph_pages.graph.__kwdefaults__, "most", 2)
        before = sections(log.folder)
        log.says("tile", 10, "FAILED")
        after = sections(log.folder)
    changed = {key[1] for key, section in after.items() if section.fingerprint != before[key].fingerprint}
    windows = {name for name in changed if "/graph" in name and name.endswith(".html")}
    assert windows == {"aoi/x/graph/2020-01-01.html", "aoi/x/graph.html"}, "the latter lists all"
    assert "aoi/x/tiles/PENDING.html" in changed
    assert "aoi/x/scenes.html" not in changed
    assert "scenes.geojson" not in changed
    assert "tiles.geojson" in changed


def test_the_names_of_sections_differ(log: Log) -> None:
    log.aoi()
    log.scene(1, {10: None, 11: None}, date="2022-01-01T00:00:00Z")
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        aoi = aoi_files(Facts(load_board(database, "Demo")), "x")
    names = [section.name for section in aoi.sections]
    paths = [path for section in aoi.sections for path in section.paths]
    assert len(set(names)) == len(names)
    assert len(set(paths) | set(aoi.files)) == len(paths) + len(aoi.files)
