"""An S3 server on this machine (moto's), which can be told to misbehave; and sites on it, in memory and in a folder."""

import uuid
from collections.abc import Iterator

import pytest

for package in ("moto", "flask_cors", "s3fs"):
    pytest.importorskip(package, reason=f"needs the package {package}")

import fsspec  # noqa: E402
from s3_server import S3  # noqa: E402


@pytest.fixture(scope="session")
def _server() -> Iterator[S3]:
    server = S3()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield server
    server.stop()


@pytest.fixture
def s3(_server: S3) -> Iterator[S3]:
    """The server, well-behaved."""
    _server.requests.clear()
    yield _server
    _server.fault = lambda method, path: None


@pytest.fixture
def bucket(s3: S3) -> str:
    """A URL in a new bucket."""
    name = f"boards-{uuid.uuid4().hex[:8]}"
    fsspec.filesystem("s3").mkdir(name)
    s3.requests.clear()
    return f"s3://{name}/board"
