"""A browser, the sites as folders and over HTTP, and visits to them.

Without Playwright or Chromium these tests are skipped; with SCENEBOARD_REQUIRE_BROWSER set they fail instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from example_sites import Site, hostile, sample
from visits import HEIGHT, WIDTHS, Server, Visit, Visits, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    Browsers = Callable[[bool], Browser]
    """Gives a browser, a still one or the usual one; each is started when it is first asked for."""

__all__ = ["hostile", "sample"]

REQUIRED = "SCENEBOARD_REQUIRE_BROWSER"
_OFF_LINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_STILL = ("--disable-threaded-compositing", "--disable-threaded-animation")
"""Pages are there in half of the processor time, but no frame follows the first: nothing can be pressed."""


def _missing(what: str) -> NoReturn:
    said = f"{what}: pages aren't looked at in a browser"
    if os.environ.get(REQUIRED):
        pytest.fail(f"{said}, but {REQUIRED} is set")
    pytest.skip(said)


@pytest.fixture(scope="session")
def browsers() -> "Iterator[Browsers]":
    """The Chromium of this machine, without a network."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("the package playwright isn't installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        _missing("there is no chromium on the PATH")
    with sync_playwright() as playwright, ExitStack() as started:

        @cache
        def browser(still: bool) -> "Browser":
            arguments = ["--no-sandbox", _OFF_LINE, *(_STILL if still else ())]
            return started.enter_context(playwright.chromium.launch(executable_path=chromium, args=arguments))

        yield browser


@pytest.fixture(scope="session")
def idle() -> dict[str, list[Visits]]:
    """Pages that wait to be used again, by their options: a page anew takes a browser longer than most tests take."""
    return {}


@pytest.fixture
def visit(browsers: "Browsers", server: "Server", idle: dict[str, list[Visits]]) -> Iterator[Visit]:
    """Begins visits to a site: `visit(site)` from its folder, `visit(site, "http")` from a server.

    With `alone=True` in a page that nobody has used before or will use again; with `still=True`, for visits that only
    look at pages, in a quicker browser.
    """
    used: list[tuple[Visits, str]] = []
    alone: list[BrowserContext] = []

    def begin(site: Site, served: str = "file", **options: Any) -> Visits:
        root = f"{site.folder.as_uri()}/" if served == "file" else server.place(site.folder)
        unshared = options.pop("alone", False)
        browser = browsers(options.get("still", False))
        waiting = idle.setdefault(repr(options), [])
        if waiting and not unshared:
            found = waiting.pop()
        else:
            wishes = {name: wish for name, wish in options.items() if name != "still"}
            context = browser.new_context(viewport={"width": WIDTHS[-1], "height": HEIGHT}, **wishes)
            found = Visits(context.new_page())
            if unshared:
                alone.append(context)
        if not unshared:
            used.append((found, repr(options)))
        return found.begin(root)

    yield begin
    for found, options in used:
        found.end()
        idle[options].append(found)
    for context in alone:
        context.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A file server that knows nothing of sites."""
    root = tmp_path_factory.mktemp("served")
    with serving(root) as port:
        yield Server(root, port)
