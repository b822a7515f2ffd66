"""The sample log: three AOIs, three weeks of 2024, ten files of five machines. It stands in data/events/ as well."""

from pathlib import Path

from pipeline.demo.bursts import burst_aoi
from pipeline.demo.denmark import examples_aoi, overview_aoi
from pipeline.demo.eventlog import Draft, LogCounts, by_file, lines, write_files

_OVERVIEW_FIRST_ID = 101
_BURSTS_FIRST_ID = 201

# Each machine writes a file a month, by a writer id that it made up once.
_WRITER = {
    "ingester/catalogue": "catalogue-4e19c07b",
    "ingester/worker/1": "node-a-9c02d5e1",
    "ingester/worker/2": "node-a-9c02d5e1",
    "ingester/worker/3": "node-a-9c02d5e1",
    "ingester/worker/4": "node-b-71fe3a88",
    "ingester/worker/5": "node-b-71fe3a88",
    "ingester/worker/6": "node-b-71fe3a88",
    "ingester/worker/7": "node-c-e6b0416f",
    "sceneboard/ops/anna": "anna-c3d82f90",
    "sceneboard/ops/jonas": "jonas-05ab7714",
}
_ROTATED = "2024-04/catalogue-4e19c07b.jsonl"
_TORN = ("2024-05/node-b-71fe3a88.jsonl", 60)
"""The line that its writer didn't finish when the machine went down; after the restart it wrote the event again."""


def write_sample(events_dir: Path) -> LogCounts:
    """Writes the sample log into a folder, which is made if it isn't there. Always the same bytes.

    Raises LogFileExists if one of its files is there already, OSError if it can't be written.
    """
    bursts, rejected = burst_aoi(_BURSTS_FIRST_ID, _BURSTS_FIRST_ID)
    drafts = [*examples_aoi(), *overview_aoi(_OVERVIEW_FIRST_ID), *bursts]
    files = by_file(lines(drafts), _file_of)
    torn_file, place = _TORN
    whole = files[torn_file][place]
    files[torn_file].insert(place, whole[: len(whole) * 2 // 3] + b"\n")
    content = {f"{path}.gz" if path == _ROTATED else path: b"".join(written) for path, written in files.items()}
    write_files(events_dir, content)
    counts = LogCounts(files=len(content), events=len(drafts), rejected=rejected, broken_lines=1)
    counts.bytes = sum((events_dir / path).stat().st_size for path in content)
    counts.by_type.update(draft.type for draft in drafts)
    counts.aois = counts.by_type["aoi.created"]
    created = {draft.data["id"]: draft for draft in drafts if draft.type == "scene.created"}
    counts.scenes = len(created)
    counts.tiles = sum(_tiles(draft) for draft in created.values())
    return counts


def _tiles(creation: Draft) -> int:
    tiles = creation.data["tiles"]
    return len(tiles) if isinstance(tiles, dict) else 0


def _file_of(draft: Draft) -> str:
    return f"{draft.time:%Y-%m}/{_WRITER[draft.source]}.jsonl"
