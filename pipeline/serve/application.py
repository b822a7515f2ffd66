"""The server as a WSGI application. It reads the site's files and nothing else; there is no way to change anything.

What is in HTTP alone (conditions, ranges, HEAD, dates) is werkzeug's.
"""

import gzip
import hashlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Request, Response

from pipeline.content_types import OTHER_TYPE, TYPES
from pipeline.serve.addresses import AoiList, File, OfAoi, OfId, PathInvalid, address, names_of
from pipeline.serve.aois import LIST, Aois
from pipeline.serve.commands import command_for
from pipeline.serve.origins import HEADERS, METHODS, Origins
from pipeline.serve.paging import PagingInvalid, page_of
from pipeline.serve.site_files import NotThere, read_file

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ALLOWED = "GET, HEAD, OPTIONS"
_TEXT = TYPES["txt"]
_JSON = TYPES["json"]
_INCOMPRESSIBLE = frozenset({TYPES["png"], OTHER_TYPE})
_LEAST_TO_COMPRESS = 1024
_SAFE = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE_POLICY = "frame-ancestors 'self'"
"""The rest of a page's policy stands in the page."""
_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""For what is opened by itself, as a drawing: it runs no script and loads nothing."""


class _Answer(NamedTuple):
    data: bytes
    type: str
    changed_at: float


class Application:
    """Answers requests out of a site. `origins` may read besides this machine's own and pages opened from files."""

    def __init__(self, site: Path, origins: Collection[str] = ()) -> None:
        self._site = site
        self._aois = Aois(site)
        self._origins = Origins(origins)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI call."""
        request = Request(environ)
        response = self._respond(request)
        response.headers.extend(_SAFE)
        response.headers.setdefault("Content-Security-Policy", _FILE_POLICY)
        response.vary.add("Origin")
        origin = request.origin
        if origin is not None and self._origins.allows(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            names = names_of(_raw_path(request))
            if request.method == "OPTIONS":
                return self._options(request)
            if request.method not in ("GET", "HEAD"):
                return _refusal(request.method, names)
            return self._read(request, names)
        except (PathInvalid, PagingInvalid) as problem:
            return _told(400, str(problem))
        except RequestedRangeNotSatisfiable as problem:
            return _told(416, "there is no such range", {"Content-Range": f"bytes */{problem.length}"})
        except NotThere:
            return _told(404, _missing(request))

    def _options(self, request: Request) -> Response:
        headers = {"Allow": ALLOWED}
        if request.origin is not None and "Access-Control-Request-Method" in request.headers:
            if not self._origins.allows(request.origin):
                return _told(403, "pages of this origin may not read here (see --allow-origin)")
            headers |= {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": HEADERS,
                "Access-Control-Max-Age": "600",
            }
            if "Access-Control-Request-Private-Network" in request.headers:
                headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(status=204, headers=headers)

    def _read(self, request: Request, names: tuple[str, ...]) -> Response:
        asked = address(names)
        try:
            match asked:
                case AoiList():
                    answer = self._file(LIST)
                    return _response(request, self._paged(request, answer))
                case OfAoi(name, file, is_list):
                    answer = self._of_aoi(name, file)
                    paged = is_list or (not file and answer.type == _JSON)
                    return _response(request, self._paged(request, answer) if paged else answer)
                case OfId(path, is_list):
                    answer = self._file(path)
                    return _response(request, self._paged(request, answer) if is_list else answer)
                case File(path):
                    return self._page(request, path)
        except NotThere:
            if isinstance(asked, OfAoi):
                return self._page(request, names)
            raise

    def _of_aoi(self, name: str, file: str) -> _Answer:
        """An AOI's file by the AOI's name; for a pattern the list of the AOIs that match. Raises NotThere."""
        folder = self._aois.folder(name)
        if folder is not None:
            return self._file(("aoi", folder, *(file or "overview.txt").split("/")))
        if not file and ("*" in name or "?" in name):
            return _Answer(self._aois.matching(name), _JSON, self._file(LIST).changed_at)
        raise NotThere

    def _page(self, request: Request, names: tuple[str, ...]) -> Response:
        """A file of the site, or `index.html` of a folder that has one. Raises NotThere.

        An AOI's folder may be called by the AOI's name too, where no folder has that name.
        """
        try:
            return self._file_or_index(request, names)
        except NotThere:
            folder = self._aois.folder(names[1]) if names[0] == "aoi" and len(names) > 2 else None
            if folder is None:
                raise
            return self._file_or_index(request, ("aoi", folder, *names[2:]))

    def _file_or_index(self, request: Request, names: tuple[str, ...]) -> Response:
        if names[-1] == "":
            return _response(request, self._file((*names[:-1], "index.html")))
        try:
            return _response(request, self._file(names))
        except NotThere as missing:
            if not missing.is_folder:
                raise
        self._file((*names, "index.html"))
        return Response(status=301, headers={"Location": f"./{quote(names[-1], safe='')}/"})

    def _file(self, names: tuple[str, ...]) -> _Answer:
        found = read_file(self._site, names)
        _, dot, ending = names[-1].rpartition(".")
        return _Answer(found.data, TYPES.get(ending, OTHER_TYPE) if dot else OTHER_TYPE, found.changed_at)

    def _paged(self, request: Request, answer: _Answer) -> _Answer:
        page = page_of(request.args)
        return answer if page is None else answer._replace(data=page.of(answer.data))


def _raw_path(request: Request) -> str:
    """The path as it came, still encoded: a slash in a name can be told from one between names only there."""
    target = str(request.environ.get("REQUEST_URI") or quote(request.path))
    if not target.startswith("/"):
        target = urlsplit(target).path or "/"
    return target.partition("?")[0].partition("#")[0]


def _response(request: Request, answer: _Answer) -> Response:
    """The answer, or that part of it, or the news that nothing has changed, which the request's headers ask for."""
    wanted = request.headers.get("Range", "")
    ranged = request.method == "GET" and bool(wanted) and "," not in wanted
    data, coding = answer.data, ""
    if _compresses(answer) and not ranged and request.accept_encodings["gzip"] > 0:
        data, coding = gzip.compress(data, 5, mtime=0), "gzip"
    response = Response(data, headers={"Content-Type": answer.type})
    if coding:
        response.headers["Content-Encoding"] = coding
    if _compresses(answer):
        response.vary.add("Accept-Encoding")
    if answer.type == TYPES["html"]:
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
    response.set_etag(hashlib.blake2b(answer.data, digest_size=12).hexdigest() + coding)
    response.last_modified = datetime.fromtimestamp(answer.changed_at, UTC)
    environ = dict(request.environ)
    if not ranged:
        environ.pop("HTTP_RANGE", None)
    return response.make_conditional(environ, accept_ranges=ranged or not coding, complete_length=len(data))


def _compresses(answer: _Answer) -> bool:
    return answer.type not in _INCOMPRESSIBLE and len(answer.data) >= _LEAST_TO_COMPRESS


def _refusal(method: str, names: tuple[str, ...]) -> Response:
    text = f"This server only reads. Run instead:\n\n  {command_for(method, names)}"
    return _told(405, text, {"Allow": ALLOWED})


def _missing(request: Request) -> str:
    if request.query_string and request.path.startswith("/aoi/"):
        return "there is no such AOI, scene, tile or file (in a pattern a question mark is written %3F)"
    return "there is no such AOI, scene, tile or file"


def _told(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(f"{text}\n", status, {**(headers or {}), "Content-Type": _TEXT})
