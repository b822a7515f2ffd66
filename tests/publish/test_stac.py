"""The STAC catalogue: valid, relative, as complete as the site, and there only where it is asked for."""

import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pystac
import pytest
from click.testing import CliRunner
from hostile_log import PAYLOADS
from log_lines import Log
from site_tree import differing, tree

from pipeline.build import build, build_as_of
from pipeline.cli import main
from pipeline.render import edition


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schemas come with pystac: nothing is fetched."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture
def catalogued(data: Path, site: Path) -> Callable[[], pystac.Catalog]:
    """Builds the site and reads its catalogue, as a program does that knows no more than where it is."""

    def made() -> pystac.Catalog:
        build(data, site, stac=True)
        return pystac.Catalog.from_file(str(site / "stac/catalog.json"))

    return made


def items(catalog: pystac.Catalog) -> dict[str, pystac.Item]:
    return {item.id: item for item in catalog.get_items(recursive=True)}


# What is in it


def test_a_collection_for_each_aoi_and_an_item_for_each_scene(
    catalogued: Callable[[], pystac.Catalog], log: Log
) -> None:
    for number, name in enumerate(("B", "A", "Empty")):
        log.aoi(name)
        if name != "Empty":
            log.scene(number + 1, {10 * number + 1: None}, aoi=name)
            log.scene(number + 5, {10 * number + 5: None}, aoi=name, source_id=f"again {name}")
    catalog = catalogued()
    assert catalog.validate_all() == 4
    assert {one.id: [item.id for item in one.get_items()] for one in catalog.get_children()} == {
        "A": ["S2", "again A"],
        "B": ["S1", "again B"],
        "Empty": [],
    }


# Links and names

TEXTS = [text for name, text in PAYLOADS.items() if name != "half a pair"]
NAMES = ["".join(TEXTS[at : at + 4]) for at in range(0, len(TEXTS), 4)] + ["catalog.json", "a%b", "twin", "Twin"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A site with a catalogue whose AOIs and scenes have names that mean harm."""
    folder = tmp_path_factory.mktemp("hostile")
    log = Log(folder / "data/events")
    for number, name in enumerate(NAMES, 1):
        log.aoi(name)
        log.scene(number, {number: None}, aoi=name, source_id=name, date=name)
        log.says("scene", number, "RETRY", name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda fd: None)
        patch.setattr("os.sync", lambda: None)
        build(folder / "data", folder / "site", stac=True)
    return folder / "site"


def test_any_names_come_out_as_they_went_in_and_stay_in_the_site(hostile: Path) -> None:
    catalog = pystac.Catalog.from_file(str(hostile / "stac/catalog.json"))
    assert catalog.validate_all() == len(NAMES)
    assert sorted(one.id for one in catalog.get_children()) == sorted(NAMES)
    assert {item.id for item in catalog.get_items(recursive=True)} == set(NAMES)
    assert {path.name for path in hostile.parent.iterdir()} == {"data", "site"}
    assert {path.name for path in (hostile / "stac").iterdir()} == {"catalog.json", "aoi"}
    assert not [path for path in hostile.joinpath("stac").rglob("*") if re.search(r"[^A-Za-z0-9._~=-]", path.name)]


def test_every_link_is_relative_and_leads_to_a_file_of_the_site(hostile: Path) -> None:
    """Read from a disk, where links are taken as they stand, and over HTTP, where they are decoded."""
    found = sorted(path for path in (hostile / "stac").rglob("*.json") if path.is_file())
    assert len(found) == 1 + 2 * len(NAMES)
    for path in found:
        told = json.loads(path.read_bytes())
        links = told["links"] + list(told.get("assets", {}).values())
        assert "self" not in {link.get("rel") for link in links}
        for link in links:
            assert link["href"].startswith(("./", "../"))
            assert path.parent.joinpath(unquote(link["href"])).is_file(), (path, link)
            if link.get("rel") != "alternate":
                assert path.parent.joinpath(link["href"]).is_file(), (path, link)


def test_it_works_from_another_folder(hostile: Path, tmp_path: Path) -> None:
    shutil.copytree(hostile, tmp_path / "moved here")
    catalog = pystac.Catalog.from_file(str(tmp_path / "moved here/stac/catalog.json"))
    assert len(items(catalog)) == len(NAMES)


def test_pages_lead_to_it_where_it_is(log: Log, data: Path, site: Path) -> None:
    log.aoi("a/b")
    for stac in (False, True):
        build(data, site, stac=stac)
        assert ('href="stac/catalog.json"' in (site / "index.html").read_text()) is stac
        page = (site / "aoi/a%2Fb/index.html").read_text()
        assert ('href="../../stac/aoi/a=2Fb/collection.json"' in page) is stac


# There or not


@pytest.fixture
def two(log: Log, data: Path, site: Path) -> None:
    """Two AOIs with a scene each, built with a catalogue."""
    for number, name in enumerate("AB", 1):
        log.aoi(name)
        log.scene(number, {10 * number: None}, aoi=name)
    build(data, site, stac=True)


def written(site: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of the catalogue's files."""
    return {
        path.relative_to(site / "stac").as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (site / "stac").rglob("*.json")
    }


def test_only_what_changed_is_written_again(two: None, log: Log, data: Path, site: Path) -> None:
    assert build(data, site, stac=True).rendered == 0
    before = written(site)
    log.says("scene", 1, "DONE")
    assert build(data, site, stac=True).rendered == 3, "the scene, its AOI, and what spans all"
    after = written(site)
    assert {path for path in after if after[path] != before.get(path)} == {"aoi/A/1.json", "aoi/A/collection.json"}


def test_what_is_gone_goes_from_it(two: None, log: Log, data: Path, site: Path) -> None:
    log.add("aoi.deleted", {"id": "A"})
    build(data, site, stac=True)
    assert set(written(site)) == {"catalog.json", "aoi/B/collection.json", "aoi/B/2.json"}
    assert [one.id for one in pystac.Catalog.from_file(str(site / "stac/catalog.json")).get_children()] == ["B"]


@pytest.mark.parametrize("check_site", [False, True])
def test_a_build_without_it_removes_it(two: None, data: Path, site: Path, tmp_path: Path, check_site: bool) -> None:
    build(data, site, check_site=check_site)
    assert not (site / "stac").exists()
    build(data, tmp_path / "never")
    assert differing(tree(site), tree(tmp_path / "never")) == []
    build(data, site, stac=True, check_site=check_site)
    assert len(written(site)) == 5


def test_the_past_has_one_too(two: None, data: Path, site: Path) -> None:
    past = site.with_name("past")
    build_as_of(data, past, "2022-03-01T00:00:02.000000000", stac=True)
    assert set(written(past)) == {"catalog.json", "aoi/A/collection.json", "aoi/A/1.json"}


def command(data: Path, site: Path, *arguments: str, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(main, ["--data", str(data), "--site", str(site), *arguments], env=env)


def test_the_command_makes_it_when_told_or_when_the_environment_says_so(log: Log, data: Path, site: Path) -> None:
    log.aoi()
    for arguments, env, there in (
        (["--stac"], {}, True),
        ([], {}, False),
        ([], {"SCENEBOARD_STAC": "1"}, True),
        (["--no-stac"], {"SCENEBOARD_STAC": "1"}, False),
    ):
        said = command(data, site, "build", "--workers", "1", *arguments, env=env)
        assert said.exit_code == 0, said.output
        assert (site / "stac/catalog.json").exists() is there, (arguments, env)


@pytest.mark.parametrize("name", ["build", "watch"])
def test_without_pystac_the_command_says_what_to_install(
    log: Log, data: Path, site: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def none(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(edition, "version", none)
    log.aoi()
    said = command(data, site, name, "--stac", "--workers", "1")
    assert said.exit_code == 1
    assert "pip install 'sceneboard[stac]'" in said.output
    assert not site.exists()
    assert command(data, site, "build", "--workers", "1").exit_code == 0
