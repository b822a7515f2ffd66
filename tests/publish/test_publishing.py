"""A build brings the site up to the log: touches what differs, removes what is gone, tells of itself last."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from counting_dot import CountingDot
from log_lines import Log
from site_tree import differing, read, tree

from pipeline import disk
from pipeline.build import build, build_as_of
from pipeline.publish.places import SiteRefused
from pipeline.publish.site import BEGUN, SiteOvertaken
from pipeline.publish.turn import Turn
from pipeline.publish.writer import SiteWriter
from pipeline.stages import Startable
from pipeline.store.database import open_database
from pipeline.store.held import LOCK, STORE
from pipeline.store.lock import StoreHeld, working

States = dict[str, tuple[int, int]]


@pytest.fixture
def board(log: Log, data: Path, site: Path) -> Callable[..., Any]:
    """Two AOIs with a scene each, built; called, it builds again."""
    log.aoi("A")
    log.aoi("B")
    log.scene(1, {11: None}, aoi="A", retries=0)
    log.scene(2, {21: None}, aoi="B")
    build(data, site)
    return lambda **how: build(data, site, **how)


def states(site: Path) -> States:
    """Inode and time of each file: they change when it is written anew."""
    return {
        path.relative_to(site).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in site.rglob("*")
        if path.is_file() and path.name != "build.json"
    }


def touched(before: States, after: States) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


# What a site is made of


AOI = {
    "attention.json", "badge.svg", "feed.atom", "graph.dot", "graph.html", "graph.svg", "index.html", "leaftiles.json",
    "map-data.js", "overview.json", "overview.txt", "pending.json", "roottiles.json", "waiting.json",
    "days/index.html", "days/2022-03-01.html",
    *(f"{kind}-data.js" for kind in ("scenes", "tiles")),
    *(f"{kind}.{ending}" for kind in ("scenes", "tiles") for ending in ("geojson", "html", "json", "qml")),
    *(
        f"{kind}/{status}.{ending}"
        for kind in ("scenes", "tiles")
        for status in ("NEW", "PENDING", "DONE", "RETRY", "FAILED")
        for ending in ("geojson", "html", "json")
    ),
}  # fmt: skip
SITE = {
    "index.html", "build.json", "build/build.json", "feed.atom", "metrics.prom", "aoi/index.json", "events/index.html",
    "events/quarantine.json", "events/rejected.json",
}  # fmt: skip


def test_the_files_of_a_site(board: Callable[..., Any], site: Path) -> None:
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {path for path in found if not path.startswith("assets/")} == SITE | {
        *(f"aoi/{name}/{path}" for name in "AB" for path in AOI),
        *(f"scene/{id}{ending}" for id in (1, 2) for ending in (".json", ".geojson", ".html", "/tiles.json")),
        *(f"tile/{id}.json" for id in (11, 21)),
    }
    assert {"assets/style.css", "assets/board.js", "assets/icon.svg"} <= found


def test_a_site_of_nothing(data: Path, site: Path) -> None:
    build(data, site)
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {path for path in found if not path.startswith("assets/")} == SITE
    assert read(site, "aoi/index.json") == []


# Only what changed


def test_nothing_new_is_nothing_written(board: Callable[..., Any], site: Path) -> None:
    before, told = states(site), (site / "build.json").read_bytes()
    built = board()
    assert (built.rendered, built.written, built.removed) == (0, 0, 0)
    assert states(site) == before
    assert (site / "build.json").read_bytes() == told


def test_only_the_aoi_and_the_scene_that_events_touched_are_rendered(
    board: Callable[..., Any], log: Log, site: Path
) -> None:
    log.scene(3, {31: None}, aoi="A")
    board()
    before = states(site)
    log.says("scene", 1, "DONE")
    built = board()
    assert built.rendered == 3, "the scene, its AOI, and what spans all"
    assert {path.split("/")[0] for path in touched(before, states(site))} <= {
        "aoi", "scene", "tile", "events", "index.html", "feed.atom", "metrics.prom"
    }  # fmt: skip
    assert not any(
        path.startswith(("aoi/B/", "scene/2", "scene/3", "tile/21", "tile/31", "assets/"))
        for path in touched(before, states(site))
    )
    assert {"scene/1.json", "tile/11.json", "aoi/A/overview.txt"} <= touched(before, states(site))


def test_a_file_whose_bytes_did_not_change_keeps_its_time(board: Callable[..., Any], log: Log, site: Path) -> None:
    """Its AOI is rendered again all the same."""
    before = states(site)
    log.says("scene", 1, "DONE")
    board()
    assert "aoi/A/scenes/FAILED.json" not in touched(before, states(site))
    assert "aoi/A/scenes/DONE.json" in touched(before, states(site))


# What is gone


def test_the_pages_of_what_is_gone_are_removed(board: Callable[..., Any], log: Log, site: Path) -> None:
    log.add("aoi.deleted", {"id": "A"})
    assert board().removed == len(AOI) + 4 + 1
    assert not (site / "aoi/A").exists()
    assert not (site / "scene/1").exists()
    assert sorted(path.name for path in (site / "scene").iterdir()) == ["2", "2.geojson", "2.html", "2.json"]
    assert sorted(path.name for path in (site / "tile").iterdir()) == ["21.json"]


def test_they_are_removed_after_all_else_is_written_and_build_json_comes_last(
    board: Callable[..., Any], log: Log, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[tuple[str, str]] = []
    write, remove, replace = SiteWriter.write, SiteWriter.remove, disk.Folder.replace

    def writing(self: SiteWriter, path: str, text: bytes) -> None:
        order.append(("write", path))
        write(self, path, text)

    def removing(self: SiteWriter, path: str) -> None:
        order.append(("remove", path))
        remove(self, path)

    monkeypatch.setattr(SiteWriter, "write", writing)
    monkeypatch.setattr(SiteWriter, "remove", removing)
    log.add("aoi.deleted", {"id": "A"})
    log.says("scene", 2, "DONE")
    board()
    assert order[0] == ("write", BEGUN)
    assert order[-3:] == [("write", "build/build.json"), ("write", "build.json"), ("remove", BEGUN)]
    kinds = [kind for kind, _ in order[1:-3]]
    assert kinds == sorted(kinds, reverse=True), "all that is written, then all that is removed"
    assert replace is disk.Folder.replace


def test_each_word_about_a_build_is_on_disk_before_the_next_is_written(
    board: Callable[..., Any], log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it is under way before its first page; all its pages before it is told of."""
    order: list[tuple[str, list[str]]] = []
    write, flush = SiteWriter.write, SiteWriter.flush

    def writing(self: SiteWriter, path: str, text: bytes) -> None:
        order.append(("write", [path]))
        write(self, path, text)

    def flushing(self: SiteWriter, paths: list[str]) -> None:
        order.append(("flush", sorted(paths)))
        flush(self, paths)

    monkeypatch.setattr(SiteWriter, "write", writing)
    monkeypatch.setattr(SiteWriter, "flush", flushing)
    log.says("scene", 1, "DONE")
    assert board().written == len(order[-5][1]) > 30
    assert order[:2] == [("write", [BEGUN]), ("flush", [BEGUN])]
    assert order[-5][0] == "flush"
    told = (["build/build.json"], ["build.json"])
    assert order[-4:] == [(kind, path) for path in told for kind in ("write", "flush")]


def test_build_json_says_how_far_each_log_was_read(board: Callable[..., Any], log: Log, site: Path) -> None:
    told = read(site, "build.json")
    size = log.path("log.jsonl").stat().st_size
    assert told["log"] == [{"file": "log.jsonl", "offset": size, "line": 4}]
    assert (told["aois"], told["quarantined"], told["rejected"], told["gone"], told["unreadable"]) == (2, 0, 0, [], [])
    assert told["time"].endswith("Z")


# Killed builds


def killed_at(monkeypatch: pytest.MonkeyPatch, method: str, count: int) -> None:
    """The build dies at the call of that number."""
    calls: Iterator[int] = iter(range(count))
    real = getattr(disk.Folder, method)

    def dying(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(disk.Folder, method, dying)


@pytest.mark.parametrize(
    ("method", "count"),
    [("replace", 0), ("replace", 1), ("replace", 20), ("replace", 35), ("remove", 0), ("remove", 30), ("sync", 4)],
)
def test_a_killed_build_is_finished_by_the_next(
    board: Callable[..., Any], log: Log, data: Path, site: Path, tmp_path: Path, method: str, count: int
) -> None:
    log.add("aoi.deleted", {"id": "A"})
    log.says("scene", 2, "DONE")
    log.scene(3, {31: 21}, aoi="B")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, method, count)
        board()
    board()
    build(data, tmp_path / "afresh")
    assert differing(tree(site), tree(tmp_path / "afresh")) == []


@pytest.mark.parametrize("count", [0, 1])
def test_a_build_killed_before_it_told_of_itself_is_finished_by_the_next(
    board: Callable[..., Any], log: Log, data: Path, site: Path, tmp_path: Path, count: int
) -> None:
    """All is written and on record; only build.json isn't there."""
    log.says("scene", 2, "DONE")
    calls = iter(range(count))

    def dying(*_: object) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Turn, "tell" if count else "flush", dying)
        board() if not count else (board(), board(check_site=True))
    board()
    build(data, tmp_path / "afresh")
    assert differing(tree(site), tree(tmp_path / "afresh")) == []
    assert not (site / BEGUN).exists()


def test_what_a_killed_build_has_published_goes_when_its_events_were_lost_with_it(
    board: Callable[..., Any], log: Log, data: Path, site: Path, tmp_path: Path
) -> None:
    """In a power cut, say: the log and the store are as they were before, but the site isn't."""
    lost = shutil.copytree(data, tmp_path / "before")
    log.says("scene", 1, "DONE")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        killed_at(patch, "replace", 20)
        board()
    shutil.rmtree(data)
    lost.rename(data)
    board()
    build(data, tmp_path / "afresh")
    assert differing(tree(site), tree(tmp_path / "afresh")) == []


def test_nothing_is_written_while_workers_of_an_earlier_build_may_be_writing(
    board: Callable[..., Any], log: Log, data: Path, site: Path
) -> None:
    """Those on other machines, which the store's lock didn't show: they may have begun after it was taken."""
    log.says("scene", 1, "DONE")
    before = tree(site)
    with ExitStack() as workers:

        def begin(*_step: object) -> None:
            workers.enter_context(working(data / LOCK))

        with pytest.raises(StoreHeld, match="at work still"):
            board(progress=begin, wait_seconds=0)
        assert {path: text for path, text in tree(site).items() if path != BEGUN} == before
        assert (site / BEGUN).exists(), "a worker that comes to its next AOI finds that its build is over"
    board()
    assert tree(site) != before
    assert not (site / BEGUN).exists()


def overtaking(site: Path, *, is_over: bool) -> Callable[..., None]:
    """Another build publishes to the same site as this one begins to render; and it has ended, or is at work still."""

    def overtake(step: str, *_: int) -> None:
        if step == "rendering":
            (site / "build.json").write_text('{"build": "newer"}')
            (site / "build/build.json").write_text("newer")
            if is_over:
                (site / BEGUN).unlink()

    return overtake


@pytest.mark.parametrize("is_over", [True, False])
def test_a_build_that_was_overtaken_tells_nothing_and_leaves_its_mark(
    board: Callable[..., Any], log: Log, site: Path, is_over: bool
) -> None:
    """What it has written may be older: whoever builds next compares every file."""
    log.says("scene", 1, "DONE")
    with pytest.raises(SiteOvertaken, match="build again"):
        board(progress=overtaking(site, is_over=is_over))
    assert (site / "build/build.json").read_text() == "newer"
    assert read(site, "build.json") == {"build": "newer"}
    assert (site / BEGUN).exists()


def test_leftovers_of_a_killed_build_are_swept(board: Callable[..., Any], site: Path) -> None:
    before = tree(site)
    for folder in ("", "aoi/A/", "scene/"):
        (site / f"{folder}.index.html.0123456789abcdef.tmp").write_bytes(b"half a")
    board()
    assert differing(tree(site), before) == []


# A site that isn't what was published


def test_check_site_mends_what_was_changed_by_others(board: Callable[..., Any], site: Path) -> None:
    before = tree(site)
    (site / "index.html").write_bytes(b"changed")
    (site / "scene/1.json").unlink()
    shutil.rmtree(site / "aoi/B/scenes")
    (site / "aoi/A/stray.html").write_bytes(b"not of the site")
    board()
    assert differing(tree(site), before), "a build without it trusts what is on record"
    built = board(check_site=True)
    assert differing(tree(site), before) == []
    assert (built.removed, built.unchanged > 50) == (1, True)


def test_a_site_that_another_store_published_is_compared(
    board: Callable[..., Any], data: Path, site: Path, tmp_path: Path
) -> None:
    """As when two data folders are built in turn into one site: each build makes it the site of its own log."""
    other = tmp_path / "other"
    (other / "events").mkdir(parents=True)
    Log(other / "events").aoi("C")
    before = tree(site)
    build(other, site)
    assert [aoi["ID"] for aoi in read(site, "aoi/index.json")] == ["C"]
    assert not (site / "aoi/A").exists()
    board()
    assert differing(tree(site), before) == []


@pytest.mark.parametrize("lost", ["store", "site", "build.json", "both"])
def test_what_is_lost_is_made_again(board: Callable[..., Any], data: Path, site: Path, lost: str) -> None:
    before, times = tree(site), states(site)
    if lost in ("store", "both"):
        (data / STORE).unlink()
    if lost in ("site", "both"):
        shutil.rmtree(site)
    if lost == "build.json":
        (site / "build.json").unlink()
    board()
    assert differing(tree(site), before) == []
    if lost in ("store", "build.json"):
        assert states(site) == times, "the bytes were compared, and were the same"


def test_full_starts_from_the_files_that_are_there(board: Callable[..., Any], log: Log, data: Path, site: Path) -> None:
    log.add("aoi.created", {"id": "C"}, file="other.jsonl")
    board()
    log.path("other.jsonl").unlink()
    assert board().refreshed.gone == ["other.jsonl"]
    assert [aoi["ID"] for aoi in read(site, "aoi/index.json")] == ["A", "B", "C"]
    assert board(full=True).refreshed.gone == []
    assert [aoi["ID"] for aoi in read(site, "aoi/index.json")] == ["A", "B"]


# Where a site may be


def test_other_files_beside_the_site_are_left_alone(log: Log, data: Path, site: Path) -> None:
    site.mkdir()
    (site / "README.md").write_text("mine")
    (site / "notes").mkdir()
    (site / "notes/mine.txt").write_text("mine")
    log.aoi("A")
    for _ in range(2):
        build(data, site, check_site=True)
    assert (site / "README.md").read_text() == (site / "notes/mine.txt").read_text() == "mine"


@pytest.mark.parametrize("folder", ["aoi", "assets", "events", "scene", "stac"])
def test_a_folder_with_files_of_something_else_is_refused(log: Log, data: Path, site: Path, folder: str) -> None:
    """They would be removed: what is in a site's own folders and isn't of the site goes."""
    log.aoi("A")
    (site / folder).mkdir(parents=True)
    (site / folder / "precious.txt").write_text("mine")
    with pytest.raises(SiteRefused, match="would be removed"):
        build(data, site)
    with pytest.raises(SiteRefused, match="would be removed"):
        build_as_of(data, site, "2022-03-02T00:00:00.000000000")
    assert [path.name for path in site.rglob("*.*")] == ["precious.txt"]


@pytest.mark.parametrize("place", [".", "events", "events/site"])
def test_a_site_in_the_way_of_the_log_is_refused(log: Log, data: Path, place: str) -> None:
    log.aoi("A")
    with pytest.raises(SiteRefused, match="in each other's way"):
        build(data, data / place)
    assert log.path("log.jsonl").exists()


def test_a_site_inside_the_data_folder_is_as_good_as_any(log: Log, data: Path) -> None:
    log.aoi("A")
    build(data, data / "site")
    assert (data / "site/aoi/A/index.html").exists()


# The state at a time


def test_the_past_is_rendered_into_another_site(board: Callable[..., Any], log: Log, data: Path, site: Path) -> None:
    past = site.with_name("past")
    log.says("scene", 1, "DONE", time="2022-03-05T12:00:00Z")
    board()
    present = tree(site)
    build_as_of(data, past, "2022-03-05T11:59:59.999999999")
    assert read(past, "scene/1.json")["status"] == "PENDING"
    assert read(past, "build.json")["as_of"] == "2022-03-05T11:59:59.999999999Z"
    build_as_of(data, past, "2022-03-05T12:00:00.000000000")
    assert differing(tree(past), present) == []
    assert not os.path.exists(past / STORE)  # noqa: PTH110
    with pytest.raises(SiteRefused, match="the site of the present"):
        build_as_of(data, site, "2022-03-05T12:00:00.000000000")
    assert differing(tree(site), present) == []


def test_a_new_site_is_one_without_any_of_its_folders(board: Callable[..., Any], data: Path, tmp_path: Path) -> None:
    """Only there may a build go without a look: a single folder of another site's files, and all are compared."""
    other = tmp_path / "other"
    build(data, other)
    first = states(other)
    for name in ("aoi", "events", "assets"):
        shutil.rmtree(other / name)
    (other / "tile" / "left.json").write_text("{}")
    again = build(data, other, check_site=True)
    after = states(other)
    assert after.keys() == first.keys()
    assert {path for path in first if path.startswith(("scene/", "tile/")) and first[path] != after[path]} == set()
    assert (again.removed, again.unchanged > 0) == (1, True)


def test_a_build_leaves_the_search_for_cycles_as_it_was(board: Callable[..., Any]) -> None:
    before = gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()
    board(full=True, check_site=True)
    assert (gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()) == before


class Starting(Startable):
    """Says when it was told to start, and when the first work came; does it here."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self, most: int) -> None:
        self.told.append(f"start {most}")

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.told.append("work")
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_workers_start_while_what_they_will_render_is_folded(log: Log, data: Path, site: Path) -> None:
    for number, name in enumerate(("A", "B"), 1):
        log.aoi(name)
        log.scene(number, {10 * number: None}, aoi=name)
    both, none, one = Starting(), Starting(), Starting()
    build(data, site, workers=both)
    assert both.told == ["start 2", "work", "work"]
    build(data, site, workers=none)
    assert none.told == []
    log.says("scene", 1, "DONE")
    build(data, site, workers=one)
    assert one.told == [], "one AOI is rendered here"


# The graph's layout


def test_dot_is_asked_for_a_new_scene_but_not_for_a_result(
    board: Callable[..., Any], log: Log, data: Path, site: Path, tmp_path: Path
) -> None:
    dot = CountingDot(tmp_path)
    board(dot=dot.choice)
    assert dot.asked == 2
    log.says("scene", 1, "DONE")
    before = states(site)
    board(dot=dot.choice)
    assert dot.asked == 2
    assert "aoi/A/graph.svg" in touched(before, states(site))
    log.scene(3, {31: None}, aoi="A")
    board(dot=dot.choice)
    assert dot.asked == 3
    build(data, tmp_path / "anew", dot=dot.choice, full=True)
    assert differing(tree(site), tree(tmp_path / "anew")) == []


def test_the_layout_of_an_aoi_that_is_gone_is_forgotten(board: Callable[..., Any], log: Log, data: Path) -> None:
    def laid_out() -> list[str]:
        with open_database(data / STORE, read_only=True) as database:
            return [
                unit for (unit,) in database.rows("SELECT unit FROM published WHERE unit LIKE 'layout/%' ORDER BY 1")
            ]

    assert laid_out() == ["layout/A", "layout/B"]
    log.add("aoi.deleted", {"id": "A"})
    assert board().removed
    assert laid_out() == ["layout/B"]
