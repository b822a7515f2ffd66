"""How often a track is usually acquired, learnt from its dates, and where it is missing.

Days are proleptic Gregorian ordinals (`datetime.date.toordinal`), in UTC. No orbit is looked up: a track's own dates
tell its usual revisit, so that it works for two satellites that take turns, for one that was lost since, and for
products of any make.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_LONGEST_REVISIT_DAYS = 400
_DATES_A_REVISIT = 6
"""So many satellites may share a track."""
_LEARNT_FROM = 24
"""The revisit around a date is learnt from so many dates: it changes when a satellite is lost or another one comes."""
_NEIGHBOURS = 6
"""So many revisits before an absence, and after it, tell whether the track came regularly then."""
_GONE_AFTER = 3
"""One of several satellites that was absent so often in a row, while others came, isn't expected any more."""
_PAUSE_REVISITS = 12
_LONGEST_ABSENCE = 100
"""In revisits: a track that is absent for longer isn't expected any more."""


class Revisit(NamedTuple):
    """After so many days a track comes again, give or take a few."""

    days: int
    give: int = 0


class Visits(NamedTuple):
    """The usual revisit as of a track's last dates, and when it was expected but didn't come, ascending."""

    revisit: Revisit | None
    absent: list[int]


class AoiDays:
    """The days on which anything of an AOI was acquired, ascending."""

    def __init__(self, days: Sequence[int]) -> None:
        self._days = days
        self._pauses: dict[int, list[tuple[int, int]]] = {}

    @property
    def last(self) -> int:
        return self._days[-1]

    def __contains__(self, day: int) -> bool:
        at = bisect_left(self._days, day)
        return at < len(self._days) and self._days[at] == day

    def pauses(self, revisit: int) -> list[tuple[int, int]]:
        """Where nothing at all came for more than twelve revisits: the last day before, and the first after.

        Nobody missed a track then: it is the time between two seasons or campaigns.
        """
        if revisit not in self._pauses:
            self._pauses[revisit] = [
                (before, after) for before, after in pairwise(self._days) if after - before > _PAUSE_REVISITS * revisit
            ]
        return self._pauses[revisit]

    def silent_on(self, day: int, revisit: int) -> bool:
        """Whether the day is in one of those pauses."""
        found = self.pauses(revisit)
        at = bisect_right(found, day, key=lambda pause: pause[1])
        return at < len(found) and found[at][0] < day


def visits(days: Sequence[int], aoi: AoiDays) -> Visits:
    """What a track's days (ascending, each once, all of them among the AOI's) tell.

    Expected is a day one or more revisits after one that came, if the track came regularly around then (in two of three
    revisits, of up to six before and six after): never before its first day, after the AOI's last, or in a pause of the
    whole AOI. Where it is off by a day or so, a day of the AOI is preferred.
    """
    revisits = _revisits(days)
    track = _Track(days, aoi)
    absent: set[int] = set()
    for day, revisit in zip(days, revisits, strict=True):
        if revisit is not None and not track.came(day + revisit.days):
            absent.update(track.absent_after(day, revisit))
    return Visits(revisits[-1] if revisits else None, sorted(absent))


def usual_revisit(days: Sequence[int]) -> Revisit | None:
    """The shortest time after which a track came again in two cases of three, or None.

    `days` ascend, each once. Two revisits of that length are the least that can be learnt from. One of ten days or more
    may be off by a tenth, three days at most (calendar months, passes around midnight). Where several dates fall into a
    revisit it must be exact, in five cases of six: among many dates, some are always about so far apart.
    """
    if len(days) < 3:
        return None
    step = days[1] - days[0]
    if step <= _LONGEST_REVISIT_DAYS and all(after - before == step for before, after in pairwise(days)):
        return Revisit(step, min(step // 10, 3))
    gaps: Counter[int] = Counter()
    for index, day in enumerate(days):
        for later in days[index + 1 : index + 1 + _DATES_A_REVISIT]:
            gaps[later - day] += 1
    span = days[-1] - days[0]
    longest = min(span // 2, _LONGEST_REVISIT_DAYS)
    for gap in sorted(gaps):
        if gap > longest:
            break
        several = 2 * gap * (len(days) - 1) > 3 * span
        give = 0 if several else min(gap // 10, 3)
        similar = range(gap - give, gap + give + 1)
        came = sum(gaps[one] for one in similar) if give else gaps[gap]
        asked = bisect_right(days, days[-1] - gap)
        if came >= 2 and (6 * came >= 5 * asked if several else 3 * came >= 2 * asked):
            return Revisit(max(similar, key=lambda one: (gaps[one], -one)), give)
    return None


def _revisits(days: Sequence[int]) -> list[Revisit | None]:
    """For each day the usual revisit around it; where there is none, that of all its days."""
    overall = usual_revisit(days)
    if len(days) <= _LEARNT_FROM or overall is None:
        return [overall] * len(days)
    step = _LEARNT_FROM // 4
    found: list[Revisit | None] = []
    for middle in range(step, len(days) + step, 2 * step):
        first = min(max(middle - 2 * step, 0), len(days) - _LEARNT_FROM)
        around = usual_revisit(days[first : first + _LEARNT_FROM])
        found += [overall if around is None else around] * min(2 * step, len(days) - len(found))
    return found


class _Track:
    def __init__(self, days: Sequence[int], aoi: AoiDays) -> None:
        self._days, self._aoi, self._came = days, aoi, set(days)

    def came(self, day: int) -> bool:
        return day in self._came

    def absent_after(self, day: int, revisit: Revisit) -> list[int]:
        """When it was expected after a day on which it came, until it came again."""
        step = revisit.days
        if self._near(day + step, revisit) is not None:
            return []
        expected: list[int] = []
        for one in range(day + step, day + step * _LONGEST_ABSENCE + 1, step):
            if one > self._days[-1]:
                break
            back = self._near(one, revisit)
            if back is not None:
                return self._shown(expected, revisit) if self._regular(day, back, revisit) else []
            expected.append(one)
        else:
            return []
        if not self._regular(day, None, revisit):
            return []
        if len(expected) >= _GONE_AFTER:
            return self._shown(expected[:_GONE_AFTER], revisit)
        most = min(day + step * _LONGEST_ABSENCE, self._aoi.last)
        return self._shown([*range(day + step, most + 1, step)], revisit)

    def _regular(self, before: int, after: int | None, revisit: Revisit) -> bool:
        around = [before - times * revisit.days for times in range(1, _NEIGHBOURS + 1)]
        if after is not None:
            around += [after + times * revisit.days for times in range(1, _NEIGHBOURS + 1)]
        first, last = self._days[0], self._days[-1]
        asked = [day for day in around if first <= day <= last and not self._aoi.silent_on(day, revisit.days)]
        return bool(asked) and 3 * sum(self._near(day, revisit) is not None for day in asked) >= 2 * len(asked)

    def _near(self, day: int, revisit: Revisit) -> int | None:
        """The day nearest to this one, within what a revisit may be off, on which it came."""
        if day in self._came:
            return day
        return next((one for one in _around(day, revisit.give) if one in self._came), None)

    def _shown(self, expected: list[int], revisit: Revisit) -> list[int]:
        return [self._day_of_aoi(day, revisit) for day in expected if not self._aoi.silent_on(day, revisit.days)]

    def _day_of_aoi(self, day: int, revisit: Revisit) -> int:
        return next((one for one in _around(day, revisit.give) if one in self._aoi), day)


def _around(day: int, give: int) -> list[int]:
    """The day itself, then those before and after it, the nearest first."""
    return [day] if not give else sorted(range(day - give, day + give + 1), key=lambda one: abs(one - day))
