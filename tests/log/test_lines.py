"""Whole lines of log files, plain and compressed, with their places; what isn't whole waits."""

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from log_lines import compressed

from pipeline.log import lines, unpack
from pipeline.log.files import Position
from pipeline.log.folder import FolderLog
from pipeline.log.lines import LineReader

ENDINGS = [".jsonl", ".jsonl.gz", ".jsonl.zst"]


def reader_of(folder: Path, text: bytes, name: str = "a.jsonl", offset: int = 0, line: int = 0) -> LineReader:
    (folder / name).write_bytes(text)
    return LineReader(FolderLog(folder), Position(name, offset, line))


def told(reader: LineReader) -> list[tuple[bytes, int, int]]:
    return [(line.text, line.offset, line.number) for line in reader]


def packed(text: bytes, ending: str) -> bytes:
    match ending:
        case ".jsonl.gz":
            return gzip.compress(text)
        case ".jsonl.zst":
            return zstandard.ZstdCompressor().compress(text)
        case _:
            return text


@pytest.mark.parametrize("ending", ENDINGS)
def test_lines_come_with_offset_and_number(tmp_path: Path, ending: str) -> None:
    """The offset counts bytes as they are before compression, the number from 1."""
    reader = reader_of(tmp_path, packed("é\n{}\n".encode(), ending), f"a{ending}")
    assert told(reader) == [("é".encode(), 0, 1), (b"{}", 3, 2)]
    assert (reader.offset, reader.line, reader.unfinished, reader.damage) == (6, 2, b"", "")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file_has_no_lines(tmp_path: Path, ending: str) -> None:
    reader = reader_of(tmp_path, packed(b"", ending), f"a{ending}")
    assert told(reader) == []
    assert (reader.offset, reader.unfinished, reader.damage) == (0, b"", "")


def test_a_file_that_was_replaced_after_the_look_is_not_read_on_from_the_old_place(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"1\n2\n")
    inode = (tmp_path / "a.jsonl").stat().st_ino
    assert told(LineReader(FolderLog(tmp_path), Position("a.jsonl", 2, 1, inode=inode))) == [(b"2", 2, 2)]
    with pytest.raises(OSError, match="was replaced while it was read"):
        list(LineReader(FolderLog(tmp_path), Position("a.jsonl", 2, 1, inode=inode + 1)))


def test_a_torn_last_line_waits_for_its_end(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, b'{"a":1}\n{"b"')
    assert told(reader) == [(b'{"a":1}', 0, 1)]
    assert (reader.offset, reader.line, reader.unfinished) == (8, 1, b'{"b"')
    again = reader_of(tmp_path, b'{"a":1}\n{"b":2}\n', offset=reader.offset, line=reader.line)
    assert told(again) == [(b'{"b":2}', 8, 2)]
    assert again.unfinished == b""


def test_a_file_that_is_one_torn_line(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, b"torn")
    assert told(reader) == []
    assert (reader.offset, reader.line, reader.unfinished) == (0, 0, b"torn")


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    assert told(reader_of(tmp_path, b"1\r\n2\r\n")) == [(b"1", 0, 1), (b"2", 3, 2)]


def test_a_return_inside_a_line_is_part_of_it(tmp_path: Path) -> None:
    assert told(reader_of(tmp_path, b"1\r2\n3\r\r\n")) == [(b"1\r2", 0, 1), (b"3\r", 4, 2)]


def test_other_line_breaks_of_unicode_are_none(tmp_path: Path) -> None:
    line = "a\u2028b\u0085c\x0bd".encode()
    assert told(reader_of(tmp_path, line + b"\n")) == [(line, 0, 1)]


def test_empty_lines_are_nothing_but_count(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, b"\n  \n\t\r\n1\n\n")
    assert told(reader) == [(b"1", 7, 4)]
    assert (reader.offset, reader.line) == (10, 5)


def test_reading_goes_on_where_it_stopped_and_not_before(tmp_path: Path) -> None:
    """Behind the offset stands something else than was there: nobody looks."""
    reader = reader_of(tmp_path, b"????????3\n4\n", offset=8, line=2)
    assert told(reader) == [(b"3", 8, 3), (b"4", 10, 4)]


@given(
    st.lists(st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"")), max_size=8),
    st.binary(max_size=5).map(lambda text: text.replace(b"\n", b"")),
    st.integers(1, 9),
    st.sampled_from(ENDINGS),
)
def test_lines_are_the_same_wherever_the_chunks_are_cut(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], torn: bytes, chunk: int, ending: str
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    whole = b"".join(text + b"\n" for text in texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK_BYTES", chunk)
        patch.setattr(unpack, "_PACKED_BYTES", chunk)
        reader = reader_of(folder, packed(whole + torn, ending), f"a{ending}")
        found = told(reader)
    assert [text for text, _, _ in found] == [text.removesuffix(b"\r") for text in texts if text.strip()]
    for text, offset, number in found:
        assert whole[offset:].startswith(text)
        assert whole[:offset].count(b"\n") == number - 1
    assert (reader.offset, reader.line, reader.unfinished) == (len(whole), len(texts), torn)


# Rotated files


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_several_compressed_parts_in_a_row_are_one_file(tmp_path: Path, ending: str) -> None:
    """As tools that append to a compressed file leave it."""
    text = compressed([b"1"], ending) + compressed([b"2", b"3"], ending)
    assert told(reader_of(tmp_path, text, f"a.jsonl{ending}")) == [(b"1", 0, 1), (b"2", 2, 2), (b"3", 4, 3)]


def test_zeros_between_and_behind_the_parts_of_a_gzip_file_are_padding(tmp_path: Path) -> None:
    one, other = compressed([b"1"], ".gz"), compressed([b"2"], ".gz")
    reader = reader_of(tmp_path, one + bytes(3000) + other + bytes(5), "a.jsonl.gz")
    assert [text for text, _, _ in told(reader)] == [b"1", b"2"]
    assert reader.damage == ""


def test_a_skippable_frame_of_a_zstandard_file_is_skipped(tmp_path: Path) -> None:
    """Tools that compress in parallel write one first (RFC 8878, section 3.1.2)."""
    skippable = (0x184D2A50).to_bytes(4, "little") + (4).to_bytes(4, "little") + b"1234"
    reader = reader_of(tmp_path, skippable + compressed([b"1"], ".zst"), "a.jsonl.zst")
    assert [text for text, _, _ in told(reader)] == [b"1"]
    assert reader.damage == ""


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("left_out", [1, 9, 400, 10_000])
def test_of_a_truncated_file_the_lines_that_can_be_read_are_taken(tmp_path: Path, ending: str, left_out: int) -> None:
    text = [b"%d" % number**9 for number in range(2000)]
    cut = compressed(text, ending)[:-left_out]
    reader = reader_of(tmp_path, cut, f"a.jsonl{ending}")
    found = [line for line, _, _ in told(reader)]
    assert found == text[: len(found)]
    assert "it ends before its end mark" in reader.damage


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("text", [b"plain text\n", b"\x00" * 40])
def test_what_is_not_compressed_at_all_is_damage(tmp_path: Path, ending: str, text: bytes) -> None:
    reader = reader_of(tmp_path, text, f"a.jsonl{ending}")
    assert told(reader) == []
    assert reader.damage


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_what_is_damaged_in_the_middle_is_read_up_to_there(tmp_path: Path, ending: str) -> None:
    good, bad = compressed([b"1", b"2"], ending), compressed([b"3"], ending)
    reader = reader_of(tmp_path, good + b"garbage" + bad, f"a.jsonl{ending}")
    assert [text for text, _, _ in told(reader)] == [b"1", b"2"]
    assert reader.damage


def test_a_file_that_is_not_there_any_more_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(LineReader(FolderLog(tmp_path), Position("gone.jsonl")))


# Lines over the limit


@pytest.mark.parametrize("chunk", [7, 64, 4096])
@pytest.mark.parametrize("ending", ENDINGS)
def test_of_a_line_over_the_limit_the_start_is_kept_and_the_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, ending: str
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 50)
    monkeypatch.setattr(lines, "_START_BYTES", 20)
    monkeypatch.setattr(lines, "_CHUNK_BYTES", chunk)
    monkeypatch.setattr(unpack, "_PACKED_BYTES", chunk)
    long = bytes(range(97, 123)) * 4
    found = list(reader_of(tmp_path, packed(b"1\n" + long + b"\n2\n", ending), f"a{ending}"))
    assert [(line.offset, line.number, line.length) for line in found] == [(0, 1, 1), (2, 2, 104), (107, 3, 1)]
    assert (found[0].text, found[1].text, found[2].text) == (b"1", long[:20], b"2")
