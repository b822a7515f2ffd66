"""The logs that speed is measured on, written by `sceneboard demo` into a folder and used again."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from measuring import sceneboard, script


@dataclass(frozen=True, slots=True)
class Size:
    """How large a log is: AOIs, scenes in each, tiles of each scene; `results` times as many results as are needed."""

    aois: int
    scenes: int
    tiles: int
    results: int = 1

    @property
    def name(self) -> str:
        more = f"-{self.results}" if self.results > 1 else ""
        return f"{self.aois}x{self.scenes}x{self.tiles}{more}"


SIZES = {
    "S": Size(1, 46, 8),
    "M": Size(10, 500, 8),
    "L": Size(200, 480, 8),
    "4L": Size(800, 480, 8),
}


def log_of(folder: Path, size: Size) -> Path:
    """The data folder with a log of this size, made if it isn't there yet."""
    data = folder / size.name
    if not (data / "complete").exists():
        shutil.rmtree(data, ignore_errors=True)
        sceneboard(
            data, data / "site", "demo", str(data),
            "--aois", str(size.aois), "--scenes", str(size.scenes), "--tiles", str(size.tiles),
        )  # fmt: skip
        for more in range(1, size.results):
            _repeat_results(data / "events", more)
        (data / "complete").touch()
    return data


def _repeat_results(events: Path, number: int) -> None:
    """Every result once more, a little later, as if it were another event: it is ignored or rejected."""
    for path in sorted(events.glob("node-*.jsonl")):
        with path.open("rb") as lines, (events / f"again-{number}-{path.name}").open("wb") as again:
            for line in lines:
                if b'"type":"tile.result"' in line or b'"type":"scene.result"' in line:
                    event = json.loads(line)
                    event["id"] += f"-{number}"
                    again.write(json.dumps(event, separators=(",", ":")).encode() + b"\n")


def write_results(path: Path, tiles: Iterable[tuple[str, int]], number: int) -> None:
    """A file of the log with a new result for each of these tiles (AOI and id); every sixth doesn't tell its AOI."""
    with path.open("w") as file:
        for place, (aoi, tile) in enumerate(tiles):
            event = {
                "specversion": "1.0", "id": f"{number}-{place}", "source": "benchmark", "type": "tile.result",
                "time": f"2030-01-01T{number % 24:02d}:00:00.{place:06d}Z",
                "data": {"type": "tile", "id": tile, "status": "RETRY", "message": f"again {number}"},
            }  # fmt: skip
            if place % 6:
                event["partitionkey"] = aoi
            file.write(json.dumps(event) + "\n")


def some_tiles(data: Path, *, aois: int, count: int) -> list[tuple[str, int]]:
    """AOI and id of some tiles, spread over so many AOIs."""
    return [(aoi, id) for aoi, id in script("some_tiles.py", data, str(aois), str(count)).told["tiles"]]
