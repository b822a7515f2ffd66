"""A board whose log is in a bucket: the same site as of the same log in a folder; and bad days."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner, Result
from log_lines import Log, compressed, line, scene_body
from s3_server import S3, held, new_bucket
from s3fs import S3FileSystem
from site_tree import differing, tree

from pipeline import objects as module
from pipeline.build import build
from pipeline.cli import main
from pipeline.log import bucket as bucket_module
from pipeline.log.bucket import LogUnreachable
from pipeline.log.files import Position
from pipeline.log.folder import FolderLog
from pipeline.log.place import KeptApart, data_at, open_log, store_of
from pipeline.log.stretches import in_parts, stretches
from pipeline.objects import Objects, Stat
from pipeline.publish.places import SiteRefused
from pipeline.watch.log_state import LogState

pytestmark = pytest.mark.usefixtures("unflushed")


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SCENEBOARD_STATE", str(tmp_path / "state"))
    return tmp_path / "cache/sceneboard"


@pytest.fixture
def data(bucket: str, tmp_path: Path) -> KeptApart:
    """The same as the bucket, for what isn't told by the command line."""
    return KeptApart(bucket, tmp_path / "store")


def run(data: object, *arguments: object, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["--data", str(data), *map(str, arguments)], input=text)


def well(data: object, *arguments: object, text: str | bytes | None = None) -> str:
    done = run(data, *arguments, text=text)
    assert done.exit_code == 0, done.output
    return done.output


def objects(url: str) -> dict[str, bytes]:
    """All of a site but what tells of the build."""
    return {path: text for path, text in held(url).items() if not path.endswith("build.json")}


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


@pytest.fixture(scope="module")
def made(s3_server: S3, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What commands made in a bucket: eight events in seven objects, and the claims."""
    url = new_bucket(s3_server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        well(url, "aoi", "create", "Demo")
        for number in range(3):
            well(url, "scene", "add", "Demo", "-", text=json.dumps(without_ids(number)))
        results = [
            {"type": "scene", "id": 1, "status": "DONE"},
            {"type": "tile", "id": 1, "status": "RETRY", "message": "x"},
        ]
        well(url, "log", "append", "-", text="\n".join(map(json.dumps, results)))
        well(url, "tile", "retry", 1)
        well(url, "tile", "fail", 2, "--force", "--no-check")
    there = Objects(url)
    return {path: there.read(path) or b"" for path in there.below()}


@pytest.fixture
def board(made: dict[str, bytes], bucket: str, stores: Path, s3: S3) -> str:
    """A log that commands made."""
    for path, text in made.items():
        Objects(bucket).put(path, text, content_type="application/x-ndjson")
    s3.requests.clear()
    return bucket


def test_commands_do_what_they_do_on_a_folder(board: str, tmp_path: Path, site: Path) -> None:
    folder = copied(board, tmp_path / "copied")
    for command in (
        "aoi list", "aoi show Demo", "aoi graph Demo --json", "scene list Demo", "tile list Demo --status RETRY --json",
        "tile show 1", "scene show 9", "pending Demo", "log check --json", "aoi check Demo --max-retry 0",
        "aoi check Demo --max-failed 0", "tile retry 2", "scene fail 1", "aoi create Demo",
    ):  # fmt: skip
        here, there = run(folder, *command.split()), run(board, *command.split())
        assert (there.exit_code, there.output) == (here.exit_code, here.output), command
    assert well(board, "log", "check") == "8 events in 7 files; 0 lines that can't be used\n"
    assert json.loads(well(board, "tile", "show", 1, "--json"))["status"] == "PENDING"
    assert "tiles.parquet: 6 rows" in well(board, "export", tmp_path / "tables")
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


def test_what_is_new_is_read_and_nothing_else(board: str, s3: S3, data: KeptApart, site: Path) -> None:
    """A thousand new events, by ten commands: ten objects are asked for, each once and whole."""
    build(data, site)
    before = set(Objects(board).below("events"))
    for command in range(10):
        results = [
            json.dumps({"type": "tile", "id": 1 + number % 6, "status": "RETRY", "message": f"{command} {number}"})
            for number in range(100)
        ]
        well(board, "log", "append", "-", text="\n".join(results))
    s3.requests.clear()
    assert build(data, site).refreshed.events == 1000
    path = board.removeprefix("s3:/")
    new = [f"{path}/{one}" for one in set(Objects(board).below("events")) - before]
    assert len(new) == 10
    listed, *read = s3.asked("GET")[:11]
    assert listed == path.rpartition("/")[0]
    assert sorted(read) == sorted(new)
    assert [method for method, _ in s3.requests[:11]] == ["GET"] * 11


def test_where_tags_are_not_of_the_bytes_each_object_is_looked_at_again(
    board: str, s3: S3, data: KeptApart, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the storage encrypts with keys of its own: whether it is still what was listed, its tag must say."""
    monkeypatch.setattr(Stat, "holds", lambda self, text: False)
    assert build(data, site).refreshed.events == 8
    assert len([path for path in s3.asked("HEAD") if path.endswith(".jsonl")]) == 7
    s3.requests.clear()
    assert build(data, site).refreshed.events == 0
    assert len(s3.requests) == 1


def test_what_is_imported_goes_into_the_bucket(board: str, bucket: str, site: Path, stores: Path) -> None:
    """From the site that was made of it."""
    well(board, "--site", site, "build")
    other = f"{bucket}2"
    assert "events appended" in well(other, "import", site)
    assert well(other, "scene", "list", "Demo") == well(board, "scene", "list", "Demo")
    assert well(other, "tile", "list", "Demo") == well(board, "tile", "list", "Demo")
    assert len(Objects(other).below("events")) == 1


def test_a_store_that_is_lost_is_made_anew(board: str, data: KeptApart, site: Path, tmp_path: Path) -> None:
    build(data, site)
    before = tree(site)
    shutil.rmtree(data.store)
    build(data, site)
    build(KeptApart(board, tmp_path / "another"), tmp_path / "another site")
    assert differing(tree(site), before) == []
    assert differing(tree(tmp_path / "another site"), before) == []


def test_a_board_all_in_a_bucket(board: str, tmp_path: Path) -> None:
    """Log and site side by side, with workers; and the past of it."""
    url = f"{board.rpartition('/')[0]}/site"
    well(board, "--site", url, "build", "--workers", "2")
    folder = copied(board, tmp_path / "copied")
    well(folder, "--site", tmp_path / "site", "build", "--workers", "1")
    assert differing(objects(url), tree(tmp_path / "site")) == []
    for place, then in ((board, tmp_path / "then"), (folder, tmp_path / "there")):
        well(place, "--site", then, "build", "--as-of", "2999-01-01T00:00:00Z")
    assert differing(tree(tmp_path / "then"), tree(tmp_path / "there")) == []


def test_a_folder_that_is_copied_into_a_bucket_is_the_same_log(
    bucket: str, stores: Path, tmp_path: Path, site: Path
) -> None:
    folder = tmp_path / "data"
    well(folder, "aoi", "create", "Demo", "--no-check")
    well(folder, "scene", "add", "Demo", "-", text=json.dumps(without_ids(1)))
    well(folder, "--site", site, "build")
    for path in (path for kind in ("events", "ids") for path in (folder / kind).rglob("*") if path.is_file()):
        Objects(bucket).put(path.relative_to(folder).as_posix(), path.read_bytes(), content_type="text/plain")
    well(bucket, "--site", tmp_path / "other", "build")
    assert differing(tree(tmp_path / "other"), tree(site)) == []
    assert "appended as scene 11, tiles 101 to 102" in well(
        bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(2))
    ), "the first blocks are claimed"


def test_a_month_that_was_packed_makes_the_same_site(board: str, data: KeptApart, site: Path) -> None:
    """Its lines in one object, the others removed: with a store that knows them, and from nothing."""
    build(data, site)
    before = tree(site)
    there = Objects(board)
    old = list(there.below("events"))
    lines = b"".join(there.read(path) or b"" for path in old).splitlines()
    there.put("events/packed.jsonl.zst", compressed(lines, ".zst"), content_type="application/zstd")
    there.remove(old)
    assert len(build(data, site).refreshed.gone) == len(old)
    assert differing(tree(site), before) == []
    assert build(data, site, full=True).refreshed.gone == []
    assert differing(tree(site), before) == []


def test_a_blind_append_needs_neither_the_store_nor_the_templates(bucket: str, stores: Path) -> None:
    """As on a folder."""
    code = (
        "import sys; sys.argv = ['sceneboard', '--data', sys.argv[1], 'tile', 'retry', '1', '--no-check']\n"
        "from pipeline.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*{'duckdb', 'jinja2', 'pydot', 'rich', 'fsspec'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, bucket], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["tile 1: tile.retry appended, unchecked", "fsspec"]
    assert not stores.exists()


def test_each_log_has_a_store_of_its_own(bucket: str, stores: Path, tmp_path: Path) -> None:
    well(bucket, "aoi", "create", "Demo")
    well(f"{bucket}/", "aoi", "create", "Demo2")
    well(f"{bucket}2", "aoi", "create", "Other")
    assert well(bucket, "aoi", "list").split() == ["NEW", "Demo", "NEW", "Demo2"]
    assert well(f"{bucket}2", "aoi", "list").split() == ["NEW", "Other"]
    assert sorted(path.name for path in stores.glob("*/sceneboard.duckdb")) == ["sceneboard.duckdb"] * 2
    well(bucket, "--store", tmp_path / "elsewhere", "aoi", "list")
    assert len(list((tmp_path / "elsewhere").glob("s3-*/sceneboard.duckdb"))) == 1


def test_where_no_home_is_known_the_store_wants_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container that runs under some number."""

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    done = run("s3://bucket/board", "aoi", "list")
    assert done.exit_code == 2
    assert "no home folder is known: name a folder for the store (--store)" in done.output
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store_of(data_at("s3://bucket/board")).parent == tmp_path / "sceneboard"


def test_the_store_of_a_folder_may_be_elsewhere_too(tmp_path: Path, site: Path) -> None:
    log = Log(tmp_path / "data/events")
    log.aoi("A")
    well(log.folder.parent, "--store", tmp_path / "stores", "--site", site, "build")
    assert (site / "aoi/A/index.html").exists()
    assert [path.name for path in log.folder.parent.iterdir()] == ["events"]
    assert len(list((tmp_path / "stores").glob("*/sceneboard.duckdb"))) == 1


# Bad days


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a server that is busy."""
    monkeypatch.setitem(module._PATIENCE, "retries", {"mode": "standard", "max_attempts": 0})
    monkeypatch.setattr(module, "_TRIES", 1)


def test_without_a_log_nothing_is_built(bucket: str, data: KeptApart, site: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no log: append to it first"):
        build(data, site)
    assert not (site / "index.html").exists()


def test_a_bucket_that_isnt_there(s3: S3, stores: Path) -> None:
    for command in (["build"], ["aoi", "list"], ["log", "check"], ["tile", "retry", "1", "--no-check"]):
        done = run("s3://no-such-bucket/board", *command)
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "there is no such bucket" in done.output


def test_no_permission(board: str, s3: S3, data: KeptApart, site: Path) -> None:
    build(data, site)
    before = tree(site)
    s3.fault = lambda method, path: ("403 Forbidden", "AccessDenied")
    done = run(board, "tile", "retry", 1, "--no-check")
    assert done.exit_code == 1
    assert "no permission (told to say AccessDenied)" in done.output
    done = run(board, "scene", "add", "Demo", "-", text=json.dumps(without_ids(7)))
    assert (done.exit_code, done.output) == (1, f"error: {board}/events: no permission (told to say AccessDenied)\n")
    with pytest.raises(PermissionError):
        build(data, site)
    assert tree(site) == before


def test_one_object_without_permission_is_told_and_the_rest_is_built(
    board: str, s3: S3, data: KeptApart, site: Path
) -> None:
    secret = sorted(Objects(board).below("events"))[-1]
    s3.fault = lambda method, path: ("403 Forbidden", "AccessDenied") if path.endswith(secret) else None
    assert [one.path for one in build(data, site).refreshed.unreadable] == [secret.removeprefix("events/")]
    s3.behave()
    assert build(data, site).refreshed.unreadable == []
    assert build(data, site).refreshed.events == 0


def test_no_empty_site_is_made_of_a_log_that_cant_be_read(board: str, s3: S3, data: KeptApart, site: Path) -> None:
    s3.fault = lambda method, path: ("403 Forbidden", "AccessDenied") if path.endswith(".jsonl") else None
    with pytest.raises(OSError, match="nothing of it can be read: no permission"):
        build(data, site)
    assert not (site / "index.html").exists()


def test_a_server_that_is_busy_for_a_while_is_asked_again(board: str, s3: S3, data: KeptApart, site: Path) -> None:
    left = {"GET": 2, "PUT": 1}

    def busy(method: str, path: str) -> tuple[str, str] | None:
        left[method] -= 1
        return ("503 Slow Down", "SlowDown") if left[method] >= 0 else None

    s3.fault = busy
    assert build(data, site).refreshed.events == 8
    well(board, "aoi", "create", "B", "--no-check")
    assert max(left.values()) < 0
    s3.behave()
    assert build(data, site).refreshed.events == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("suffix", ["", ".jsonl"], ids=["everything", "every object"])
def test_a_server_that_stays_busy_ends_the_build_and_leaves_the_site(
    board: str, s3: S3, data: KeptApart, site: Path, suffix: str
) -> None:
    build(data, site)
    before = tree(site)
    well(board, "aoi", "create", "B", "--no-check")
    s3.fault = lambda method, path: ("503 Slow Down", "SlowDown") if path.endswith(suffix) else None
    with pytest.raises(LogUnreachable if suffix else OSError, match="told to say SlowDown"):
        build(data, site)
    assert tree(site) == before
    s3.behave()
    assert build(data, site).refreshed.events == 1


@pytest.mark.usefixtures("impatient", "stores")
def test_nobody_answers(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("s3fs.S3FileSystem._cache", {})
    for command in (["aoi", "list"], ["tile", "retry", "1", "--no-check"]):
        done = run("s3://bucket/board", *command)
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "Could not connect to the endpoint URL" in done.output


@pytest.mark.usefixtures("stores")
def test_an_address_without_its_scheme_is_told_of(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9")
    monkeypatch.setattr("s3fs.S3FileSystem._cache", {})
    done = run("s3://bucket/board", "tile", "retry", "1", "--no-check")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "Invalid endpoint: localhost:9" in done.output


def test_whoever_may_not_list_claims_another_block_where_his_own_is_gone(bucket: str, s3: S3, stores: Path) -> None:
    """S3 answers 403, not 404, for what isn't there."""
    well(bucket, "aoi", "create", "Demo")
    well(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(1)))
    claims = [path for path in objects(bucket) if path.startswith("ids/")]
    Objects(bucket).remove(claims)
    hidden = set(claims)

    def forbidden(method: str, path: str) -> tuple[str, str] | None:
        name = path[path.find("/board/") + 7 :]
        if method == "PUT":
            hidden.discard(name)
        return ("403 Forbidden", "AccessDenied") if method == "GET" and name in hidden else None

    s3.fault = forbidden
    well(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(2)))


def test_an_answer_that_is_lost_makes_nothing_twice(bucket: str, s3: S3, stores: Path) -> None:
    """The object was put, and its put is answered by an error: it is put again, and is there already."""
    lost: list[str] = []

    def first(method: str, path: str) -> bool:
        if method == "PUT" and path not in lost:
            lost.append(path)
            return True
        return False

    s3.lost = first
    well(bucket, "aoi", "create", "Demo")
    well(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(1)))
    assert len(lost) == 4, "two events, two claims"
    s3.behave()
    assert well(bucket, "log", "check") == "2 events in 2 files; 0 lines that can't be used\n"


def test_a_process_that_is_killed_between_the_put_and_the_report(bucket: str, stores: Path) -> None:
    """The event is there, whole; given again, by its id, it counts once."""
    code = (
        "import os, sys; from pipeline.objects import Objects; create = Objects.create\n"
        "Objects.create = lambda *args, **more: (create(*args, **more), os.kill(os.getpid(), 9))\n"
        "from pipeline.log.place import open_log; open_log(sys.argv[1]).append([sys.argv[2].encode()])"
    )
    event = line(Log(stores).event("aoi.created", {"id": "A"})).decode()
    arguments = [sys.executable, "-c", code, f"{bucket}/events", event]
    for _ in range(2):
        assert subprocess.run(arguments, capture_output=True, check=False).returncode == -9
    assert len(Objects(bucket).below("events")) == 2
    assert {Objects(bucket).read(path) for path in Objects(bucket).below()} == {event.encode() + b"\n"}
    assert len(json.loads(well(bucket, "aoi", "list", "--json"))) == 1


def test_a_listing_that_lags(board: str, data: KeptApart, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some objects turn up later, one is not told of for a while: then the site is that of the whole log."""
    below = Objects.below
    every = list(below(Objects(f"{board}/events")))
    for late in (every[::2], every[:1], []):

        def lagging(self: Objects, folder: str = "", late: list[str] = late) -> dict[str, Stat]:
            return {path: one for path, one in below(self, folder).items() if path not in late}

        with monkeypatch.context() as patch:
            patch.setattr(Objects, "below", lagging)
            build(data, site)
    build(KeptApart(board, data.store / "other"), site.parent / "other")
    assert differing(tree(site), tree(site.parent / "other")) == []


def test_names_that_no_file_could_have_are_told(board: str, s3: S3, data: KeptApart, site: Path) -> None:
    """Object storage takes any: none may lead anywhere else."""
    for key in ("events/../../../etc/x.jsonl", "events//x.jsonl", "events/./x.jsonl"):
        name, _, path = board[5:].partition("/")
        fsspec.filesystem("s3").call_s3("put_object", Bucket=name, Key=f"{path}/{key}", Body=b"{}\n")
    found = build(data, site).refreshed
    assert sorted(one.path for one in found.unreadable) == ["../../../etc/x.jsonl", "./x.jsonl", "/x.jsonl"]
    assert found.events == 8


@pytest.mark.parametrize("site", ["", "/events", "/events/site"])
def test_a_site_in_the_place_of_the_log_is_refused(board: str, data: KeptApart, site: str) -> None:
    """The site's own folders are emptied of what isn't the site's; one of them is called as the log is."""
    for scheme in ("s3", "s3a"):
        with pytest.raises(SiteRefused, match="in each other's way"):
            build(data, board.replace("s3:", f"{scheme}:") + site)
    assert Objects(board).below("events")


def test_a_service_without_conditions_hands_out_no_ids(
    bucket: str, stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines could get the same. Appending goes on: the names of its objects are nobody else's."""

    def create(self: Objects, path: str, data: bytes, *, content_type: str = "text/plain") -> None:
        self.put(path, data, content_type=content_type)

    monkeypatch.setattr(Objects, "create", create)
    well(bucket, "aoi", "create", "Demo")
    done = run(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(1)))
    assert done.exit_code == 1
    assert "no ids can be handed out there" in done.output
    assert Objects(bucket).below("ids") == {}


def test_a_service_that_refuses_conditions_hands_out_no_ids(bucket: str, s3: S3, stores: Path) -> None:
    """It says so (501): what is there could only be looked at beforehand."""
    well(bucket, "aoi", "create", "Demo")
    refused: list[str] = []

    def without(method: str, path: str) -> tuple[str, str] | None:
        if method == "PUT" and "/ids/" in path and not refused:
            refused.append(path)
            return "501 Not Implemented", "NotImplemented"
        return None

    s3.fault = without
    done = run(bucket, "scene", "add", "Demo", "-", text=json.dumps(without_ids(1)))
    assert (done.exit_code, refused != []) == (1, True)
    assert "no ids can be handed out there" in done.output
    assert Objects(bucket).below("ids") == {}


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    for command in (["aoi", "list"], ["tile", "retry", "1", "--no-check"]):
        done = run("s3://bucket/board", *command)
        assert done.exit_code == 1
        assert "pip install 'sceneboard[s3]'" in done.output


def test_a_thousand_files_that_are_gone_are_told_in_a_few_lines(
    board: str, data: KeptApart, site: Path, stores: Path
) -> None:
    events = "".join(f'{{"type":"tile","id":{number},"status":"DONE","message":""}}\n' for number in range(30))
    for number, event in enumerate(events.splitlines(keepends=True)):
        Objects(board).put(f"events/old/{number}.jsonl", event.encode(), content_type="text/plain")
    well(board, "--site", site, "build")
    Objects(board).remove([f"events/old/{number}.jsonl" for number in range(30)])
    said = well(board, "--site", site, "build").splitlines()
    assert said[0] == "warning: log file old/0.jsonl is gone; its events are kept (build --full forgets them)"
    assert said[20] == "warning: … and 10 more like this"


def test_small_objects_are_shared_among_workers(board: str) -> None:
    """What takes time is asking for them."""
    log = open_log(f"{board}/events")
    small = [Position(f"{number}.jsonl", size_bytes=300) for number in range(2_000)]
    assert len(in_parts(stretches(log, small, 0))) > 2
    assert len(in_parts(stretches(FolderLog(Path("events")), small, 0))) == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_a_long_listing_is_made_in_parts(bucket: str, s3: S3, ordered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side, between names that are known. A storage that doesn't list by name is listed in one go."""
    place = f"{bucket}/events"
    there = Objects(place)
    for number in range(30):
        there.put(f"{number:02d}.jsonl", b"{}\n", content_type="text/plain")
    log = open_log(place)
    known = {one.path: one for one in log.look({}).to_read}
    for path in ("00.jsonl", "01-new.jsonl", "ä.jsonl", "15.jsonl"):
        there.put(path, b"{} \n", content_type="text/plain")
    there.remove(["07.jsonl", "29.jsonl"])
    monkeypatch.setattr(bucket_module, "_LISTED_TOGETHER", 7)
    if not ordered:
        call = S3FileSystem.call_s3

        def backwards(self: S3FileSystem, *arguments: Any, **more: Any) -> Any:
            answer = call(self, *arguments, **more)
            return answer | {"Contents": answer["Contents"][::-1]}

        monkeypatch.setattr(S3FileSystem, "call_s3", backwards)
    s3.requests.clear()
    found = log.look(known)
    assert [one.path for one in found.to_read] == ["00.jsonl", "01-new.jsonl", "15.jsonl", "ä.jsonl"]
    assert (found.replaced, found.gone) == (["00.jsonl", "15.jsonl"], ["07.jsonl", "29.jsonl"])
    assert len(s3.requests) == 5 or not ordered


def test_watching_a_bucket(board: str, data: KeptApart) -> None:
    state = LogState(f"{board}/events")
    assert state.look()
    assert not state.look()
    open_log(f"{board}/events").append([b"{}"])
    assert state.look()
