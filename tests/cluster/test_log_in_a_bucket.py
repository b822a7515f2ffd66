"""A log and a site in a bucket, built by the workers of a cluster, or by processes here: the same site, to the byte."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

distributed = pytest.importorskip("distributed", reason="needs the package distributed (sceneboard[cluster])")
for package in ("moto", "flask_cors", "s3fs"):
    pytest.importorskip(package, reason=f"needs the package {package}")

from dying import Handing  # noqa: E402
from s3_server import S3, held, new_bucket, served  # noqa: E402
from site_tree import differing, tree  # noqa: E402

from pipeline.build import build  # noqa: E402
from pipeline.cli.workers import cluster as cluster_at  # noqa: E402
from pipeline.cli.workers import workers  # noqa: E402
from pipeline.log.place import KeptApart  # noqa: E402
from pipeline.objects import Objects  # noqa: E402
from pipeline.shards.build import build_in_shards  # noqa: E402


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with served() as server:
        yield server


@pytest.fixture
def bucket(s3: S3, plain: Path) -> str:
    """The log of the plain board, in a new bucket."""
    url = new_bucket(s3)
    for path in (plain / "data/events").rglob("*.jsonl"):
        where = path.relative_to(plain / "data").as_posix()
        Objects(url).put(where, path.read_bytes(), content_type="application/x-ndjson")
    return url


def objects(url: str) -> dict[str, bytes]:
    return {path: text for path, text in held(url).items() if not path.endswith("build.json")}


def test_processes_of_this_machine(plain: Path, bucket: str, tmp_path: Path) -> None:
    with workers(2) as pool:
        build(KeptApart(bucket, tmp_path / "store"), tmp_path / "site", workers=pool)
    assert differing(tree(tmp_path / "site"), tree(plain / "site")) == []


def test_a_cluster_whose_workers_read_and_write_the_bucket(s3: S3, plain: Path, bucket: str, tmp_path: Path) -> None:
    """Only the store and the spool are folders that all share."""
    site = f"{bucket.rpartition('/')[0]}/site"
    data = KeptApart(bucket, tmp_path / "store")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as made,
        cluster_at(made.scheduler_address, None, data, site) as found,
    ):
        handing: Any = Handing(found, lambda stage, before: None)  # type: ignore[arg-type]
        build(data, site, workers=handing)
    assert min(handing.handed[stage] for stage in ("take_apart", "fold_aois", "publish_aois")) >= 2
    assert differing(objects(site), tree(plain / "site")) == []
    assert [path.name for path in (tmp_path / "store/spool").iterdir()] == []


def test_shards_of_a_log_in_a_bucket(plain: Path, bucket: str, tmp_path: Path) -> None:
    site = f"{bucket.rpartition('/')[0]}/in-shards"
    with workers(2) as pool:
        build_in_shards(KeptApart(bucket, tmp_path / "store"), site, 3, workers=pool)
    assert differing(objects(site), tree(plain / "site")) == []
