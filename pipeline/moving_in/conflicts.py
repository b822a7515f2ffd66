"""Ids that stand for one thing on the server and for another in the log: then nothing can be taken over."""

from collections.abc import Iterator, Mapping

from pipeline.fold.owners import Claim, Kind
from pipeline.fold.state import Aoi
from pipeline.moving_in.answers import AnswerInvalid, AoiAnswers


def claims_of(answers: AoiAnswers) -> Iterator[Claim]:
    """Every id that is answered, with what it stands for."""
    for scene in answers.scenes.values():
        yield Claim("scene", scene.id, answers.name, scene.source_id, "")
    for tile in answers.tiles.values():
        scene_name = answers.scenes[tile.scene.id].source_id
        yield Claim("tile", tile.id, answers.name, scene_name, tile.source_id)


def check_unique(every: list[AoiAnswers]) -> None:
    """Raises AnswerInvalid if an id or a name is there twice among all that was answered."""
    ids: dict[tuple[Kind, int], Claim] = {}
    names: dict[tuple[Kind, str, str, str], Claim] = {}
    for answers in every:
        for claim in claims_of(answers):
            other = ids.setdefault((claim.kind, claim.id), claim)
            other = names.setdefault((claim.kind, *claim.key), claim) if other is claim else other
            if other is not claim:
                raise AnswerInvalid(
                    f"the server has two of a kind: {_named(other)} (id {other.id}) and {_named(claim)} (id {claim.id})"
                )


def conflicts(answers: AoiAnswers, aoi: Aoi, owners: Mapping[tuple[Kind, int], Claim]) -> Iterator[str]:
    """Each id that can't be kept, and why: a sentence each. `owners` are the owners of the ids that are answered."""
    for claim in claims_of(answers):
        owner = owners.get((claim.kind, claim.id))
        if owner is not None and owner.key != claim.key:
            yield f"{claim.kind} {claim.id} is {_named(claim)} on the server, but {_named(owner)} in the log"
        elif (here := _id_of(aoi, claim)) is not None and here != claim.id:
            yield f"{_named(claim)} is {claim.kind} {claim.id} on the server, but {claim.kind} {here} in the log"


def _id_of(aoi: Aoi, claim: Claim) -> int | None:
    """The id in the log of what a claim names, if it is there."""
    scene = aoi.by_source_id.get(claim.scene)
    if scene is None or claim.kind == "scene":
        return None if scene is None else scene.id
    tile = scene.tiles.get(claim.tile)
    return None if tile is None else tile.id


def _named(claim: Claim) -> str:
    of = f" of scene {claim.scene}" if claim.kind == "tile" else ""
    return f"{claim.tile if claim.kind == 'tile' else claim.scene}{of} of {claim.aoi}"
