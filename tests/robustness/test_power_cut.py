"""After a power cut what was reported is there, and the next build mends the site."""

from pathlib import Path

import pytest

from torture import power_cut
from torture.world import World, differing, of_one_build


@pytest.mark.parametrize("flush_each", [1_000_000, 0], ids=["each file is flushed", "the whole disk is flushed"])
def test_a_site_is_whole_once_it_is_reported_and_mended_by_the_next_build_before(
    flush_each: int, prepared: World, scratch: Path
) -> None:
    found = power_cut.attack_build(prepared, scratch, 5, 1, flush_each=flush_each)
    assert found.broken == []
    assert found.counts["build: cuts that left something to mend"] >= 3


def test_what_was_reported_as_appended_is_there_and_no_id_is_handed_out_twice(prepared: World, scratch: Path) -> None:
    found = power_cut.attack_append(prepared, scratch, 4, 1)
    assert found.broken == []
    assert sum(found.counts.values()) >= 4


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
