"""A workflow server that answers what it is told to: a recorded run, or what a test makes of it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Replay:
    """Answers by path: a code and a body, or a list of them for one request after the other.

    Lists come in pages where a page is asked for, as the server has them. `largest_page` is a limit of the server's
    own. Every request is kept: its path and headers.
    """

    answers: dict[str, Any]
    bearer: str | None = None
    largest_page: int | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(path)
        found = self.answers.get(path, self.answers.get(parts.path, {"code": 404, "body": ""}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        body = found["body"]
        query = parse_qs(parts.query)
        if "limit" in query and found["code"] == 200 and body.lstrip()[:1] == "[":
            limit = min(int(query["limit"][0]), self.largest_page or 10**9)
            first = int(query["page"][0]) * limit
            body = json.dumps(json.loads(body)[first : first + limit])
        return found["code"], body.encode(), found.get("headers", {})


@contextmanager
def serving(answers: Mapping[str, Any], **more: Any) -> Iterator[Replay]:
    """A server on this host, on a port of its own."""
    replay = Replay(dict(answers), **more)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            replay.asked.append((self.path, dict(self.headers.items())))
            code, body, headers = replay.answer(self.path)
            if replay.bearer is not None and self.headers.get("Authorization") != f"Bearer {replay.bearer}":
                code, body, headers = 403, b'"token not found"\n', {}
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        replay.url = f"http://127.0.0.1:{server.server_port}"
        yield replay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def changed(answers: Mapping[str, Any], kind: str, id: int, **fields: Any) -> dict[str, Any]:
    """The answers after a scene or tile of a recorded run has changed, in all lists that hold it."""
    (one,) = [one for one in _entries(answers, kind) if one["id"] == id]
    new = {**one, **fields}
    aoi = new["aoi"] if kind == "scene" else json.loads(answers[f"/tile/{id}"]["body"])["scene"]["aoi"]
    found = dict(answers)
    for path in [f"/aoi/{aoi}/{kind}s", *(f"/aoi/{aoi}/{kind}s/{status}" for status in STATUSES)]:
        if path in found:
            entries = [entry for entry in json.loads(found[path]["body"]) if entry["id"] != id]
            if path.count("/") == 3 or path.endswith(new["status"]):
                entries.append(new)
            found[path] = {"code": 200, "body": json.dumps(entries)}
    return found


STATUSES = ("NEW", "PENDING", "DONE", "RETRY", "FAILED")


def _entries(answers: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for path, answer in answers.items():
        parts = path.split("/")
        if len(parts) == 5 and parts[3] == f"{kind}s" and answer["code"] == 200:
            found |= {one["id"]: one for one in json.loads(answer["body"])}
    return list(found.values())
