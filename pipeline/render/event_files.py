"""What the site holds of the log as a whole: rejected events, lines in quarantine, and the page that shows both."""

from collections.abc import Mapping, Sequence

import msgspec

from pipeline.ingest import Quarantined, Unfinished
from pipeline.render.environment import page
from pipeline.store.record import LogEvent


class _Rejected(msgspec.Struct):
    event: msgspec.Raw
    reason: str


class _Bad(msgspec.Struct):
    file: str
    offset: int
    line: int
    reason: str
    text: str


def event_files(
    latest: Sequence[LogEvent],
    rejected: Sequence[LogEvent],
    quarantine: Sequence[Quarantined],
    unfinished: Sequence[Unfinished],
    folders: Mapping[str, str],
) -> dict[str, bytes]:
    """The files under `events/`. `rejected.json` is in log order, `quarantine.json` by file and offset."""
    return {
        "events/rejected.json": _lines([_Rejected(msgspec.Raw(event.text), event.reason) for event in rejected]),
        "events/quarantine.json": _lines([_Bad(*bad) for bad in quarantine]),
        "events/index.html": page(
            "events/index.html", "events/index.html", latest=latest, rejected=rejected[::-1], quarantine=quarantine,
            unfinished=unfinished, folders=folders,
        ),
    }  # fmt: skip


def _lines(bodies: Sequence[msgspec.Struct]) -> bytes:
    """A JSON array, an element a line."""
    if not bodies:
        return b"[]\n"
    return b"[\n" + b",\n".join(msgspec.json.encode(body) for body in bodies) + b"\n]\n"
