"""A running workflow server, read over HTTP with what the standard library has: GETs, one after the other.

The bearer goes to the server that was named, and nowhere else: a redirect to another origin is refused.
"""

import re
import ssl
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, IncompleteRead
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

from pipeline.moving_in.answers import AnswerInvalid, SourceUnusable, entries

PAGE = 1000
"""Entries of a list that are asked for at a time."""
LARGEST_BYTES = 1024 * 1024 * 1024
"""Of an answer. No page is that large."""
MOST_ENTRIES = 10_000_000
"""Of a list. A server that goes on for ever is left."""
_NOT_THERE = frozenset({400, 404, 405, 410, 501})
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_SECONDS = 60.0
_TOKEN = re.compile(r"[\x21-\x7e]+")
_SECONDS = re.compile(r"[0-9]{1,6}", re.ASCII)


class _Numbered(msgspec.Struct):
    id: int


_numbered = msgspec.json.Decoder(_Numbered)


class AddressInvalid(ValueError):
    """The URL or the bearer can't be used; the text says why."""


class Server:
    """The server at a URL, such as `http://ingester:8080`, or with a path before the API's.

    `wait` is given seconds to wait before a request is sent again; up to `attempts` are made.
    Raises AddressInvalid.
    """

    def __init__(
        self, url: str, bearer: str | None, *, timeout_seconds: float, attempts: int, wait: Callable[[float], None]
    ) -> None:
        self._base = _checked(url)
        self.name = f"sceneboard-import/{self._base}"
        if bearer is not None and _TOKEN.fullmatch(bearer) is None:
            raise AddressInvalid("the bearer is no token: it has spaces, line ends or letters outside ASCII")
        self._bearer = bearer
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._wait = wait
        self._opener = urllib.request.build_opener(_SameOrigin)

    def list_of(self, *path: str) -> tuple[str, list[msgspec.Raw]]:
        address = self._address(path) + ("/" if path == ("aoi",) else "")
        if path == ("aoi",):  # this list has no pages
            return address, entries(self._known(address), address)
        found: list[msgspec.Raw] = []
        seen: set[int] = set()
        page = 0
        while True:
            body = self._known(f"{address}?page={page}&limit={PAGE}")
            fresh = {_number(entry, address): entry for entry in entries(body, address)}
            if fresh.keys() <= seen:  # past the end, or a server that knows no pages
                return address, found
            found += [entry for id, entry in fresh.items() if id not in seen]
            seen |= fresh.keys()
            if len(seen) > MOST_ENTRIES:
                raise SourceUnusable(f"{address}: more than {MOST_ENTRIES:,} entries")
            page += 1

    def text_of(self, *path: str) -> bytes | None:
        return self._get(self._address(path))

    def _address(self, path: tuple[str, ...]) -> str:
        return "/".join([self._base, *(quote(name, safe="") for name in path)])

    def _known(self, address: str) -> bytes:
        body = self._get(address)
        if body is None:
            raise SourceUnusable(
                f"{address}: not found. Either this is not the workflow server, or its API is below another path: give "
                "the URL that GET /aoi/ is below"
            )
        return body

    def _get(self, address: str) -> bytes | None:
        """The body of an answer; None if nothing is there."""
        problem, pause = "", 0.0
        for attempt in range(self._attempts):
            if attempt:
                self._wait(pause)
            pause = min(2.0**attempt, _LONGEST_WAIT_SECONDS)
            try:
                with self._opener.open(self._request(address), timeout=self._timeout_seconds) as answer:
                    body: bytes = answer.read(LARGEST_BYTES + 1)
                    missing: int | None = answer.length
                if len(body) > LARGEST_BYTES:
                    raise SourceUnusable(f"{address}: an answer of more than {LARGEST_BYTES:,} bytes")
                if missing:  # reading up to a size doesn't tell
                    raise IncompleteRead(body, missing)
                return body
            except HTTPError as error:
                with error:
                    if error.code in _NOT_THERE:
                        return None
                    if error.code not in _AGAIN:
                        raise SourceUnusable(f"{address}: {self._refusal(error)}") from None
                    problem = f"{error.code} {error.reason}"
                    asked = error.headers.get("Retry-After", "")
                    if _SECONDS.fullmatch(asked):
                        pause = min(max(pause, float(asked)), _LONGEST_WAIT_SECONDS)
            except URLError as error:
                if isinstance(error.reason, ssl.SSLCertVerificationError):
                    raise SourceUnusable(f"{address}: its certificate is not trusted: {error.reason}") from None
                problem = str(error.reason)
            except (OSError, HTTPException) as error:
                problem = str(error) or type(error).__name__
        raise SourceUnusable(
            f"{address}: no answer after {self._attempts} attempts: {problem}. Is the server running, and can "
            "this host reach it?"
        )

    def _request(self, address: str) -> urllib.request.Request:
        request = urllib.request.Request(address, headers={"Accept": "*/*", "User-Agent": "sceneboard"})  # noqa: S310
        if self._bearer is not None:
            request.add_unredirected_header("Authorization", f"Bearer {self._bearer}")
        return request

    def _refusal(self, error: HTTPError) -> str:
        if error.code not in (401, 403):
            return f"{error.code} {error.reason}"
        if self._bearer is None:
            return f"{error.code}: the server wants a bearer: put it into an environment variable (see --bearer)"
        return f"{error.code}: the server does not take this bearer"


def in_the_clear(url: str) -> bool:
    """Whether what is sent to a URL can be read on the way: http, and not to this host itself."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return parts.scheme == "http" and host not in ("localhost", "::1") and not host.startswith("127.")


def _checked(url: str) -> str:
    """The URL without a slash at its end. Raises AddressInvalid."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressInvalid(f"{url!r} is no URL: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise AddressInvalid("a URL with a user or password in it isn't taken: it would stand in the log")
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise AddressInvalid(f"{url!r} is no http:// or https:// URL")
    if parts.query or parts.fragment or " " in url:
        raise AddressInvalid(f"{url!r}: give the URL that GET /aoi/ is below, without ? and #")
    return url.rstrip("/")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows redirects within an origin, with the bearer; refuses those that lead elsewhere."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if _origin(here) != _origin(there):
            raise SourceUnusable(
                f"{req.full_url} redirects to another server, {there.scheme}://{there.netloc.rpartition('@')[2]}: "
                "if that is the one, give its URL"
            )
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and (bearer := req.get_header("Authorization")) is not None:
            request.add_unredirected_header("Authorization", bearer)
        return request


def _number(entry: msgspec.Raw, address: str) -> int:
    try:
        return _numbered.decode(entry).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerInvalid(f"{address}: not as the workflow server answers: {error}") from None
