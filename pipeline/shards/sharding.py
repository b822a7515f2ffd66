"""Which shard an AOI is in."""

import hashlib
from dataclasses import dataclass

from pipeline.stages import Undivided

HOMELESS = -1
"""In place of a shard: of an event that names an id alone."""


def shard_of(aoi: str, shards: int) -> int:
    """The shard of an AOI, of so many: the same in each process, on each machine, in each version."""
    digest = hashlib.blake2b(aoi.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


class Own:
    """Tells whether AOIs are a shard's own; '' always is: events that belong nowhere are the same in each shard."""

    def __init__(self, shard: int, shards: int) -> None:
        self._shard, self._shards = shard, shards
        self._known = {"": True}

    def __call__(self, aoi: str) -> bool:
        found = self._known.get(aoi)
        if found is None:
            found = self._known[aoi] = shard_of(aoi, self._shards) == self._shard
        return found


@dataclass(frozen=True, slots=True)
class OfShard(Undivided):
    """Work on a shard, of so many."""

    shard: int
    shards: int

    @property
    def about(self) -> str:
        """The shard."""
        return f"shard {self.shard}"

    @property
    def own(self) -> Own:
        """Tells which AOIs are its own."""
        return Own(self.shard, self.shards)
