"""The loop on a clock of its own: every wait is over at once, and the time goes on by as much."""

import gc
import queue
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from log_lines import Log

from pipeline.build import Built, build
from pipeline.log.place import open_log
from pipeline.refresh import Refreshed
from pipeline.watch.loop import Ended, Message, Watch
from pipeline.watch.rhythm import Rhythm


class Time:
    """A clock, and what happens at which time: messages and deeds. When there is nothing more, the loop is stopped."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._plan: list[tuple[float, Message | Callable[[], None]]] = []

    def at(self, seconds: float, what: Message | Callable[[], None]) -> None:
        self._plan.append((1000.0 + seconds, what))
        self._plan.sort(key=lambda entry: entry[0])

    def clock(self) -> float:
        return self.now

    def put(self, item: Message) -> None:
        self._plan.insert(0, (self.now, item))

    def get(self, block: bool = True, timeout: float | None = None) -> Message:
        until = self.now + (timeout or 0.0) if block else self.now
        while self._plan and self._plan[0][0] <= until:
            when, what = self._plan.pop(0)
            self.now = max(self.now, when)
            if isinstance(what, str):
                return what
            what()
        self.now = until
        if block and not self._plan:
            return "stop"
        raise queue.Empty


class Builds:
    """A build that takes some time, or fails; begun at which seconds."""

    def __init__(self, time: Time, seconds: float = 0.5) -> None:
        self.begun: list[float] = []
        self.fails = 0
        self._time = time
        self._seconds = seconds
        self._running = False

    def __call__(self) -> Built:
        assert not self._running, "never two at once"
        self._running = True
        self.begun.append(self._time.now - 1000)
        self._time.now += self._seconds
        self._running = False
        if self.fails:
            self.fails -= 1
            raise OSError(28, "No space left on device", "site/index.html")
        return Built(Refreshed())


@pytest.fixture
def time() -> Time:
    return Time()


def watch(folder: Path | str, time: Time, builds: Callable[[], Built], *, poll: float | None = 1000.0) -> list[Ended]:
    ended: list[Ended] = []
    Watch(
        folder / "events" if isinstance(folder, Path) else folder,
        builds,
        Rhythm(settle_seconds=2, max_wait_seconds=10),
        poll_seconds=poll,
        report=ended.append,
        warn=lambda text: pytest.fail(text),
        clock=time.clock,
        messages=time,
    ).run()
    return ended


def test_it_builds_at_the_start_and_then_for_changes_only(tmp_path: Path, time: Time) -> None:
    builds = Builds(time)
    time.at(100, "changed")
    time.at(500, lambda: None)
    watch(tmp_path, time, builds)
    assert builds.begun == [0, 102]


def test_a_burst_is_one_build(tmp_path: Path, time: Time) -> None:
    builds = Builds(time)
    for tenth in range(20):
        time.at(100 + tenth / 10, "changed")
    time.at(500, lambda: None)
    watch(tmp_path, time, builds)
    assert builds.begun == pytest.approx([0, 103.9])


def test_a_steady_stream_is_built_all_the_same(tmp_path: Path, time: Time) -> None:
    builds = Builds(time)
    for second in range(100, 140):
        time.at(second, "changed")
    time.at(500, lambda: None)
    watch(tmp_path, time, builds)
    gaps = [after - before for before, after in zip(builds.begun[1:], builds.begun[2:], strict=False)]
    assert builds.begun[1] == 110
    assert max(gaps) <= 11, "ten seconds after the first change that the last build didn't take in"
    assert builds.begun[-1] >= 139, "and the last of it"


def test_changes_during_a_build_are_built_next(tmp_path: Path, time: Time) -> None:
    builds = Builds(time, seconds=30)
    time.at(5, "changed")
    time.at(20, "changed")
    time.at(500, lambda: None)
    watch(tmp_path, time, builds)
    assert builds.begun == [0, 30 + 2]


def test_the_build_under_way_ends_before_it_stops(tmp_path: Path, time: Time) -> None:
    builds = Builds(time, seconds=30)
    time.at(10, "stop")
    time.at(10, "changed")
    ended = watch(tmp_path, time, builds)
    assert builds.begun == [0]
    assert [one.seconds for one in ended] == [30]


def test_a_failure_is_reported_and_the_build_tried_again(tmp_path: Path, time: Time) -> None:
    builds = Builds(time)
    builds.fails = 2
    time.at(500, lambda: None)
    ended = watch(tmp_path, time, builds)
    assert [one.error is None for one in ended] == [False, False, True]
    assert [one.again_in_seconds for one in ended] == [5, 10, None]
    assert builds.begun == [0, 5.5, 16]


def test_polling_sees_what_nobody_tells(data: Path, log: Log, time: Time) -> None:
    builds = Builds(time)
    time.at(25, log.aoi)
    time.at(100, lambda: None)
    watch(data, time, builds, poll=10)
    assert builds.begun == [0, 32.5], "seen at the third look"


def test_polling_sees_a_file_grow_go_and_be_replaced_and_nothing_else(data: Path, log: Log, time: Time) -> None:
    log.aoi()
    builds = Builds(time, seconds=0)
    path = log.path("log.jsonl")
    time.at(15, lambda: (log.folder / "notes.txt").write_text("not a log"))  # type: ignore[arg-type,return-value]
    time.at(25, lambda: log.says("scene", 1, "DONE"))
    time.at(45, lambda: log.aoi("Other", file="deep/er/more.jsonl"))
    time.at(65, path.unlink)
    time.at(200, lambda: None)
    watch(data, time, builds, poll=10)
    assert builds.begun == [0, 32, 52, 72]


def test_what_a_build_has_taken_in_already_is_not_news_to_the_next_look(data: Path, log: Log, time: Time) -> None:
    builds = Builds(time, seconds=0)
    time.at(12, log.aoi)
    time.at(12, "changed")
    time.at(100, lambda: None)
    watch(data, time, builds, poll=10)
    assert builds.begun == [0, 14]


def test_a_log_that_is_not_there_yet_is_looked_for(tmp_path: Path, time: Time) -> None:
    """A share that is mounted later: the kernel can't watch what isn't there, so the log is looked at."""
    builds, warned = Builds(time), []
    log = Log(tmp_path / "share" / "events")
    time.at(42, log.aoi)
    time.at(500, lambda: None)
    Watch(
        log.folder,
        builds,
        Rhythm(settle_seconds=2, max_wait_seconds=10),
        poll_seconds=None,
        report=lambda ended: None,
        warn=warned.append,
        clock=time.clock,
        messages=time,
    ).run()
    assert builds.begun == [0, 52.5]
    assert "can't be watched (No such file or directory): it is looked at every 10 seconds instead" in warned[0]


def test_six_builds_leave_no_file_open(data: Path, site: Path, log: Log, time: Time) -> None:
    open_files = []

    def real() -> Built:
        built = build(data, site)
        open_files.append(len(list(Path("/proc/self/fd").iterdir())))
        return built

    log.aoi()
    log.scene(1, {11: None})
    for number in range(6):
        time.at(100 * number + 50, lambda number=number: log.says("scene", 1, "RETRY", f"{number}"))
        time.at(100 * number + 50, "changed")
    time.at(5000, lambda: None)
    ended = watch(data, time, real)
    assert sum(one.built.refreshed.events for one in ended if one.built) == 2 + 6
    assert len(ended) == 7
    assert open_files[-1] <= open_files[2]


class Circle:
    """Refers to itself: it goes when the collector comes, not before."""

    def __init__(self) -> None:
        self.itself = self


def test_what_a_build_left_in_circles_is_gone_when_the_next_begins(tmp_path: Path, time: Time) -> None:
    left: list[weakref.ref[Circle]] = []
    there: list[int] = []

    def leaves_some() -> Built:
        there.append(sum(one() is not None for one in left))
        left.extend(weakref.ref(Circle()) for _ in range(3))
        return Built(Refreshed())

    for second in (100, 200):
        time.at(second, "changed")
    time.at(500, lambda: None)
    gc.disable()
    try:
        watch(tmp_path, time, leaves_some)
    finally:
        gc.enable()
    assert there == [0, 0, 0]


def test_a_bucket_is_looked_at_every_ten_seconds(time: Time) -> None:
    """Nobody tells of changes there."""
    pytest.importorskip("fsspec", reason="needs the package fsspec")
    place = f"memory://{uuid.uuid4().hex}/events"
    builds = Builds(time)
    time.at(33, lambda: open_log(place).append([b"{}"]) and None)
    time.at(500, lambda: None)
    watch(place, time, builds, poll=None)
    assert builds.begun == [0, 42.5]
