"""The feeds: an entry for each event by which something went into RETRY or FAILED, the same in every build."""

import uuid
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin
from xml.etree import ElementTree

import pytest
from log_lines import Log

from pipeline.build import build

ATOM = "{http://www.w3.org/2005/Atom}"


class Feed:
    """A feed as a reader sees it."""

    def __init__(self, site: Path, path: str) -> None:
        self.root = ElementTree.fromstring((site / path).read_bytes())  # noqa: S314 - made here
        self.entries = self.root.findall(f"{ATOM}entry")
        self.titles = [entry.findtext(f"{ATOM}title") for entry in self.entries]
        self.updated = self.root.findtext(f"{ATOM}updated")

    def of(self, tag: str) -> list[str | None]:
        return [entry.findtext(f"{ATOM}{tag}") for entry in self.entries]

    def links(self) -> list[str]:
        return [link.get("href", "") for link in self.root.iter(f"{ATOM}link")]


@pytest.fixture
def failing(log: Log) -> Log:
    """Scene 1 with tiles 11 and 12, 11 in RETRY; scene 2 with 21 and 22, given up; scene 3 retried by itself."""
    log.aoi()
    log.scene(1, {11: None, 12: None})
    log.scene(2, {21: None, 22: None})
    log.scene(3, {31: None}, retries=1)
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "disk full\nat line 3")
    log.says("scene", 2, "RETRY", "no such product")
    log.says("scene", 3, "RETRY", "once more")
    log.add("scene.fail", {"id": 2, "by": "ann", "reason": "withdrawn"})
    return log


def test_an_entry_for_each_event_the_latest_first(failing: Log, data: Path, site: Path) -> None:
    build(data, site)
    feed = Feed(site, "aoi/Demo/feed.atom")
    assert feed.titles == [
        "FAILED: scene 2, S2, and 2 others with it",
        "RETRY: scene 2, S2",
        "RETRY: tile 11, T11 of S1",
    ], "an automatic retry is nothing that went wrong"
    assert feed.of("summary") == ["ann: withdrawn", "no such product", "disk full\nat line 3"]
    assert feed.of("updated") == ["2022-03-01T00:00:09Z", "2022-03-01T00:00:07Z", "2022-03-01T00:00:06Z"]
    assert feed.updated == "2022-03-01T00:00:09Z"
    assert [entry.find(f"{ATOM}category").get("term") for entry in feed.entries] == ["FAILED", "RETRY", "RETRY"]  # type: ignore[union-attr]


def test_the_one_over_all_names_the_aoi_and_has_the_first_line_of_messages(
    failing: Log, data: Path, site: Path
) -> None:
    failing.aoi("Other")
    build(data, site)
    feed = Feed(site, "feed.atom")
    assert feed.titles[-1] == "Demo: RETRY: tile 11, T11 of S1"
    assert feed.of("summary")[-1] == "disk full"
    assert feed.of("id") == Feed(site, "aoi/Demo/feed.atom").of("id"), "the same events"


def test_it_has_all_that_atom_asks_for(failing: Log, data: Path, site: Path) -> None:
    """RFC 4287: of a feed and of each entry exactly one id, title and updated; an author; ids are IRIs and unique."""
    build(data, site)
    for path in ("feed.atom", "aoi/Demo/feed.atom"):
        feed = Feed(site, path)
        ids = []
        for element in (feed.root, *feed.entries):
            for tag in ("id", "title", "updated"):
                assert len(element.findall(f"{ATOM}{tag}")) == 1
            ids.append(element.findtext(f"{ATOM}id") or "")
        assert len(set(ids)) == len(ids)
        assert all(uuid.UUID(id).urn == id for id in ids)
        assert feed.root.findtext(f"{ATOM}author/{ATOM}name")


def test_every_link_leads_to_a_file_of_the_site(failing: Log, data: Path, site: Path) -> None:
    failing.aoi("a b/ü")
    build(data, site)
    for path in site.rglob("feed.atom"):
        here = path.relative_to(site).as_posix()
        for link in Feed(site, here).links():
            target = unquote(urldefrag(urljoin(f"http://x/{here.replace('%', '%25')}", link)).url).removeprefix(
                "http://x/"
            )
            assert (site / target).is_file(), (here, link)


def test_a_feed_in_which_nothing_ever_was_is_one_all_the_same(log: Log, data: Path, site: Path) -> None:
    build(data, site)
    assert (Feed(site, "feed.atom").titles, Feed(site, "feed.atom").updated) == ([], "1970-01-01T00:00:00Z")
    log.aoi()
    build(data, site)
    assert Feed(site, "aoi/Demo/feed.atom").updated == "2022-03-01T00:00:01Z", "when the AOI was made"


def test_it_holds_the_latest_only(log: Log, data: Path, site: Path) -> None:
    log.aoi()
    log.scene(1, {11: None})
    log.says("scene", 1, "DONE")
    for time in range(150):
        log.says("tile", 11, "RETRY", f"failure {time}")
        log.add("tile.retry", {"id": 11})
    build(data, site)
    of_aoi, of_site = Feed(site, "aoi/Demo/feed.atom"), Feed(site, "feed.atom")
    assert len(of_aoi.entries) == 100
    assert of_aoi.of("summary")[0] == "failure 149"
    assert of_site.of("summary") == [f"failure {number}" for number in (149, 148, 147, 146, 145)], "a few of each AOI"


def test_what_is_not_there_any_more_is_not_told_of(failing: Log, data: Path, site: Path) -> None:
    failing.add("aoi.deleted", {"id": "Demo"})
    failing.aoi()
    failing.scene(1, {11: None, 12: None})
    build(data, site)
    for path in Feed(site, "aoi/Demo/feed.atom").links():
        assert "scene/2" not in path


def test_hostile_texts_are_texts(log: Log, data: Path, site: Path) -> None:
    log.aoi('<b>&"\x01')
    log.scene(1, {11: None}, aoi='<b>&"\x01', source_id="]]><x>\u202e")
    log.says("scene", 1, "RETRY", "\x00\x1b[2J<script>\ufffe")
    build(data, site)
    feed = Feed(site, "feed.atom")
    assert feed.titles == ['<b>&"\ufffd: RETRY: scene 1, ]]><x>\ufffd']
    assert feed.of("summary") == ["[2J<script>"]


def test_it_does_not_matter_in_how_many_builds_the_events_came(
    failing: Log, data: Path, site: Path, tmp_path: Path
) -> None:
    build(data, site)
    failing.says("tile", 12, "FAILED", "gone")
    build(data, site)
    build(data, tmp_path / "anew", full=True)
    for path in ("feed.atom", "aoi/Demo/feed.atom", "metrics.prom", "aoi/Demo/badge.svg", "aoi/Demo/pending.json"):
        assert (site / path).read_bytes() == (tmp_path / "anew" / path).read_bytes()
