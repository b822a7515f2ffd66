"""What the site holds of the log as a whole: the latest events, rejected ones, and lines in quarantine."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup

from pipeline.event import decode
from pipeline.ingest import Quarantined, Unfinished
from pipeline.insight.words import excerpt
from pipeline.render.environment import page, status_badges, time_of
from pipeline.render.event_words import in_words
from pipeline.render.pagers import linked_pages
from pipeline.render.paths import url
from pipeline.render.plain import built, one_line
from pipeline.store.record import LogEvent

SHOWN_FIRST = 100
"""So many rejected events, and lines in quarantine, stand on the events page; with more there are pages of all."""
ROWS_A_PAGE = 500
_LONGEST_NAME = 200
_LONGEST_REASON = 1_000
_LONGEST_TEXT = 240

Homes = Mapping[tuple[str, int], int]
"""By kind and id the scene whose page a scene or tile is on."""


class _Rejected(msgspec.Struct):
    event: msgspec.Raw
    reason: str


class _Bad(msgspec.Struct):
    file: str
    offset: int
    line: int
    reason: str
    text: str


class EventRow(NamedTuple):
    """An event as a page of the log shows it. Without `aoi_page` its AOI isn't there."""

    time: Markup
    what: Markup
    message: str
    aoi: str
    aoi_page: str
    source: str
    id: str
    verdict: str
    reason: str


class BadRow(NamedTuple):
    """A line in quarantine as a page shows it."""

    file: str
    line: int
    offset: int
    reason: str
    text: str


def event_files(
    latest: Sequence[LogEvent],
    rejected: Sequence[LogEvent],
    quarantine: Sequence[Quarantined],
    unfinished: Sequence[Unfinished],
    folders: Mapping[str, str],
    homes: Homes | None = None,
) -> dict[str, bytes]:
    """The files under `events/`. `rejected.json` is in log order, `quarantine.json` by file and offset.

    `latest` has the latest event first, `rejected` is in log order. `folders` has the AOIs that are there.
    """
    path = "events/index.html"
    rows = _Rows(path, folders, homes or {})
    newest = rejected[::-1]
    return {
        "events/rejected.json": _lines([_Rejected(msgspec.Raw(event.text), event.reason) for event in rejected]),
        "events/quarantine.json": _lines([_Bad(*bad) for bad in quarantine]),
        path: page(
            "events/index.html",
            path,
            latest=[rows.event(event) for event in latest],
            rejected=[rows.event(event) for event in newest[:SHOWN_FIRST]],
            rejected_total=len(rejected),
            quarantine=[_bad(bad) for bad in quarantine[:SHOWN_FIRST]],
            quarantine_total=len(quarantine),
            unfinished=[
                (one_line(one.file), one.offset, one_line(one.text, _LONGEST_TEXT)) for one in unfinished
            ],
        ),
        **_pages("rejected", [rows.event(event) for event in newest] if len(rejected) > SHOWN_FIRST else []),
        **_pages("quarantine", [_bad(bad) for bad in quarantine] if len(quarantine) > SHOWN_FIRST else []),
    }  # fmt: skip


def _pages(name: str, rows: Sequence[EventRow] | Sequence[BadRow]) -> dict[str, bytes]:
    """All rows, in pages: `events/{name}.html`, `events/{name}-2.html` and so on."""
    pages = -(-len(rows) // ROWS_A_PAGE)
    paths = [f"{name}.html" if number == 1 else f"{name}-{number}.html" for number in range(1, pages + 1)]
    files = {}
    for number, path in enumerate(paths, start=1):
        first = (number - 1) * ROWS_A_PAGE
        files[f"events/{path}"] = page(
            "events/all.html",
            f"events/{path}",
            name=name,
            rows=rows[first : first + ROWS_A_PAGE],
            first=first + 1,
            total=len(rows),
            number=number,
            pager=[(one, paths[one - 1]) for one in linked_pages(number, pages)] if pages > 1 else [],
        )
    return files


class _Rows:
    """Makes rows of events, for pages in the folder of `path`."""

    def __init__(self, path: str, folders: Mapping[str, str], homes: Homes) -> None:
        self._aois = {name: url(f"aoi/{folder}/index.html", path) for name, folder in folders.items()}
        self._scenes = url("scene/", path)
        self._homes = homes
        self._badges = status_badges()

    def event(self, of: LogEvent) -> EventRow:
        event = decode(of.text)
        data: Any = event.data
        said = data.message if of.type.endswith(".result") else getattr(data, "reason", None)
        return EventRow(
            time_of(of.instant),
            built(in_words(of.type, event, self._about(of), self._badges)),
            excerpt(said or ""),
            one_line(of.aoi, _LONGEST_NAME),
            self._aois.get(of.aoi, ""),
            one_line(of.source, _LONGEST_NAME),
            one_line(of.id, _LONGEST_NAME),
            of.verdict,
            one_line(of.reason, _LONGEST_REASON),
        )

    def _about(self, of: LogEvent) -> str:
        """`tile 31`, with a link to where it stands if it is there."""
        if of.entity is None:
            return ""
        words = f"{of.kind} {of.entity}"
        scene = self._homes.get((of.kind, of.entity))
        if scene is None:
            return words
        anchor = f"#tile-{of.entity}" if of.kind == "tile" else ""
        return f'<a href="{self._scenes}{scene}.html{anchor}">{words}</a>'


def _bad(of: Quarantined) -> BadRow:
    return BadRow(
        one_line(of.file), of.line, of.offset, one_line(of.reason, _LONGEST_REASON), one_line(of.text, _LONGEST_TEXT)
    )


def _lines(bodies: Sequence[msgspec.Struct]) -> bytes:
    """A JSON array, an element a line."""
    if not bodies:
        return b"[]\n"
    return b"[\n" + b",\n".join(msgspec.json.encode(body) for body in bodies) + b"\n]\n"
