"""A site on S3: the same bytes, few requests, and nothing undone by what is left of an older build."""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner
from log_lines import Log
from s3_server import S3, held
from site_tree import differing, tree

from pipeline.build import build
from pipeline.cli import main
from pipeline.objects import Changed, Objects, StorageUnusable
from pipeline.publish import across
from pipeline.publish.object_site import ObjectSite
from pipeline.publish.places import SiteRefused
from pipeline.publish.site import BEGUN, SiteOvertaken

SEED = int(os.environ.get("SCENEBOARD_SEED", "1"))


@pytest.fixture
def logged(log: Log) -> Log:
    """A log with two AOIs."""
    for number, name in enumerate(("A", "B"), 1):
        log.add("aoi.created", {"id": name})
        log.scene(number, {10 + number: None}, aoi=name)
        log.says("scene", number, "DONE")
    return log


def objects(url: str) -> dict[str, bytes]:
    """All of a site but what tells of the build."""
    return {path: text for path, text in held(url).items() if not path.endswith("build.json")}


def test_its_life(logged: Log, data: Path, site: Path, bucket: str, s3: S3) -> None:
    """The same bytes as in a folder, with types; then what changed is put, and what is gone is removed, no more."""
    shutil.copytree(data / "events", data.parent / "other/events")
    build(data.parent / "other", site)
    assert build(data, bucket).warnings == []
    assert differing(tree(site), objects(bucket)) == []
    assert put_by(s3)[-2:] == ["build/build.json", "build.json"]
    assert json.loads(Objects(bucket).read("build.json") or b"")["aois"] == 2
    for path, type in (
        ("index.html", "text/html; charset=utf-8"), ("aoi/A/graph.svg", "image/svg+xml"),
        ("aoi/A/scenes.geojson", "application/geo+json"), ("build.json", "application/json"),
    ):  # fmt: skip
        name, _, key = f"{bucket[5:]}/{path}".partition("/")
        head = fsspec.filesystem("s3").call_s3("head_object", Bucket=name, Key=key)
        assert (head["ContentType"], head["CacheControl"]) == (type, "no-cache")
    s3.requests.clear()
    build(data, bucket)
    assert len(s3.requests) < 10
    assert put_by(s3) == []
    logged.says("tile", 11, "DONE")
    logged.add("aoi.deleted", {"id": "B"})
    assert build(data, bucket).removed > 10
    put = put_by(s3)
    assert {"tile/11.json", "aoi/A/index.html", "index.html", "build.json", BEGUN} <= set(put)
    assert not [path for path in put if path.startswith(("aoi/B", "scene/2", "assets"))]
    assert not Objects(bucket).below("aoi/B")
    assert Objects(bucket).read(BEGUN) is None


def put_by(s3: S3) -> list[str]:
    """What was put, in order."""
    return [path.partition("/board/")[2] for path in s3.asked("PUT")]


def test_an_older_build_cant_undo_a_newer_one(
    log: Log, data: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has rendered, and is frozen; a newer one publishes; it wakes."""
    publish_site = across.publish_site

    def frozen(*arguments: object) -> object:
        newer = ObjectSite(bucket)
        newer.write_last("build.json", b'{"build": "newer"}', newer.version("build.json"))
        newer.remove(BEGUN)
        return publish_site(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(across, "publish_site", frozen)
    with pytest.raises(SiteOvertaken, match="build again"):
        build(data, bucket)
    assert Objects(bucket).read("build.json") == b'{"build": "newer"}'
    assert Objects(bucket).read("build/build.json") is None
    assert Objects(bucket).read(BEGUN) is not None, "so the next build compares every file"


def test_an_object_that_another_has_put_meanwhile_stays(bucket: str) -> None:
    """Between the look and the put: the storage itself refuses, unless it is the same that was to be put."""
    one, other = ObjectSite(bucket), ObjectSite(bucket)
    assert not one.has("a")
    assert not one.has("b")
    other.write_all({"a": b"newer", "b": b"same"})
    one.write("b", b"same")
    assert (one.touched, one.unchanged) == ([], 1)
    with pytest.raises(SiteOvertaken, match=f"{bucket}/a was changed by another build"):
        one.write("a", b"older")
    assert one.read("a") == b"newer"
    there = Objects(bucket)
    seen = there.stat("a")
    there.put("a", b"newest", content_type="text/plain")
    with pytest.raises(Changed):
        there.put_if("a", b"older", seen, content_type="text/plain")
    there.create("claim", b"mine")
    with pytest.raises(FileExistsError):
        there.create("claim", b"yours")
    assert there.read("claim") == b"mine"


# Bad days


def test_a_server_that_is_busy_for_a_while_is_asked_again(bucket: str, s3: S3) -> None:
    chance = random.Random(1)
    left = {"503 Slow Down": 3}

    def busy(method: str, path: str) -> tuple[str, str] | None:
        if method == "PUT" and left["503 Slow Down"] and chance.random() < 0.5:
            left["503 Slow Down"] -= 1
            return "503 Slow Down", "SlowDown"
        return None

    s3.fault = busy
    files = {f"{number}.txt": b"%d" % number for number in range(20)}
    ObjectSite(bucket).write_all(files)
    assert left == {"503 Slow Down": 0}
    assert objects(bucket) == files


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients would have waited before they asked again. They don't."""
    found: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float, *more: Any) -> None:
        found.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return found


def test_a_server_that_is_slow_and_often_busy_gets_the_same_site(
    logged: Log, data: Path, site: Path, bucket: str, s3: S3, waits: list[float]
) -> None:
    chance = random.Random(SEED)

    def busy(method: str, path: str) -> tuple[str, str] | None:
        time.sleep(chance.choice([0, 0, 0.002]))
        return ("503 Slow Down", "SlowDown") if chance.random() < 0.15 else None

    s3.fault = busy
    build(data, bucket)
    logged.says("tile", 11, "DONE")
    build(data, bucket)
    assert len(waits) > 20
    s3.fault = lambda method, path: None
    build(data, site)
    assert differing(tree(site), objects(bucket)) == []


@pytest.mark.parametrize("after", [0, 40], ids=["from the start", "midway"])
def test_a_server_that_is_busy_for_ever(
    logged: Log, data: Path, site: Path, bucket: str, s3: S3, waits: list[float], after: int
) -> None:
    """An error that names an object, soon; each object is the older or the newer one; the next build finishes."""
    build(data, bucket)
    older = objects(bucket)
    told = Objects(bucket).read("build.json")
    logged.says("tile", 11, "DONE")
    logged.says("tile", 12, "DONE")
    left = iter(range(after))
    s3.fault = lambda method, path: ("503 Slow Down", "SlowDown") if next(left, None) is None else None
    waits.clear()
    with pytest.raises(OSError, match=r"SlowDown|Service Unavailable") as error:
        build(data, bucket)
    assert str(error.value.filename).startswith(f"{bucket}/")
    if after == 0:
        assert sum(waits) < 32, "seconds in all"
    s3.fault = lambda method, path: None
    now = objects(bucket)
    assert Objects(bucket).read("build.json") == told
    assert (BEGUN in now) == (after > 0)
    now.pop(BEGUN, None)
    build(data, site, check_site=True)
    newer = tree(site)
    assert all(text in (older[path], newer[path]) for path, text in now.items())
    build(data, bucket)
    assert differing(newer, objects(bucket)) == []


def test_a_list_that_lags_behind_doesnt_show_a_site(logged: Log, data: Path, site: Path, bucket: str, s3: S3) -> None:
    """So it looks as if it were new: the first object that is there, and another, ends the build. Nothing is lost."""
    build(data, bucket)
    before = objects(bucket)
    logged.says("tile", 11, "DONE")
    (data / "sceneboard.duckdb").unlink()
    s3.listing = lambda body: b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"
    with pytest.raises(SiteOvertaken, match=f"{bucket}/.* was changed by another build"):
        build(data, bucket)
    s3.listing = lambda body: body
    assert [path for path in differing(before, objects(bucket)) if path in before] == []
    build(data, bucket)
    build(data, site)
    assert differing(tree(site), objects(bucket)) == []


def test_a_list_that_lags_behind_shows_what_is_gone(logged: Log, data: Path, site: Path, bucket: str, s3: S3) -> None:
    build(data, bucket)
    listed: list[bytes] = []
    s3.listing = lambda body: listed.append(body) or body
    build(data, bucket, check_site=True)
    logged.add("aoi.deleted", {"id": "B"})
    build(data, bucket)
    assert not Objects(bucket).read("aoi/B/index.html")
    older = iter(listed)
    s3.listing = lambda body: next(older)
    assert build(data, bucket, check_site=True).removed > 10
    s3.listing = lambda body: body
    build(data, site)
    assert differing(tree(site), objects(bucket)) == []


def test_a_bucket_without_permission(logged: Log, data: Path, bucket: str, s3: S3) -> None:
    s3.fault = lambda method, path: ("403 Forbidden", "AccessDenied") if method == "PUT" else None
    done = CliRunner().invoke(main, ["--data", str(data), "--site", bucket, "build", "--workers", "1"])
    assert done.exit_code == 1
    assert done.output == f"error: {bucket}/{BEGUN}: no permission (told to say AccessDenied)\n"
    assert objects(bucket) == {}


def test_a_service_without_conditions_is_told_of(log: Log, data: Path, bucket: str, s3: S3) -> None:
    """Some that speak S3 don't know this part of it: then what is there is looked at, and the build says so."""
    refused: list[str] = []

    def without(method: str, path: str) -> tuple[str, str] | None:
        if method == "PUT" and not refused:
            refused.append(path)
            return "501 Not Implemented", "NotImplemented"
        return None

    s3.fault = without
    site = ObjectSite(bucket)
    assert site.conditional
    site.write("a", b"1")
    assert (site.conditional, site.read("a")) == (False, b"1")
    (warning,) = build(data, "memory://a/board").warnings
    assert warning.startswith("memory://a/board can't take a file on condition")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://no-such-bucket/board", "there is no such bucket"),
        ("nonsense://bucket/board", "Protocol not known: nonsense"),
    ],
)
def test_a_place_that_isnt_there(data: Path, s3: S3, url: str, said: str) -> None:
    done = CliRunner().invoke(main, ["--data", str(data), "--site", url, "build", "--workers", "1"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert said in done.output


def test_what_isnt_a_sites_is_left_alone(logged: Log, data: Path, bucket: str) -> None:
    Objects(bucket).put("scene/precious.tif", b"x", content_type="image/tiff")
    with pytest.raises(SiteRefused, match=f"{bucket}/scene/precious.tif is no site's of this program"):
        build(data, bucket)
    assert list(Objects(bucket).below()) == ["scene/precious.tif"]


def test_without_the_package(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StorageUnusable, match=r"pip install 'sceneboard\[s3\]'"):
        build(data, "s3://bucket/board")


def test_serving_from_a_bucket_is_refused(data: Path) -> None:
    done = CliRunner().invoke(main, ["--data", str(data), "--site", "s3://bucket/board", "serve"])
    assert done.exit_code == 2
    assert "isn't a folder" in done.output
