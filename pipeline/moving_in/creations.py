"""The scenes that the log lacks, as the creation's rules want them: each after those that its tiles name."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from pipeline.event import NOTHING
from pipeline.moving_in.answers import AoiAnswers, Place, SceneAnswer, TileAnswer
from pipeline.operate.scene_bodies import in_order


def creations(answers: AoiAnswers, missing: Collection[int]) -> list[dict[str, Any]]:
    """The data of `scene.created` for each of the missing scenes, by id, that has tiles."""
    maker = _Maker(answers)
    return in_order([maker.body(answers.scenes[id]) for id in sorted(missing) if id in maker.tiles_of])


class _Maker:
    def __init__(self, answers: AoiAnswers) -> None:
        self._answers = answers
        self.tiles_of: dict[int, list[TileAnswer]] = {}
        for tile in answers.tiles.values():
            self.tiles_of.setdefault(tile.scene.id, []).append(tile)
        self._waited_for = {tile.previous_id for tile in answers.tiles.values() if _has_run(tile)}
        """Ids of tiles that must have been DONE for others to run."""

    def body(self, scene: SceneAnswer) -> dict[str, Any]:
        tiles = self.tiles_of[scene.id]
        place = self._answers.places.get(("scene", scene.id), Place())
        return {
            "id": scene.id,
            "source_id": scene.source_id,
            "aoi": self._answers.name,
            "retry_count": max(self._first_countdown(scene), *map(self._first_countdown, tiles)),
            "data": _creation_data(scene, tiles),
            "tiles": {tile.source_id: self._new_tile(tile) for tile in sorted(tiles, key=lambda tile: tile.id)},
            **_placed(place),
        }

    def _new_tile(self, tile: TileAnswer) -> dict[str, Any]:
        chain: dict[str, str] = {}
        for role, id in zip(("previous", "reference"), _chain(tile), strict=True):
            named = self._answers.tiles.get(id) if id is not None else None
            if named is not None:
                chain[f"{role}_tile_id"] = named.source_id
                chain[f"{role}_scene_id"] = self._answers.scenes[named.scene.id].source_id
        place = self._answers.places.get(("tile", tile.id), Place())
        return {"id": tile.id, **chain, "data": tile.data, **_placed(place)}

    def _first_countdown(self, there: SceneAnswer | TileAnswer) -> int:
        """The retries that it must have had to begin with: one more where only a retry makes it PENDING."""
        if there.status != "PENDING":
            return there.retry_countdown
        if isinstance(there, SceneAnswer):
            again = any(map(_has_run, self.tiles_of[there.id]))
        else:
            again = there.id in self._waited_for or self._answers.scenes[there.scene.id].status == "FAILED"
        return there.retry_countdown + (again or bool(there.message))


def as_root(new: Mapping[str, Any]) -> dict[str, Any]:
    """A new tile that names no other."""
    return {name: value for name, value in new.items() if not name.startswith(("previous_", "reference_"))}


def _has_run(tile: TileAnswer) -> bool:
    return tile.status in ("PENDING", "DONE", "RETRY")


def _chain(tile: TileAnswer) -> tuple[int | None, int | None]:
    """The previous and reference that a tile is created with: a FAILED one has lost its previous since."""
    previous, reference = tile.previous_id, tile.reference_id
    return (
        reference if previous is None else previous,
        previous if reference is None else reference,
    )


def _creation_data(scene: SceneAnswer, tiles: list[TileAnswer]) -> msgspec.Raw:
    """The scene's payload; with tiles named in it as the creation's rules want, where it doesn't name as many."""
    try:
        members = _members.decode(scene.data)
        named = _named_tiles.decode(members.get("tiles", NOTHING)) or {}
    except msgspec.DecodeError:
        members, named = {}, {}
    if len(named) == len(tiles):
        return scene.data
    members["tiles"] = msgspec.Raw(msgspec.json.encode({tile.source_id: {} for tile in tiles}))
    return msgspec.Raw(msgspec.json.encode(members))


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_named_tiles = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)


def _placed(place: Place) -> dict[str, msgspec.Raw]:
    return {name: value for name, value in place._asdict().items() if bytes(value) != b"null"}
