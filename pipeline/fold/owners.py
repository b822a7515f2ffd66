"""Who owns an id: the natural key that a creation event first named it for, in log order, over all AOIs.

It follows from the creation events alone, whether they were applied or not and whether the AOI is there still.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from pipeline.event import NewScene

Kind: TypeAlias = Literal["scene", "tile"]


class Claim(NamedTuple):
    """A creation event names an id for a scene or tile. `tile` is empty for a scene's id."""

    kind: Kind
    id: int
    aoi: str
    scene: str
    tile: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The natural key: AOI, the scene's source id, the tile's."""
        return self.aoi, self.scene, self.tile


def claims(new: NewScene) -> list[Claim]:
    """Every id that a creation names, the scene's first, then its tiles' in ascending source id."""
    return [
        Claim("scene", new.id, new.aoi, new.source_id, ""),
        *(Claim("tile", tile.id, new.aoi, new.source_id, name) for name, tile in sorted((new.tiles or {}).items())),
    ]


def taken(named: Iterable[Claim], owners: Mapping[tuple[Kind, int], Claim]) -> str | None:
    """Why a creation can't have one of the ids it names: it belongs to another natural key. None if all are its own."""
    for claim in named:
        owner = owners[claim.kind, claim.id]
        if owner.key != claim.key:
            return f"{claim.kind} id {claim.id} belongs to {owner.tile or owner.scene} of {owner.aoi}"
    return None


def first_claims(creations: Iterable[NewScene]) -> dict[tuple[Kind, int], Claim]:
    """The owner of every id that these creations, given in log order, name."""
    owners: dict[tuple[Kind, int], Claim] = {}
    for new in creations:
        for claim in claims(new):
            owners.setdefault((claim.kind, claim.id), claim)
    return owners
