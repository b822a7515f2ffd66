"""Where a log is: in a folder, or on object storage. What differs between them stands behind one interface."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from pipeline.log.files import Found, Position

EVENTS = "events"
"""The log, below the data folder."""
IDS = "ids"
"""The claimed blocks of ids, below the data folder."""

Place: TypeAlias = Path | str
"""A folder, or a URL that fsspec knows (`s3://bucket/board`)."""


class KeptApart(NamedTuple):
    """A data folder, or a URL in its place, whose store is kept elsewhere: in a local folder."""

    place: Place
    store: Path


Data: TypeAlias = Path | KeptApart
"""Where the log and the claimed ids are, and the store: a folder with all of them, or places apart."""


def events_of(data: Data) -> Place:
    """The place of the log."""
    return _below(data, EVENTS)


def known_log(data: Data) -> Place:
    """The place of a log that must be there already.

    Raises FileNotFoundError if it is a folder that isn't: where a share isn't mounted a new log would be begun unseen,
    and the next build would take it for all there is. `aoi create`, `import` and `demo` alone begin one.
    """
    log = events_of(data)
    if isinstance(log, Path) and not log.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no log folder: mount it, name another one (--data), or make it", str(log)
        )
    return log


def log_for(data: Data, *, begins: bool) -> Place:
    """The place of a log, which must be there already (`known_log`), unless what is to be done `begins` one."""
    return events_of(data) if begins else known_log(data)


def ids_of(data: Data) -> Place:
    """The place of the claimed blocks of ids."""
    return _below(data, IDS)


def store_of(data: Data) -> Path:
    """The folder of the store."""
    return data.store if isinstance(data, KeptApart) else data


def data_at(place: Place, stores: Path | None = None) -> Data:
    """A data folder or URL. Of a URL, or with `stores`, the store is in a folder of its own below `stores`.

    `stores` is by default `sceneboard/` in the user's folder for caches (XDG_CACHE_HOME). Raises OSError if there is
    no such folder.
    """
    if isinstance(place, Path) and stores is None:
        return place
    return KeptApart(place, (stores or _caches()) / _name_of(place))


class Log(Protocol):
    """A log, to be read and appended to. Paths of its files are relative, with `/`."""

    opening_bytes: int
    """So many bytes could be taken apart in the time that it takes to open a file."""

    def look(self, known: Mapping[str, Position]) -> Found:
        """Finds what has to be read, given how far each file was read before. Raises OSError."""

    def expecting(self, starts: Iterable[Position]) -> AbstractContextManager[None]:
        """While the block runs, these are going to be opened, in this order: they may be fetched ahead."""

    def open(self, start: Position) -> BinaryIO:
        """Opens the file of a position that `look` gave, to be read from any place in it.

        Raises OSError if it can't be opened or isn't that file any more.
        """

    def proof(self, reached: Position) -> str:
        """What tells later whether a file is still the one that was read up to here. Raises OSError."""

    def append(self, lines: Sequence[bytes]) -> str:
        """Appends lines, each without its newline, all or none; gives the path of the file that now holds them.

        When it returns, they outlive the machine. Raises AppendFailed if that can't be promised, ValueError for what
        are no lines.
        """


Source: TypeAlias = "Place | Log"
"""A place of a log, or a log that is open."""


def open_log(place: Source) -> Log:
    """The log at a place. Raises StorageUnusable."""
    if isinstance(place, str):
        from pipeline.log.bucket import BucketLog

        return BucketLog(place)
    if not isinstance(place, Path):
        return place
    from pipeline.log.folder import FolderLog

    return FolderLog(place)


def _below(data: Data, name: str) -> Place:
    place = data.place if isinstance(data, KeptApart) else data
    return f"{place.rstrip('/')}/{name}" if isinstance(place, str) else place / name


def _caches() -> Path:
    """As the XDG standard has it: a path that isn't absolute is to be ignored."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    try:
        above = Path(named) if named.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        raise OSError("no home folder is known: name a folder for the store (--store)") from None
    return above / "sceneboard"


def _name_of(place: Place) -> str:
    """The name of the folder of a log's store: readable, and another one for any other log."""
    import hashlib

    if isinstance(place, Path):
        text = str(place.resolve())
    else:  # the same bucket's name at another service's address is another bucket
        address = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        profile, of_fsspec = os.environ.get("AWS_PROFILE"), os.environ.get("FSSPEC_S3_ENDPOINT_URL")
        text = " ".join([place.rstrip("/"), address or "", profile or "", of_fsspec or ""])
    readable = re.sub(r"[^A-Za-z0-9]+", "-", str(place)).strip("-")[-80:]
    return f"{readable}-{hashlib.sha256(os.fsencode(text)).hexdigest()[:16]}"
