"""Instants: texts of RFC 3339 times that sort as the times do."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.timestamp import (
    TimestampInvalid,
    html_time,
    instant,
    instants,
    just_after,
    newest,
    of_datetime,
    require_valid,
    rfc3339,
    sort_keys,
    utc_day,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-03-01T00:00:00Z", "2022-03-01T00:00:00.000000000"),
        ("2022-03-01t00:00:00z", "2022-03-01T00:00:00.000000000"),
        ("2022-03-01T00:00:00.5Z", "2022-03-01T00:00:00.500000000"),
        ("2022-03-01T00:00:00.123456789Z", "2022-03-01T00:00:00.123456789"),
        ("2022-03-01T00:00:00.1234567899Z", "2022-03-01T00:00:00.123456789"),
        ("2022-03-01T10:00:00+09:00", "2022-03-01T01:00:00.000000000"),
        ("2022-02-28T20:30:00-05:30", "2022-03-01T02:00:00.000000000"),
        ("2022-03-01T00:00:00-00:00", "2022-03-01T00:00:00.000000000"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000000"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60.000000000"),
        ("2017-01-01T00:59:60.25+01:00", "2016-12-31T23:59:60.250000000"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999"),
    ],
)
def test_an_instant_is_in_utc_to_the_nanosecond(text: str, expected: str) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "2022-03-01", "2022-03-01T00:00:00", "2022-03-01 00:00:00Z", "2022-03-01T00:00Z",
        "2022-03-01T00:00:00.Z", "2022-02-30T00:00:00Z", "2022-13-01T00:00:00Z", "2022-03-01T24:00:00Z",
        "2022-03-01T00:60:00Z", "2022-03-01T00:00:61Z", "2022-03-01T12:00:60Z", "2022-03-01T00:00:00+24:00",
        "2022-03-01T00:00:00+00:60", "2022-03-01T00:00:00+0100", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00", "٢٠٢٢-03-01T00:00:00Z", " 2022-03-01T00:00:00Z", "2022-03-01T00:00:00Z\n",
    ],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(TimestampInvalid, match="time "):
        instant(text)
    assert utc_day(text) is None


def test_a_leap_second_comes_after_the_second_before_it() -> None:
    around = ["2016-12-31T23:59:59.9Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.9Z", "2017-01-01T00:00:00Z"]
    assert sorted(map(instant, reversed(around))) == list(map(instant, around))


MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones())


@given(MOMENTS, MOMENTS)
def test_instants_sort_as_the_times_do(one: datetime, other: datetime) -> None:
    first, second = (of_datetime(moment) for moment in (one, other))
    assert (first < second) == (one.astimezone(UTC) < other.astimezone(UTC))


@given(MOMENTS, st.integers(0, 999))
def test_an_instant_is_a_time_again(moment: datetime, nanosecond: int) -> None:
    of = of_datetime(moment, nanosecond)
    assert instant(rfc3339(of)) == of


@given(MOMENTS, st.integers(0, 999))
def test_nothing_comes_between_an_instant_and_the_next(moment: datetime, nanosecond: int) -> None:
    of = of_datetime(moment, nanosecond)
    after = (
        of_datetime(moment + timedelta(microseconds=1)) if nanosecond == 999 else of_datetime(moment, nanosecond + 1)
    )
    assert just_after(of) == after


def test_the_next_instant_of_a_leap_second() -> None:
    assert just_after(instant("2016-12-31T23:59:60.999999999Z")) == instant("2017-01-01T00:00:00Z")


def test_nothing_comes_after_the_last_instant() -> None:
    with pytest.raises(TimestampInvalid):
        just_after(instant("9999-12-31T23:59:59.999999999Z"))


@pytest.mark.parametrize(
    ("text", "day"),
    [("2022-01-05T23:30:00-02:00", "2022-01-06"), ("2022-01-05T23:59:59.9Z", "2022-01-05"), (None, None), (5, None)],
)
def test_the_day_is_that_in_utc(text: object, day: str | None) -> None:
    assert utc_day(text) == day


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        ("2022-03-01T00:00:00.000000000", "2022-03-01T00:00:00Z"),
        ("2022-03-01T00:00:00.000000003", "2022-03-01T00:00:00Z"),
        ("2022-03-01T00:00:00.120000000", "2022-03-01T00:00:00.12Z"),
        ("2022-03-01T00:00:00.123987654", "2022-03-01T00:00:00.123Z"),
        ("2016-12-31T23:59:60.250000000", "2016-12-31T23:59:59.25Z"),
    ],
)
def test_html_holds_milliseconds_and_no_leap_seconds(of: str, shown: str) -> None:
    assert html_time(of) == shown


# Many at once

TIMES = st.lists(
    st.sampled_from(
        [
            "2022-03-01T00:00:00Z", "2022-03-01T00:00:00.5Z", "2022-03-01T00:00:00.6Z", "2022-03-01T09:00:01.5Z",
            "2024-02-29T00:00:00Z", "2016-12-31T23:59:60Z", "2022-03-01T10:00:00+09:00", "2022-03-01t00:00:00z",
            "yesterday", "", "2022-03-01T00:00:00Z\n2022-03-01T00:00:00Z", "2022-03-01T00:00:00Z\n", "\n",
        ]
    ),
    max_size=4,
)  # fmt: skip


@given(TIMES)
def test_the_instants_of_many_are_those_of_each(texts: list[str]) -> None:
    try:
        expected = [instant(text) for text in texts]
    except TimestampInvalid:
        with pytest.raises(TimestampInvalid):
            instants(texts)
        with pytest.raises(TimestampInvalid):
            require_valid(texts)
    else:
        assert instants(texts) == expected
        require_valid(texts)


VALID_TIMES = st.lists(
    st.builds(
        "2022-03-01T00:00:{}{}{}".format,
        st.sampled_from(["00", "10", "59"]),
        st.sampled_from(["", ".5", ".50", ".05", ".500000000", ".1234567890", ".1234567899", ".123456789"]),
        st.sampled_from(["Z"] * 9 + ["z", "+00:00", "-00:30"]),
    ),
    max_size=6,
)


@given(VALID_TIMES)
def test_keys_are_in_the_order_of_the_instants_and_equal_where_they_are(times: list[str]) -> None:
    keys, of = sort_keys(times), instants(times)
    for one, another in combinations(range(len(times)), 2):
        assert (keys[one] < keys[another]) == (of[one] < of[another])
        assert (keys[one] == keys[another]) == (of[one] == of[another])


@given(VALID_TIMES.filter(bool))
def test_the_newest_is_the_last_instant(times: list[str]) -> None:
    assert newest(times) == max(instants(times))
