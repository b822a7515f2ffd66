"""moto's S3 server, which can be told to misbehave, as fixtures."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import fsspec
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import create_backend_app
from s3fs import S3FileSystem
from werkzeug.serving import WSGIRequestHandler, make_server

ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class S3:
    """The server. `requests` lists method and path of each request.

    `fault` may answer one instead, by status and code; what `lost` says is carried out, and its answer replaced by 503.
    `listing` may change what a list of objects says.
    """

    def __init__(self) -> None:
        self._inner = create_backend_app("s3")
        self.requests: list[tuple[str, str]] = []
        self.fault: Callable[[str, str], tuple[str, str] | None] = lambda method, path: None
        self.lost: Callable[[str, str], bool] = lambda method, path: False
        self.listing: Callable[[bytes], bytes] = lambda body: body
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        answer = self.fault(method, path)
        if answer is None and self.lost(method, path):
            list(self._inner(environ, lambda *_: None))
            answer = "503 Service Unavailable", "ServiceUnavailable"
        elif answer is None and "list-type" in environ["QUERY_STRING"]:
            return self._listing(environ, start_response)
        elif answer is None:
            return self._inner(environ, start_response)
        else:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, code = answer
        start_response(status, [("Content-Type", "application/xml")])
        return [ERROR.format(code=code, message=f"told to say {code}").encode()]

    def behave(self) -> None:
        """From here on it does as it should, and what was asked is forgotten."""
        self.fault = lambda method, path: None
        self.lost = lambda method, path: False
        self.listing = lambda body: body
        self.requests.clear()

    def _listing(self, environ: dict[str, Any], start_response: Any) -> Any:
        told: list[Any] = []
        body = self.listing(b"".join(self._inner(environ, lambda *status: told.extend(status))))
        start_response(told[0], [(name, value) for name, value in told[1] if name.lower() != "content-length"])
        return [body]

    def asked(self, method: str) -> list[str]:
        return [path for of, path in self.requests if of == method]

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def served() -> Iterator[S3]:
    """A server, which whoever looks at the environment finds."""
    server = S3()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        S3FileSystem.clear_instance_cache()  # of another server, whose address they keep
        yield server
    S3FileSystem.clear_instance_cache()
    server.stop()


def new_bucket(server: S3) -> str:
    """A URL in a new bucket."""
    name = f"boards-{uuid.uuid4().hex[:8]}"
    fsspec.filesystem("s3").mkdir(name)
    server.requests.clear()
    return f"s3://{name}/board"


def held(url: str) -> dict[str, bytes]:
    """All that the server has below a URL, by path: as it is kept, without a request for each."""
    name, _, above = url.removeprefix("s3://").partition("/")
    bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[name]
    return {
        key.name.removeprefix(f"{above}/"): key.value
        for key in bucket.keys.values()
        if key.name.startswith(f"{above}/")
    }


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    with served() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3) -> Iterator[S3]:
    """The server, well-behaved."""
    s3_server.behave()
    yield s3_server
    s3_server.behave()


@pytest.fixture
def bucket(s3: S3) -> str:
    """A URL in a new bucket."""
    return new_bucket(s3)
