"""What is new in the log becomes events, or stands in quarantine with its place; nothing is read twice."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from arriving import Taken
from log_lines import Log, at, compressed, line

from pipeline import ingest
from pipeline.event import Event
from pipeline.ingest import Part, take_apart
from pipeline.log import folder, stretches
from pipeline.log.files import Position, open_inside
from pipeline.log.stretches import Stretch
from pipeline.refresh import refresh
from pipeline.store.database import open_database
from pipeline.store.published import problems

BAD = b"not an event"


def statuses(store: Taken) -> list[str]:
    """The AOIs' statuses, by name."""
    return [f"{name}" for (name,) in store.database.rows("SELECT name FROM aois WHERE present ORDER BY name")]


# Reading goes on from the byte where the last build stopped


class Reads:
    """How many bytes were read of log files, and how many lines were taken apart."""

    def __init__(self) -> None:
        self.bytes = 0
        self.lines = 0

    def reset(self) -> None:
        self.bytes = self.lines = 0


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reads]:
    counted = Reads()
    open_inside, decode_all = folder.open_inside, ingest.decode_all

    def opened(log_dir: Path, path: str) -> BinaryIO:
        file = open_inside(log_dir, path)
        read = file.read

        class Counting:
            def __enter__(self) -> "Counting":
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def seek(self, *place: int) -> int:
                return file.seek(*place)

            def read(self, size: int) -> bytes:
                text = read(size)
                counted.bytes += len(text)
                return text

        return Counting()  # type: ignore[return-value]

    def decoded(texts: Sequence[bytes]) -> list[Event]:
        counted.lines += len(texts)
        return decode_all(texts)

    monkeypatch.setattr(folder, "open_inside", opened)
    monkeypatch.setattr(ingest, "decode_all", decoded)
    return counted


def test_of_a_file_that_grew_only_what_is_new_is_read(store: Taken, reads: Reads) -> None:
    store.take(*(store.aoi(f"A{number}") for number in range(50)))
    reads.reset()
    new = store.aoi("new")
    assert store.take(new).events == 1
    assert (reads.lines, reads.bytes) == (1, len(line(new)) + 1)


def test_nothing_new_is_nothing_read(store: Taken, reads: Reads) -> None:
    store.take(store.aoi("A"))
    reads.reset()
    found = store.take()
    assert (found.events, found.folded) == (0, [])
    assert (reads.lines, reads.bytes) == (0, 0)


def test_a_torn_line_is_taken_once_its_end_comes(store: Taken, reads: Reads) -> None:
    text = line(store.aoi("A")) + b"\n"
    path = store.log.path("log.jsonl")
    path.write_bytes(text[:30])
    found = store.take()
    assert (found.events, found.quarantined) == (0, 0)
    assert store.unfinished() == [("log.jsonl", 0, text[:30].decode())]
    with path.open("ab") as file:
        file.write(text[30:])
    assert store.take().events == 1
    assert (store.unfinished(), store.quarantine(), statuses(store)) == ([], [], ["A"])


def test_a_torn_line_that_was_ended_by_the_next_writer_is_bad(store: Taken) -> None:
    """The lines before and after it aren't lost with it."""
    store.log.path("log.jsonl").write_bytes(line(store.aoi("A")) + b'\n{"specversion":"1.0",')
    store.take()
    store.log.append(b"", store.aoi("B"))
    store.take()
    assert [(offset, number) for _, offset, number, _, _ in store.quarantine()] == [(len(line(store.aoi("A"))) + 1, 2)]
    assert statuses(store) == ["A", "B"]


# Quarantine


def test_a_bad_line_is_kept_with_its_place_and_reason(store: Taken) -> None:
    good = line(store.aoi("A"))
    store.log.append(good, BAD, good, b"\xff\xc3\xa9", file="deep/er/x.jsonl")
    found = store.take()
    assert (found.events, found.quarantined) == (2, 2)
    (file, offset, number, reason, text), (_, offset_2, number_2, reason_2, text_2) = store.quarantine()
    assert (file, offset, number, text) == ("deep/er/x.jsonl", len(good) + 1, 2, "not an event")
    assert reason.startswith("not JSON")
    assert (offset_2, number_2, text_2) == (2 * len(good) + len(BAD) + 3, 4, "\\xffé")
    assert reason_2 == "not UTF-8: byte 1 of the line is 0xff"
    assert statuses(store) == ["A"]


def test_bytes_that_are_no_text_are_bad_in_a_payload_too(store: Taken) -> None:
    """Payloads are kept as they came, and go into every file that shows them. The lines around it are as they were."""
    scene = line(store.scene(1, {11: None})).replace(b'"date"', b'"d\xe4te"', 1)
    assert store.take(store.aoi("A"), scene, store.aoi("B")).events == 2
    assert [reason for _, _, _, reason, _ in store.quarantine()] == [
        f"not UTF-8: byte {scene.index(0xE4) + 1} of the line is 0xe4"
    ]
    assert statuses(store) == ["A", "B"]


def test_the_text_of_a_very_long_line_is_cut(store: Taken) -> None:
    store.take(b"x" * 100_000)
    ((*_, text),) = store.quarantine()
    assert text == "x" * 65_536 + "… (100,000 bytes)"


def test_bad_lines_of_rotated_files_have_their_place_in_the_text(store: Taken) -> None:
    store.log.path("r.jsonl.zst").write_bytes(compressed([line(store.aoi("A")), BAD], ".zst"))
    store.take()
    ((file, offset, number, _, _),) = store.quarantine()
    assert (file, offset, number) == ("r.jsonl.zst", len(line(store.aoi("A"))) + 1, 2)


def test_a_damaged_file_is_told_and_what_came_before_is_taken(store: Taken) -> None:
    text = compressed([line(store.aoi(f"A{number}")) for number in range(300)], ".gz")
    store.log.path("cut.jsonl.gz").write_bytes(text[:-2000])
    found = store.take()
    assert 0 < found.events < 300
    ((file, _, number, reason, _),) = store.quarantine()
    assert (file, number) == ("cut.jsonl.gz", found.events + 1)
    assert reason.startswith("damaged from here on")


def test_a_bad_line_that_was_mended_in_place_is_bad_no_more(store: Taken) -> None:
    """The file is another one then: it is read again from its start."""
    store.take(store.aoi("A"), BAD)
    mended = store.log.path("new")
    mended.write_bytes(line(store.aoi("A")) + b"\n" + line(store.aoi("B")) + b"\n")
    mended.replace(store.log.path("log.jsonl"))
    assert store.take().replaced == ["log.jsonl"]
    assert (store.quarantine(), statuses(store)) == ([], ["A", "B"])


# Rotated, truncated, replaced, gone


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("between", [True, False])
def test_a_rotated_log_changes_nothing(store: Taken, ending: str, between: bool) -> None:
    """Whether or not a build looked while it had its old name."""
    events = [store.aoi("A"), store.scene(1, {11: None}), store.says("scene", 1, "DONE")]
    store.log.append(*events)
    if between:
        store.take()
    store.log.path("log.jsonl").unlink()
    store.log.path(f"log.jsonl{ending}").write_bytes(compressed(map(line, events), ending))
    found = store.take()
    assert found.gone == (["log.jsonl"] if between else [])
    assert found.folded == (["A"] if between is False else found.folded)
    assert (store.board().scenes[1].status, store.conflicts(), store.quarantine()) == ("DONE", [], [])
    assert len(store.board().events) == 3


def fresh(log: Log) -> list[tuple[str, int, int, str, str]]:
    """What the quarantine of a new store is."""
    with open_database(Path(":memory:")) as database:
        new = Taken(database, log)
        new.take()
        return new.quarantine()


def quarrel(store: Taken) -> list[dict[str, Any]]:
    """Three events of one identity, the first in log order first."""
    return [store.aoi("A", id="same", time=at(time)) for time in (1, 2, 3)]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_lines_that_can_not_be_used_are_shown_once_when_their_file_was_rotated(store: Taken, ending: str) -> None:
    """Where they stand now: bad ones, those that lost, and those that lose only later."""
    first, second, third = quarrel(store)
    lines = [line(second), line(third), BAD, BAD]
    store.take(*lines)
    assert len(store.quarantine()) == 3
    store.log.path("log.jsonl").unlink()
    store.log.path(f"log.jsonl{ending}").write_bytes(compressed(lines, ending))
    store.take()
    assert store.quarantine() == fresh(store.log)
    assert [(file, number) for file, _, number, *_ in store.quarantine()] == [
        (f"log.jsonl{ending}", number) for number in (2, 3, 4)
    ]
    assert problems(store.database) == (3, 0)
    store.take(first, file="new.jsonl")
    assert store.quarantine() == fresh(store.log)
    assert len(store.quarantine()) == 4


def test_lines_that_lost_are_shown_in_the_file_that_was_renamed(store: Taken) -> None:
    """Another one has its old name."""
    first, second, third = quarrel(store)
    store.take(first, second, BAD)
    store.log.path("log.jsonl").rename(store.log.path("old.jsonl"))
    store.log.append(third, BAD, third)
    assert store.take().replaced == ["log.jsonl"]
    assert store.quarantine() == fresh(store.log)
    assert [(file, number) for file, _, number, *_ in store.quarantine()] == [
        ("log.jsonl", 1), ("log.jsonl", 2), ("old.jsonl", 2), ("old.jsonl", 3)
    ]  # fmt: skip


def test_lines_that_can_not_be_used_are_kept_when_they_stand_nowhere_any_more(store: Taken) -> None:
    first, second, _ = quarrel(store)
    store.take(first, second, BAD, b"worse", file="a.jsonl")
    before = store.quarantine()
    store.log.path("a.jsonl").unlink()
    store.take(BAD, file="b.jsonl")
    lost, _, worse = before
    assert [(file, text) for file, *_, text in store.quarantine()] == [
        ("a.jsonl", lost[-1]), ("a.jsonl", worse[-1]), ("b.jsonl", BAD.decode())
    ]  # fmt: skip
    store.log.path("b.jsonl").rename(store.log.path("c.jsonl"))
    store.take()
    store.log.path("c.jsonl").unlink()
    store.take()
    assert [file for file, *_ in store.quarantine()] == ["a.jsonl", "a.jsonl", "c.jsonl"], "rotated twice, and removed"


def test_a_file_that_comes_back_as_it_was_has_its_lines_in_quarantine_again(store: Taken, tmp_path: Path) -> None:
    """It isn't read again."""
    first, second, _ = quarrel(store)
    store.log.append(first, second, BAD, file="a.jsonl")
    with store.log.path("a.jsonl").open("ab") as file:
        file.write(b"torn")
    store.take(second, BAD, file="b.jsonl")
    before = store.quarantine(), store.unfinished()
    away = store.log.path("a.jsonl").rename(tmp_path / "away")
    store.take()
    assert ([file for file, *_ in store.quarantine()], store.unfinished()) == (["b.jsonl", "b.jsonl"], [])
    away.rename(store.log.path("a.jsonl"))
    assert store.take().events == 0
    assert (store.quarantine(), store.unfinished()) == before
    assert store.quarantine() == fresh(store.log)


def test_a_truncated_log_is_told_and_nothing_is_forgotten(store: Taken) -> None:
    store.take(store.aoi("A"), store.aoi("B"))
    os.truncate(store.log.path("log.jsonl"), len(line(store.aoi("A"))) + 1)
    assert store.take().replaced == ["log.jsonl"]
    assert statuses(store) == ["A", "B"]
    store.take(store.aoi("C"))
    assert statuses(store) == ["A", "B", "C"]


def test_a_log_file_that_is_gone_is_told_each_time_and_its_events_are_kept(store: Taken) -> None:
    store.take(store.aoi("A"), file="a.jsonl")
    store.log.path("a.jsonl").unlink()
    assert store.take(store.aoi("B"), file="b.jsonl").gone == ["a.jsonl"]
    assert store.take().gone == ["a.jsonl"]
    assert statuses(store) == ["A", "B"]


def test_a_torn_line_of_a_file_that_is_gone_waits_no_more(store: Taken) -> None:
    store.log.path("a.jsonl").write_bytes(b'{"torn"')
    store.take()
    store.log.path("a.jsonl").unlink()
    store.take(store.aoi("B"))
    assert store.unfinished() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(log: Log, store: Taken) -> None:
    log.aoi("A")
    log.path("log.jsonl").chmod(0)
    assert [one.path for one in store.take().unreadable] == ["log.jsonl"]


def test_a_file_that_is_cut_while_it_is_read_is_told(log: Log, tmp_path: Path) -> None:
    """Where it was to be divided no line ends any more."""
    log.append(b"{}", b"{}")
    part = Part(log.folder, [Stretch(1, Position("log.jsonl"), 12, 12)], 1, tmp_path)
    assert [reached.error for reached in take_apart(part).reached] == ["was cut while it was read"]


def test_a_file_that_goes_while_it_is_read_is_told(store: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(log_dir: Path, path: str) -> BinaryIO:
        raise FileNotFoundError(2, "No such file or directory")

    store.log.append(store.aoi("A"))
    monkeypatch.setattr(folder, "open_inside", gone)
    assert [(one.path, one.reason) for one in store.take().unreadable] == [("log.jsonl", "No such file or directory")]
    monkeypatch.undo()
    store.take()
    assert statuses(store) == ["A"]


# The state at a time


def test_later_events_are_left_out_of_the_state_at_a_time(store: Taken) -> None:
    store.log.append(store.aoi("A", time=at(10)), store.aoi("B", time=at(11)))
    refresh(store.database, store.log.folder, until="2022-03-01T00:00:10.000000000")
    assert statuses(store) == ["A"]


# A large log is divided: a file at ends of lines, many files into parts


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "_SMALLEST_BYTES", 400)
    monkeypatch.setattr(stretches, "_LARGEST_BYTES", 400)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("by", ["this process", "workers"])
def test_a_divided_file_is_taken_whole_and_lines_have_their_places_in_it(
    store: Taken, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.refresh._WORTH_WORKERS_BYTES", 0)
    good = [line(store.aoi(f"A{number:02d}")) for number in range(40)]
    texts = [text for pair in zip(good, [BAD] * 40, strict=True) for text in pair]
    store.log.append(*texts)
    with ThreadPoolExecutor(2) as workers:
        found = refresh(store.database, store.log.folder, workers=workers if by == "workers" else None)
    assert (found.events, found.quarantined) == (40, 40)
    assert statuses(store) == [f"A{number:02d}" for number in range(40)]
    whole = store.log.path("log.jsonl").read_bytes()
    for number, (file, offset, bad, _, _) in enumerate(store.quarantine(), 1):
        assert (file, bad) == ("log.jsonl", 2 * number)
        assert whole[offset:].startswith(BAD + b"\n")
    assert store.take().events == 0


@pytest.mark.usefixtures("small_parts")
def test_what_loses_in_a_divided_file_has_its_place_in_it(store: Taken) -> None:
    events = [store.aoi(f"A{number:02d}", time=at(number)) for number in range(40)]
    store.log.append(*events, {**events[7], "time": at(99)})
    refresh(store.database, store.log.folder)
    ((file, offset, number, _, _),) = store.quarantine()
    assert (file, offset, number) == ("log.jsonl", sum(len(line(event)) + 1 for event in events), 41)


@pytest.mark.usefixtures("small_parts")
def test_a_divided_file_that_is_replaced_while_it_is_read_is_told_and_read_again(
    store: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.log.append(*(store.aoi(f"A{number}") for number in range(20)))
    path = store.log.path("log.jsonl")
    new = line(store.aoi("new")) + b"\n"
    opened = 0

    def replacing(log_dir: Path, name: str) -> BinaryIO:
        nonlocal opened
        opened += 1
        if opened == 3:
            store.log.path("new").write_bytes(new)
            store.log.path("new").replace(path)
        return open_inside(log_dir, name)

    monkeypatch.setattr(folder, "open_inside", replacing)
    assert [one.path for one in store.take().unreadable] == ["log.jsonl"]
    monkeypatch.undo()
    assert store.take().unreadable == []
    assert "new" in statuses(store)
    assert store.quarantine() == []
