"""The page of the site's files lists every file that a build writes, and none that it doesn't, with its shape."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from doc_pages import ROOT, codes, plain, table
from example_sites import Site
from log_lines import Log

from pipeline.build import build
from pipeline.demo import write_large
from pipeline.render import event_files
from pipeline.render.aoi import list_pages
from pipeline.render.graph import pages as graph_pages
from pipeline.render.scene import page as scene_page

PAGE = ROOT / "docs" / "reference" / "site.md"
STANDS_FOR = {
    "{aoi}": r"[A-Za-z0-9_.%=~-]+",
    "{STATUS}": "(?:NEW|PENDING|DONE|RETRY|FAILED)",
    "{id}": "[0-9]+",
    "{n}": "(?:[2-9]|[1-9][0-9]+)",
    "{date}": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "{name}": "[A-Za-z0-9.-]+",
}


class Told(NamedTuple):
    """A row of the page: the path, and its shape if that is JSON."""

    path: str
    shape: str

    @property
    def pattern(self) -> str:
        parts = re.split(r"(\{\w+\})", self.path)
        return "".join(STANDS_FOR.get(part) or re.escape(part) for part in parts)


def rows() -> list[Told]:
    return [
        Told(codes(path)[0], next(iter(codes(shape)), plain(shape)))
        for path, _, shape in table(PAGE, "file")
    ]  # fmt: skip


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site with so few rows a page that every list takes several."""
    folder = tmp_path_factory.mktemp("crowded")
    write_large(folder / "data" / "events", aois=1, scenes=6, tiles=4, seed=1)
    log = Log(folder / "data" / "events")
    for _ in range(3):  # two of them are rejected
        log.add("aoi.created", {"id": "Undated"})
    for number in (9001, 9002):
        log.add("scene.created", {
            "id": number, "source_id": f"S{number}", "aoi": "Undated",
            "data": {"tiles": {"T": {}}}, "tiles": {"T": {"id": number}},
        })  # fmt: skip
    (folder / "data" / "events" / "bad.jsonl").write_text("not an event\n" * 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_files, "SHOWN_FIRST", 0)
        patch.setattr(event_files, "ROWS_A_PAGE", 1)
        patch.setattr(list_pages, "ROWS_A_PAGE", 1)
        patch.setattr(scene_page, "EVENTS_A_PAGE", 2)
        patch.setitem(graph_pages.graph.__kwdefaults__, "most", 2)
        build(folder / "data", folder / "site", stac=True)
    return Site(folder / "data", folder / "site")


def paths(site: Site) -> list[str]:
    return [path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*") if path.is_file()]


def test_every_file_of_a_site_is_told_once_and_every_row_is_found(sample: Site, hostile: Site, crowded: Site) -> None:
    patterns = [re.compile(row.pattern) for row in rows()]
    found = set()
    for path in [*paths(sample), *paths(hostile), *paths(crowded)]:
        matching = [pattern.pattern for pattern in patterns if pattern.fullmatch(path)]
        assert len(matching) == 1, f"{path}: {matching or 'not told'}"
        found.update(matching)
    assert [row.path for row in rows() if row.pattern not in found] == []


def test_json_files_have_the_shape_that_is_told(sample: Site, crowded: Site) -> None:
    shapes = [(re.compile(row.pattern), row.shape) for row in rows()]
    seen = set()
    for site, path in [*((sample, path) for path in paths(sample)), *((crowded, path) for path in paths(crowded))]:
        if path.endswith((".json", ".geojson")) and path != "build/build.json":
            (shape,) = (shape for pattern, shape in shapes if pattern.fullmatch(path))
            for one in things(site.json(path), shape):
                may, must = keys(shape)
                assert must <= one.keys() <= may, path
                seen.add(shape)
    assert seen == {shape for _, shape in shapes if shape.startswith(("{", "["))}


def things(value: Any, shape: str) -> Iterator[dict[str, Any]]:
    """The objects that a shape is of: that of the file, or those of its list."""
    assert isinstance(value, list) == shape.startswith("[")
    yield from value if isinstance(value, list) else [value]


def keys(shape: str) -> tuple[set[str], set[str]]:
    """The names that may stand in an object, and those that must."""
    named = re.findall(r'"([\w:]+)"(\??)', shape)
    return {name for name, _ in named}, {name for name, optional in named if not optional}


def test_features_have_the_properties_that_are_told(sample: Site) -> None:
    text = PAGE.read_text("utf-8").partition("# Properties of a feature")[2].partition("`footprint` says")[0]
    of_scene, of_tile = (set(re.findall(r"`(\w+)`", part)) for part in text.split("and a tile"))
    for folder in sample.aoi_folders:
        for kind, told in (("scenes", of_scene), ("tiles", of_scene | of_tile)):
            features = json.loads(Path(sample.folder, "aoi", folder, f"{kind}.geojson").read_bytes())["features"]
            assert {frozenset(one["properties"]) for one in features} <= {frozenset(told)}
