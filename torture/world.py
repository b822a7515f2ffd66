"""A small world to attack: a data folder with a log, the site built from it, and the state of its machine."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.build import Built, build
from pipeline.demo import write_large
from pipeline.disk import is_temporary
from pipeline.log.compose import compose

Tree = dict[str, bytes]
"""What a site's files hold, as a hash, by path: all but those that tell of the build itself (`build.json`)."""

UNFINISHED = ".sceneboard-unfinished"


@dataclass(frozen=True)
class World:
    """Everything that one machine has, below one folder."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def events(self) -> Path:
        return self.root / "data" / "events"

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def env(self) -> dict[str, str]:
        """What tells the program where all of it is."""
        return {
            "SCENEBOARD_DATA": str(self.data),
            "SCENEBOARD_SITE": str(self.site),
            "SCENEBOARD_STATE": str(self.root / "state"),
        }

    def copy(self, to: Path) -> "World":
        """The same world in another place, which is emptied first.

        The files of the log are linked, not copied: they stay what the store has read. Nobody writes into them.
        """
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(self.root, to, symlinks=True, copy_function=_same_log)
        return World(to)

    def build(self, **options: Any) -> Built:
        """Builds the site in this process."""
        return build(self.data, self.site, **options)

    def tree(self) -> Tree:
        """The site as its readers find it."""
        return tree(self.site)


def _same_log(source: str, to: str) -> str:
    if "/events/" in source:
        os.link(source, to)
    else:
        shutil.copy2(source, to)
    return to


def tree(site: Path) -> Tree:
    """All files of a site but those called `build.json`."""
    return {
        path.relative_to(site).as_posix(): hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        for path in sorted(site.rglob("*"))
        if path.is_file() and path.name != "build.json"
    }


def of_one_build(world: World, scratch: Path) -> Tree:
    """What one build of the world's log gives, from nothing. `scratch` is emptied first."""
    if scratch.exists():
        shutil.rmtree(scratch)
    shutil.copytree(world.events, scratch / "data" / "events", symlinks=True)
    fresh = World(scratch)
    fresh.build()
    return fresh.tree()


def differing(one: Tree, other: Tree) -> list[str]:
    """Paths of files that only one of two sites has, or whose bytes differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def mixed_up(now: Tree, before: Tree, after: Tree) -> list[str]:
    """Paths of what a reader finds while a site goes from `before` to `after`, and that is neither: half, or missing.

    Files that are being written beside their place are nobody's to read; and a graph may have been drawn without `dot`
    where that couldn't be run, until the next build.
    """
    found = [
        path
        for path, text in now.items()
        if text not in (before.get(path), after.get(path)) and not _is_hidden(path) and not path.endswith("/graph.svg")
    ]
    return found + [path for path in before.keys() & after.keys() if path not in now]


def _is_hidden(path: str) -> bool:
    return path == UNFINISHED or is_temporary(path.rpartition("/")[2])


def lines(events: Path) -> list[bytes]:
    """The lines of all plain log files that have an end, in no order that matters."""
    return [one for file in sorted(events.rglob("*.jsonl")) for one in file.read_bytes().split(b"\n")[:-1] if one]


def ids(events: Path) -> list[str]:
    """The ids of all events, as often as they are there."""
    return [found["id"] for found in _objects(lines(events)) if "id" in found]


def _objects(found: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    for one in found:
        try:
            value = json.loads(one)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


# The log


def _at(second: int) -> str:
    return f"2022-03-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


class _Story:
    """Events one after the other, a second apart."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self.lines: list[bytes] = []

    def add(self, type: str, data: Mapping[str, Any], aoi: str | None = None) -> None:
        self._count += 1
        time = _at({"before": 0, "after": 3600}[self._name] + self._count)
        id = f"{self._name}{self._count:03d}"
        self.lines.append(compose(type, data, aoi=aoi, time=time, source=self._name, id=id))

    def scene(self, id: int, aoi: str, tiles: int = 2, previous: int | None = None) -> None:
        names = [f"{aoi}-T{place}" for place in range(tiles)]
        waits = (
            {}
            if previous is None
            else {"previous_scene_id": f"{aoi}-S{previous}", "reference_scene_id": f"{aoi}-S{previous}"}
        )
        self.add(
            "scene.created",
            {
                "id": id,
                "source_id": f"{aoi}-S{id}",
                "aoi": aoi,
                "retry_count": 0,
                "data": {"date": _at(id).replace("-03-01", f"-03-{id:02d}"), "tiles": {name: {} for name in names}},
                "geometry": {"type": "Point", "coordinates": [9 + id / 10, 55]},
                "tiles": {
                    name: {
                        "id": 10 * id + place,
                        **waits,
                        **({"previous_tile_id": name, "reference_tile_id": name} if waits else {}),
                    }
                    for place, name in enumerate(names)
                },
            },
        )

    def says(self, kind: str, id: int, status: str, message: str = "") -> None:
        self.add(f"{kind}.result", {"type": kind, "id": id, "status": status, "message": message})


def before() -> list[bytes]:
    """The log of a small world: three AOIs, scenes that wait for each other, a line that is no event."""
    story = _Story("before")
    for name in ("Fyn", "Als", "Gone"):
        story.add("aoi.created", {"id": name})
    for id, aoi, previous in ((1, "Fyn", None), (2, "Fyn", 1), (3, "Fyn", 1), (4, "Als", None), (5, "Gone", None)):
        story.scene(id, aoi, previous=previous)
        story.says("scene", id, "DONE")
    story.says("tile", 10, "DONE")
    story.says("tile", 11, "RETRY", "disk full")
    story.says("tile", 40, "RETRY", "no network")
    story.says("tile", 999, "DONE")
    return [*story.lines, b"no event"]


def after() -> list[bytes]:
    """What comes later: a new scene and a new AOI, results, an AOI that goes."""
    story = _Story("after")
    story.scene(6, "Fyn", previous=2)
    story.add("aoi.created", {"id": "New"})
    story.scene(7, "New")
    story.says("scene", 7, "DONE")
    story.says("tile", 70, "RETRY", "disk full")
    story.add("tile.retry", {"id": 11, "by": "somebody"})
    story.add("aoi.deleted", {"id": "Gone"})
    return story.lines


def write(file: Path, text: Sequence[bytes]) -> None:
    """Appends lines to a log file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as out:
        out.writelines(one + b"\n" for one in text)


RESULTS = [
    b'{"type":"tile","id":70,"status":"DONE","message":"bare"}',
    compose(
        "tile.result", {"type": "tile", "id": 40, "status": "DONE", "message": "whole"},
        id="appended", source="worker", time="2022-03-01T02:00:00Z",
    ),
]  # fmt: skip
"""What `log append` is given: a bare result, and an event."""

SCENE = {
    "source_id": "Fyn-S8",
    "data": {"date": "2022-03-08T00:00:00Z", "tiles": {"Fyn-T0": {}}},
    "tiles": {"Fyn-T0": {"previous_tile_id": "Fyn-T0", "previous_scene_id": "Fyn-S1", "reference_tile_id": "Fyn-T0",
                         "reference_scene_id": "Fyn-S1"}},
}  # fmt: skip
"""What `scene add` is given."""


def prepare_large(root: Path, *, aois: int, scenes: int, tiles: int, seed: int = 1) -> World:
    """A world with a realistic log of that size and no site yet."""
    world = World(root)
    write_large(world.events, aois=aois, scenes=scenes, tiles=tiles, seed=seed, files=aois)
    return world


def prepare(root: Path) -> World:
    """A world whose site is up to what `before` says, and whose log holds what `after` says as well."""
    world = World(root)
    write(world.events / "before.jsonl", before())
    world.build()
    write(world.events / "after.jsonl", after())
    (root / "results.jsonl").write_bytes(b"\n".join(RESULTS) + b"\n")
    (root / "scene.json").write_text(json.dumps(SCENE), encoding="utf-8")
    return world
