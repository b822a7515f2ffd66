"""Names, messages and payloads that mean harm: they stay inside the site, and are text on its pages."""

import unicodedata
from pathlib import Path
from urllib.parse import quote

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_lines import Log, scene_body
from site_tree import read

from pipeline.build import build
from pipeline.render.paths import aoi_folders

HOSTILE = [
    "../../etc", "..", ".", ".hidden", "CON", "nul.txt", "index.json", "INDEX.HTML", "a/b", "a\\b", "/etc/passwd",
    "C:\\x",
    "<script>mark()</script><x-mark>", "\"'><x-mark onload=mark()>", "{{ 7 * 7 }}", "a\nb\r\nc", "tab\tbed", "nul\0nul",
    "🛰️ emoji", "L" * 300, "é" * 200, "Twin", "twin", "TWIN", "\u202ertl\u2066", "%2e%2e", "~", "a b", "trailing.", " ",
    "?query#fragment", "*", "-rf", "é", "e\u0301",
]  # fmt: skip


# Names as paths


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("DenmarkDemo", "DenmarkDemo"),
        ("Denmark Demo", "Denmark%20Demo"),
        ("a/b", "a%2Fb"),
        ("../../etc", "%2E.%2F..%2Fetc"),
        ("..", "%2E."),
        (".", "%2E"),
        ("é", "%C3%A9"),
        (".hidden", "%2Ehidden"),
        ("v1.2", "v1.2"),
        ("x_y-z", "x_y-z"),
        ("a~b", "a%7Eb"),
        ("50%", "50%25"),
    ],
)
def test_a_name_becomes_a_folder(name: str, folder: str) -> None:
    assert aoi_folders([name]) == {name: folder}


@pytest.mark.parametrize(
    "name", ["CON", "con", "nul", "NUL.txt", "com1", "LPT9.x", "index.json", "Index.html", "x" * 151]
)
def test_a_name_that_a_file_system_or_the_site_needs_gets_a_suffix(name: str) -> None:
    folder = aoi_folders([name])[name]
    assert folder.startswith(f"{name[:150]}~")
    assert len(folder) <= 150 + 17


def test_of_names_that_differ_only_in_case_each_gets_a_suffix() -> None:
    folders = aoi_folders(["Twin", "twin", "TWIN", "other"])
    assert folders["other"] == "other"
    assert len({folder.lower() for folder in folders.values()}) == 4
    assert aoi_folders(["Twin"])["Twin"] == "Twin", "once the others are gone it needs none"
    assert aoi_folders(["Twin", "twin"])["Twin"] == folders["Twin"], "it doesn't depend on how many there are"


@given(st.sets(st.text(min_size=1), max_size=6))
def test_any_names_have_folders_of_their_own(names: set[str]) -> None:
    folders = aoi_folders(names)
    assert len({folder.lower() for folder in folders.values()}) == len(names)
    for folder in folders.values():
        assert folder.isascii()
        assert len(folder) < 200
        assert not set(folder) & set('/\\:*?"<>| \0\n')
        assert not folder.startswith(".")


# The site


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose AOIs, scenes, tiles, messages and payloads have these names."""
    folder = tmp_path_factory.mktemp("hostile")
    log = Log(folder / "data/events")
    for name in HOSTILE:
        log.aoi(name)
    for number, name in enumerate(HOSTILE, 1):
        body = scene_body(number, {number: None}, aoi="../../etc", source_id=name, tags={name: name})
        body |= {"tiles": {name: {"id": number, "data": {name: name}}}, "data": {"date": name, "tiles": {name: {}}}}
        log.add("scene.created", body)
        log.says("scene", number, "RETRY", name, source=name)
        log.append(b"bad line " + name.replace("\n", " ").encode())
        log.says("tile", number, "DONE", id=f"rejected {name}")
    log.append(b'{"lone":"\\ud800"}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda fd: None)
        patch.setattr("os.sync", lambda: None)
        build(folder / "data", folder / "site")
    return folder


def test_nothing_is_written_outside_the_site(hostile: Path) -> None:
    assert sorted(path.name for path in hostile.iterdir()) == ["data", "site"]
    assert {path.name for path in (hostile / "data").iterdir()} >= {"events", "sceneboard.duckdb"}
    inside = {path.name for path in (hostile / "site").iterdir()}
    assert not {name for name in inside if name.startswith(".")}
    folders = {path.name for path in (hostile / "site/aoi").iterdir() if path.is_dir()}
    assert folders == set(aoi_folders(HOSTILE).values())
    assert all(path.name.isascii() for path in (hostile / "site").rglob("*"))


def test_every_name_and_message_comes_out_as_it_went_in(hostile: Path) -> None:
    site = hostile / "site"
    assert {aoi["ID"] for aoi in read(site, "aoi/index.json")} == set(HOSTILE)
    for number, name in enumerate(HOSTILE, 1):
        scene, tile = read(site, f"scene/{number}.json"), read(site, f"tile/{number}.json")
        assert (scene["source_id"], scene["message"], scene["aoi"]) == (name, name, "../../etc")
        assert (tile["source_id"], tile["data"]) == (name, {name: name})
    assert len(read(site, "events/rejected.json")) == len(HOSTILE)
    assert len(read(site, "events/quarantine.json")) == len(HOSTILE) + 1


@pytest.mark.parametrize(
    "pages", ["index.html", "events/*.html", f"aoi/{quote('%2E.%2F..%2Fetc', safe='%')}/*.html", "scene/1[0-9].html"]
)
def test_a_page_has_no_element_and_no_attribute_of_theirs(hostile: Path, pages: str) -> None:
    found = sorted((hostile / "site").glob(pages))
    assert found
    for path in found:
        document = html5lib.parse(path.read_bytes(), namespaceHTMLElements=False)
        for element in document.iter():
            assert element.tag != "x-mark", path
            assert not [name for name in element.keys() if str(name).startswith("on")], path  # noqa: SIM118
            if element.tag == "script":
                assert element.get("src") or "mark()" not in (element.text or ""), path


def test_names_on_pages_do_not_turn_the_text_around_them(hostile: Path) -> None:
    """A character that makes the rest run from right to left is isolated, or shown as another."""
    text = (hostile / "site/index.html").read_text(encoding="utf-8")
    assert "\0" not in text
    document = html5lib.parse(text, namespaceHTMLElements=False)
    for element in document.iter():
        own = element.text or ""
        if any(unicodedata.bidirectional(character) in ("RLO", "LRO") for character in own):
            assert element.tag == "bdi" or element.get("dir") == "auto", own
