"""What is to be read, divided at ends of lines into parts of like size: everything is read once."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.log import stretches as module
from pipeline.log.files import Position
from pipeline.log.folder import FolderLog
from pipeline.log.lines import LineReader
from pipeline.log.stretches import Stretch, in_parts, stretches


def position(folder: Path, name: str, text: bytes, offset: int = 0, line: int = 0) -> Position:
    (folder / name).write_bytes(text)
    return Position(name, offset, line, len(text), 0, (folder / name).stat().st_ino)


def read(folder: Path, stretch: Stretch) -> bytes:
    """The lines of a stretch, and what stands behind the last."""
    reader = LineReader(FolderLog(folder), stretch.start, stretch.end)
    whole = b"".join(block for block in reader.blocks() if isinstance(block, bytes))
    return whole + reader.unfinished


@given(st.lists(st.binary(max_size=30), max_size=12).map(b"\n".join), st.integers(1, 40), st.data())
def test_the_stretches_of_a_file_are_the_file(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, size: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    starts = [0, *(place + 1 for place, byte in enumerate(text) if byte == 10)]
    offset = data.draw(st.sampled_from(starts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SMALLEST_BYTES", size)
        patch.setattr(module, "_LARGEST_BYTES", size)
        patch.setattr(module, "_SEARCH_BYTES", 7)
        found = stretches(FolderLog(folder), [position(folder, "a.jsonl", text, offset)], 5)
    assert [stretch.number for stretch in found] == list(range(5, 5 + len(found)))
    assert found[-1].end is None
    assert b"".join(read(folder, stretch) for stretch in found) == text[offset:]
    for before, after in pairwise(found):
        assert before.end == after.start.offset
        assert text[after.start.offset - 1 : after.start.offset] == b"\n"


def test_a_large_file_is_divided_into_pieces_of_like_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALLEST_BYTES", 1_000)
    monkeypatch.setattr(module, "_LARGEST_BYTES", 1_000)
    found = stretches(FolderLog(tmp_path), [position(tmp_path, "a.jsonl", b"0123456789\n" * 1_000)], 0)
    sizes = [len(read(tmp_path, stretch)) for stretch in found]
    assert len(found) == 11
    assert max(sizes) - min(sizes) < 100


def test_the_lines_before_the_first_stretch_are_known(tmp_path: Path) -> None:
    (only,) = stretches(FolderLog(tmp_path), [position(tmp_path, "a.jsonl", b"1\n2\n", offset=2, line=1)], 0)
    assert (only.start.offset, only.start.line) == (2, 1)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_compressed_file_is_not_divided(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALLEST_BYTES", 1)
    monkeypatch.setattr(module, "_LARGEST_BYTES", 1)
    assert len(stretches(FolderLog(tmp_path), [position(tmp_path, name, b"\n" * 1_000)], 0)) == 1


def test_a_file_that_is_gone_is_one_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALLEST_BYTES", 1)
    monkeypatch.setattr(module, "_LARGEST_BYTES", 1)
    assert len(stretches(FolderLog(tmp_path), [Position("a.jsonl", 0, 0, 1_000)], 0)) == 1


def test_small_files_are_read_together(tmp_path: Path) -> None:
    positions = [position(tmp_path, f"{number}.jsonl", b"1\n") for number in range(50)]
    parts = in_parts(stretches(FolderLog(tmp_path), positions, 0))
    assert [[stretch.start.path for stretch in part] for part in parts] == [[one.path for one in positions]]


def test_parts_are_of_like_size_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALLEST_BYTES", 1_000)
    monkeypatch.setattr(module, "_LARGEST_BYTES", 1_000)
    positions = [position(tmp_path, f"{number:02d}.jsonl", b"x" * 399 + b"\n") for number in range(20)]
    parts = in_parts(stretches(FolderLog(tmp_path), positions, 0))
    assert {len(part) for part in parts} <= {2, 3}
    assert [stretch.number for part in parts for stretch in part] == list(range(20))
