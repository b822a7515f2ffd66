"""Counts by status, as words and as parts of a bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts
from pipeline.render.bars import BarPart, bar_parts, told


def counts(*each: int) -> Counts:
    return Counts(*each, total=sum(each))


def test_words_name_what_there_is_in_the_order_of_the_statuses() -> None:
    assert told(counts(10, 0, 36, 0, 1200)) == "10 NEW, 36 DONE, 1,200 FAILED"
    assert told(Counts()) == "none"


def test_a_bar_has_a_part_for_each_status_that_has_a_count() -> None:
    assert bar_parts(counts(25, 0, 50, 0, 25)) == [
        BarPart("NEW", 0, 25), BarPart("DONE", 25, 50), BarPart("FAILED", 75, 25),
    ]  # fmt: skip
    assert bar_parts(Counts()) == []


def test_one_failure_among_a_million_is_seen() -> None:
    assert bar_parts(counts(0, 0, 1_000_000, 0, 1)) == [BarPart("DONE", 0, 98), BarPart("FAILED", 98, 2)]


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5).filter(any))
def test_parts_stand_side_by_side_in_order_and_fill_the_bar(each: list[int]) -> None:
    parts = bar_parts(counts(*each))
    assert [part.status for part in parts] == [status for status, n in zip(STATUSES, each, strict=True) if n]
    end = 0
    for part in parts:
        assert part.start == end
        assert part.width >= 2
        end += part.width
    assert end == 100


@pytest.mark.parametrize("done", [1, 99, 199, 200])
def test_only_what_is_whole_looks_whole(done: int) -> None:
    assert (bar_parts(counts(0, 0, done, 200 - done, 0))[0].width == 100) is (done == 200)
