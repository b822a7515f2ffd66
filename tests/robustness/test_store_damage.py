"""A damaged cache gives the same site as none."""

from pathlib import Path

from torture import store_damage
from torture.world import World
from torture.zygote import Zygote


def test_a_damaged_cache_gives_the_same_site_as_none(zygote: Zygote, prepared: World, scratch: Path) -> None:
    found = store_damage.attack(zygote, prepared, scratch, 1, 3, kinds=("cut", "flipped"), builds=[["--check-site"]])
    assert found.broken == []
    assert sum(found.counts.values()) == 6
    assert any("noticed" in name for name in found.counts)
