"""Instants: RFC 3339 times as text that sorts.

An instant is written in UTC with nine digits of a second and without a zone, `2022-03-01T00:00:00.000000003`: the
order of such texts is the order of the instants, leap seconds (`:60`) included.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class TimestampInvalid(ValueError):
    """The text isn't an RFC 3339 time between the years 1 and 9999 (UTC)."""


_DAY = (
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = rf"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,9}})?Z"
_USUAL = re.compile(_TIME)
"""UTC, no leap second, no leap day: there is nothing to reckon."""
_USUAL_LINES = re.compile(rf"(?:{_TIME}\n)*")  # none is possessive: before 3.11.5 Python gets groups wrong that are
_TO_NANOSECONDS = {20: ".000000000"} | {length: "0" * (30 - length) for length in range(22, 31)}
"""What a usual time of that length lacks, its zone left out."""


def instant(text: str) -> str:
    """The instant that an RFC 3339 time names. Digits past the nanosecond are dropped.

    Raises TimestampInvalid: not RFC 3339 (a zone is required), no such day or time, or outside the years 1 to 9999.
    """
    if _USUAL.fullmatch(text):
        return text[:-1] + _TO_NANOSECONDS[len(text)]
    return _reckoned(text)


def instants(texts: Sequence[str]) -> list[str]:
    """The instants of several times, in less time than one by one. Raises TimestampInvalid if one of them has none."""
    if _are_usual(texts):
        return [text[:-1] + _TO_NANOSECONDS[len(text)] for text in texts]
    return list(map(instant, texts))


def require_valid(texts: Sequence[str]) -> None:
    """Looks whether each of several times has an instant, in less time than to tell which. Raises TimestampInvalid."""
    if not _are_usual(texts):
        for text in texts:
            instant(text)


def newest(times: Sequence[str]) -> str:
    """The last of the instants of these times, which are known to be valid."""
    keys = sort_keys(times)
    return instant(times[keys.index(max(keys))])


def sort_keys(times: Sequence[str]) -> Sequence[str]:
    """Texts that are in the order of the instants of these times, and equal where those are, in less time.

    The times are known to be valid: `instant` took each of them before. Raises TimestampInvalid if one isn't, perhaps.
    """
    joined = "\n".join(times)
    if joined.count("Z") == joined.count("T") == len(times):  # all in UTC
        lengths = set(map(len, times))
        if len(lengths) == 1:
            return times if lengths <= _TO_NANOSECONDS.keys() else instants(times)
        if lengths <= _TO_NANOSECONDS.keys() and "0Z" not in joined:  # no zeros at an end: one instant, one text
            return [time[:-1] for time in times]
    return instants(times)


def _are_usual(texts: Sequence[str]) -> bool:
    joined = "\n".join(texts) + "\n" * bool(texts)
    return _USUAL_LINES.fullmatch(joined) is not None and joined.count("\n") == len(texts)


def _reckoned(text: str) -> str:
    parts = _RFC3339.fullmatch(text)
    if parts is None:
        raise TimestampInvalid(f"time {text[:60]!r} is not an RFC 3339 time with a zone, as 2022-03-01T00:00:00Z")
    day, minute, second, fraction, zone = parts.groups()
    leap = second == "60"
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}")
        if zone not in ("Z", "z"):
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 23 or minutes > 59:
                raise TimestampInvalid(f"time {text[:60]!r} has no such zone: {zone}")
            offset = timedelta(hours=hours, minutes=minutes)
            moment = moment + offset if zone[0] == "-" else moment - offset
    except TimestampInvalid:
        raise
    except (ValueError, OverflowError):
        raise TimestampInvalid(f"time {text[:60]!r} is no day and time between the years 1 and 9999") from None
    seconds = moment.isoformat()
    if leap:
        if not seconds.endswith("23:59:59"):
            raise TimestampInvalid(f"time {text[:60]!r}: a leap second is only at 23:59:60 UTC")
        seconds = seconds[:-2] + "60"
    return f"{seconds}.{(fraction or '')[:9]:0<9}"


def utc_day(text: object) -> str | None:
    """The day in UTC, `2022-03-01`, of an RFC 3339 time; None if it isn't one."""
    if not isinstance(text, str):
        return None
    try:
        return instant(text)[:10]
    except TimestampInvalid:
        return None


def rfc3339(of: str) -> str:
    """An instant as RFC 3339 in UTC, without the zeros at the end of its fraction."""
    seconds, _, fraction = of.rstrip("0").partition(".")
    return f"{seconds}.{fraction}Z" if fraction else f"{seconds}Z"


def html_time(of: str) -> str:
    """An instant as HTML can hold it in `<time>` (HTML, 2.3.5.8): to the millisecond, without leap seconds."""
    second = "59" if of[17:19] == "60" else of[17:19]
    fraction = of[20:23].rstrip("0")
    return f"{of[:17]}{second}.{fraction}Z" if fraction else f"{of[:17]}{second}Z"


def of_datetime(moment: datetime, nanosecond: int = 0) -> str:
    """The instant of an aware datetime, with the nanoseconds (0 to 999) that it can't hold."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}{nanosecond:03d}"


def just_after(of: str) -> str:
    """The next instant, a nanosecond later. Raises TimestampInvalid if there is none: years end with 9999."""
    seconds, fraction = of.split(".")
    nanos = int(fraction) + 1
    if nanos < 1_000_000_000:
        return f"{seconds}.{nanos:09d}"
    whole = seconds[:-2] + "59" if seconds.endswith("60") else seconds
    try:
        return f"{(datetime.fromisoformat(whole) + timedelta(seconds=1)).isoformat()}.000000000"
    except OverflowError:
        raise TimestampInvalid(f"an event at {rfc3339(of)} leaves no time for anything after it") from None
