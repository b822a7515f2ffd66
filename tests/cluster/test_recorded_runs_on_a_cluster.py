"""The recorded runs of the server, all in one log, by the workers of a cluster: the site says what the server said."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from log_lines import APART, Log, apart, recorded
from site_tree import read
from small_tasks import make_tasks_small

from pipeline.build import build
from pipeline.cluster.executor import connected
from pipeline.store.database import open_database

SCENARIOS = list(recorded("transitions.jsonl.gz"))
MIDWAY = {
    number: len(run["steps"]) // 2
    for number, run in enumerate(SCENARIOS)
    if "state" in run["steps"][len(run["steps"]) // 2 - 1]
}
"""Of runs whose state is on record at half of the way, by number: so many steps are taken in by a first build."""


@pytest.fixture(scope="module")
def told(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the site says after a first build, and after a second with the rest; and what events came to."""
    folder = tmp_path_factory.mktemp("recorded")
    data, site, log = folder / "data", folder / "site", Log(folder / "data/events")
    site.mkdir()
    found: dict[str, Any] = {}
    with (
        pytest.MonkeyPatch.context() as patch,
        connected(cluster.scheduler_address, data / "spool", [data, site]) as workers,
    ):
        make_tasks_small(patch.setattr)
        for name in ("fsync", "sync"):
            patch.setattr(os, name, lambda *_: None)
        for when in ("midway", "in the end"):
            for number, run in enumerate(SCENARIOS):
                middle = MIDWAY.get(number, len(run["steps"]))
                for place, step in enumerate(run["steps"], 1):
                    if (place <= middle) == (when == "midway"):
                        log.add(
                            step["event"]["type"], apart(step["event"], number), id=f"{number} {place}",
                            file=f"{number % 7}.jsonl",
                        )  # fmt: skip
            build(data, site, workers=workers)
            found[when] = states(site)
    found["outcomes"] = outcomes(data / "sceneboard.duckdb")
    return found


def states(site: Path) -> dict[int, dict[str, Any]]:
    """What the API's files say, by scenario, as the recorded states have it."""
    found: dict[int, dict[str, Any]] = {
        number: {"aoi": {}, "scene": {}, "tile": {}} for number in range(len(SCENARIOS))
    }
    for aoi in read(site, "aoi/index.json"):
        scenario, name = aoi["ID"].split(" ")
        state = found[int(scenario)]
        state["aoi"][name] = aoi["status"]
        for one in read(site, f"aoi/{scenario}%20{name}/scenes.json"):
            state["scene"][recorded_id(one["id"])] = {"aoi": name, **facts(one)}
        for one in read(site, f"aoi/{scenario}%20{name}/tiles.json"):
            state["tile"][recorded_id(one["id"])] = {
                "scene": one["scene"]["id"] % APART, **facts(one),
                "prev": one["PreviousID"] and one["PreviousID"] % APART,
                "ref": one["ReferenceID"] and one["ReferenceID"] % APART,
            }  # fmt: skip
    return found


def recorded_id(id: int) -> str:
    return str(id % APART)


def facts(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("source_id", "status", "message")} | {"retry_countdown": one["RetryCountDown"]}


def outcomes(store: Path) -> dict[str, Any]:
    """The events that were rejected, and how many were ignored."""
    with open_database(store, read_only=True) as database:
        lines = database.rows("SELECT line FROM outcomes WHERE verdict = 'rejected'")
        ignored = database.rows("SELECT count(*) FROM outcomes WHERE verdict = 'ignored'")[0][0]
    return {"rejected": {json.loads(line)["id"] for (line,) in lines}, "ignored": ignored}


def test_every_scene_and_tile_is_as_the_server_left_it(told: dict[str, Any]) -> None:
    for number, run in enumerate(SCENARIOS):
        assert told["in the end"][number] == run["steps"][-1]["state"], run["name"]


def test_and_as_the_server_had_it_midway(told: dict[str, Any]) -> None:
    assert len(MIDWAY) == 11
    for number, middle in MIDWAY.items():
        assert told["midway"][number] == SCENARIOS[number]["steps"][middle - 1]["state"], SCENARIOS[number]["name"]


def test_every_event_came_to_what_it_came_to_there(told: dict[str, Any]) -> None:
    recorded_outcomes = {
        f"{number} {place}": step["outcome"]
        for number, run in enumerate(SCENARIOS)
        for place, step in enumerate(run["steps"], 1)
    }
    assert told["outcomes"] == {
        "rejected": {id for id, outcome in recorded_outcomes.items() if outcome == "rejected"},
        "ignored": list(recorded_outcomes.values()).count("ignored"),
    }
