"""Builds, writers, readers and machines at the same time."""

from pathlib import Path

from torture import crowds
from torture.world import World
from torture.zygote import Zygote


def test_two_builds_at_once_while_eight_processes_append(zygote: Zygote, prepared: World, scratch: Path) -> None:
    found = crowds.attack_by_writers(zygote, prepared, scratch, 3)
    assert found.broken == []
    assert found.counts["builds among writers"] >= 2
    assert found.counts["appended among builds"] == 24


def test_two_machines_add_scenes_and_append(prepared: World, scratch: Path) -> None:
    found = crowds.attack_by_machines(prepared, scratch, 3)
    assert found.broken == []
    assert found.counts["scenes added by several machines"] == 6


def test_a_machine_that_was_cloned_with_its_state_writes_into_files_of_its_own(
    zygote: Zygote, world: World, scratch: Path
) -> None:
    """The clone's log is the same folder; its state, the writer's id in it, a copy."""
    append = ["log", "append", "results.jsonl"]
    assert zygote.run(world, append).code == 0
    clone = world.copy(scratch / "clone")  # the files of the log are the very same, by links
    (ours,) = world.events.glob("*/*.jsonl")
    before = ours.read_bytes()
    assert zygote.run(clone, append).code == 0
    assert ours.read_bytes() == before
    (theirs,) = set(clone.events.glob("*/*.jsonl")) - {clone.events / ours.relative_to(world.events)}
    assert theirs.name.partition("-")[0] != ours.name.partition("-")[0]
    assert zygote.run(world, append).code == 0
    assert len(ours.read_bytes()) == 2 * len(before)


def test_a_page_is_there_before_one_that_links_to_it(prepared: World, scratch: Path) -> None:
    found = crowds.attack_every_moment(prepared, scratch, 2)
    assert found.broken == []
    assert found.counts["moments between two files"] > 50


def test_whoever_reads_while_pages_are_replaced_finds_whole_files_and_where_links_lead(
    zygote: Zygote, prepared: World, scratch: Path
) -> None:
    found = crowds.attack_by_reader(zygote, prepared, scratch, 1)
    assert found.broken == []
    assert found.counts["walks through the site"] >= 1
