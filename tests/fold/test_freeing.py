"""An AOI's scenes and tiles lead to one another; when it lets them go, Python needn't look for circles among them."""

import gc
from collections.abc import Iterator

import msgspec
import pytest
from log_lines import event, scene_body

from pipeline.event import decode
from pipeline.fold.apply import Folded, fold

LOG = [
    event("aoi.created", {"id": "Demo"}, "2022-03-01T00:00:00Z", "1"),
    event("scene.created", scene_body(1, {10: None, 11: None}), "2022-03-01T00:00:01Z", "2"),
    event("scene.created", scene_body(2, {20: 10, 21: 11}), "2022-03-01T00:00:02Z", "3"),
    event("scene.created", scene_body(3, {30: 20}), "2022-03-01T00:00:03Z", "4"),
]
DELETION = event("aoi.deleted", {"id": "Demo"}, "2022-03-01T00:00:04Z", "5")


@pytest.fixture
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def folded(*more: object) -> Folded:
    lines = map(msgspec.json.encode, [*LOG, *more])
    return fold("Demo", enumerate(map(decode, lines)), {}, history=True)


@pytest.mark.usefixtures("_uncollected")
def test_it_lets_them_go() -> None:
    found = folded()
    assert len(found.aoi.tiles) == 5
    found.aoi.clear()
    del found
    assert gc.collect() == 0


@pytest.mark.usefixtures("_uncollected")
def test_it_lets_them_go_when_it_is_deleted() -> None:
    found = folded(DELETION)
    assert found.aoi.tiles == {}
    assert gc.collect() == 0


@pytest.mark.usefixtures("_uncollected")
def test_else_they_hold_one_another() -> None:
    found = folded()
    del found
    assert gc.collect() > 5
