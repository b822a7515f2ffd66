"""Files of the site: each whole or not at all, untouched if nothing in it changed, and never outside the site."""

import os
from pathlib import Path

import pytest

from pipeline.publish.writer import SiteWriter, leftovers, paths_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    made.mkdir()
    return made


def state(path: Path) -> tuple[int, int]:
    """What changes when a file is written anew: its inode and its time."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def test_a_file_is_written_where_its_path_says(folder: Path) -> None:
    with SiteWriter(folder) as site:
        site.write("aoi/Demo/overview.txt", b"text")
        assert site.touched == ["aoi/Demo/overview.txt"]
    assert (folder / "aoi/Demo/overview.txt").read_bytes() == b"text"
    assert sorted(os.listdir(folder / "aoi/Demo")) == ["overview.txt"]  # noqa: PTH208


def test_a_file_with_these_bytes_is_not_touched(folder: Path) -> None:
    (folder / "a").write_bytes(b"same")
    (folder / "b").write_bytes(b"other")
    a, b = state(folder / "a"), state(folder / "b")
    with SiteWriter(folder) as site:
        site.write("a", b"same")
        site.write("b", b"new")
        assert (site.touched, site.unchanged) == (["b"], 1)
    assert state(folder / "a") == a
    assert state(folder / "b")[0] != b[0], "renamed into place, not written over"


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "//outside", "a//b", "./a", ""])
def test_a_path_that_leads_elsewhere_is_refused(folder: Path, path: str) -> None:
    with SiteWriter(folder) as site, pytest.raises(ValueError, match="not the name"):
        site.write(path, b"x")
    assert [entry.name for entry in folder.parent.iterdir()] == ["site"]


def test_a_link_in_the_way_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """In the place of a folder it is refused, in the place of a file replaced."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "precious").write_text("precious")
    (folder / "aoi").symlink_to(tmp_path / "elsewhere")
    (folder / "index.html").symlink_to(tmp_path / "precious")
    with SiteWriter(folder) as site:
        with pytest.raises(OSError, match="symbolic links are not followed"):
            site.write("aoi/index.json", b"x")
        site.write("index.html", b"page")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "precious").read_text() == "precious"
    assert (folder / "index.html").read_bytes() == b"page"
    assert not (folder / "index.html").is_symlink()


def test_with_the_last_file_its_folders_go(folder: Path) -> None:
    with SiteWriter(folder) as site:
        for path in ("aoi/A/scenes/NEW.json", "aoi/A/index.html", "aoi/B/index.html"):
            site.write(path, b"x")
        site.remove("aoi/A/scenes/NEW.json")
        assert (folder / "aoi/A").is_dir()
        assert not (folder / "aoi/A/scenes").exists()
        site.remove("aoi/A/index.html")
        assert sorted(entry.name for entry in (folder / "aoi").iterdir()) == ["B"]
        site.remove("aoi/A/never/was")
        site.write("aoi/A/index.html", b"again")
    assert (folder / "aoi/A/index.html").read_bytes() == b"again"


def test_many_folders_are_more_than_it_holds_open(folder: Path) -> None:
    paths = [f"aoi/{number}/scenes/NEW.json" for number in range(150)]
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with SiteWriter(folder) as site:
        for path in paths:
            site.write(path, path.encode())
        assert len(os.listdir("/proc/self/fd")) < before + 100  # noqa: PTH208
        for path in paths:
            site.write(path, path.encode())
        assert site.unchanged == len(paths)
        for path in paths:
            site.remove(path)
    assert list(folder.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_what_is_in_the_sites_folders_is_found_with_leftovers_of_killed_builds(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").touch()
    for path in ("aoi/A/index.html", "aoi/A/.index.html.0123456789abcdef.tmp", "scene/1.json", "notes/mine.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / ".build.json.0123456789abcdef.tmp").touch()
    (folder / ".mine.tmp").touch()
    (folder / "aoi/link").symlink_to(tmp_path / "elsewhere")
    assert paths_in(folder, ("aoi", "scene", "tile")) == {
        "aoi/A/index.html", "aoi/A/.index.html.0123456789abcdef.tmp", "aoi/link", "scene/1.json",
        ".build.json.0123456789abcdef.tmp",
    }  # fmt: skip
    assert leftovers(folder) == {".build.json.0123456789abcdef.tmp"}


def test_a_link_in_the_place_of_a_folder_is_not_looked_into(folder: Path) -> None:
    """What is found there and isn't the site's would be removed."""
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere/.x.0123456789abcdef.tmp").touch()
    for name in ("aoi", "build"):
        (folder / name).symlink_to(folder.parent / "elsewhere")
    assert paths_in(folder, ("aoi",)) == set()


def test_in_a_new_site_nobody_looks_for_what_is_there(folder: Path) -> None:
    """All is written, by a rename as ever: what came meanwhile is replaced whole, a link not followed."""
    (folder.parent / "precious").write_text("precious")
    (folder / "same").write_bytes(b"same")
    (folder / "link").symlink_to(folder.parent / "precious")
    before = state(folder / "same")
    with SiteWriter(folder, new=True) as site:
        assert not site.has("same")
        assert site.write_missing({"same": b"same", "link": b"page", "scene/1.html": b"1"}) == {}
        assert (site.touched, site.unchanged) == (["same", "link", "scene/1.html"], 0)
    assert state(folder / "same")[0] != before[0]
    assert (folder / "link").read_bytes() == b"page"
    assert not (folder / "link").is_symlink()
    assert (folder.parent / "precious").read_text() == "precious"
    assert not leftovers(folder)
