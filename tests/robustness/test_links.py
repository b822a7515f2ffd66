"""Symbolic links lead a build out of neither the log nor the site."""

from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.disk import WrongKind
from pipeline.log import files, folder
from torture.world import World, differing, of_one_build, tree

SECRET = b"a line of a file that is nobody's business"


@pytest.fixture
def outside(scratch: Path) -> Path:
    """A folder that isn't the program's."""
    folder = scratch / "outside"
    folder.mkdir()
    (folder / "secret.jsonl").write_bytes(SECRET + b"\n")
    return folder


def is_told(site: Path) -> bool:
    return any(SECRET in path.read_bytes() for path in site.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["2022/secret.jsonl", "secret.jsonl.gz"])
def test_a_link_in_the_log_that_leads_outside_is_not_read(name: str, world: World, outside: Path) -> None:
    link = world.events / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside / "secret.jsonl")
    built = world.build()
    assert [(one.path, one.reason) for one in built.refreshed.unreadable] == [(name, "not a file of the log folder")]
    assert not is_told(world.site)


def test_a_linked_folder_in_the_log_is_not_entered(world: World, outside: Path) -> None:
    (world.events / "2022").symlink_to(outside)
    assert world.build().quarantined == 1
    assert not is_told(world.site)


def test_a_link_within_the_log_is_as_good_as_its_file(world: World, scratch: Path) -> None:
    (world.events / "again.jsonl").symlink_to("after.jsonl")
    assert world.build().refreshed.unreadable == []
    assert differing(world.tree(), of_one_build(world, scratch / "one")) == []


def test_a_link_that_is_put_in_the_place_of_a_file_after_it_was_looked_at_is_not_read(
    world: World, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write into the log can't have the build publish what it alone may read."""
    file = world.events / "late.jsonl"
    file.write_bytes(b"{}\n")

    def swapped(log_dir: Path, path: str) -> BinaryIO:
        if path == file.name and not file.is_symlink():
            file.unlink()
            file.symlink_to(outside / "secret.jsonl")
        return files.open_inside(log_dir, path)

    monkeypatch.setattr(folder, "open_inside", swapped)
    assert [one.path for one in world.build().refreshed.unreadable] == ["late.jsonl"]
    assert not is_told(world.site)


def test_a_link_in_the_place_of_a_page_is_replaced_and_what_it_leads_to_stays(world: World, outside: Path) -> None:
    page = world.site / "scene/1.html"
    page.unlink()
    page.symlink_to(outside / "secret.jsonl")
    world.build(check_site=True)
    assert not page.is_symlink()
    assert (outside / "secret.jsonl").read_bytes() == SECRET + b"\n"


@pytest.mark.parametrize("folder", ["aoi/Fyn", "scene"])
def test_a_link_in_the_place_of_a_folder_is_refused_and_nothing_is_written_or_removed_behind_it(
    folder: str, world: World, outside: Path, scratch: Path
) -> None:
    (world.site / folder).rename(scratch / "moved")
    (world.site / folder).symlink_to(outside)
    with pytest.raises(WrongKind):
        world.build(check_site=True)
    assert [path.name for path in outside.iterdir()] == ["secret.jsonl"]
    (world.site / folder).unlink()
    world.build()
    assert differing(world.tree(), of_one_build(world, scratch / "one")) == []


def test_a_link_that_is_not_of_the_site_is_removed_and_not_what_it_leads_to(world: World, outside: Path) -> None:
    before = tree(outside)
    (world.site / "aoi/Fyn/linked").symlink_to(outside)
    (world.site / "scene/999.html").symlink_to(outside / "secret.jsonl")
    world.build(check_site=True)
    assert not (world.site / "aoi/Fyn/linked").exists()
    assert not (world.site / "scene/999.html").is_symlink()
    assert tree(outside) == before
