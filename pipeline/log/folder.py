"""A log in a folder: `Log` by what files.py and append.py do."""

import errno
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from pipeline.log.append import append_lines
from pipeline.log.files import Found, Position, look, open_inside, proof_of


class FolderLog:
    """As `Log` says. Files grow, so they are known by their inodes and by what they begin and end with."""

    opening_bytes = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, known: Mapping[str, Position]) -> Found:
        return look(self._folder, known)

    def expecting(self, starts: Iterable[Position]) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def open(self, start: Position) -> BinaryIO:
        file = open_inside(self._folder, start.path)
        if start.offset and start.inode and (self._folder / start.path).stat().st_ino != start.inode:
            file.close()
            raise OSError(errno.ESTALE, "was replaced while it was read", start.path)
        return file

    def proof(self, reached: Position) -> str:
        return proof_of(self._folder, reached.path, reached.offset)

    def append(self, lines: Sequence[bytes]) -> str:
        return append_lines(self._folder, lines).relative_to(self._folder).as_posix()
