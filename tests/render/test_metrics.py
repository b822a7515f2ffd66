"""The metrics, read by the parser of Prometheus' own client library."""

from pathlib import Path

import pytest
from log_lines import Log
from prometheus_client.parser import text_string_to_metric_families

from pipeline.build import build
from pipeline.insight.workload import Counts
from pipeline.render.interchange.metrics import metrics, unix_seconds
from pipeline.render.summary import Summary

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            assert sample.timestamp is None, "node_exporter refuses them"
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, "no series twice"
            found[key] = sample.value
    return found


def of(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def test_it_tells_how_every_aoi_is(log: Log, data: Path, site: Path) -> None:
    log.aoi()
    log.scene(1, {11: None, 12: None})
    log.scene(2, {21: 11})
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "no")
    log.says("tile", 99, "DONE")
    build(data, site)
    found = read((site / "metrics.prom").read_text())
    assert of(found, "sceneboard_aois", status="RETRY") == 1
    assert of(found, "sceneboard_aois", status="DONE") == 0
    assert of(found, "sceneboard_scenes", aoi="Demo", status="DONE") == 1
    assert of(found, "sceneboard_tiles", aoi="Demo", status="PENDING") == 1
    assert of(found, "sceneboard_tiles", aoi="Demo", status="RETRY") == 1
    assert of(found, "sceneboard_aoi_tiles_held_up", aoi="Demo") == 1
    started = unix_seconds("2022-03-01T00:00:00.000000000")
    assert of(found, "sceneboard_aoi_oldest_timestamp_seconds", aoi="Demo", status="PENDING") == started + 3
    assert of(found, "sceneboard_aoi_oldest_timestamp_seconds", aoi="Demo", status="RETRY") == started + 5
    assert of(found, "sceneboard_aoi_last_event_timestamp_seconds", aoi="Demo") == started + 5
    assert of(found, "sceneboard_events_rejected") == 1
    assert of(found, "sceneboard_log_quarantined") == 0


def test_a_line_in_quarantine_is_an_alarm_however_often_it_is_there(log: Log, data: Path, site: Path) -> None:
    log.append(b"not an event")
    log.append(b"not an event", file="copy.jsonl")
    build(data, site)
    assert of(read((site / "metrics.prom").read_text()), "sceneboard_log_quarantined") == 1


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\\nb", "two\nlines", "ü 日", "{}", "\x00\x1b", "\\"])
def test_any_name_is_a_label(name: str) -> None:
    text = metrics([Summary(name, "NEW", Counts(), Counts(), 0, 0)], 0, False).decode()
    assert of(read(text), "sceneboard_scenes", aoi=name, status="NEW") == 0


def test_names_follow_the_conventions() -> None:
    """A unit at the end where there is one; no `_total` on what may go down; one HELP and one TYPE of each."""
    text = metrics([], 0, False).decode()
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(set(names)) == len(names) == text.count("# HELP")
    assert all(name.startswith("sceneboard_") and not name.endswith("_total") for name in names)
    assert all(name.endswith("_timestamp_seconds") for name in names if "timestamp" in name)
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("instant", "seconds"),
    [
        ("1970-01-01T00:00:00.000000000", 0),
        ("2022-03-01T00:00:00.500000000", 1646092800.5),
        ("2016-12-31T23:59:60.000000000", 1483228800),
        ("0001-01-01T00:00:00.000000000", -62135596800),
        ("9999-12-31T23:59:59.000000000", 253402300799),
    ],
)
def test_an_instant_in_seconds(instant: str, seconds: float) -> None:
    assert unix_seconds(instant) == seconds
