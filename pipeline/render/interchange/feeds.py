"""Atom feeds (RFC 4287) of what went into RETRY or FAILED: one for each AOI, and one over all.

Links are relative, as everywhere in the site: a reader takes them from where it found the feed.
"""

import heapq
from collections.abc import Iterable
from xml.etree import ElementTree

from pipeline.render.paths import url
from pipeline.render.plain import one_line
from pipeline.render.summary import Summary
from pipeline.render.troubles import Trouble, named, troubles
from pipeline.store.board import Board
from pipeline.timestamp import rfc3339

FEED = "feed.atom"
_MOST_OF_AOI = 100
_MOST_OF_SITE = 200
_LONGEST_NAME = 200
_BEGINNING = "1970-01-01T00:00:00.000000000"
"""When a feed was changed in which nothing has ever been."""


def aoi_feed(board: Board, folder: str) -> bytes:
    """`aoi/{aoi}/feed.atom`: the latest hundred events of an AOI by which something went into RETRY or FAILED."""
    path = f"aoi/{folder}/{FEED}"
    begun = board.events[0].instant if board.events else _BEGINNING
    feed = _feed(
        path,
        named("aoi", board.name),
        f"{one_line(board.name, _LONGEST_NAME)}: what went wrong",
        f"aoi/{folder}/index.html",
    )
    found = troubles(board, _MOST_OF_AOI, whole_messages=True)
    return _written(feed, path, [(trouble, "") for trouble in found], begun)


def site_feed(summaries: Iterable[Summary]) -> bytes:
    """`feed.atom`: the latest events over all AOIs, made from the few latest of each."""
    every = [(trouble, one.name) for one in summaries for trouble in one.troubles]
    latest = heapq.nlargest(_MOST_OF_SITE, every, key=lambda entry: (entry[0].instant, entry[1], entry[0].id))
    feed = _feed(FEED, named("site"), "What went wrong, over all AOIs", "index.html")
    return _written(feed, FEED, latest, _BEGINNING)


def _feed(path: str, id: str, title: str, page: str) -> ElementTree.Element:
    feed = ElementTree.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _add(feed, "id", id)
    _add(feed, "title", title)
    _add(feed, "link", rel="self", href=url(path, path), type="application/atom+xml")
    _add(feed, "link", rel="alternate", href=url(page, path), type="text/html")
    _add(_add(feed, "author"), "name", "Sceneboard")
    return feed


def _written(feed: ElementTree.Element, path: str, found: list[tuple[Trouble, str]], begun: str) -> bytes:
    """The feed with these entries, each with the AOI that its title names, or ''."""
    _add(feed, "updated", rfc3339(found[0][0].instant if found else begun))
    for trouble, aoi in found:
        entry = _add(feed, "entry")
        _add(entry, "id", trouble.id)
        _add(entry, "title", f"{one_line(aoi, _LONGEST_NAME)}: {trouble.title}" if aoi else trouble.title)
        _add(entry, "updated", rfc3339(trouble.instant))
        _add(entry, "link", rel="alternate", href=url(trouble.path, path), type="text/html")
        _add(entry, "category", term=trouble.status)
        _add(entry, "summary", trouble.message or trouble.title)
    ElementTree.indent(feed, "")
    return bytes(ElementTree.tostring(feed, "utf-8", xml_declaration=True)) + b"\n"


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag, attributes)
    child.text = text or None
    return child
