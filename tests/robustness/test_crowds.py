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


def test_whoever_reads_while_pages_are_replaced_finds_whole_files_and_where_links_lead(
    zygote: Zygote, prepared: World, scratch: Path
) -> None:
    found = crowds.attack_by_reader(zygote, prepared, scratch, 3)
    assert found.broken == []
    assert found.counts["walks through the site"] >= 2
