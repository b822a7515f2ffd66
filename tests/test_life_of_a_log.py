"""Whatever happens to a log and its cache over time: each build makes of it what one build of everything would."""

import itertools
import shutil
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import quick_folder
from arriving import told
from examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from log_lines import Log, compressed, line
from strange_events import BEGINNING, envelopes, quarrels

from pipeline.log.place import Place
from pipeline.objects import Objects
from pipeline.refresh import refresh
from pipeline.store.database import open_database
from pipeline.store.held import STORE, hold_store

FILES = st.sampled_from(["a.jsonl", "b.jsonl", "deep/c.jsonl"])
COUNTS = st.integers(1, 4)


class LifeOfALog(RuleBasedStateMachine):
    """Appends, duplicates, torn lines, rotation, truncation, replacement, builds, lost caches."""

    @initialize(pool=st.lists(st.one_of(envelopes(), quarrels()), min_size=40, max_size=40))
    def begin(self, pool: list[dict[str, Any]]) -> None:
        """`pool` is what will happen, in the order in which it is written down."""
        self.pool = itertools.cycle(map(line, pool))
        self.folder = quick_folder.made()
        self.log = Log(self.folder / "data/events")
        self.taken: set[bytes] = set()
        """What a build has taken in since the cache was made: it isn't forgotten when it goes from the log."""
        self.made: dict[tuple[bytes, ...], dict[str, Any]] = {}
        """What one build makes of lines."""
        self.numbers = itertools.count(1)
        self.log.append(*map(line, BEGINNING))
        self.build()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            try:
                self.build()
            finally:
                shutil.rmtree(self.folder)

    def place(self) -> Place:
        """Where the log is, as a build finds it now."""
        return self.log.folder

    def plain_files(self) -> list[Path]:
        return sorted(self.log.folder.rglob("*.jsonl"))

    def whole_lines(self) -> list[bytes]:
        """All that counts: what stands in the log with a line's end, and what was taken from it before."""
        there = {text for path in self.plain_files() for text in path.read_bytes().split(b"\n")[:-1]}
        return sorted(self.taken | there | self.rotated())

    def rotated(self) -> set[bytes]:
        kept = (self.folder / "rotated").read_bytes() if (self.folder / "rotated").exists() else b""
        return set(kept.split(b"\n")) - {b""}

    # What writers do

    @rule(file=FILES, count=COUNTS)
    def append(self, file: str, count: int) -> None:
        self.append_lines(file, list(itertools.islice(self.pool, count)))

    def append_lines(self, file: str, lines: list[bytes]) -> None:
        self.log.append(*([] if self.ends_with_a_line(file) else [b""]), *lines, file=file)

    def ends_with_a_line(self, file: str) -> bool:
        """It may not after it was truncated: then a writer begins with a line's end."""
        path = self.log.path(file)
        return not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")

    @rule(file=FILES, other=FILES)
    def copy_lines(self, file: str, other: str) -> None:
        """Duplicates: somebody copies one file behind another."""
        if self.log.path(other).exists():
            text = self.log.path(other).read_bytes()
            self.append_lines(file, text[: text.rfind(b"\n") + 1].splitlines())

    @rule(file=FILES, left=st.floats(0.05, 0.95), looked=st.booleans(), goes_on=st.booleans())
    def tear(self, file: str, left: float, looked: bool, goes_on: bool) -> None:
        """A build may look while a writer is half-way through a line. It goes on; or dies, and the next ends it."""
        text = next(self.pool)
        cut = max(1, int(len(text) * left))
        with self.log.path(file).open("ab") as out:
            out.write(text[:cut])
            out.flush()
            if looked:
                self.build()
            out.write(text[cut:] * goes_on + b"\n")

    # What becomes of files

    @rule(file=FILES, ending=st.sampled_from([".gz", ".zst"]))
    def rotate(self, file: str, ending: str) -> None:
        path = self.log.path(file)
        if path.exists():
            text = path.read_bytes()
            whole = text[: text.rfind(b"\n") + 1].split(b"\n")[:-1]
            path.with_name(f"{path.name}-{next(self.numbers)}.jsonl{ending}").write_bytes(compressed(whole, ending))
            with (self.folder / "rotated").open("ab") as kept:
                kept.writelines(one + b"\n" for one in whole)
            path.unlink()

    @rule(file=FILES, left=st.floats(0, 1))
    def truncate(self, file: str, left: float) -> None:
        path = self.log.path(file)
        if path.exists():
            text = path.read_bytes()
            path.write_bytes(text[: int(len(text) * left)])

    @rule(file=FILES, count=COUNTS)
    def replace(self, file: str, count: int) -> None:
        new = self.log.path("new")
        new.write_bytes(b"".join(one + b"\n" for one in itertools.islice(self.pool, count)))
        new.replace(self.log.path(file))

    @rule(file=FILES)
    def remove(self, file: str) -> None:
        self.log.path(file).unlink(missing_ok=True)

    # Builds

    @rule()
    def build(self) -> None:
        self.taken |= set(self.whole_lines())
        with hold_store(self.folder / "data", 0) as store, store.open() as database:
            refresh(database, self.place())
            there = told(database)
        assert store.warnings == []
        assert without_quarantine(there) == without_quarantine(self.one_build())

    @precondition(lambda self: (self.folder / "data" / STORE).exists())
    @rule()
    def lose_cache(self) -> None:
        """What isn't in the log any more is forgotten with it."""
        (self.folder / "data" / STORE).unlink()
        self.taken = set()

    def one_build(self) -> dict[str, Any]:
        """What one build of everything makes of it; of the same lines it was asked before, perhaps."""
        lines = tuple(self.whole_lines())
        if lines not in self.made:
            folder = self.folder / f"once {next(self.numbers)}"
            Log(folder).append(*lines)
            with open_database(Path(":memory:")) as database:
                refresh(database, folder)
                self.made[lines] = told(database)
        return self.made[lines]


def without_quarantine(found: dict[str, Any]) -> dict[str, Any]:
    """Lines that can't be used are told where they stand: those of a file that was replaced are gone with it."""
    return {name: value for name, value in found.items() if name != "quarantine"}


class LifeOfALogInABucket(LifeOfALog):
    """The same on object storage: files don't grow there, but are put anew."""

    def place(self) -> Place:
        self.url = getattr(self, "url", f"memory://{uuid.uuid4().hex}/events")
        there = Objects(self.url)
        files = {
            path.relative_to(self.log.folder).as_posix(): path.read_bytes()
            for path in self.log.folder.rglob("*")
            if path.is_file()
        }
        there.remove(path for path in there.below() if path not in files)
        for path, text in files.items():
            if there.read(path) != text:
                there.put(path, text, content_type="application/x-ndjson")
        return self.url


TestLifeOfALog = LifeOfALog.TestCase
TestLifeOfALog.settings = settings(max_examples=examples(4, at_length=12), stateful_step_count=25)
TestLifeOfALogInABucket = pytest.mark.skipif(find_spec("fsspec") is None, reason="needs the package fsspec")(
    LifeOfALogInABucket.TestCase
)
TestLifeOfALogInABucket.settings = settings(max_examples=examples(2, at_length=4), stateful_step_count=25)
