"""The same events give the same site, whatever way they came.

However they were split over files, in whatever order the files and the lines arrived, with duplicates, in however many
builds, and whether or not the cache was deleted in between.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arriving import told
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from log_lines import Log, line
from quick_folder import folder
from site_tree import differing, tree, without_file_names
from strange_events import histories

from pipeline.build import build
from pipeline.refresh import refresh
from pipeline.store.database import open_database

BAD_LINES = [b"not an event", b'{"specversion":"1.0"}', b"\xff\xfe"]

Delivery = list[list[tuple[str, bytes]]]
"""Builds, and what arrives before each: lines, each with the file that it is appended to."""


def written_otherwise(event: dict[str, Any], chance: random.Random) -> bytes:
    """The same event in other words: its members in another order, at both levels, and more space between them."""
    members = list(event.items())
    chance.shuffle(members)
    data = list(event["data"].items())
    chance.shuffle(data)
    return json.dumps({**dict(members), "data": dict(data)}, indent=None, separators=(", ", ": ")).encode()


@st.composite
def deliveries(draw: st.DrawFn, builds: st.SearchStrategy[int]) -> tuple[list[bytes], Delivery]:
    """A log as one file in which each line stands once, and the same lines and duplicates as they come in."""
    chance = draw(st.randoms(use_true_random=True))
    history = draw(histories(10, 40))
    once = [line(event) for event in history] + BAD_LINES
    again = [written_otherwise(event, chance) for event in chance.sample(history, len(history) // 2)]
    arriving = once + again + chance.sample(once, len(once) // 4)
    chance.shuffle(arriving)
    delivery: Delivery = [[] for _ in range(draw(builds))]
    for one in arriving:
        chance.choice(delivery).append((chance.choice(["a.jsonl", "b.jsonl", "deep/er/c.jsonl"]), one))
    return once + again, delivery


# What the store hands on: many examples, quickly


def taken_in(log_dir: Path, delivery: Delivery) -> dict[str, Any]:
    log = Log(log_dir)
    with open_database(Path(":memory:")) as database:
        for arriving in delivery:
            for file, text in arriving:
                log.append(text, file=file)
            refresh(database, log_dir)
        return told(database)


@settings(max_examples=examples(8, at_length=25))
@given(deliveries(st.integers(2, 8)))
def test_the_store_hands_on_the_same(drawn: tuple[Sequence[bytes], Delivery]) -> None:
    lines, delivery = drawn
    with folder() as here:
        at_once = taken_in(here / "one", [[("all.jsonl", text) for text in lines]])
        as_it_came = taken_in(here / "many", delivery)
    assert as_it_came == at_once


# The site, to the byte


@settings(max_examples=examples(3, at_length=6))
@given(deliveries(st.integers(2, 4)), st.sets(st.integers(1, 3)))
def test_the_site_has_the_same_bytes(drawn: tuple[Sequence[bytes], Delivery], deleted: set[int]) -> None:
    """`deleted` says before which builds the cache is."""
    lines, delivery = drawn
    with folder() as here:
        Log(here / "one/events").append(*lines)
        build(here / "one", here / "site one", stac=True)
        log = Log(here / "many/events")
        for number, arriving in enumerate(delivery):
            for file, text in arriving:
                log.append(text, file=file)
            if number in deleted:
                (here / "many/sceneboard.duckdb").unlink()
            build(here / "many", here / "site many", stac=True)
        one, many = (without_file_names(tree(here / f"site {name}")) for name in ("one", "many"))
    assert differing(one, many) == []
