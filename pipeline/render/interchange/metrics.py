"""`metrics.prom`: the boards in Prometheus' text format (0.0.4), for node_exporter's textfile collector or a scrape.

Made from summaries alone. Names follow Prometheus' conventions: a unit in the name where there is one, no `_total` at
the end of what may go down. There are no timestamps: the textfile collector refuses them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts
from pipeline.render.summary import Summary

FILE = "metrics.prom"
_Labels = dict[str, str]


class _Family(NamedTuple):
    name: str
    help: str
    samples: Iterator[tuple[_Labels, float]]


def metrics(summaries: Sequence[Summary], rejected: int, quarantined: bool) -> bytes:
    """The text. How many events the rules rejected, and whether any line is in quarantine, are the whole log's.

    How many lines there are in quarantine depends on how the log is split into files; no other number here does.
    """
    families = [
        _Family(
            "sceneboard_aois", "AOIs by status.",
            (({"status": status}, sum(one.status == status for one in summaries)) for status in STATUSES),
        ),
        _Family("sceneboard_scenes", "Scenes of an AOI by status.", _counts(summaries, "scenes")),
        _Family("sceneboard_tiles", "Tiles of an AOI by status.", _counts(summaries, "tiles")),
        _Family(
            "sceneboard_aoi_attention", "Scenes, tiles and rejected creations of an AOI that need attention.",
            (({"aoi": one.name}, one.attention) for one in summaries),
        ),
        _Family(
            "sceneboard_aoi_tiles_held_up", "NEW tiles of an AOI that wait for what is in RETRY or FAILED.",
            (({"aoi": one.name}, one.held_up) for one in summaries),
        ),
        _Family(
            "sceneboard_aoi_last_event_timestamp_seconds", "When the last event of an AOI happened.",
            (({"aoi": one.name}, unix_seconds(one.last_event)) for one in summaries if one.last_event),
        ),
        _Family(
            "sceneboard_aoi_oldest_timestamp_seconds",
            "Since when that scene or tile of an AOI has been PENDING, or in RETRY, that has been it longest.",
            (
                ({"aoi": one.name, "status": status}, unix_seconds(since))
                for one in summaries
                for status, since in (("PENDING", one.oldest_pending), ("RETRY", one.oldest_retry))
                if since
            ),
        ),
        _Family("sceneboard_events_rejected", "Events of the log that the rules rejected.", iter([({}, rejected)])),
        _Family(
            "sceneboard_log_quarantined", "1 if the log has lines that can't be used, else 0.",
            iter([({}, quarantined)]),
        ),
    ]  # fmt: skip
    return "".join(line for family in families for line in _lines(family)).encode()


def unix_seconds(instant: str) -> float:
    """An instant in seconds since 1970 (UTC); a leap second is the second after it."""
    seconds, fraction = instant.split(".")
    leap = seconds.endswith(":60")
    moment = datetime.fromisoformat(f"{seconds[:-2]}59" if leap else seconds).replace(tzinfo=UTC)
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND + leap
    return whole + int(fraction[:6]) / 1e6


_SECOND = datetime(1970, 1, 1, 0, 0, 1) - datetime(1970, 1, 1)


def _counts(summaries: Iterable[Summary], kind: str) -> Iterator[tuple[_Labels, float]]:
    for one in summaries:
        counts: Counts = getattr(one, kind)
        for status in STATUSES:
            yield {"aoi": one.name, "status": status}, counts.of(status)


def _lines(family: _Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} gauge\n"
    for labels, value in family.samples:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{shown}}} {_number(value)}\n" if shown else f"{family.name} {_number(value)}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
