"""What pages weigh, and how soon they are there, at the sizes that the site is made for.

Prints a table: bytes of the page, and of all that it loads, uncompressed; when something of it is seen, when it is
ready, and how long one waits for what one does there first. Ends with 1 if a limit is broken, with 2 where there is no
browser. Run by `make weigh`.
"""

import math
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import click

from pipeline.build import build
from pipeline.demo import write_large

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

MOST_HTML_BYTES = 500_000
MOST_GRAPH_BYTES = 600_000
MOST_TOGETHER_BYTES = 1_000_000
MOST_SECONDS = 1.0
LOADS = 5
"""The median of so many loads counts, each with an empty cache."""

_PAINTED = """new Promise(done => new PerformanceObserver(list => {
    for (const one of list.getEntriesByName('first-contentful-paint')) done(one.startTime);
}).observe({ type: 'paint', buffered: true }))"""
_TIMED = """async use => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const begun = performance.now();
    await use();
    await frame();
    await frame();
    return performance.now() - begun;
}"""
_FILTER = """() => {
    const input = document.getElementById('aoi-name');
    input.value = '7';
    input.dispatchEvent(new Event('input', { bubbles: true }));
}"""
_WIDEN = "() => document.querySelector('#matrix-tools [data-zoom=\"1\"]').click()"
_ENLARGE = "() => document.querySelector('[data-graph=in]').click()"
_FIND = """() => {
    const input = document.querySelector('[data-list] input'), shown = document.querySelector('[data-list] .shown');
    return new Promise(done => {
        new MutationObserver(() => done()).observe(shown, { childList: true });
        input.value = 'disk';
        input.dispatchEvent(new Event('input', { bubbles: true }));
    });
}"""
"""What one does first on a page: an AOI's name is typed, the matrix widened, the graph enlarged, a list searched, for
which its data is loaded."""


@dataclass(frozen=True)
class Case:
    """A site of that size, and its pages to be weighed: what each is, a pattern of its path, what one does there."""

    aois: int
    scenes: int
    tiles: int
    pages: tuple[tuple[str, str, str], ...]


CASES = (
    Case(1_000, 3, 4, (("front page, 1,000 AOIs", "index.html", _FILTER),)),
    Case(1, 1_000, 8, (
        ("AOI, 1,000 scenes x 8 tiles", "aoi/*/index.html", _WIDEN),
        ("graph of it", "aoi/*/graph*.html", _ENLARGE),
        ("scenes of it", "aoi/*/scenes.html", _FIND),
        ("tiles of it", "aoi/*/tiles.html", _FIND),
        ("events of it", "events/index.html", ""),
        ("scene with 8 tiles", "scene/*.html", ""),
    )),
    Case(1, 400, 120, (
        ("AOI, 400 dates x 120 tracks", "aoi/*/index.html", _WIDEN),
        ("graph of it", "aoi/*/graph*.html", _ENLARGE),
        ("tiles of it", "aoi/*/tiles.html", _FIND),
        ("day of it", "aoi/*/days/2*.html", ""),
        ("scene with 120 tiles", "scene/*.html", ""),
    )),
)  # fmt: skip


@dataclass
class Weight:
    """What a page weighs, what all that it loads weighs together, and its times."""

    html_bytes: int
    most_html_bytes: int
    together_bytes: int
    elements: int
    content_seconds: list[float] = field(default_factory=list)
    """To DOMContentLoaded: scripts of the page have run."""
    painted_seconds: list[float] = field(default_factory=list)
    """Until something is seen."""
    used_seconds: list[float] = field(default_factory=list)
    """From what one does on the page until its effect is seen."""

    @property
    def broken(self) -> list[str]:
        """The limits that are broken."""
        found = []
        if self.html_bytes > self.most_html_bytes:
            found.append(f"HTML over {self.most_html_bytes // 1000} KB")
        if self.together_bytes > MOST_TOGETHER_BYTES:
            found.append(f"together over {MOST_TOGETHER_BYTES // 1000} KB")
        if statistics.median(self.content_seconds) > MOST_SECONDS:
            found.append(f"slower than {MOST_SECONDS:g} s")
        return found


def heaviest(site: Path, pattern: str) -> Path:
    """Of the pages that are alike the one with the most bytes."""
    return max(sorted(site.glob(pattern)), key=lambda page: page.stat().st_size)


def _note(loaded: set[Path], request: "Request") -> None:
    loaded.add(Path(unquote(urlparse(request.url).path)))


def weigh(browser: "Browser", page: Path, use: str) -> Weight:
    """Loads a page as a file, several times, each time as if it were the first."""
    found: Weight | None = None
    for _ in range(LOADS):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        tab = context.new_page()
        loaded: set[Path] = set()
        tab.on("request", partial(_note, loaded))
        tab.goto(page.as_uri())
        times: dict[str, Any] = tab.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
        first = frozenset(loaded)
        elements: int = tab.evaluate("document.querySelectorAll('*').length")
        painted: float = tab.evaluate(_PAINTED)
        used: float = tab.evaluate(f"({_TIMED})({use})") if use else math.nan
        context.close()
        if found is None:
            files = [file.stat().st_size for file in first if file.is_file()]
            most = MOST_GRAPH_BYTES if "graph" in page.name or page.parent.name == "graph" else MOST_HTML_BYTES
            found = Weight(page.stat().st_size, most, sum(files), elements)
        found.content_seconds.append(times["domContentLoadedEventEnd"] / 1000)
        found.painted_seconds.append(painted / 1000)
        found.used_seconds.append(used / 1000)
    assert found is not None
    return found


@contextmanager
def chromium() -> "Iterator[Browser]":
    """The Chromium of this machine. Ends the program where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        click.echo("The package playwright isn't installed: make test installs it.", err=True)
        sys.exit(2)
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        click.echo("There is no chromium on the PATH (Debian: apt-get install chromium).", err=True)
        sys.exit(2)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def built(case: Case, folder: Path) -> Path:
    """The site of a case. One that a folder already has is weighed as it is."""
    place = folder / f"{case.aois}-{case.scenes}-{case.tiles}"
    site = place / "site"
    if not (site / "build.json").exists():
        shutil.rmtree(place, ignore_errors=True)
        click.echo(f"Building {case.aois:,} AOIs of {case.scenes:,} scenes of {case.tiles} tiles …", err=True)
        write_large(place / "data" / "events", aois=case.aois, scenes=case.scenes, tiles=case.tiles, seed=1)
        build(place / "data", site)
    return site


_HEADER = f"{'page':<30}{'HTML':>8}{'together':>10}{'elements':>10}{'painted':>9}{'ready':>9}{'used':>9}"


def _row(what: str, found: Weight) -> str:
    used = statistics.median(found.used_seconds)
    return (
        f"{what:<30}{found.html_bytes / 1000:>5,.0f} KB{found.together_bytes / 1000:>7,.0f} KB{found.elements:>10,}"
        f"{statistics.median(found.painted_seconds):>7.2f} s{statistics.median(found.content_seconds):>7.2f} s"
        f"{'' if math.isnan(used) else f'{used:.2f} s':>9}  {', '.join(found.broken) or 'ok'}"
    )


@click.command()
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path),
    help="Leave the sites in this folder, and take those that it has.",
)  # fmt: skip
def main(keep: Path | None) -> None:
    """Weigh the pages, and say which are too heavy or too slow."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="sceneboard-weight-") as scratch, chromium() as browser:
        click.echo(_HEADER)
        for case in CASES:
            site = built(case, keep or Path(scratch))
            for what, pattern, use in case.pages:
                if not any(site.glob(pattern)):
                    click.echo(f"{what:<30}no such page")
                    failed = True
                    continue
                found = weigh(browser, heaviest(site, pattern), use)
                failed = failed or bool(found.broken)
                click.echo(_row(what, found))
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
