"""Clocks that are fast, slow or an hour apart: an answer is never older than its question, and order is the log's."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from pipeline.log.compose import compose
from pipeline.operate import propose as proposing
from pipeline.operate.propose import Proposal, propose
from torture.world import World, differing, of_one_build, write
from torture.zygote import Zygote


@pytest.fixture(autouse=True)
def state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)


def worker_says(world: World, tile: int, status: str, time: str) -> None:
    data = {"type": "tile", "id": tile, "status": status, "message": "disk full"}
    write(world.events / "worker.jsonl", [compose("tile.result", data, time=time, source="worker")])


def tile(world: World, id: int) -> Any:
    return json.loads((world.site / f"tile/{id}.json").read_bytes())


def appended(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for file in world.events.glob("*/*.jsonl") for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize("time", ["2101-01-01T00:00:00.5Z", "9999-12-31T23:59:59.999999998Z"])
def test_an_answer_to_an_event_from_the_future_comes_after_it(time: str, world: World, zygote: Zygote) -> None:
    worker_says(world, 70, "DONE", "2022-03-01T01:30:00Z")
    worker_says(world, 10, "FAILED", time)
    worker_says(world, 40, "RETRY", time)
    assert zygote.run(world, ["tile", "retry", "40"]).code == 0
    world.build()
    assert tile(world, 40)["status"] == "PENDING"


def test_after_the_end_of_time_nothing_can_be_answered_and_that_is_told(world: World, zygote: Zygote) -> None:
    worker_says(world, 41, "RETRY", "9999-12-31T23:59:59.999999999Z")
    ended = zygote.run(world, ["tile", "retry", "41"])
    assert ended.code == 4
    assert "an event at 9999-12-31T23:59:59.999999999Z leaves no time for anything after it" in ended.err
    assert zygote.run(world, ["tile", "retry", "40"]).code == 0


def test_an_operator_whose_host_is_slow_still_answers_what_was_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "now", lambda: "2001-01-01T00:00:00Z")
    (answer,) = propose(world.data, [Proposal("tile.retry", {"id": 40})], 0)
    assert answer.appended
    world.build()
    assert tile(world, 40)["status"] == "PENDING"


def test_commands_given_together_keep_their_order_whatever_the_clock_says(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock that stands still, and after an event from the future."""
    worker_says(world, 40, "RETRY", "2101-01-01T00:00:00Z")
    monkeypatch.setattr(proposing, "now", lambda: "2022-03-01T05:00:00Z")
    status = ["RETRY", "PENDING", "DONE", "NEW", "RETRY", "DONE"]
    assert all(
        answer.appended
        for answer in propose(world.data, [Proposal("tile.force", {"id": 40, "status": one}) for one in status], 0)
    )
    times = [event["time"] for event in appended(world)]
    assert len(set(times)) == len(status)
    assert times == sorted(times)
    world.build()
    assert tile(world, 40)["status"] == "DONE"


def test_two_commands_in_a_row_see_each_other(world: World, zygote: Zygote) -> None:
    assert zygote.run(world, ["tile", "retry", "40"]).code == 0
    again = zygote.run(world, ["tile", "retry", "40"])
    assert (again.code, "nothing to do" in again.out) == (0, True)
    assert len(appended(world)) == 1


def test_hosts_an_hour_apart_and_events_of_the_same_instant_give_one_site_in_any_order(
    world: World, scratch: Path
) -> None:
    chance = random.Random(1)
    data = [
        ("tile.result", {"type": "tile", "id": id, "status": status, "message": "disk full"})
        for id in (10, 11, 20, 40, 41, 70)
        for status in ("DONE", "RETRY", "PENDING")
    ]
    lines = [
        (f"host{host}", compose(type, body, time=time, source=f"host{host}", id=f"{number}"))
        for number, (type, body) in enumerate(data)
        for host, time in enumerate(["2022-03-01T01:00:00.001Z", "2022-03-01T02:00:00.001Z"])
    ]
    trees = []
    for number in range(2):
        here = world.copy(scratch / f"order {number}")
        chance.shuffle(lines)
        for place, (host, line) in enumerate(lines):
            write(here.events / f"{host}.jsonl", [line])
            if place == len(lines) // 2:
                here.build()
        here.build()
        trees.append(here.tree())
        assert differing(here.tree(), of_one_build(here, scratch / "one")) == []
    assert differing(*trees) == []


def test_when_the_clocks_go_back_the_hour_that_comes_twice_is_in_the_right_order(world: World) -> None:
    worker_says(world, 40, "DONE", "2022-10-30T02:10:00+01:00")
    worker_says(world, 40, "PENDING", "2022-10-30T02:50:00+02:00")
    world.build()
    assert tile(world, 40)["status"] == "DONE"
    assert tile(world, 40)["RetryCountDown"] == -1
