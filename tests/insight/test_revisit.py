"""A track's usual revisit is learnt from its days; where it is absent follows from that, and nothing is invented."""

from datetime import date

import pytest

from pipeline.insight.revisit import AoiDays, Revisit, usual_revisit, visits


def every(step: int, first: int, last: int, *without: int) -> list[int]:
    return [day for day in range(first, last + 1, step) if day not in without]


def absent(days: list[int], *others: list[int]) -> list[int]:
    """When a track was absent, in an AOI that has the days of other tracks too."""
    return visits(days, AoiDays(sorted({*days, *(day for other in others for day in other)}))).absent


# The usual revisit


@pytest.mark.parametrize("step", [1, 5, 6, 12, 16])
def test_a_steady_track_comes_again_after_its_step(step: int) -> None:
    found = usual_revisit(every(step, 100, 100 + 20 * step))
    assert found is not None and found.days == step


def test_two_equal_gaps_are_the_least_to_learn_from() -> None:
    assert usual_revisit([10, 16]) is None
    assert usual_revisit([10, 16, 22]) == Revisit(6)
    assert usual_revisit([10, 16, 27]) is None


def test_missing_dates_do_not_change_it() -> None:
    assert usual_revisit(every(6, 0, 240, 12, 60, 66, 150)) == Revisit(6)


def test_two_satellites_that_take_turns_unevenly_share_one_revisit() -> None:
    three_and_two = sorted([*every(5, 0, 200), *every(5, 3, 203)])
    assert usual_revisit(three_and_two) == Revisit(5)
    a_day_apart = sorted([*every(12, 0, 240), *every(12, 1, 241)])
    assert usual_revisit(a_day_apart) == Revisit(12)


def test_a_product_of_each_month_may_be_off_by_days() -> None:
    firsts = [date(2020 + month // 12, month % 12 + 1, 1).toordinal() for month in range(30)]
    found = usual_revisit(firsts)
    assert found is not None and 30 <= found.days <= 31
    assert absent(firsts) == []
    without = [day for day in firsts if day != date(2021, 5, 1).toordinal()]
    [missed] = absent(without, firsts)
    assert missed == date(2021, 5, 1).toordinal(), "where it may be off, a day of the AOI is preferred"


def test_dates_in_no_order_have_none() -> None:
    tasked = [3, 5, 19, 20, 47, 71, 74, 103, 160, 171, 190, 226, 231, 300, 313]
    assert usual_revisit(tasked) is None
    assert absent(tasked) == []


# Where it is absent


def test_a_date_that_was_left_out_is_absent() -> None:
    days = every(6, 0, 120, 60)
    assert absent(days) == [60]


def test_several_in_a_row_are_absent_too() -> None:
    assert absent(every(6, 0, 240, 60, 66, 72, 78, 84)) == [60, 66, 72, 78, 84]


def test_nothing_is_absent_before_the_first_date_or_after_the_last_of_the_aoi() -> None:
    assert absent(every(6, 60, 120), every(6, 0, 121)) == []


def test_a_track_that_fell_silent_is_absent_until_the_aoi_ends() -> None:
    assert absent(every(6, 0, 60), every(6, 0, 120)) == every(6, 66, 120)
    assert absent(every(6, 0, 60), [125]) == every(6, 66, 120), "in an AOI of other rhythms as well"


def test_a_date_out_of_turn_promises_nothing() -> None:
    assert absent(sorted([*every(12, 0, 240), 101])) == []


def test_when_a_satellite_is_lost_its_turns_are_soon_not_expected_any_more() -> None:
    days = [*every(6, 0, 360), *every(12, 372, 960)]
    missed = absent(days)
    assert len(missed) <= 3 and all(day < 420 for day in missed)


def test_after_that_the_new_rhythm_counts() -> None:
    days = [*every(6, 0, 360), *every(12, 372, 960, 720)]
    assert 720 in absent(days)
    assert absent(days, every(6, 0, 1000))[-3:] == [972, 984, 996]


def test_one_of_two_satellites_that_is_missing_now_and_then_is_absent() -> None:
    days = sorted([*every(12, 0, 240), *every(12, 1, 241, 97)])
    assert absent(days) == [97]


def test_the_time_between_two_campaigns_is_no_absence() -> None:
    summers = [*every(6, 0, 180), *every(6, 360, 540)]
    assert absent(summers) == []
    aoi = AoiDays(summers)
    assert aoi.pauses(6) == [(180, 360)]


def test_one_track_that_pauses_while_others_come_is_absent() -> None:
    assert absent([*every(6, 0, 180), *every(6, 360, 540)], every(6, 0, 540)) == every(6, 186, 354)


def test_a_track_without_any_date_has_nothing() -> None:
    assert visits([], AoiDays([])) == (None, [])
