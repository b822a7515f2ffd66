"""Lines of the event log, written down as workers, operators and the catalogue do."""

import gzip
import itertools
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

START = datetime(2022, 3, 1, tzinfo=UTC)
VECTORS = Path(__file__).with_name("vectors")
APART = 100_000
"""By so much the ids of recorded scenarios are moved apart where they share a log."""


def at(second: int) -> str:
    """A time on 2022-03-01, in seconds from midnight (UTC)."""
    return (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def event(type: str, data: Mapping[str, Any], time: str, id: str, source: str = "tests", **more: Any) -> dict[str, Any]:
    """An event in its envelope."""
    envelope = {"specversion": "1.0", "id": id, "source": source, "type": type, "time": time, **more, "data": data}
    return {name: value for name, value in envelope.items() if value is not None}


def scene_body(
    id: int,
    tiles: Mapping[int, int | None],
    *,
    aoi: str = "Demo",
    retries: int = 0,
    date: str = "2022-01-02T10:00:00Z",
    source_id: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The data of `scene.created`: scene N is called SN, with tiles by id, each with the tile it waits for.

    Tile N is called TN, in the scene of the number before its last digit: 31 is in scene 3. Each refers to what it
    waits for, or to the tile's `ref` in `refs`.
    """
    refs: Mapping[int, int] = more.pop("refs", {})
    named = {f"T{tile}": _tile(tile, prev, refs.get(tile, prev)) for tile, prev in tiles.items()}
    return {
        "id": id,
        "source_id": source_id or f"S{id}",
        "aoi": aoi,
        "retry_count": retries,
        "data": {"date": date, "tiles": {name: {} for name in named}},
        "tiles": named,
        **more,
    }


def _tile(id: int, prev: int | None, ref: int | None) -> dict[str, Any]:
    tile: dict[str, Any] = {"id": id}
    if prev is not None:
        tile |= {"previous_tile_id": f"T{prev}", "previous_scene_id": f"S{prev // 10}"}
    if ref is not None:
        tile |= {"reference_tile_id": f"T{ref}", "reference_scene_id": f"S{ref // 10}"}
    return tile


def line(event: Mapping[str, Any]) -> bytes:
    """An event as it stands in a file of the log, without the line's end."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


class Log:
    """A log folder. Events get times a second apart and ids in a row, unless said otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)

    def path(self, file: str) -> Path:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def event(self, type: str, data: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """An event that isn't written yet."""
        number = next(self._numbers)
        attributes = {"time": at(number), "id": f"e{number:04d}", **more}
        return event(type, data, **attributes)

    def append(self, *events: Mapping[str, Any] | bytes, file: str = "log.jsonl") -> None:
        """Appends events, or lines as they are, to a file."""
        with self.path(file).open("ab") as out:
            out.writelines((one if isinstance(one, bytes) else line(one)) + b"\n" for one in events)

    def add(self, type: str, data: Mapping[str, Any], *, file: str = "log.jsonl", **more: Any) -> dict[str, Any]:
        """Writes an event; gives it."""
        written = self.event(type, data, **more)
        self.append(written, file=file)
        return written

    def aoi(self, name: str = "Demo", /, **more: Any) -> None:
        self.add("aoi.created", {"id": name}, **more)

    def scene(self, id: int, tiles: Mapping[int, int | None], **body: Any) -> None:
        self.add("scene.created", scene_body(id, tiles, **body))

    def says(self, kind: str, id: int, status: str, message: str = "", /, **more: Any) -> None:
        """A worker's result."""
        self.add(f"{kind}.result", {"type": kind, "id": id, "status": status, "message": message}, **more)


def compressed(lines: Iterable[bytes], ending: str) -> bytes:
    """Lines as a rotated file of the log holds them: `.gz` or `.zst`."""
    text = b"".join(one + b"\n" for one in lines)
    return gzip.compress(text, mtime=0) if ending == ".gz" else zstandard.ZstdCompressor().compress(text)


def recorded(name: str) -> Iterable[dict[str, Any]]:
    """The scenarios of a file of recorded runs of the server."""
    path = VECTORS / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(one) for one in text.splitlines()]


def apart(event: Mapping[str, Any], scenario: int) -> dict[str, Any]:
    """The data of a recorded event, so that all scenarios go into one log: ids far apart, AOIs with its number."""
    data: dict[str, Any] = event["data"]
    if event["type"].startswith("aoi."):
        return data | {"id": f"{scenario} {data['id']}"}
    moved = data | {"id": data["id"] + APART * scenario}
    if "aoi" in data:
        moved["aoi"] = f"{scenario} {data['aoi']}"
    if data.get("tiles"):
        moved["tiles"] = {name: tile | {"id": tile["id"] + APART * scenario} for name, tile in data["tiles"].items()}
    return moved
