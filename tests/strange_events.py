"""Events as Hypothesis makes them up: what happens at a real ingestion and every nonsense, over few names and ids."""

from typing import Any

from hypothesis import strategies as st
from log_lines import at, event, scene_body

STATUSES = ["NEW", "PENDING", "DONE", "RETRY", "FAILED"]
AOIS = st.sampled_from(["A", "a", "B"])
SCENES = st.integers(1, 4)
TILES = st.sampled_from([11, 12, 21, 22, 31, 32, 41])
MESSAGES = st.sampled_from(["", "disk full", "<script>"])


@st.composite
def creations(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly scene N, with tiles 10N + 1 and 10N + 2 that wait for a tile of the scene before; ids may be another's."""
    number = draw(SCENES)
    before = number - 1
    tiles: dict[str, dict[str, Any]] = {}
    for place in range(1, draw(st.integers(1, 2)) + 1):
        tile: dict[str, Any] = {"id": 10 * number + place}
        if before and draw(st.integers(0, 3)):
            root = draw(st.sampled_from([1, before]))
            tile |= {
                "previous_tile_id": f"T{before}{place}", "previous_scene_id": f"S{before}",
                "reference_tile_id": f"T{root}{place}", "reference_scene_id": f"S{root}",
            }  # fmt: skip
        tiles[f"T{number}{place}"] = tile
    odd = draw(st.integers(0, 11))
    if odd == 0:
        tiles[min(tiles)]["id"] = draw(TILES)
    named = {} if odd == 1 else {name: {} for name in tiles}
    return {
        "id": draw(SCENES) if odd == 2 else number,
        "source_id": "S9" if odd == 3 else f"S{number}",
        "aoi": draw(AOIS) if odd in (4, 5) else "A",
        "retry_count": draw(st.integers(-1, 2)),
        "data": {"date": f"2022-01-0{number}T00:00:00Z", "tiles": named},
        "tiles": {} if odd == 6 else tiles,
    }


@st.composite
def happenings(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """The type and the data of an event."""
    kind = draw(st.sampled_from(["scene", "tile"]))
    entity = draw(SCENES if kind == "scene" else TILES)
    what = draw(
        st.sampled_from(["created", "created", "result", "result", "result", "retry", "fail", "force", "data", "aoi"])
    )
    match what:
        case "created":
            return "scene.created", draw(creations())
        case "aoi":
            type = draw(st.sampled_from(["aoi.created", "aoi.created", "aoi.retry", "aoi.deleted"]))
            return type, {"id": draw(AOIS), **({"force": draw(st.booleans())} if type == "aoi.retry" else {})}
        case "result":
            status = draw(st.sampled_from(["DONE", "DONE", *STATUSES]))
            return f"{kind}.result", {"type": kind, "id": entity, "status": status, "message": draw(MESSAGES)}
        case "retry":
            return f"{kind}.retry", {"id": entity}
        case "fail":
            return f"{kind}.fail", {"id": entity, "force": draw(st.booleans())}
        case "force":
            return f"{kind}.force", {"id": entity, "status": draw(st.sampled_from(STATUSES))}
        case _:
            return f"{kind}.data", {"id": entity, "data": {"n": draw(st.integers(0, 3))}}


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """An event: often at the same time as another, sometimes with the identity of another."""
    type, body = draw(happenings())
    return event(
        type,
        body,
        at(draw(st.integers(2, 9))),
        f"i{draw(st.integers(0, 15))}",
        draw(st.sampled_from(["s", "t"])),
        sequence=draw(st.sampled_from([None, None, "1", "2"])),
        partitionkey=draw(st.sampled_from([None, None, None, "A", "B", ""])),
    )


@st.composite
def quarrels(draw: st.DrawFn) -> dict[str, Any]:
    """Creations in several AOIs that want the same ids, under few identities; and results for those ids."""
    id, time = f"q{draw(st.integers(0, 3))}", at(draw(st.integers(0, 9)))
    entity = draw(st.integers(5, 6))
    if draw(st.integers(0, 2)) == 0:
        kind = draw(st.sampled_from(["scene", "tile"]))
        body = {"type": kind, "id": entity * (1 if kind == "scene" else 10), "status": "DONE", "message": ""}
        return event(f"{kind}.result", body, time, f"r{draw(st.integers(0, 99))}")
    tile = draw(st.integers(5, 6)) * 10
    return event("scene.created", scene_body(entity, {tile: None}, aoi=draw(st.sampled_from(["A", "B"]))), time, id)


BEGINNING = [
    event("aoi.created", {"id": "A"}, at(0), "A", "begin"),
    event("aoi.created", {"id": "B"}, at(0), "B", "begin"),
    *(
        event("scene.created", body, at(1), f"{body['id']}", "begin", sequence=f"{body['id']}")
        for body in (
            scene_body(1, {11: None, 12: None}, aoi="A", retries=1),
            scene_body(2, {21: 11, 22: 12}, aoi="A"),
            scene_body(3, {31: 21, 32: 22}, aoi="A", refs={31: 11, 32: 12}),
            scene_body(4, {41: None}, aoi="B"),
        )
    ),
    event("scene.result", {"type": "scene", "id": 1, "status": "DONE", "message": ""}, at(2), "done", "begin"),
]
"""Two AOIs, one with chains of three tiles: most that happens would be nothing without them."""


def histories(least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Everything that a log holds."""
    return st.lists(st.one_of(envelopes(), envelopes(), quarrels()), min_size=least, max_size=most).map(
        lambda events: BEGINNING + events
    )
