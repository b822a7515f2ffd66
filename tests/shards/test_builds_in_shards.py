"""Builds in shards: the same site as of one store; what they touch; what is left of those that were killed."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from beside import Both
from log_lines import Log, apart, at, event, recorded
from site_tree import differing, tree

from pipeline.build import build
from pipeline.cli.workers import workers
from pipeline.demo import write_large
from pipeline.publish.site import BEGUN
from pipeline.publish.turn import Turn
from pipeline.shards import build as building
from pipeline.shards import shard_site
from pipeline.shards.build import FOLDER, build_in_shards
from pipeline.shards.shard_store import ShardTask, bring_up, require_whole
from pipeline.shards.sharding import shard_of
from pipeline.store.database import StoreBroken, open_database

SHARDS = 4
SAMPLE = Path(__file__).parents[2] / "data/events"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log (`data`), and the site that one store makes of it (`site`). Nobody may change it."""
    folder = tmp_path_factory.mktemp("plain")
    write_large(folder / "data/events", aois=6, scenes=2, tiles=2, seed=3, files=3)
    build(folder / "data", folder / "site")
    return folder


@pytest.fixture
def copied(plain: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A data folder with the log, and a place for the site."""
    shutil.copytree(plain / "data/events", tmp_path / "data/events")
    return tmp_path / "data", tmp_path / "site"


def stores(data: Path) -> dict[int, str]:
    """The name of each shard's store: another one whenever it was written to."""
    with open_database(data / building.FRONT, read_only=True) as front:
        return dict(front.rows("SELECT shard, store FROM shards"))


def results(data: Path, log: Log, aoi: str, time: int) -> list[dict[str, Any]]:
    """A result for each tile of an AOI."""
    with open_database(data / FOLDER / stores(data)[shard_of(aoi, SHARDS)], read_only=True) as shard:
        tiles = [id for (id,) in shard.rows("SELECT id FROM tiles WHERE aoi = ? ORDER BY id", [aoi])]
    data_of = ({"type": "tile", "id": id, "status": "RETRY", "message": "again"} for id in tiles)
    return [event("tile.result", one, at(time), f"again {one['id']}") for one in data_of]


# The same site


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_any_number_of_shards_gives_the_same_site(plain: Path, copied: tuple[Path, Path], shards: int) -> None:
    built = build_in_shards(*copied, shards)
    assert differing(tree(copied[1]), tree(plain / "site")) == []
    assert built.written == len([path for path in copied[1].rglob("*") if path.is_file()]) - 2, "but for build.json"
    again = build_in_shards(*copied, shards)
    assert (again.written, again.removed, again.refreshed.events) == (0, 0, 0)


def test_processes_of_this_machine_give_the_sample_logs_site(tmp_path: Path) -> None:
    """With the STAC catalogue; and in a second build that has something to do."""
    for name in ("one", "two"):
        shutil.copytree(SAMPLE, tmp_path / name / "events")
    with workers(2) as pool:
        for number in range(2):
            if number:
                for name in ("one", "two"):
                    Log(tmp_path / name / "events").says("tile", 1, "DONE", id="new", time="2022-06-01T00:00:00Z")
            build(tmp_path / "one", tmp_path / "site one", stac=True)
            build_in_shards(tmp_path / "two", tmp_path / "site two", 3, stac=True, workers=pool)
            assert differing(tree(tmp_path / "site one"), tree(tmp_path / "site two")) == []


def test_recorded_runs(both: Callable[..., Both]) -> None:
    made = both(SHARDS)
    runs = [*recorded("transitions.jsonl.gz")][::80]
    for half in range(2):
        for number, run in enumerate(runs):
            for place, step in enumerate(run["steps"]):
                if (2 * place < len(run["steps"])) != bool(half):
                    data = apart(step["event"], number)
                    made.log.add(step["event"]["type"], data, id=f"{number} {place}", file=f"{number % 3}.jsonl")
        made.build()


# What a build touches


def test_new_results_touch_their_shard_only(copied: tuple[Path, Path], tmp_path: Path) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS)
    before, log = stores(data), Log(data / "events")
    (aoi,) = [path.parent.name for path in sorted(site.glob("aoi/*/index.html"))][:1]
    log.append(*results(data, log, aoi, 86_000), file="new.jsonl")
    bytes_before = {path: path.stat().st_ino for path in (data / FOLDER).iterdir()}
    built = build_in_shards(data, site, SHARDS)
    assert built.refreshed.folded == [aoi]
    after = stores(data)
    assert {shard for shard in before if before[shard] != after[shard]} == {shard_of(aoi, SHARDS)}
    left = {path: path.stat().st_ino for path in (data / FOLDER).iterdir()}
    assert {path.name for path in bytes_before.keys() - left.keys()} == {before[shard_of(aoi, SHARDS)]}
    build(data, tmp_path / "one")
    assert differing(tree(site), tree(tmp_path / "one")) == []


def test_a_build_says_on_which_schedule_it_runs(copied: tuple[Path, Path]) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS, every_seconds=900)
    told = (site / "build.json").read_text()
    build_in_shards(data, site, SHARDS, every_seconds=60)
    assert '"every_seconds": 60' in (site / "build.json").read_text()
    assert '"every_seconds": 900' in told


# Bad days


@pytest.mark.parametrize("moment", ["copy_events", "bring_up", "publish_shard", "tell"])
def test_a_build_that_ends_in_the_midst_is_finished_by_the_next(
    plain: Path, copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """After its first task of a stage, or before the site is told to be whole."""
    data, site = copied
    place = Turn if moment == "tell" else building
    done = []

    def ending(*arguments: Any) -> Any:
        if done or place is Turn:
            raise KeyboardInterrupt
        done.append(before(*arguments))
        return done[0]

    before = getattr(place, moment)
    if moment == "copy_events":
        done.append(None)
    with monkeypatch.context() as patch:
        patch.setattr(place, moment, ending)
        with pytest.raises(KeyboardInterrupt):
            build_in_shards(data, site, SHARDS)
    assert (site / BEGUN).exists() == (moment not in ("copy_events", "bring_up"))
    build_in_shards(data, site, SHARDS)
    assert differing(tree(site), tree(plain / "site")) == []
    kept = {*stores(data).values()} - {""}
    assert {path.name for path in (data / FOLDER).glob("*.duckdb")} == kept
    assert build_in_shards(data, site, SHARDS).written == 0


def test_a_shard_takes_in_what_it_hadnt_when_the_build_was_killed(copied: tuple[Path, Path]) -> None:
    """Those that were brought up aren't again."""
    data, site = copied
    build_in_shards(data, site, SHARDS)
    with open_database(data / building.FRONT) as front:
        front.run("UPDATE shards SET taken = taken - 1 WHERE shard = 1")
    before = stores(data)
    build_in_shards(data, site, SHARDS)
    assert {shard for shard, name in stores(data).items() if before[shard] != name} <= {1}


def test_a_broken_shard_is_made_anew_and_all_is_compared(plain: Path, copied: tuple[Path, Path]) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS)
    log = Log(data / "events")
    (aoi,) = [path.parent.name for path in sorted(site.glob("aoi/*/index.html"))][:1]
    new = results(data, log, aoi, 86_000)
    broken = data / FOLDER / stores(data)[shard_of(aoi, SHARDS)]
    broken.write_bytes(b"not a store")
    log.append(*new, file="new.jsonl")
    (site / "index.html").write_bytes(b"not a page")
    build_in_shards(data, site, SHARDS)
    one = data.parent / "one"
    build(data, one)
    assert differing(tree(site), tree(one)) == []


def test_a_lost_shard_is_not_forgotten_by_a_build_that_ends_before_it_publishes(
    copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lost store knew of the site's files is gone: the next build compares all of them."""
    data, site = copied
    build_in_shards(data, site, SHARDS)
    (aoi,) = [path.parent.name for path in sorted(site.glob("aoi/*/index.html"))][:1]
    (data / FOLDER / stores(data)[shard_of(aoi, SHARDS)]).unlink()
    Log(data / "events").add("aoi.deleted", {"id": aoi, "force": True}, id="gone", time=at(86_000), file="new.jsonl")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(building, "_bring_up", _no_space)
        build_in_shards(data, site, SHARDS)
    build_in_shards(data, site, SHARDS)
    build(data, data.parent / "one")
    assert differing(tree(site), tree(data.parent / "one")) == []


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_others_keep_beside_the_shards_stays(copied: tuple[Path, Path]) -> None:
    data, site = copied
    kept = data / FOLDER / "mine" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.touch()
    build_in_shards(data, site, SHARDS)
    assert kept.exists()


@pytest.mark.parametrize("what", ["*.duckdb", "*.frames"])
def test_files_that_were_deleted_are_made_anew(plain: Path, copied: tuple[Path, Path], what: str) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS)
    for path in sorted((data / FOLDER).glob(what))[::2]:
        path.unlink()
    (site / "index.html").unlink()
    build_in_shards(data, site, SHARDS)
    assert differing(tree(site), tree(plain / "site")) == []
    assert build_in_shards(data, site, SHARDS).written == 0


def test_a_shard_that_breaks_when_it_is_published_is_made_anew_by_the_next_build(
    plain: Path, copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, site = copied
    with monkeypatch.context() as patch:
        patch.setattr(shard_site, "publish_aois", breaking)
        with pytest.raises(StoreBroken, match="the store of shard"):
            build_in_shards(data, site, SHARDS)
    assert list(stores(data).values()).count("") == 2, "the one that broke, and that of the unknown"
    build_in_shards(data, site, SHARDS)
    assert differing(tree(site), tree(plain / "site")) == []


def breaking(task: Any) -> None:
    raise StoreBroken


def test_a_front_store_that_breaks_is_made_anew(plain: Path, copied: tuple[Path, Path]) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS)
    (data / building.FRONT).write_bytes(b"not a store")
    built = build_in_shards(data, site, SHARDS)
    assert "was moved to" in built.warnings[0]
    assert differing(tree(site), tree(plain / "site")) == []


def test_a_shards_store_that_was_not_closed_in_order_is_not_copied(copied: tuple[Path, Path], tmp_path: Path) -> None:
    task = ShardTask(0, 1, tmp_path, "", [], 10)
    name = bring_up(task).store
    (tmp_path / f"{name}.wal").touch()
    with pytest.raises(StoreBroken):
        require_whole(tmp_path / name)


def test_a_site_that_one_store_has_published_is_compared(plain: Path, copied: tuple[Path, Path]) -> None:
    data, site = copied
    build(data, site)
    (site / "aoi/extra.html").write_bytes(b"left by something else")
    built = build_in_shards(data, site, SHARDS)
    assert (built.written, built.removed) == (0, 1)
    built = build(data, site)
    assert (built.written, built.removed) == (0, 0)


def test_check_site_mends_what_differs(copied: tuple[Path, Path], plain: Path) -> None:
    data, site = copied
    build_in_shards(data, site, SHARDS)
    (page, *_) = sorted(site.glob("aoi/*/index.html"))
    page.write_bytes(b"not a page")
    assert build_in_shards(data, site, SHARDS).written == 0
    assert build_in_shards(data, site, SHARDS, check_site=True).written == 1
    assert differing(tree(site), tree(plain / "site")) == []
