"""Object storage, by fsspec: objects below a URL such as `s3://bucket/board`. fsspec is imported when one is used.

Object storage has neither rename nor append: an object is put whole. What keeps two writers apart is a condition that
the storage itself checks as it takes an object: that there is none of that name, or that it is still the one that was
seen (HTTP's `If-None-Match: *` and `If-Match`). S3 has both; where they aren't to be had `conditional` is false, and a
condition is only looked at beforehand.
"""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

AT_A_TIME = 16
"""Requests under way together: an answer takes some ten milliseconds, however small the object."""
_SINGLE_PUT_BYTES = 1 << 30
"""A larger object would be put in parts, and then no longer told by the MD5 of its bytes."""
_S3 = {"s3", "s3a"}
_PATIENCE = {"connect_timeout": 4, "read_timeout": 30, "retries": {"mode": "standard", "max_attempts": 4}}
"""An answer of 503 is waited out by the client for 15 s at most, half of that mostly …"""
_TRIES = 2
"""… and that again by fsspec, so often."""
_UNORDERED = "--x-s3"
"""The end of the names of S3's directory buckets, which don't list by name."""
_TAGS = ("ETag", "etag", "generation", "mtime", "last_modified", "created")
"""What storages have that tells an object from what it was before, the best first."""


class StorageUnusable(Exception):
    """The package that a kind of storage needs isn't installed, or nobody knows that kind. The text says what to do."""


class Changed(Exception):
    """The object isn't the one that was seen any more: somebody else has put or removed it."""


class _Unordered(Exception):
    """The storage doesn't list by name, or not from a name on."""


class Stat(NamedTuple):
    """An object as it was seen: its size in bytes, and its entity tag ('' where the storage has none)."""

    size: int
    etag: str

    def holds(self, data: bytes) -> bool | None:
        """Whether it holds these bytes; None if that can't be told without a look into it."""
        if self.size != len(data):
            return False
        tag = self.etag.strip('"')
        if len(tag) != 32 or not set(tag) <= set("0123456789abcdef"):
            return None
        # With some kinds of encryption the tag looks like an MD5 and is none: then equal bytes look different, no more.
        return tag == hashlib.md5(data, usedforsecurity=False).hexdigest()


def is_url(place: object) -> bool:
    """Whether this names a place by URL, not a folder."""
    return "://" in str(place)


class Objects:
    """The objects below a URL, by their path from there. All methods raise OSError, with the URL as its file name."""

    def __init__(self, url: str) -> None:
        """Raises StorageUnusable."""
        self.url = url.rstrip("/")
        self._scheme = url.partition("://")[0]
        self._fs, self._root = _file_system(self.url)
        self.conditional = self._scheme in _S3
        self._whole = {"max_concurrency": 1} if self._scheme in _S3 else {}
        """Without it s3fs asks for an object's size first."""

    @property
    def exclusive(self) -> bool:
        """Whether `create` leaves no moment between the look and the put, as far as that is known beforehand."""
        return self.conditional or self._scheme not in _S3

    def read(self, path: str) -> bytes | None:
        """What an object holds; None if there is none."""
        with self._about(path):
            try:
                found: bytes = self._fs.cat_file(self._full(path), **self._whole)
            except (FileNotFoundError, IsADirectoryError):
                return None
            return found

    def read_seen(self, path: str, seen: Stat) -> bytes:
        """What the object holds that was seen in a listing. Raises Changed, FileNotFoundError.

        Tags of other storages than S3 aren't compared: some look another way in a listing.
        """
        with self._about(path):
            found: bytes = self._fs.cat_file(self._full(path), **self._whole)
        if len(found) != seen.size or (self._scheme in _S3 and not seen.holds(found) and self.stat(path) != seen):
            raise Changed(f"{self.url}/{path}")
        return found

    def open_seen(self, path: str, seen: Stat) -> io.RawIOBase:
        """Opens the object that was seen, to be read a part at a time. Raises Changed, FileNotFoundError."""
        with self._about(path):
            file = self._fs.open(self._full(path), "rb", cache_type="none")
            if file.size != seen.size or (self._scheme in _S3 and _stat(file.details) != seen):
                raise Changed(f"{self.url}/{path}")
        return _Parts(self, path, file)

    def stat(self, path: str) -> Stat | None:
        """The object as it is now; None if there is none."""
        with self._about(path):
            full = self._full(path)
            try:
                if self._scheme in _S3:  # where `info` would ask for a folder of that name as well
                    bucket, _, key = full.partition("/")
                    head = self._fs.call_s3("head_object", Bucket=bucket, Key=key)
                    return Stat(head["ContentLength"], head.get("ETag", ""))
                found = self._fs.info(full)
            except FileNotFoundError:
                return None
            return _stat(found) if found["type"] == "file" else None

    def stats(self, paths: Iterable[str]) -> dict[str, Stat | None]:
        """The same of several."""
        paths = list(paths)
        return dict(zip(paths, in_parallel(self.stat, paths), strict=True))

    def below(self, folder: str = "") -> dict[str, Stat]:
        """All objects whose path begins with that of a folder, by path, ascending."""
        place = f"{self._root}/{folder}".rstrip("/")
        with self._about(folder):
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(place, detail=True)
            except FileNotFoundError:
                if self._scheme in _S3:  # there is no such bucket
                    raise
                return {}
        return {
            name[len(self._root) + 1 :]: _stat(one)
            for name, one in sorted((str(name), one) for name, one in found.items())
            if name.startswith(f"{self._root}/") and one["type"] == "file"
        }

    def below_in_parts(self, ends: Sequence[str]) -> dict[str, Stat]:
        """All objects, as `below` gives them, but listed in parts side by side where the storage can do that.

        A page of a listing has a thousand objects and tells where the next one begins, so the pages of one listing come
        one after the other. `ends` are the paths, ascending, up to which a part goes: any will do.
        """
        if self._scheme not in _S3 or not ends or self._root.partition("/")[0].endswith(_UNORDERED):
            return self.below()
        try:
            parts = in_parallel(self._between, pairwise(("", *ends, "")))
        except _Unordered:
            return self.below()
        return {path: seen for part in parts for path, seen in part}

    def _between(self, ends: tuple[str, str]) -> list[tuple[str, Stat]]:
        """The objects whose path comes after the first of two, up to the second; '' stands for no end."""
        last, end = ends
        bucket, _, prefix = f"{self._root}/".partition("/")
        more = {"StartAfter": prefix + last} if last else {}
        found: list[tuple[str, Stat]] = []
        while True:
            with self._about(""):
                page = self._fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
            some = [
                (one["Key"][len(prefix) :], Stat(one["Size"], one.get("ETag", "")))
                for one in page.get("Contents", ())
                if one["Key"] != prefix  # what AWS' console makes to show a folder
            ]
            if any(path <= before for (before, _), (path, _) in pairwise([(last, None), *some])):
                raise _Unordered
            found += some
            if end and found and found[-1][0] >= end:
                return [one for one in found if one[0] <= end]
            last = found[-1][0] if found else last
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def any_below(self, folder: str) -> bool:
        """Whether there is an object whose path begins with that of a folder."""
        with self._about(folder):
            return bool(self._fs.exists(self._full(folder)))

    def put(self, path: str, data: bytes, *, content_type: str, cache_control: str = "no-cache") -> None:
        """Puts an object, whatever was there."""
        self._put(path, data, self._headers(content_type, cache_control))

    def put_if(self, path: str, data: bytes, seen: Stat | None, *, content_type: str) -> None:
        """Puts an object if what is there is what was seen (None: nothing). Raises Changed."""
        if self.conditional and (seen is None or seen.etag):
            condition = {"IfNoneMatch": "*"} if seen is None else {"IfMatch": seen.etag}
            try:
                self._put(path, data, self._headers(content_type, "no-cache") | condition)
                return
            except OSError as error:
                if error.errno != errno.ENOSYS:
                    raise
                self.conditional = False  # a service that speaks S3, but not this part of it
        if self.stat(path) != seen:
            raise Changed(f"{self.url}/{path}")
        self.put(path, data, content_type=content_type)

    def create(self, path: str, data: bytes, *, content_type: str = "application/octet-stream") -> None:
        """Puts an object where there is none. Raises FileExistsError."""
        try:
            if self._scheme in _S3:
                self.put_if(path, data, None, content_type=content_type)
            else:
                self._put(path, data, {"mode": "create"})
        except (Changed, FileExistsError):
            raise FileExistsError(errno.EEXIST, "is there already", f"{self.url}/{path}") from None

    def create_own(self, path: str, data: bytes, *, content_type: str = "application/octet-stream") -> None:
        """The same of bytes that nobody else would put. Raises FileExistsError.

        If they are there already, this very call has put them: the answer to its first try was lost on the way.
        """
        for tries_left in (1, 0):
            try:
                self.create(path, data, content_type=content_type)
                return
            except FileExistsError:
                held = self.read(path)
                if held == data:
                    return
                if held is not None or not tries_left:  # None: it was being put, and was not
                    raise

    def remove(self, paths: Iterable[str]) -> None:
        """Removes objects, those that are there."""
        paths = list(paths)
        if paths:
            with self._about(paths[0]):
                try:
                    self._fs.rm([self._full(path) for path in paths])
                except FileNotFoundError:
                    in_parallel(self._remove_one, paths)

    def _remove_one(self, path: str) -> None:
        with self._about(path):
            try:
                self._fs.rm_file(self._full(path))
            except FileNotFoundError:
                return

    def _put(self, path: str, data: bytes, headers: dict[str, Any]) -> None:
        with self._about(path):
            self._fs.pipe_file(self._full(path), data, **headers)

    def _headers(self, content_type: str, cache_control: str) -> dict[str, Any]:
        if self._scheme not in _S3:
            return {}
        return {"ContentType": content_type, "CacheControl": cache_control, "chunksize": _SINGLE_PUT_BYTES}

    def _full(self, path: str) -> str:
        if not path or path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
            raise _NameInvalid(f"{path!r} is not the name of an object below {self.url}")
        return f"{self._root}/{path}"

    @contextmanager
    def _about(self, path: str) -> Iterator[None]:
        """Makes what a storage's client raises an OSError that names the object, or Changed."""
        where = f"{self.url}/{path}".rstrip("/")
        try:
            yield
        except (Changed, _NameInvalid):
            raise
        except Exception as error:
            if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "412"):
                raise Changed(where) from error
            if type(error).__name__ == "FileExpired":  # s3fs' word for it, when a part of an object is read
                raise Changed(where) from error
            if isinstance(error, FileExistsError):
                raise FileExistsError(errno.EEXIST, "is there already", where) from error
            if isinstance(error, PermissionError):
                raise PermissionError(errno.EACCES, f"no permission ({_said(error)})", where) from error
            number = error.errno if isinstance(error, OSError) and error.errno else errno.EIO
            if isinstance(error, FileNotFoundError):
                raise FileNotFoundError(
                    errno.ENOENT, f"there is no such bucket or object ({_said(error)})", where
                ) from error
            raise OSError(number, _said(error), where) from error


class _NameInvalid(ValueError):
    """No name that an object can have: a mistake of the caller."""


class _Parts(io.RawIOBase):
    """An open object as a file of Python's; what goes wrong names the object."""

    def __init__(self, objects: Objects, path: str, file: Any) -> None:
        self._objects, self._path, self._file = objects, path, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        with self._objects._about(self._path):
            part = self._file.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def in_parallel(call: Any, arguments: Iterable[Any]) -> list[Any]:
    """What a call gives for each argument, in their order; some calls at a time. Raises what the first raises."""
    arguments = list(arguments)
    if len(arguments) < 2:
        return [call(argument) for argument in arguments]
    with ThreadPoolExecutor(min(AT_A_TIME, len(arguments))) as pool:
        return list(pool.map(call, arguments))


def _file_system(url: str) -> tuple[AbstractFileSystem, str]:
    scheme = url.partition("://")[0]
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        raise StorageUnusable(f"{url} needs the package fsspec: pip install 'sceneboard[s3]'") from None
    options = {"config_kwargs": _PATIENCE, "use_listings_cache": False} if scheme in _S3 else {}
    try:
        fs, root = url_to_fs(url, **options)
    except ImportError as error:
        more = "pip install 'sceneboard[s3]'" if scheme in _S3 else _said(error)
        raise StorageUnusable(f"{scheme}:// needs a package that isn't installed: {more}") from None
    except ValueError as error:
        raise StorageUnusable(f"{url}: {_said(error)}") from None
    if scheme in _S3:
        fs.retries = _TRIES
    return fs, str(root).rstrip("/")


def _stat(info: dict[str, Any]) -> Stat:
    tag = next((info[name] for name in _TAGS if info.get(name)), "")
    if isinstance(tag, datetime):  # some tell it as a number as well
        tag = tag.timestamp()
    return Stat(int(info["size"] or 0), str(tag))


def _code(error: BaseException | None) -> str:
    """The code of an S3 server's answer."""
    while error is not None:
        answer = getattr(error, "response", None)
        if isinstance(answer, dict):
            return str(answer.get("Error", {}).get("Code", ""))
        error = error.__cause__
    return ""


def _said(error: BaseException) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (text.strip().splitlines() or [type(error).__name__])[0]
