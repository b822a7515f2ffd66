"""How stages run: what they leave in cycles is freed now and then."""

import gc

import pytest

from pipeline import stages


def test_what_a_few_aois_leave_stays_and_what_many_leave_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    monkeypatch.setattr(stages, "_LEFT_BYTES", 1_000)
    monkeypatch.setattr(stages, "_left", 0)
    for left, times in ((600, 0), (400, 0), (1, 1), (1_000, 1), (1, 2)):
        stages.collect_now_and_then(left)
        assert len(collected) == times
