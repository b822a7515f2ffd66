"""Where space, permission or a file is missing: an error in words, the old site intact, the next build fine."""

from pathlib import Path
from typing import BinaryIO

import pytest

from pipeline.log import files, folder
from torture import shortages
from torture.world import World, differing, of_one_build
from torture.zygote import Zygote

SHORT = [
    "no space for the site, 40 KiB left",
    "no space for the store, 0 KiB left",
    "no space for the store, 16 KiB left",
    "a log file without permission",
    "no log folder",
]


@pytest.mark.skipif(not shortages.is_possible(), reason="needs a mount namespace (unshare, setpriv)")
def test_a_shortage_is_told_and_does_no_harm(prepared: World, scratch: Path) -> None:
    found = shortages.run(scratch / "shortages", prepared, SHORT)
    assert found.broken == []
    assert set(found.counts) == set(SHORT)


def test_a_file_that_vanishes_while_it_is_read_is_told_and_read_when_it_is_back(
    world: World, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a file is compressed by somebody else meanwhile."""
    file = world.events / "after.jsonl"
    aside = scratch / "aside"

    def vanishing(log_dir: Path, path: str) -> BinaryIO:
        if path == file.name:
            file.rename(aside)
        return files.open_inside(log_dir, path)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "open_inside", vanishing)
        built = world.build()
    assert [(one.path, one.reason) for one in built.refreshed.unreadable] == [
        ("after.jsonl", "No such file or directory")
    ]
    aside.rename(file)
    assert world.build().refreshed.unreadable == []
    assert differing(world.tree(), of_one_build(world, scratch / "one")) == []


def test_a_build_that_could_not_read_everything_fails_though_it_has_done_what_it_could(
    world: World, zygote: Zygote
) -> None:
    (world.events / "pipe.jsonl").symlink_to("/etc/hostname")
    ended = zygote.run(world, ["build", "--workers", "1"])
    assert ended.code == 1
    assert "log file pipe.jsonl can't be read: not a file of the log folder" in ended.err
    assert "24 new events" in ended.out or "new events" in ended.out
    (world.events / "pipe.jsonl").unlink()
    assert zygote.run(world, ["build", "--workers", "1"]).code == 0
