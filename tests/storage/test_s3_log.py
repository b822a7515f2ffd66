"""A board whose log is in a bucket: the same site as of the same log in a folder; and bad days."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from log_lines import scene_body
from s3_server import S3
from site_tree import differing, tree

from pipeline.cli import main
from pipeline.log.place import KeptApart
from pipeline.objects import Objects


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "state"))
    return tmp_path / "cache/sceneboard"


@pytest.fixture
def data(bucket: str, tmp_path: Path) -> KeptApart:
    return KeptApart(bucket, tmp_path / "store")


def run(data: object, *arguments: object, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["--data", str(data), *map(str, arguments)], input=text)


def well(data: object, *arguments: object, text: str | bytes | None = None) -> str:
    done = run(data, *arguments, text=text)
    assert done.exit_code == 0, done.output
    return done.output


def objects(url: str) -> dict[str, bytes]:
    """All of a site but what tells of the build."""
    there = Objects(url)
    return {path: there.read(path) or b"" for path in there.below() if not path.endswith("build.json")}


def copied(url: str, folder: Path) -> Path:
    """What is in a bucket, in a folder."""
    there = Objects(url)
    for path in there.below():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(there.read(path) or b"")
    return folder


def without_ids(number: int) -> dict[str, object]:
    body = scene_body(0, {1: None, 2: None}, source_id=f"S{number}", aoi="Demo")
    del body["id"]
    for tile in body["tiles"].values():
        del tile["id"]
    return body


@pytest.fixture
def board(bucket: str, stores: Path) -> str:
    """A log that commands made."""
    well(bucket, "aoi", "create", "Demo")
    for number in range(3):
        well(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(number)))
    results = [
        {"type": "scene", "id": 1, "status": "DONE"},
        {"type": "tile", "id": 1, "status": "RETRY", "message": "x"},
    ]
    well(bucket, "log", "append", "-", text="\n".join(map(json.dumps, results)))
    well(bucket, "tile", "retry", 1)
    well(bucket, "tile", "fail", 2, "--force", "--no-check")
    return bucket


def test_commands_do_what_they_do_on_a_folder(board: str, tmp_path: Path, site: Path) -> None:
    assert json.loads(well(board, "tile", "show", 1, "--json"))["status"] == "PENDING"
    assert well(board, "log", "check") == "8 events in 7 files; 0 lines that can't be used\n"
    folder = copied(board, tmp_path / "copied")
    well(folder, "--site", site, "build", "--workers", "1")
    well(board, "--site", tmp_path / "other", "build", "--workers", "1")
    assert differing(tree(site), tree(tmp_path / "other")) == []


def test_a_build_with_nothing_new_lists_and_no_more(board: str, s3: S3) -> None:
    url = f"{board.rpartition('/')[0]}/site"
    well(board, "--site", url, "build", "--workers", "1")
    s3.requests.clear()
    well(board, "--site", url, "build", "--workers", "1")
    name = url[4:].rpartition("/")[0]
    of_the_log = [one for one in s3.requests if not one[1].startswith(f"{name}/site")]
    assert of_the_log == [("GET", name)]
    assert len(s3.requests) < 10
