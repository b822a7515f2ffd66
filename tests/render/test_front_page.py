"""The front page: a line for each AOI, and totals, from summaries alone."""

import re
from typing import Any

import html5lib
import msgspec
import pytest

from pipeline.insight.workload import Counts
from pipeline.render.front_page import MOST_BYTES, front_page, totals
from pipeline.render.paths import aoi_folders
from pipeline.render.summary import Summary, decoded, encoded


def counts(*each: int) -> Counts:
    return Counts(*each, total=sum(each))


def line(name: str, **other: Any) -> Summary:
    found: dict[str, Any] = {
        "status": "DONE", "scenes": counts(0, 0, 4, 0, 0), "tiles": counts(0, 0, 8, 0, 0), "attention": 0, "held_up": 0,
    }  # fmt: skip
    return Summary(name, **(found | other))


TROUBLED = line(
    "Delta*", status="RETRY", scenes=counts(0, 1, 2, 1, 0), tiles=counts(5, 4, 1200, 2, 1), attention=3, held_up=5,
    first="2022-01-04", last="2022-10-12", last_event="2024-05-17T07:07:59.785313890", bounds=(8.0, 54.0, 10.0, 56.0),
)  # fmt: skip
QUIET = line("Ähre", first="2021-12-31", last="2022-02-01", last_event="2024-05-18T00:00:00.000000000")
EMPTY = line("a/b", status="NEW", scenes=Counts(), tiles=Counts())


def rendered(*every: Summary) -> Any:
    made = front_page(every, aoi_folders([one.name for one in every]))
    return html5lib.parse(made, namespaceHTMLElements=False)


def words(of: Any) -> str:
    return " ".join("".join(of.itertext()).split())


def rows(page: Any) -> list[list[str]]:
    table = next(one for one in page.iter("table") if one.get("id") == "aois")
    return [[words(cell) for cell in row] for row in table.findall("./tbody/tr")]


def test_what_needs_attention_most_stands_first_then_the_others_by_name() -> None:
    worse = line("Omega", attention=4)
    assert [row[0] for row in rows(rendered(QUIET, TROUBLED, EMPTY, worse))] == ["Omega", "Delta*", "a/b", "Ähre"]


def test_a_name_of_blanks_can_be_seen_and_clicked() -> None:
    page = rendered(line(" "), line("a b"), line("\u3000\u00a0"), line("\u3164\u200d\u2800"))
    assert sorted(row[0] for row in rows(page)) == ["a b", "␣", "␣␣", "␣␣␣"]
    assert {words(link) for link in page.findall(".//th/a")} == {"a b", "␣", "␣␣", "␣␣␣"}


def test_a_line_says_all_of_an_aoi() -> None:
    name, status, attention, scenes, tiles, first, last, event = rows(rendered(TROUBLED))[0]
    assert (name, status, attention, first, last) == ("Delta*", "RETRY", "3", "2022-01-04", "2022-10-12")
    assert scenes == "1 PENDING, 2 DONE, 1 RETRY2 / 4"
    assert tiles == "5 NEW, 4 PENDING, 1,200 DONE, 2 RETRY, 1 FAILED1,200 / 1,212"
    assert event == "2024-05-17 07:07Z"


def test_what_isnt_known_is_left_out() -> None:
    assert rows(rendered(EMPTY))[0] == ["a/b", "NEW", "0", "0 / 0", "0 / 0", "", "", ""]


def test_a_line_leads_to_the_aois_page() -> None:
    links = [one.get("href") for one in rendered(EMPTY, TROUBLED).iter("a")]
    assert {"aoi/a%252Fb/index.html", "aoi/Delta%252A/index.html"} <= set(links)


def test_a_name_is_text() -> None:
    hostile = line("<script>alert(1)</script>")
    assert rows(rendered(hostile))[0][0] == "<script>alert(1)</script>"


def test_a_long_name_has_room() -> None:
    assert rows(rendered(line("x" * 5000)))[0][0] == f"{'x' * 100}… (5,000 characters)"


def test_totals_are_the_sum_of_the_lines() -> None:
    found = totals([TROUBLED, QUIET, EMPTY])
    assert found.of_status == counts(1, 0, 1, 1, 0)
    assert found.scenes == counts(0, 1, 6, 1, 0)
    assert found.tiles == counts(5, 4, 1208, 2, 1)
    assert (found.attention, found.troubled, found.held_up) == (3, 1, 5)
    assert found.last_event == "2024-05-18T00:00:00.000000000"


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ([TROUBLED, QUIET], "3 failures need attention, in 1 of 2 AOIs, and hold up 5 tiles. Last event 2024-05-18 00:00:00"),  # noqa: E501
        ([line("A", attention=1, held_up=1)], "1 failure needs attention, in 1 of 1 AOI, and holds up 1 tile."),
        ([line("A", attention=2)], "2 failures need attention, in 1 of 1 AOI."),
        ([QUIET], "Nothing needs attention. Last event 2024-05-18 00:00:00"),
        ([], "No AOI yet. Create one, add scenes to it, and build again:"),
    ],
)  # fmt: skip
def test_the_answer_comes_first(every: list[Summary], said: str) -> None:
    answer = next(one for one in rendered(*every).iter("p") if one.get("class") == "answer")
    assert words(answer) == said


def test_the_world_shows_where_they_are() -> None:
    page = rendered(TROUBLED, QUIET)
    titles = [words(one) for one in page.iter() if str(one.tag).endswith("}title")]
    assert "Delta*: RETRY" in titles
    assert "1 of 2 AOIs has no known footprint." in words(page)


def test_the_same_lines_in_any_order_give_the_same_page() -> None:
    folders = aoi_folders(["Delta*", "Ähre", "a/b"])
    assert front_page([TROUBLED, QUIET, EMPTY], folders) == front_page([EMPTY, QUIET, TROUBLED], folders)


def test_a_summary_outlives_the_store() -> None:
    for one in (TROUBLED, QUIET, EMPTY):
        assert decoded(encoded(one)) == one


def thousand(*each: Counts) -> bytes:
    """A thousand AOIs all over the world, with names of a usual length, and with these counts in turns."""
    every = [
        msgspec.structs.replace(
            TROUBLED, name=f"Region-{n:04d}-Burst", scenes=each[n % len(each)], tiles=each[n % len(each)],
            bounds=(-170.0 + n % 34 * 10, -55.0 + n // 34 * 4, -168.0 + n % 34 * 10, -53.0 + n // 34 * 4),
        )
        for n in range(1000)
    ]  # fmt: skip
    return front_page(every, aoi_folders([one.name for one in every]))


def test_a_thousand_aois_weigh_half_a_megabyte_at_most() -> None:
    done, going_on, troubled = counts(0, 0, 1830, 0, 0), counts(312, 12, 830, 0, 0), counts(3, 12, 1830, 3, 7)
    usual = thousand(*[done] * 4, *[going_on] * 4, troubled, troubled)
    assert len(usual) <= MOST_BYTES
    assert b"830 DONE" in usual


def test_where_all_have_everything_the_words_on_the_bars_go_first() -> None:
    mixed = thousand(counts(123, 234, 2345, 345, 456))
    assert len(mixed) <= MOST_BYTES
    assert mixed.count(b"2,345 / 3,503") == 2000
    assert len(re.findall(rb"<svg><rect class=n />", mixed)) == 2000
