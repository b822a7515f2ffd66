"""The badge: readable, in its place, and told in words as well."""

from xml.etree import ElementTree

import pytest

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts, Overview
from pipeline.render.interchange.badge import COLOURS, LABEL_COLOUR, badge

SVG = "{http://www.w3.org/2000/svg}"


def overview(name: str = "Demo", retry: int = 0, failed: int = 0) -> Overview:
    scenes = Counts(done=2, failed=failed, total=2 + failed)
    tiles = Counts(done=36, retry=retry, total=36 + retry)
    return Overview(name, "RETRY" if retry else "DONE", scenes, tiles, 1, None, None)


def drawn(of: Overview) -> ElementTree.Element:
    return ElementTree.fromstring(badge(of).decode())  # noqa: S314 - made here


def texts(of: Overview) -> list[str | None]:
    return [text.text for text in drawn(of).iter(f"{SVG}text")]


def test_it_names_the_aoi_its_status_and_how_far_it_is() -> None:
    assert texts(overview()) == ["Demo", "DONE · 36 of 36 tiles"]
    assert texts(overview(retry=2, failed=1)) == ["Demo", "RETRY · 36 of 38 tiles, 2 to retry, 1 failed"]


def test_it_says_the_same_to_those_who_cannot_see_it() -> None:
    picture = drawn(overview(retry=2))
    told = "Demo: RETRY · 36 of 38 tiles, 2 to retry"
    assert (picture.get("role"), picture.get("aria-label"), picture.findtext(f"{SVG}title")) == ("img", told, told)


@pytest.mark.parametrize("name", ["Demo", "x" * 500, "日本の区域", "a" * 40, "é"])
def test_the_text_stays_in_its_place(name: str) -> None:
    picture = drawn(overview(name, retry=2))
    boxes = [(float(box.get("x", 0)), float(box.get("width", 0))) for box in picture.iter(f"{SVG}rect")]
    placed = [(float(text.get("x", 0)), float(text.get("textLength", 0))) for text in picture.iter(f"{SVG}text")]
    for (box_x, width), (x, length) in zip(boxes, placed, strict=True):
        assert box_x < x
        assert x + length < box_x + width
    assert sum(width for _, width in boxes) == float(picture.get("width", 0))
    assert float(picture.get("width", 0)) < 900


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "a&b", "\x1b[31m\n\x00", "\u202eevil"])
def test_a_hostile_name_is_a_text_and_nothing_else(name: str) -> None:
    picture = drawn(overview(name))
    tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
    assert tags == {"svg", "title", "rect", "g", "text"}
    label = picture.findtext(f".//{SVG}text") or ""
    assert not set(label) & set("\x1b\n\x00\u202e")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [LABEL_COLOUR, *(COLOURS[status] for status in STATUSES)])
def test_white_text_is_readable_on_every_colour(colour: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5 to 1."""
    assert 1.05 / (_luminance(colour) + 0.05) >= 4.5
