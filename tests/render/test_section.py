"""Sections of an AOI's files: what they are made from tells whether they would be the same."""

from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from log_lines import Log, line
from strange_events import histories

from pipeline.event import STATUSES
from pipeline.insight.facts import Facts
from pipeline.refresh import refresh
from pipeline.render.aoi import list_pages
from pipeline.render.aoi.files import aoi_files
from pipeline.render.graph import pages as graph_pages
from pipeline.render.section import Section
from pipeline.store.database import open_database
from pipeline.store.folds import load_board


def sections(folder: Path) -> dict[tuple[str, str], Section]:
    """The sections of all AOIs of a log, by AOI and name."""
    with open_database(Path(":memory:")) as database:
        refresh(database, folder)
        names = [row[0] for row in database.rows("SELECT name FROM aois WHERE present")]
        boards = [load_board(database, name) for name in names]
    return {
        (board.name, section.name): section for board in boards for section in aoi_files(Facts(board), "x").sections
    }


CHANGES: list[tuple[str, Any]] = [
    *(("status", status) for status in STATUSES),
    ("source_id", "another"),
    ("message", "another"),
    ("retry_countdown", 7),
    ("by_hand", True),
    ("data", b'{"another": 1}'),
    ("geometry", b'{"type": "Point", "coordinates": [1, 2]}'),
    ("tags", b'{"another": "1"}'),
    ("since", "2031-01-01T00:00:00.000000000"),
    ("date", "2031-01-01T00:00:00Z"),
]


@pytest.mark.parametrize("kind", ["scene", "tile"])
@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_whatever_changes_of_a_scene_or_tile_files_that_differ_have_another_fingerprint(
    log: Log, kind: str, field: str, value: Any
) -> None:
    """Each field for itself, of each scene and tile, also where no event could change it alone."""
    log.aoi()
    for number in (1, 2, 3):
        log.scene(number, {number * 10: number * 10 - 10 if number > 1 else None}, date=f"2022-0{number}-01T00:00:00Z")
        log.says("scene", number, "DONE")
    log.says("tile", 10, "RETRY", "full")
    with open_database(Path(":memory:")) as database:
        refresh(database, log.folder)
        board = load_board(database, "Demo")
    before = {one.name: (one.fingerprint, one.make()) for one in aoi_files(Facts(board), "x").sections}
    for entity in (board.scenes if kind == "scene" else board.tiles).values():
        if not hasattr(entity, field):
            continue
        was = getattr(entity, field)
        setattr(entity, field, value)
        for section in aoi_files(Facts(board), "x").sections:
            fingerprint, files = before.get(section.name, ("", {}))
            assert section.make() == files or section.fingerprint != fingerprint, section.name
        setattr(entity, field, was)


@settings(max_examples=examples(4, at_length=12))
@given(histories(2, 20))
def test_sections_with_the_same_fingerprint_have_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_pages, "ROWS_A_PAGE", 2)
        patch.setitem(graph_pages.graph.__kwdefaults__, "most", 3)
        known: dict[tuple[str, str, str], dict[str, bytes]] = {}
        for count in (len(events) - 4, len(events) - 1, len(events)):
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
    assert "scenes" not in changed
    assert "tiles" in changed


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
