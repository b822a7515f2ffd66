"""Wherever a site is published, the same holds: a folder, S3, and what fsspec has else (memory, without conditions)."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.publish.opening import make_site, open_site
from pipeline.publish.site import BEGUN, Place, Site, SiteOvertaken


@pytest.fixture(params=["folder", "s3", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    found: dict[str, Callable[[], Place]] = {
        "folder": lambda: tmp_path / "site",
        "s3": lambda: str(request.getfixturevalue("bucket")),
        "memory": lambda: f"memory://{uuid.uuid4().hex}/board",
    }
    made = found[request.param]()
    make_site(made)
    return made


@pytest.fixture
def site(place: Place) -> Site:
    return open_site(place)


def test_a_file_is_there_whole_where_its_path_says(site: Site) -> None:
    assert site.read("aoi/Demo/overview.txt") is None
    assert not site.has("aoi/Demo/overview.txt")
    site.write("aoi/Demo/overview.txt", b"text")
    assert site.read("aoi/Demo/overview.txt") == b"text"
    assert site.has("aoi/Demo/overview.txt")
    assert site.touched == ["aoi/Demo/overview.txt"]


def test_one_that_holds_these_bytes_isnt_touched(site: Site, place: Place) -> None:
    files = {"a": b"same", "b": b"old!", "c/d": b"", "ä ö/100%": b"percent"}
    site.write_all(files)
    assert sorted(site.touched) == sorted(files)
    version = site.version("a")
    with open_site(place) as again:
        again.write_all(files | {"b": b"new!", "e": b"more"})
        assert (sorted(again.touched), again.unchanged) == (["b", "e"], 3)
        assert again.version("a") == version
        again.write("b", b"newer")
        assert again.read("b") == b"newer"
        again.flush(["a", "b"])


def test_what_isnt_there_comes_first(site: Site) -> None:
    site.write("b", b"there")
    assert site.write_missing({"a": b"1", "b": b"2", "c": b"3"}) == {"b": b"2"}
    assert [site.read(path) for path in "abc"] == [b"1", b"there", b"3"]


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "//outside", "a//b", "./a", ""])
def test_a_path_that_leads_elsewhere_is_refused(site: Site, path: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        site.write(path, b"x")


def test_what_is_gone_is_gone(site: Site) -> None:
    paths = ["aoi/A/index.html", "aoi/A/scenes/NEW.json", "aoi/AB/index.html", "scene/1.json", "index.html", "mine/x"]
    site.write_all(dict.fromkeys(paths, b"x"))
    assert site.paths(("aoi", "scene", "tile")) == set(paths[:4])
    site.remove_all(paths[:2])
    site.remove_all([])
    site.remove("never/was")
    assert site.paths(("aoi", "scene")) == {"aoi/AB/index.html", "scene/1.json"}
    assert not site.has("aoi/A/index.html")
    site.write("aoi/A/index.html", b"again")
    assert site.read("aoi/A/index.html") == b"again"


def test_a_new_site(site: Site, place: Place) -> None:
    """Nobody looks for what can't be there; what came meanwhile all the same isn't doubled or lost."""
    assert site.is_new(("aoi", "scene"))
    with open_site(place, new=True) as new:
        assert new.write_missing({"aoi/A": b"1", "b": b"2"}) == {}
        new.write("b", b"2")
        assert {"aoi/A", "b"} <= set(new.touched)
    assert (site.read("aoi/A"), site.read("b")) == (b"1", b"2")
    assert not site.is_new(("aoi", "scene"))
    assert site.is_new(("scene",))


def test_the_last_file_is_written_only_over_what_was_seen(site: Site, place: Place) -> None:
    nothing = site.version("build.json")
    assert nothing == ""
    site.write_last("build.json", b"first", nothing)
    first = site.version("build.json")
    assert first != nothing
    for seen in (nothing, "of another time"):
        with open_site(place) as older, pytest.raises(SiteOvertaken, match="by another build"):
            older.write_last("build.json", b"older", seen)
    with open_site(place) as newer:
        newer.write_last("build.json", b"second", first)
    assert site.read("build.json") == b"second"
    assert site.version("build.json") not in (nothing, first)


def test_a_build_writes_only_in_its_turn(site: Site, place: Place) -> None:
    """Which the site tells after the look at what is there, and before each write."""
    site.write_all({"a": b"older", BEGUN: b"Build older is under way"})
    with open_site(place, build="older") as older:
        older.write("a", b"mine")
        site.write_all({"a": b"newer", BEGUN: b"Build newer is under way"})
        for attempt in (
            lambda: older.write("a", b"mine"), lambda: older.write_missing({"b": b"mine"}), lambda: older.remove("a"),
            lambda: older.write_all({"b": b"mine"}), lambda: older.write_last("a", b"mine", older.version("a")),
        ):  # fmt: skip
            with pytest.raises(SiteOvertaken, match="another build"):
                attempt()
        older.write("a", b"newer")  # as it is
    assert (site.read("a"), site.has("b")) == (b"newer", False)
