"""The store is a cache: whatever becomes of it, what it hands on is made anew from the log."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from arriving import told
from log_lines import Log

from pipeline.bundle import TextDamaged, pack_lines, unpack_lines
from pipeline.refresh import refresh
from pipeline.store import database as databases
from pipeline.store.database import Database, StoreBroken, open_database
from pipeline.store.held import STORE, hold_store


@pytest.fixture
def filled(log: Log, data: Path) -> Path:
    """A data folder whose log holds something of everything."""
    log.aoi("Demo")
    log.scene(1, {11: None, 12: None}, retries=1)
    log.scene(2, {21: 11, 22: 12})
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "disk full")
    log.says("tile", 777, "DONE")
    log.append(b"not an event")
    return data


def handed_on(data: Path) -> tuple[dict[str, Any], list[str]]:
    """What the store hands on once it is up to the log, and the warnings on the way."""
    with hold_store(data, 0) as store, store.open() as database:
        refresh(database, data / "events")
        return told(database), store.warnings


def test_a_store_that_was_deleted_is_made_anew(filled: Path) -> None:
    before, _ = handed_on(filled)
    assert len(before["events"]) == 6
    assert len(before["quarantine"]) == 1
    (filled / STORE).unlink()
    assert handed_on(filled) == (before, [])


def test_a_store_of_another_version_is_made_anew_without_a_word(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = handed_on(filled)
    monkeypatch.setattr(databases, "SCHEMA_VERSION", "of the future")
    with hold_store(filled, 0) as store, store.open() as database:
        assert refresh(database, filled / "events").events == 6, "all of the log is read again"
    assert handed_on(filled) == (before, [])
    monkeypatch.undo()
    assert handed_on(filled) == (before, [])


def test_a_database_of_something_else_is_emptied(filled: Path) -> None:
    with duckdb.connect(str(filled / STORE)) as other:
        other.execute('CREATE TABLE "of "" somebody" (a INTEGER)')
        other.execute("CREATE TABLE events (b VARCHAR)")
    assert handed_on(filled)[1] == []
    with open_database(filled / STORE) as database:
        assert database.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'of%'") == [(0,)]


def test_a_store_that_goes_on_is_not_read_again(filled: Path) -> None:
    handed_on(filled)
    with hold_store(filled, 0) as store, store.open() as database:
        assert refresh(database, filled / "events").events == 0


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("breaks", [garbage, cut, zeroed])
def test_a_broken_store_is_moved_aside_with_a_warning(filled: Path, breaks: Any) -> None:
    before, _ = handed_on(filled)
    breaks(filled / STORE)
    broken = (filled / STORE).read_bytes()
    after, warnings = handed_on(filled)
    assert after == before
    assert len(warnings) == 1
    assert "made anew from the log" in warnings[0]
    assert (filled / f"{STORE}.broken").read_bytes() == broken
    assert handed_on(filled) == (before, [])


def test_a_store_that_breaks_under_work_is_moved_aside(filled: Path) -> None:
    before, _ = handed_on(filled)
    with hold_store(filled, 0) as store, pytest.raises(StoreBroken), store.open() as database:
        database.run("SELECT * FROM no_such_table")
    assert (filled / f"{STORE}.broken").exists()
    assert handed_on(filled) == (before, [])


def test_a_store_that_breaks_between_two_looks_is_no_empty_one(filled: Path) -> None:
    """A build looks several times: it must not publish a site of nothing."""
    before, _ = handed_on(filled)
    with hold_store(filled, 0) as store:
        with store.open():
            pass
        garbage(filled / STORE)
        with pytest.raises(StoreBroken), store.open():
            raise AssertionError
        assert store.warnings == []
    assert handed_on(filled) == (before, [])


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), errno.ENOMEM),
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), errno.ENOSPC),
        (duckdb.IOException('IO Error: Cannot open file "x": Permission denied'), errno.EACCES),
        (duckdb.IOException('IO Error: Cannot open file "x": Too many open files'), errno.EMFILE),
    ],
    ids=lambda given: errno.errorcode[given] if isinstance(given, int) else None,
)
def test_a_store_is_not_to_blame_for_what_the_machine_lacks(filled: Path, problem: duckdb.Error, code: int) -> None:
    before, _ = handed_on(filled)
    with hold_store(filled, 0) as store, pytest.raises(OSError) as told_of, store.open():
        raise problem
    assert told_of.value.errno == code
    assert not (filled / f"{STORE}.broken").exists()
    assert handed_on(filled) == (before, [])


def test_a_bit_that_was_flipped_in_a_kept_line_is_noticed() -> None:
    """Wherever it is: what comes out is what went in, or nothing."""
    lines = [b'{"id":"%d","message":"%s"}' % (number, os.urandom(20).hex().encode()) for number in range(8)]
    packed = pack_lines(lines)
    for place in range(len(packed)):
        for bit in (1, 16):
            flipped = bytearray(packed)
            flipped[place] ^= bit
            try:
                assert unpack_lines(bytes(flipped)) == lines
            except TextDamaged:
                continue


KILLED = """
import os, sys
from pathlib import Path
from pipeline.refresh import refresh
from pipeline.store.database import open_database
data = Path(sys.argv[1])
with open_database(data / "sceneboard.duckdb") as database:
    refresh(database, data / "events")
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def killed(filled: Path, log: Log) -> Path:
    """The data folder after a process that took more events in was killed: they are in the write-ahead log alone."""
    handed_on(filled)
    log.says("tile", 11, "DONE")
    log.says("scene", 2, "DONE")
    subprocess.run([sys.executable, "-c", KILLED, str(filled)], check=False)
    assert (filled / f"{STORE}.wal").stat().st_size > 0
    return filled


@pytest.mark.parametrize("left", [0, 0.3, 0.8, 1])
def test_a_cut_write_ahead_log_heals_itself(killed: Path, tmp_path: Path, left: float) -> None:
    """The events whose positions went with it are read again."""
    shutil.copytree(killed / "events", tmp_path / "afresh" / "events")
    expected, _ = handed_on(tmp_path / "afresh")
    wal = (killed / f"{STORE}.wal").read_bytes()
    (killed / f"{STORE}.wal").write_bytes(wal[: int(len(wal) * left)])
    assert handed_on(killed)[0] == expected


def test_a_write_ahead_log_whose_store_was_deleted_is_no_harm(killed: Path, tmp_path: Path) -> None:
    shutil.copytree(killed / "events", tmp_path / "afresh" / "events")
    expected, _ = handed_on(tmp_path / "afresh")
    (killed / STORE).unlink()
    assert handed_on(killed)[0] == expected


INTERRUPTED = """
import os, signal, sys, threading
from pathlib import Path
from pipeline.store.database import open_database

threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with open_database(Path(":memory:"), memory_bytes=2**28) as database:
        database.rows("SELECT sum(a.range * b.range) FROM range(1_000_000) a, range(1_000_000) b")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_in_the_midst_of_a_query_is_ctrl_c() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_a_transaction_that_fails_leaves_the_last_good_state(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = handed_on(filled)
    Log(filled / "events").add("aoi.created", {"id": "New"}, id="new")

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Database, "set_value", fails)
        with pytest.raises(KeyboardInterrupt):
            handed_on(filled)
    with open_database(filled / STORE) as database:
        assert told(database) == before
    assert [name for name, _ in handed_on(filled)[0]["aois"]] == ["Demo", "New"]
