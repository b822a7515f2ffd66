"""Whatever happened, in whatever order it came, in however many builds: shards make the bytes that one store makes."""

import random
from typing import Any

from beside import Both
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from log_lines import at, event, line, scene_body
from quick_folder import folder
from strange_events import histories

from pipeline.shards.sharding import shard_of

SHARDS = 8
AOIS = ["A", "B", "C", "a"]
IDS = st.integers(5, 7)


def test_the_aois_of_these_tests_are_in_different_shards() -> None:
    assert len({shard_of(name, SHARDS) for name in AOIS}) == len(AOIS)


@st.composite
def quarrels(draw: st.DrawFn) -> dict[str, Any]:
    """Creations in several AOIs that want the same ids, results for those ids, and all of them under few identities."""
    id, time = f"q{draw(st.integers(0, 5))}", at(draw(st.integers(0, 9)))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["scene", "tile"]))
        body = {"type": kind, "id": draw(IDS) * (1 if kind == "scene" else 10), "status": "DONE", "message": ""}
        key = draw(st.sampled_from([None, None, None, "A", "B", "C"]))
        return event(f"{kind}.result", body, time, id, partitionkey=key)
    tiles = {draw(IDS) * 10: None, draw(IDS) * 10: None}
    return event("scene.created", scene_body(draw(IDS), tiles, aoi=draw(st.sampled_from(AOIS))), time, id)


@settings(max_examples=examples(3, at_length=30))
@given(
    histories(0, 15), st.lists(quarrels(), max_size=25), st.integers(1, 4), st.randoms(use_true_random=True),
    st.sampled_from([2, SHARDS]),
)  # fmt: skip
def test_the_site_has_the_same_bytes(
    history: list[dict[str, Any]], more: list[dict[str, Any]], builds: int, chance: random.Random, shards: int
) -> None:
    arriving = [line(one) for one in [*history, *more, *(event("aoi.created", {"id": "C"}, at(0), "C"),)]]
    arriving += [*chance.sample(arriving, len(arriving) // 4), b"not an event"]
    chance.shuffle(arriving)
    with folder() as here:
        both = Both(here, shards)
        for number in range(builds):
            for one in arriving[number::builds]:
                both.log.append(one, file=chance.choice(["a.jsonl", "b.jsonl", "deep/er/c.jsonl"]))
            both.build()
