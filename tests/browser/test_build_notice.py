"""What an open page says of its build: how old it is, that there is a newer one, that it is overdue."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from example_sites import Site
from visits import Visit, Visits

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
NEWER = "There is a newer build of this site."


def told(ago: timedelta, **more: Any) -> dict[str, Any]:
    return {"build": "one", "time": (NOW - ago).isoformat().replace("+00:00", "Z"), **more}


@pytest.fixture
def own(sample: Site, tmp_path: Path) -> Site:
    """A front page alone, whose build may be told anew."""
    folder = tmp_path / "site"
    for path in ("index.html", "assets", "build"):
        place = sample.folder / path
        (shutil.copytree if place.is_dir() else shutil.copy)(place, _made(folder / path))
    return Site(sample.data, folder)


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def tell(site: Site, build: dict[str, Any]) -> None:
    """As a build does it."""
    (site.folder / "build.json").write_text(json.dumps(build))
    (site.folder / "build" / "build.json").write_text(f"sceneboardBuild({json.dumps(build)});\n")


def opened(visit: Visit, site: Site, served: str) -> Visits:
    found = visit(site, served, alone=True)
    found.page.clock.install(time=NOW)
    found.open("index.html")
    found.page.locator("#built:not(:empty)").wait_for()
    return found


def notice(found: Visits) -> str:
    return (found.page.locator("#build").text_content() or "").strip()


@pytest.mark.parametrize("served", ["file", "http"])
def test_a_page_says_how_old_its_build_is(served: str, own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(hours=3)))
    found = opened(visit, own, served)
    assert found.page.locator("#built").text_content() == "Built 2026-11-24 09:00:00 (3 h ago)."
    assert notice(found) == ""
    assert found.complaints() == []


@pytest.mark.parametrize("served", ["file", "http"])
def test_a_build_that_is_overdue_is_said(served: str, own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(hours=2), every_seconds=900))
    assert notice(opened(visit, own, served)) == (
        "This may be out of date: the site is built every 15 min, but the last build was 2 h ago."
    )


def test_a_build_that_may_still_be_under_way_is_not(own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(minutes=22), every_seconds=900))
    assert notice(opened(visit, own, "http")) == ""


def test_a_newer_build_is_noticed_and_offered(own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(minutes=5), every_seconds=900))
    found = opened(visit, own, "http")
    assert notice(found) == ""
    tell(own, told(timedelta(0), build="two") | {"build": "two"})
    with found.page.expect_response("**/build.json"):
        found.page.clock.run_for(61_000)
    found.page.get_by_text(NEWER).wait_for()
    with found.page.expect_navigation():
        found.page.get_by_role("button", name="Reload").click()
    found.page.locator("#built:not(:empty)").wait_for()
    assert notice(found) == ""


def test_a_look_that_changed_nothing_is_no_newer_build(own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(minutes=14), every_seconds=900))
    found = opened(visit, own, "http")
    tell(own, told(timedelta(0), every_seconds=900))
    with found.page.expect_response("**/build.json"):
        found.page.clock.run_for(61_000)
    found.page.get_by_text("Built 2026-11-24 12:00:00").wait_for()
    assert notice(found) == ""


def test_the_past_says_what_it_is(own: Site, visit: Visit) -> None:
    tell(own, told(timedelta(days=40), as_of="2024-05-02T06:00:00.000000000Z", every_seconds=900))
    found = opened(visit, own, "file")
    assert found.page.locator("#built").text_content() == (
        "The state of 2024-05-02 06:00:00, built 2026-10-15 12:00:00."
    )
    assert notice(found) == ""
