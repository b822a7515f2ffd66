"""A site on object storage: only objects whose bytes differ are put, several at a time."""

from collections.abc import Iterable, Mapping
from typing import Self

from pipeline.content_types import content_type
from pipeline.objects import Changed, Objects, Stat, in_parallel
from pipeline.publish.site import SiteOvertaken, require_turn


class ObjectSite:
    """As `Site` says. Each object is put on the condition that it is still what was seen of it before.

    So a build that was overtaken, and goes on, can't put its own over what a newer one has put since. `touched` and
    `unchanged` are as in `Site`. With `new` nothing is there yet: nobody looks, each object is put where none is.
    With a `build` the site is asked whose turn it is between the look and the put: an object that a newer build puts
    later isn't the one that was seen, one that it has put before isn't written at all.
    """

    def __init__(self, url: str, *, new: bool = False, build: str = "") -> None:
        """Raises StorageUnusable."""
        self._objects = Objects(url)
        self._new = new
        self.build = build
        self._seen: dict[str, Stat | None] = {}
        self.touched: list[str] = []
        self.unchanged = 0

    @property
    def conditional(self) -> bool:
        return self._objects.conditional

    def has(self, path: str) -> bool:
        return self._look([path])[path] is not None

    def read(self, path: str) -> bytes | None:
        return self._objects.read(path)

    def write(self, path: str, data: bytes) -> None:
        self.write_all({path: data})

    def write_all(self, files: Mapping[str, bytes]) -> None:
        seen = self._look(files)
        differing = in_parallel(lambda path: not self._holds(path, seen[path], files[path]), files)
        outdated = [path for path, differs in zip(files, differing, strict=True) if differs]
        self.unchanged += len(files) - len(outdated)
        if outdated:
            self._require_turn()
        put = in_parallel(lambda path: self._put(path, files[path], seen[path]), outdated)
        for path, was_put in zip(outdated, put, strict=True):
            self._seen.pop(path, None)
            if was_put:
                self.touched.append(path)
            else:
                self.unchanged += 1

    def write_missing(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        seen = self._look(files)
        self.write_all({path: data for path, data in files.items() if seen[path] is None})
        return {path: data for path, data in files.items() if seen[path] is not None}

    def remove(self, path: str) -> None:
        self.remove_all([path])

    def remove_all(self, paths: Iterable[str]) -> None:
        paths = list(paths)
        if paths:
            self._require_turn()
        self._objects.remove(paths)
        for path in paths:
            self._seen.pop(path, None)

    def flush(self, paths: Iterable[str]) -> None:
        """An object that was taken is safe."""

    def version(self, path: str) -> str:
        found = self._objects.stat(path)
        return "" if found is None else _version(found)

    def write_last(self, path: str, data: bytes, seen: str) -> None:
        now = self._objects.stat(path)
        if ("" if now is None else _version(now)) != seen:
            raise SiteOvertaken(_overtaken(f"{self._objects.url}/{path}"))
        self._require_turn()
        self._put(path, data, now)
        self.touched.append(path)

    def is_new(self, owned: Iterable[str]) -> bool:
        return not any(map(self._objects.any_below, owned))

    def paths(self, owned: Iterable[str]) -> set[str]:
        return {path for folder in owned for path in self._objects.below(folder)}

    def leftovers(self) -> set[str]:
        return set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def _require_turn(self) -> None:
        if self.build and not self._new:  # where nothing was, an object of another build makes each put fail
            require_turn(self, self.build)

    def _look(self, paths: Iterable[str]) -> dict[str, Stat | None]:
        """What is there, seen once and kept: an object that is put later has to be what was seen then."""
        paths = list(paths)
        if self._new:
            return dict.fromkeys(paths)
        self._seen.update(self._objects.stats(path for path in paths if path not in self._seen))
        return {path: self._seen[path] for path in paths}

    def _holds(self, path: str, seen: Stat | None, data: bytes) -> bool:
        if seen is None:
            return False
        told = seen.holds(data)
        return self._objects.read(path) == data if told is None else told

    def _put(self, path: str, data: bytes, seen: Stat | None) -> bool:
        """Puts an object; false if another run of the same task has put the same meanwhile."""
        try:
            self._objects.put_if(path, data, seen, content_type=content_type(path))
        except Changed as changed:
            if self._objects.read(path) != data:
                raise SiteOvertaken(_overtaken(str(changed))) from changed
            return False
        return True


def _version(found: Stat) -> str:
    return f"{found.size} {found.etag}"


def _overtaken(where: str) -> str:
    return f"{where} was changed by another build meanwhile: build again, and let one build at a time publish there"
