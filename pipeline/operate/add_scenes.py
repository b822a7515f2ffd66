"""`scene add`: gives new scenes their ids, and appends them if the rules let them in."""

from collections.abc import Mapping
from typing import Any

from pipeline.event import EventInvalid, SceneCreated, decode
from pipeline.fold.apply import Folded
from pipeline.fold.creation import check_creation
from pipeline.fold.outcome import Ignored, Rejected
from pipeline.fold.owners import Kind
from pipeline.log.compose import Unwritable, compose
from pipeline.log.id_blocks import take_ids
from pipeline.log.place import Data, events_of, ids_of, open_log
from pipeline.operate.answer import Answer, Code
from pipeline.operate.latest import latest
from pipeline.operate.propose import State, stamp
from pipeline.store.folds import pasts
from pipeline.store.known import highest_ids, newest_instant
from pipeline.timestamp import instant, just_after, rfc3339


def add_scenes(
    data: Data, aoi: str, bodies: list[dict[str, Any]], retry_count: int | None, wait_seconds: float
) -> list[Answer]:
    """Adds scenes to an AOI, each seeing those before it.

    Raises StoreHeld, StoreBroken, AppendFailed, ClaimFailed, OSError if there is no log.
    """
    answers: list[Answer] = []
    lines: list[bytes] = []
    with latest(data, wait_seconds) as database:
        past = next(pasts(database, [aoi]))
        folded = State(past).folded
        above = highest_ids(database)
        time = stamp(newest_instant(past, folded.aoi, "aoi", aoi))
        for body in bodies:
            answer, line = _add(folded, body, aoi, retry_count, time, data, above)
            answers.append(answer)
            if line is not None:
                lines.append(line)
                time = rfc3339(just_after(instant(time)))
        if lines:
            open_log(events_of(data)).append(lines)
    return answers


def _add(
    folded: Folded,
    body: dict[str, Any],
    aoi: str,
    retry_count: int | None,
    time: str,
    data: Data,
    above: Mapping[Kind, int],
) -> tuple[Answer, bytes | None]:
    """What comes of one scene, and its line if it is to be appended. Ids are taken only for one that will be there."""
    about = f"scene {body.get('source_id', 'without source_id')}"
    if refusal := _refusal(body, aoi):
        return Answer(about, Code.NOT_ALLOWED, refusal), None
    wanted = {**body, "aoi": aoi, **({} if retry_count is None else {"retry_count": retry_count})}
    tiles = wanted.get("tiles")
    count = len(tiles) if isinstance(tiles, dict) else 0
    try:
        event = decode(compose("scene.created", _with_ids(wanted, list(range(1 + count))), time=time))
        if isinstance(event, SceneCreated):
            check_creation(folded.aoi, event.data, None)
    except (EventInvalid, Unwritable) as invalid:
        return Answer(about, Code.USAGE, f"{about}: {invalid}"), None
    except Ignored:
        return Answer(about, Code.EXISTS, f"{about} is there already"), None
    except Rejected as rejected:
        unknown = not folded.aoi.exists
        return Answer(about, Code.NOT_FOUND if unknown else Code.NOT_ALLOWED, str(rejected)), None
    new_tiles = take_ids(ids_of(data), "tile", count, above=above["tile"])
    new_scene = take_ids(ids_of(data), "scene", 1, above=above["scene"])
    line = compose("scene.created", _with_ids(wanted, [*new_scene, *new_tiles]), aoi=aoi, time=time)
    folded.apply(-1, decode(line))
    message = f"{about}: appended as scene {new_scene[0]}, tiles {_span(new_tiles)}"
    return Answer(about, Code.OK, message, appended=True), line


def _refusal(body: dict[str, Any], aoi: str) -> str | None:
    """What the API refuses before it looks at the graph."""
    name = body.get("source_id", "without source_id")
    if body.get("aoi") not in (None, "", aoi):
        return f"scene {name} names the AOI {body['aoi']}, not {aoi}"
    if body.get("id"):
        return f"scene {name} has an id ({body['id']}): ids are handed out here"
    tiles = body.get("tiles")
    if isinstance(tiles, dict) and any(isinstance(tile, dict) and tile.get("id") for tile in tiles.values()):
        return f"a tile of scene {name} has an id: ids are handed out here"
    return None


def _with_ids(body: dict[str, Any], ids: list[int]) -> dict[str, Any]:
    """The body with a scene id and, in ascending source id, tile ids."""
    tiles = body.get("tiles")
    if not isinstance(tiles, dict):
        return {**body, "id": ids[0]}
    numbered = {
        name: {**tiles[name], "id": id} if isinstance(tiles[name], dict) else tiles[name]
        for name, id in zip(sorted(tiles), ids[1:], strict=True)
    }
    return {**body, "id": ids[0], "tiles": numbered}


def _span(ids: list[int]) -> str:
    return str(ids[0]) if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"
