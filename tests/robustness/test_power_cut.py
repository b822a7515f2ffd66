"""After a power cut what was reported is there, and the next build mends the site."""

from pathlib import Path

import pytest

from pipeline.publish.writer import SiteWriter
from torture import power_cut
from torture.world import World, differing, of_one_build, tree


@pytest.mark.parametrize("flush_each", [1_000_000, 0], ids=["each file is flushed", "the whole disk is flushed"])
def test_a_site_is_whole_once_it_is_reported_and_mended_by_the_next_build_before(
    flush_each: int, prepared: World, scratch: Path
) -> None:
    found = power_cut.attack_build(prepared, scratch, 5, 1, flush_each=flush_each)
    assert found.broken == []
    assert found.counts["build: cuts that left something to mend"] >= 3


def test_what_was_reported_as_appended_is_there_and_no_id_is_handed_out_twice(prepared: World, scratch: Path) -> None:
    found = power_cut.attack_append(prepared, scratch, 3, 1)
    assert found.broken == []
    assert sum(found.counts.values()) == 3


def test_flushing_pages_flushes_their_names_and_folders_and_what_was_removed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "old/er").mkdir(parents=True)
    (site / "kept").mkdir()
    for page in ("old/er/page.html", "old/page.html", "kept/gone.html", "kept/page.html"):
        (site / page).touch()
    with power_cut.Recorder(tmp_path) as recorder, SiteWriter(site) as writer:
        writer.write("new/er/page.html", b"new")
        writer.remove("old/er/page.html")
        writer.remove("kept/gone.html")
        writer.flush(["new/er/page.html"])
    recorder.after_cut(len(recorder.notes), "nothing", 0).write_to(tmp_path / "cut")
    assert sorted(tree(tmp_path / "cut/site")) == ["kept/page.html", "new/er/page.html", "old/page.html"]
    assert (tmp_path / "cut/site/new/er/page.html").read_bytes() == b"new"
    assert not (tmp_path / "cut/site/old/er").exists()


def test_harm_done_to_a_finished_site_is_mended_when_every_file_is_looked_at(world: World, scratch: Path) -> None:
    old = {path: path.read_bytes() for path in (world.site / "scene").glob("*.json")}
    world.build()
    new = of_one_build(world, scratch / "one")
    missing, emptied, older, *_ = sorted(old)
    missing.unlink()
    emptied.write_bytes(b"")
    older.write_bytes(b"what it was once")
    (world.site / "scene/999.json").write_bytes(b"not of this site")
    assert len(differing(world.tree(), new)) == 4
    built = world.build(check_site=True)
    assert (built.written, built.removed) == (3, 1)
    assert differing(world.tree(), new) == []
