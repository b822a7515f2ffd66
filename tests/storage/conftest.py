"""An S3 server on this machine (moto's), which can be told to misbehave; and sites on it, in memory and in a folder."""

import pytest

for package in ("moto", "flask_cors", "s3fs"):
    pytest.importorskip(package, reason=f"needs the package {package}")

from s3_server import bucket, s3, s3_server  # noqa: E402

__all__ = ["bucket", "s3", "s3_server"]
