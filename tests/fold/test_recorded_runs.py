"""The recorded runs of the server: every step comes to what it came to there, and leaves what it left there."""

from typing import Any

import pytest
from log_lines import recorded
from world import World

SCENARIOS = list(recorded("transitions.jsonl.gz"))


def test_all_recorded_runs_are_here() -> None:
    assert len(SCENARIOS) == 100
    assert sum(len(scenario["steps"]) for scenario in SCENARIOS) == 6618


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_recorded_run(scenario: dict[str, Any], nothing: World) -> None:
    for number, step in enumerate(scenario["steps"], 1):
        outcome = nothing.apply(step["event"]["type"], step["event"]["data"])
        assert outcome.verdict == step["outcome"], (number, step["event"], outcome.reason)
        assert bool(outcome.reason) or outcome.verdict != "rejected", (number, step["event"])
        if "state" in step:
            assert nothing.state() == step["state"], (number, step["event"])
