"""A build in shards on a cluster: the same site, to the byte, whatever happens to workers."""

from pathlib import Path
from typing import Any

import pytest
from dying import Handing, OneOfEach
from site_tree import differing, tree

from pipeline.cluster.executor import connected
from pipeline.shards.build import build_in_shards
from pipeline.shards.copying import copy_events
from pipeline.shards.route import route
from pipeline.shards.shard_site import publish_shard
from pipeline.shards.shard_store import bring_up

STAGES = {"route": route, "bring_up": bring_up, "publish_shard": publish_shard}
SHARDS = 4


def test_a_cluster_gives_the_same_site_though_workers_die_in_every_stage(
    cluster: Any, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, site, marks = tmp_path / "data", tmp_path / "site", tmp_path / "marks"
    for folder in (data, site, marks):
        folder.mkdir()
    (data / "events").symlink_to(plain / "data/events")
    monkeypatch.setattr("pipeline.shards.build._COPIES_A_TASK", 1)
    with connected(cluster.scheduler_address, data / "spool", [data, site]) as workers:
        deadly = OneOfEach(1, marks, STAGES)
        handing: Any = Handing(workers, lambda stage, before: deadly(stage, before) if stage in STAGES else None)
        handing.memory_bytes = 256 * 1024 * 1024
        build_in_shards(data, site, SHARDS, workers=handing)
        assert min(handing.handed[stage] for stage in (*STAGES, copy_events.__name__)) >= 2
        assert build_in_shards(data, site, SHARDS, workers=workers).written == 0
    assert sorted(path.name for path in marks.iterdir()) == sorted(f"{stage}-died" for stage in STAGES)
    assert differing(tree(site), tree(plain / "site")) == []
    assert [path.name for path in (data / "spool").iterdir()] == []
