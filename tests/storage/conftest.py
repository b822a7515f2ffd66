"""An S3 server on this machine (moto's), which can be told to misbehave; and sites on it, in memory and in a folder."""

from collections.abc import Iterator

import pytest

for package in ("moto", "flask_cors", "s3fs"):
    pytest.importorskip(package, reason=f"needs the package {package}")

from s3_server import S3, new_bucket, served  # noqa: E402


@pytest.fixture(scope="session")
def _server() -> Iterator[S3]:
    with served() as server:
        yield server


@pytest.fixture
def s3(_server: S3) -> Iterator[S3]:
    """The server, well-behaved."""
    _server.behave()
    yield _server
    _server.behave()


@pytest.fixture
def bucket(s3: S3) -> str:
    """A URL in a new bucket."""
    return new_bucket(s3)
