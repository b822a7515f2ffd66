"""What has to be read of a log folder: new files, files that grew, and again those that are other files now."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.log.files import OUTSIDE, Found, Position, Unreadable, look, open_inside, proof_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "events"
    made.mkdir()
    return made


def read(folder: Path, path: str = "a.jsonl") -> dict[str, Position]:
    """The position behind the last whole line of a file, as if it had been read."""
    text = (folder / path).read_bytes()
    whole = len(text) if path.endswith((".gz", ".zst")) else text.rfind(b"\n") + 1
    status = (folder / path).stat()
    return {
        path: Position(
            path, whole, text.count(b"\n"), status.st_size, status.st_mtime_ns, status.st_ino,
            proof_of(folder, path, whole),
        )
    }  # fmt: skip


def to_read(found: Found) -> list[tuple[str, int, int]]:
    return [(one.path, one.offset, one.line) for one in found.to_read]


# Which files


def test_log_files_at_any_depth_in_order_of_their_paths(folder: Path) -> None:
    for path in ("b.jsonl", "a/z.jsonl.gz", "a/b/c.jsonl.zst", "a.jsonl", ".hidden.jsonl"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    for path in ("notes.txt", "a.json", "a.jsonl.bz2", "b.jsonl~", ".a.jsonl.0123456789abcdef.tmp"):
        (folder / path).touch()
    (folder / "folder.jsonl").mkdir()
    found = look(folder, {})
    assert [path for path, _, _ in to_read(found)] == [
        ".hidden.jsonl", "a.jsonl", "a/b/c.jsonl.zst", "a/z.jsonl.gz", "b.jsonl"
    ]  # fmt: skip
    assert (found.replaced, found.gone, found.unreadable) == ([], [], [])


def test_no_log_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert look(tmp_path / "none", {}) == Found()


def test_links_are_followed_only_inside_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "real.jsonl").write_bytes(b"1\n")
    (folder / "inside.jsonl").symlink_to("real.jsonl")
    (tmp_path / "secret.jsonl").write_bytes(b"2\n")
    (folder / "outside.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (folder / "nowhere.jsonl").symlink_to("gone.jsonl")
    (folder / "round.jsonl").symlink_to("round.jsonl")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.jsonl").write_bytes(b"3\n")
    (folder / "linked folder").symlink_to(tmp_path / "elsewhere")
    found = look(folder, {})
    assert [path for path, _, _ in to_read(found)] == ["inside.jsonl", "real.jsonl"]
    assert sorted(one.path for one in found.unreadable) == ["nowhere.jsonl", "outside.jsonl", "round.jsonl"]


def test_what_is_no_plain_file_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    assert look(folder, {}).unreadable == [Unreadable("pipe.jsonl", "not a file of the log folder")]


def test_a_pipe_that_was_put_in_a_files_place_after_the_look_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "a.jsonl")
    with pytest.raises(OSError, match=OUTSIDE):
        open_inside(folder, "a.jsonl")


def test_a_name_that_is_no_text_is_told_and_not_read(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.jsonl")).touch()
    found = look(folder, {})
    assert found.to_read == []
    assert [one.path for one in found.unreadable] == ["caf\\xe9.jsonl"]
    assert "UTF-8" in found.unreadable[0].reason


# How far


def test_a_file_that_has_not_changed_is_not_read(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n2\n")
    assert look(folder, read(folder)) == Found()


def test_a_file_that_grew_is_read_on_from_there(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n2\ntor")
    known = read(folder)
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b"n\n3\n")
    found = look(folder, known)
    assert to_read(found) == [("a.jsonl", 4, 2)]
    assert found.replaced == []


def test_a_large_file_that_grew_is_told_from_its_first_and_last_bytes(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"x" * 4999 + b"\n")
    known = read(folder)
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b"more\n")
    assert to_read(look(folder, known)) == [("a.jsonl", 5000, 1)]


@pytest.mark.parametrize("place", [0, 4998], ids=["at its start", "before the end"])
def test_a_file_that_grew_but_has_another_content_is_read_again(folder: Path, place: int) -> None:
    text = bytearray(b"x" * 4999 + b"\n")
    (folder / "a.jsonl").write_bytes(text)
    known = read(folder)
    text[place] = ord("y")
    with (folder / "a.jsonl").open("r+b") as file:
        file.write(text + b"more\n")
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([("a.jsonl", 0, 0)], ["a.jsonl"])


def test_a_file_that_was_rewritten_in_place_is_read_again_however_alike_its_ends_are(folder: Path) -> None:
    text = bytearray(b"x" * 19_999 + b"\n")
    (folder / "a.jsonl").write_bytes(text)
    known = read(folder)
    text[10_000] = ord("y")
    (folder / "a.jsonl").write_bytes(text)
    os.utime(folder / "a.jsonl", ns=(0, known["a.jsonl"].modified_ns + 1))
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([("a.jsonl", 0, 0)], ["a.jsonl"])


def test_a_truncated_file_is_read_again(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n2\n")
    known = read(folder)
    os.truncate(folder / "a.jsonl", 2)
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([("a.jsonl", 0, 0)], ["a.jsonl"])


def test_another_file_by_the_same_name_is_read_again(folder: Path) -> None:
    """Though it begins as the old one did: that may be chance."""
    (folder / "a.jsonl").write_bytes(b"1\n2\n")
    known = read(folder)
    (folder / "new").write_bytes(b"1\n2\n3\n")
    (folder / "new").replace(folder / "a.jsonl")
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([("a.jsonl", 0, 0)], ["a.jsonl"])


def test_a_file_that_was_rewritten_in_place_is_read_again(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n2\n")
    known = read(folder)
    (folder / "a.jsonl").write_bytes(b"1\n3\n")
    os.utime(folder / "a.jsonl", ns=(time.time_ns(), known["a.jsonl"].modified_ns + 1))
    assert look(folder, known).replaced == ["a.jsonl"]


def test_a_torn_line_that_was_rewritten_at_its_length_is_read_on(folder: Path) -> None:
    """What was taken is the same; nothing was taken of the rest."""
    (folder / "a.jsonl").write_bytes(b"1\n2")
    known = read(folder)
    (folder / "a.jsonl").write_bytes(b"1\n\n")
    os.utime(folder / "a.jsonl", ns=(time.time_ns(), known["a.jsonl"].modified_ns + 1))
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([("a.jsonl", 2, 1)], [])


@pytest.mark.parametrize("path", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_rotated_file_that_changed_is_read_again_whole(folder: Path, path: str) -> None:
    (folder / path).write_bytes(b"compressed")
    known = read(folder, path)
    assert look(folder, known) == Found()
    with (folder / path).open("ab") as file:
        file.write(b" and more")
    found = look(folder, known)
    assert (to_read(found), found.replaced) == ([(path, 0, 0)], [path])


def test_a_rotated_log_is_a_new_file_and_its_old_name_is_gone(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n")
    known = read(folder)
    (folder / "a.jsonl").rename(folder / "a.jsonl.gz")
    found = look(folder, known)
    assert (to_read(found), found.gone, found.replaced) == ([("a.jsonl.gz", 0, 0)], ["a.jsonl"], [])


def test_the_new_position_holds_what_the_file_is_now(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b"1\n")
    status = (folder / "a.jsonl").stat()
    expected = Position("a.jsonl", 0, 0, status.st_size, status.st_mtime_ns, status.st_ino, "")
    assert look(folder, {}).to_read == [expected]
    assert replace(expected, offset=2, line=1, proof=proof_of(folder, "a.jsonl", 2)) == read(folder)["a.jsonl"]
