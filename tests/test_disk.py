"""Files appear whole, under their own names, inside their folder; a failure leaves what was there."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline import disk
from pipeline.disk import Folder, ShortWrite, WrongKind


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    (tmp_path / "site").mkdir()
    with Folder(tmp_path / "site") as opened:
        yield opened


def failing(code: int) -> Callable[..., int]:
    def fail(*args: object, **kwargs: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("durable", [False, True])
def test_replace_writes_a_new_file_and_then_another_one_in_its_place(folder: Folder, durable: bool) -> None:
    for data in (b"", b"first", b"x" * 3_000_000):
        folder.replace("index.html", data, durable=durable)
        assert (folder.path / "index.html").read_bytes() == data
        assert folder.read("index.html") == data
    assert folder.names() == ["index.html"]


def test_replaced_files_have_the_mode_that_the_umask_asks_for(folder: Folder) -> None:
    before = os.umask(0o027)
    try:
        folder.replace("index.html", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder.path / "index.html").stat().st_mode) == 0o640


def test_a_reader_of_the_old_file_keeps_it(folder: Folder) -> None:
    folder.replace("index.html", b"old")
    with (folder.path / "index.html").open("rb") as reader:
        folder.replace("index.html", b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("call", ["write", "rename", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failed_replace_leaves_the_old_file_and_nothing_beside_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    folder.replace("index.html", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(OSError) as failure:
            folder.replace("index.html", b"new", durable=True)
    assert failure.value.errno == code
    assert failure.value.filename == str(folder.path / "index.html")
    assert folder.read("index.html") == b"old"
    assert folder.names() == ["index.html"]


def test_a_write_that_is_taken_in_pieces_is_finished(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    folder.replace("index.html", b"0123456789")
    assert folder.read("index.html") == b"0123456789"


def test_a_rename_that_is_reported_as_failed_though_it_succeeded_counts(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over NFS, when the server's first answer was lost."""
    rename = os.rename

    def twice(*args: str, **kwargs: Any) -> None:
        rename(*args, **kwargs)
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "rename", twice)
    folder.replace("index.html", b"new")
    assert folder.read("index.html") == b"new"


def test_durable_means_the_file_before_its_rename_and_the_folder_after_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, os.rename

    def record_fsync(fd: int) -> None:
        calls.append("fsync folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "fsync file")
        fsync(fd)

    def record_rename(*args: str, **kwargs: Any) -> None:
        calls.append("rename")
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "rename", record_rename)
    folder.replace("index.html", b"new", durable=True)
    assert calls == ["fsync file", "rename", "fsync folder"]


def test_a_folder_that_cannot_be_flushed_on_its_file_system_is_no_failure(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL))
    folder.sync()
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError):
        folder.sync()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../out", "/etc/x", "a\0b"])
def test_a_name_is_one_component_of_a_path(folder: Folder, name: str) -> None:
    for use in (
        lambda: folder.replace(name, b""),
        lambda: folder.create(name, b""),
        lambda: folder.open_append(name, new=True),
        lambda: folder.folder(name),
        lambda: folder.read(name),
        lambda: folder.remove(name),
        lambda: folder.remove_folder(name),
    ):
        with pytest.raises(ValueError, match="not the name"):
            use()
    assert folder.names() == []


@pytest.mark.parametrize("name", ["a", "b" * 255, "é" * 127, "日" * 85, "..hidden"])
def test_any_name_that_a_file_may_have_can_be_written_beside_its_place(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    beside: list[str] = []
    rename = os.rename

    def record(old: str, new: str, **kwargs: Any) -> None:
        beside.append(old)
        rename(old, new, **kwargs)

    monkeypatch.setattr(os, "rename", record)
    folder.replace(name, b"new")
    assert folder.names() == [name]
    assert len(os.fsencode(beside[0])) <= disk.LONGEST_NAME
    assert disk.is_temporary(beside[0])


def test_what_an_earlier_write_left_is_in_nobodys_way(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its removal failed as well: the file stays under the name that this process takes for all it writes."""
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", failing(errno.EIO))
        broken.setattr(os, "unlink", failing(errno.EIO))
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            folder.replace("a", b"lost")
    (left,) = folder.names()
    assert disk.is_temporary(left)
    folder.replace("a", b"new")
    assert sorted(folder.names()) == [left, "a"]
    assert folder.read("a") == b"new"


def test_processes_and_threads_that_write_to_a_folder_have_temporary_names_of_their_own(folder: Folder) -> None:
    names = [disk._own.name]
    with ThreadPoolExecutor(1) as pool:
        names.append(pool.submit(lambda: disk._own.name).result())
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        os.write(theirs, disk._own.name.encode())
        os._exit(0)
    os.waitpid(child, 0)
    names.append(os.read(ours, 100).decode())
    os.close(ours)
    os.close(theirs)
    assert len(set(names)) == 3


@pytest.mark.parametrize("name", ["index.html", ".htaccess", "a.tmp", ".a.tmp", "..0123456789abcdef.tmp", ".nfs0001"])
def test_what_other_people_name_their_files_is_not_taken_for_a_leftover(name: str) -> None:
    assert not disk.is_temporary(name)


def test_a_symbolic_link_is_replaced_and_what_it_leads_to_stays(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    (folder.path / "index.html").symlink_to(outside)
    folder.replace("index.html", b"new")
    assert outside.read_bytes() == b"mine"
    assert not (folder.path / "index.html").is_symlink()


def test_a_symbolic_link_is_followed_neither_for_appending_nor_reading_nor_as_a_folder(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"mine")
    (folder.path / "file").symlink_to(tmp_path / "outside/file")
    (folder.path / "inner").symlink_to(tmp_path / "outside")
    for use in (
        lambda: folder.open_append("file", new=False),
        lambda: folder.open_in_place("file"),
        lambda: folder.read("file"),
        lambda: folder.folder("inner"),
    ):
        with pytest.raises(WrongKind, match="symbolic links are not followed"):
            use()
    with pytest.raises(FileExistsError):
        folder.create("file", b"")
    assert (tmp_path / "outside/file").read_bytes() == b"mine"


def test_only_a_plain_file_is_appended_to(folder: Folder) -> None:
    os.mkfifo(folder.path / "pipe")
    (folder.path / "inner").mkdir()
    for name in ("pipe", "inner"):
        with pytest.raises(WrongKind, match="plain file"):
            folder.open_append(name, new=False)
        with pytest.raises(WrongKind, match="plain file"):
            folder.read(name)


def test_create_takes_a_name_once(folder: Folder) -> None:
    folder.create("00000001", b"mine")
    with pytest.raises(FileExistsError):
        folder.create("00000001", b"yours")
    assert folder.read("00000001") == b"mine"


def test_a_name_that_was_taken_in_vain_is_free_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing(errno.ENOSPC))
        with pytest.raises(OSError):
            folder.create("00000001", b"mine")
    folder.create("00000001", b"mine")


def test_an_append_is_one_write_and_a_short_one_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    fd = folder.open_append("log", new=True)
    disk.append_bytes(fd, b"one\n")
    disk.append_bytes(fd, b"two\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:2]))
    with pytest.raises(ShortWrite, match="only 2 of 6 bytes"):
        disk.append_bytes(fd, b"three\n")
    os.close(fd)
    assert folder.read("log") == b"one\ntwo\nth"


def test_a_record_that_is_written_in_part_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    fd = folder.open_in_place("record")
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:2], offset))
    with pytest.raises(ShortWrite, match="only 2 of 6 bytes"):
        disk.overwrite(fd, b"three\n")
    os.close(fd)


def test_a_file_that_another_process_has_written_is_flushed_by_its_name(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.replace("index.html", b"new")
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: flushed.append(os.fstat(fd).st_ino))
    folder.sync_file("index.html")
    assert flushed == [(folder.path / "index.html").stat().st_ino]
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(OSError, match=r"index\.html"):
        folder.sync_file("index.html")


def test_inner_folders_are_made_when_asked_for(folder: Folder) -> None:
    with pytest.raises(FileNotFoundError):
        folder.folder("scene", create=False)
    with folder.folder("scene") as scene, folder.folder("scene") as again:
        scene.replace("12.json", b"{}")
        assert again.names() == ["12.json"]
        assert scene.path == folder.path / "scene"


def test_what_is_removed_is_gone_and_what_was_not_there_is_no_error(folder: Folder) -> None:
    folder.replace("12.json", b"{}")
    folder.folder("12").close()
    assert folder.remove("12.json")
    assert not folder.remove("12.json")
    assert folder.remove_folder("12")
    assert not folder.remove_folder("12")
    assert folder.read("12.json") is None
    assert folder.names() == []


def test_make_folders_makes_all_that_are_missing_and_keeps_those_that_are_there(tmp_path: Path) -> None:
    disk.make_folders(tmp_path / "a/b/c")
    disk.make_folders(tmp_path / "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        disk.make_folders(tmp_path / "file/a")


def test_folders_that_are_made_are_flushed_with_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: flushed.append(os.fstat(fd).st_ino))
    disk.make_folders(tmp_path / "a/b")
    assert flushed == [tmp_path.stat().st_ino, (tmp_path / "a").stat().st_ino]


def test_replace_file_writes_a_single_file_by_its_path(tmp_path: Path) -> None:
    disk.replace_file(tmp_path / "build.json", b"{}", durable=True)
    assert (tmp_path / "build.json").read_bytes() == b"{}"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.ENOSPC, "x", "a/b"), "a/b: the disk is full. Free some space."),
        (OSError(errno.EROFS, "x"), "the disk is read-only. Mount it"),
        (OSError(errno.EACCES, "x", "a/b"), "a/b: no permission. Have its owner"),
        (ShortWrite(2, 6), "only 2 of 6 bytes were written. Free some space."),
        (WrongKind("a/b", "folder"), "a/b: is not a folder (symbolic links are not followed here). Move it away."),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files."),
    ],
)
def test_problems_are_told_in_words_with_what_to_do(problem: OSError, words: str) -> None:
    assert disk.advice(problem).startswith(words)
