"""Visits: a page of the browser that notes what each page of a site says and asks for. And the sites over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
HEIGHT = 800
FOLDER = "some/where"
"""The subfolder of the server that a site stands in."""


def ways(place: int, many: int) -> list[tuple[int, str]]:
    """How a page of a kind is looked at, as widths and schemes: each page at both widths and in both schemes.

    A page that is alone of its kind is looked at in all four ways; of many the first in two, the second in the others.
    """
    if many == 1:
        return list(product(WIDTHS, SCHEMES))
    return list(zip(WIDTHS, SCHEMES if place % 2 == 0 else SCHEMES[::-1], strict=True))


class Visits:
    """A page of a browser that goes from page to page of a site, and notes what is said and asked for."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.root = "about:blank"
        self.said: list[str] = []
        """Warnings and errors of the console, errors of scripts, and dialogs."""
        self.asked_outside: list[str] = []
        """Requests for what isn't in the site."""
        self.missed: list[str] = []
        """Requests that got no good answer."""
        page.on("console", lambda message: message.type in ("warning", "error") and self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: request.url.startswith(self.root) or self.asked_outside.append(request.url))
        page.on("response", lambda answer: answer.status < 400 or self.missed.append(f"{answer.status} {answer.url}"))
        page.on("requestfailed", self._failed)

    def begin(self, root: str) -> "Visits":
        """Turns to the site at that address."""
        self.root = root
        return self

    def end(self) -> None:
        """Leaves the site, so that the page may be used again."""
        self.root = "about:blank"
        self.page.goto(self.root)
        self.page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
        self.page.emulate_media(color_scheme="light")
        self.complaints()

    def _dialog(self, dialog: Any) -> None:
        self.said.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _failed(self, request: Any) -> None:
        # A page that is left gives up what it was still waiting for.
        if request.failure != "net::ERR_ABORTED":
            self.missed.append(f"{request.failure} {request.url}")

    def address(self, path: str) -> str:
        """The address of a page of the site."""
        file, mark, fragment = path.partition("#")
        return f"{self.root}{quote(file)}{mark}{fragment}"

    def open(self, path: str) -> "Page":
        """Goes to a page of the site, and waits until it is loaded."""
        self.page.goto(self.address(path))
        return self.page

    def show(self, width: int, scheme: str) -> None:
        """Makes the window that wide, and the system light or dark."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    def complaints(self) -> list[str]:
        """What was noted since the last time."""
        found = [f"{kind}: {what}" for kind, every in self._notes() for what in every]
        for _, every in self._notes():
            every.clear()
        return found

    def _notes(self) -> list[tuple[str, list[str]]]:
        return [("said", self.said), ("asked outside the site", self.asked_outside), ("missed", self.missed)]


Visit: TypeAlias = Callable[..., Visits]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Server:
    """A file server on this machine, whose subfolders are sites."""

    def __init__(self, root: Path, port: int) -> None:
        self._root = root
        self._port = port

    def place(self, site: Path) -> str:
        """Puts a site into a subfolder; gives its address."""
        name = f"{FOLDER}/{site.parent.name}"
        place = self._root / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(site)
        return f"http://127.0.0.1:{self._port}/{name}/"


@contextmanager
def serving(root: Path) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        try:
            yield running.server_address[1]
        finally:
            running.shutdown()
            thread.join()
