"""Takes pictures of the sample site's pages into docs/screenshots: at a desk, light and dark, and on a phone.

Run by `make screenshots`. The clock that pages see stands still, so that the same pages give the same pictures.
"""

import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.build import build
from pipeline.publish.site import TOLD, TOLD_TO_PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
PICTURES = HERE / "screenshots"
SAMPLE = HERE.parent / "data" / "events"
MOST_BYTES = 200_000
"""Of one picture."""
MOST_BYTES_TOGETHER = 2_500_000
_AFTER_THE_LAST_EVENT = timedelta(hours=2, minutes=35)
"""When the pictures are taken, by the pages' clock."""


@dataclass(frozen=True)
class View:
    """A window, and what its pictures' names end with."""

    ending: str
    width: int
    height: int
    scheme: str


LIGHT, DARK, PHONE = (
    View("", 1280, 720, "light"),
    View("-dark", 1280, 720, "dark"),
    View("-phone", 360, 640, "light"),
)


def main() -> None:
    """Builds the sample and takes the pictures; ends with 1 if they are too large, 2 where there is no browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("The package playwright isn't installed: make test installs it.")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no chromium on the PATH (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory(prefix="sceneboard-pictures-") as scratch, sync_playwright() as playwright:
        site = Path(scratch) / "site"
        shutil.copytree(SAMPLE, Path(scratch) / "data" / "events")
        build(Path(scratch) / "data", site)
        now = _stand_still(site)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--font-render-hinting=none"]
        )
        PICTURES.mkdir(exist_ok=True)
        for old in PICTURES.glob("*.png"):
            old.unlink()
        for name, path in shown(site).items():
            # Of a part of a page one picture is enough.
            for view in (LIGHT,) if "#" in path else (LIGHT, DARK, PHONE):
                take(browser, f"{site.as_uri()}/{path}", view, PICTURES / f"{name}{view.ending}.png", now)
        browser.close()
    sys.exit(_too_large())


def shown(site: Path) -> dict[str, str]:
    """The pages that are shown, by the pictures' names: of the AOI that the front page names first."""
    front = (site / "index.html").read_text()
    aoi = _first(r'<tbody>\s*<tr><th><a href="([^"]+)/index\.html"', front)
    worst = _first(r'class="members[^"]*">.*?<a href="\.\./\.\./([^"#]+)', (site / aoi / "index.html").read_text())
    days = sorted(path.name for path in (site / aoi / "days").glob("2*.html"))
    return {
        "front": "index.html",
        "aoi": f"{aoi}/index.html",
        "matrix": f"{aoi}/index.html#matrix",
        "map": f"{aoi}/index.html#map",
        "graph": f"{aoi}/graph.html",
        "scenes": f"{aoi}/scenes.html",
        "scene": worst,
        **({"day": f"{aoi}/days/{days[-1]}"} if days else {}),
        "events": "events/index.html",
    }


def take(browser: "Browser", address: str, view: View, picture: Path, now: datetime) -> None:
    """Takes a picture of what is seen first."""
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height},
        color_scheme=view.scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        timezone_id="UTC",
    )
    page: Page = context.new_page()
    page.clock.set_fixed_time(now)
    page.goto(address)
    page.locator("#built").filter(has_text="Built").wait_for()
    page.screenshot(path=picture, animations="disabled")
    context.close()


def _stand_still(site: Path) -> datetime:
    """Says in the site that it was built soon after the last event; gives a time soon after that."""
    times = re.findall(r'<time datetime="([^"]+)"', (site / "events/index.html").read_text())
    last = max(datetime.fromisoformat(f"{time[:19]}+00:00") for time in times)
    now = last + _AFTER_THE_LAST_EVENT
    built = (now - timedelta(minutes=4)).isoformat().replace("+00:00", "Z")
    told = json.loads((site / TOLD).read_bytes()) | {"time": built}
    (site / TOLD).write_text(json.dumps(told))
    (site / TOLD_TO_PAGES).write_text(f"sceneboardBuild({json.dumps(told)});")
    return now


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.DOTALL)
    if found is None:
        sys.exit(f"A page isn't as it was: {pattern} is not on it.")
    return found[1]


def _too_large() -> int:
    sizes = {picture.name: picture.stat().st_size for picture in sorted(PICTURES.glob("*.png"))}
    for name, size in sizes.items():
        print(f"{name:<24} {size / 1000:>5.0f} KB{'  too large' if size > MOST_BYTES else ''}")
    print(f"{'together':<24} {sum(sizes.values()) / 1000:>5.0f} KB")
    return int(max(sizes.values()) > MOST_BYTES or sum(sizes.values()) > MOST_BYTES_TOGETHER)


if __name__ == "__main__":
    main()
