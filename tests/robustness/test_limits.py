"""What would cost minutes or gigabytes goes to quarantine, by a limit that is written down."""

import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipeline import ingest
from pipeline.event import MAX_LINE_BYTES, MAX_NAME_LENGTH, MAX_TILES, EventInvalid, decode
from pipeline.log.compose import compose
from pipeline.render.interchange.bodies import MOST_REPEATED_BYTES
from pipeline.render.pagers import linked_pages
from pipeline.store import record
from pipeline.store.database import open_database
from pipeline.store.held import STORE
from torture.world import World, before, differing, of_one_build, write

LINE = (
    b'{"specversion":"1.0","id":"%d","source":"late","type":"aoi.created","time":"2022-06-01T00:00:00Z",'
    b'"data":{"id":"%s"}}'
)


def reasons(world: World) -> dict[str, str]:
    """By file why a line is in quarantine."""
    return {bad["file"]: bad["reason"] for bad in json.loads((world.site / "events/quarantine.json").read_bytes())}


def aois(world: World) -> set[str]:
    return {one["ID"] for one in json.loads((world.site / "aoi/index.json").read_bytes())}


def scene(tiles: int, **more: Any) -> bytes:
    body = {"id": 900, "source_id": "Large", "aoi": "Fyn", "data": {"tiles": {}}} | more
    line = compose("scene.created", body, time="2022-06-01T00:00:00Z", id="large", source="late")
    in_data = b",".join([b'"T%d":{}' % number for number in range(tiles)])
    in_scene = b",".join([b'"T%d":{"id":%d}' % (number, 90_000 + number) for number in range(tiles)])
    line = line.replace(b'"tiles":{}', b'"tiles":{%s}' % in_data)
    return line[:-2] + b',"tiles":{%s}}}' % in_scene


def test_a_scene_of_too_many_tiles(world: World) -> None:
    write(world.events / "large.jsonl", [scene(MAX_TILES + 1), LINE % (1, b"Next")])
    world.build()
    assert reasons(world)["large.jsonl"] == "a scene of 100,001 tiles; at most 100,000 are taken"
    assert "Next" in aois(world)


def test_a_scene_of_a_million_tiles_is_not_even_looked_into() -> None:
    with pytest.raises(EventInvalid, match=r"a line of [0-9,]+ bytes; at most 33,554,432 are taken"):
        decode(scene(1_000_000))


def test_a_message_of_a_hundred_megabytes(world: World, scratch: Path) -> None:
    """The lines before and after it have their places, however the line falls into what is read at a time."""
    data = {"type": "tile", "id": 10, "status": "FAILED", "message": "x" * 100_000_000}
    message = compose("tile.result", data, time="2022-06-01T00:00:00Z")
    file = world.events / "large.jsonl"
    write(file, [LINE % (1, b"Before"), message, LINE % (2, b"After"), b"no event"])
    world.build()
    found = {bad["line"]: bad for bad in json.loads((world.site / "events/quarantine.json").read_bytes())
             if bad["file"] == file.name}  # fmt: skip
    assert found[2]["reason"] == f"a line of {len(message):,} bytes; at most {MAX_LINE_BYTES:,} are taken"
    assert found[2]["offset"] == len(LINE % (1, b"Before")) + 1
    assert found[2]["text"].startswith('{"specversion"')
    assert len(found[2]["text"]) < 100_000
    assert found[4]["offset"] == file.stat().st_size - len(b"no event\n")
    assert {"Before", "After"} <= aois(world)


def test_lines_without_an_end_are_not_held_in_memory(tmp_path: Path) -> None:
    """A file of 500 MB without a line's end, and one that unpacks to more than that, in less than 250 MB."""
    (tmp_path / "endless.jsonl").touch()
    with (tmp_path / "endless.jsonl").open("r+b") as file:
        file.truncate(500_000_000)
    (tmp_path / "bomb.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(bytes(500_000_000)))
    program = (
        "import sys; from pathlib import Path\n"
        "from pipeline.log.files import Position; from pipeline.log.folder import FolderLog\n"
        "from pipeline.log.lines import LineReader\n"
        "for name in ('endless.jsonl', 'bomb.jsonl.zst'):\n"
        "    reader = LineReader(FolderLog(Path(sys.argv[1])), Position(name))\n"
        "    assert list(reader) == []\n"
        "    print(len(reader.unfinished), reader.damage)\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert int(out[0]) < 1_000_000
    assert "unpacks to more than 200 times its size" in out[1]
    assert int(out[2]) < 250_000


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_bomb_in_a_compressed_file(ending: str, world: World) -> None:
    """What comes before it is taken; what comes after that isn't read."""
    lines = [LINE % (1, b"Before"), b"x" * 50_000_000, LINE % (2, b"After")]
    text = b"\n".join(lines) + b"\n"
    packed = gzip.compress(text) if ending == ".gz" else zstandard.ZstdCompressor().compress(text)
    (world.events / f"bomb.jsonl{ending}").write_bytes(packed)
    world.build()
    assert "it unpacks to more than 200 times its size" in reasons(world)[f"bomb.jsonl{ending}"]
    assert "Before" in aois(world)
    assert "After" not in aois(world)


def test_a_compressed_file_of_nothing_but_bad_lines(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "MAX_BAD_LINES", 50)
    (world.events / "bomb.jsonl.gz").write_bytes(gzip.compress(b"x\n" * 1_000))
    assert world.build().quarantined == 1 + 51 + 1
    assert "it has more than 50 lines that can't be used" in reasons(world)["bomb.jsonl.gz"]


def test_an_ordinary_rotated_file_is_no_bomb(world: World, scratch: Path) -> None:
    """However alike its lines are: they unpack to less than is always allowed."""
    line = compose(
        "tile.result", {"type": "tile", "id": 10, "status": "DONE", "message": ""}, time="2022-06-01T00:00:00Z"
    )
    text = b"".join(line.replace(b'"id":"', b'"id":"%d' % number, 1) + b"\n" for number in range(500))
    (world.events / "rotated.jsonl.zst").write_bytes(zstandard.ZstdCompressor(level=19).compress(text * 20))
    assert world.build().refreshed.unreadable == []
    assert "rotated.jsonl.zst" not in reasons(world)
    assert differing(world.tree(), of_one_build(world, scratch / "one")) == []


@pytest.mark.parametrize("name", [b'"Fyn"', b'"Large"', b'"T0"', b'"large"', b'"late"'])
def test_a_name_that_is_too_long(name: bytes) -> None:
    """It would stand on every page of the AOI."""
    line = scene(1)
    assert decode(line.replace(name, b'"%s"' % (b"N" * MAX_NAME_LENGTH)))
    with pytest.raises(EventInvalid, match="Expected `str` of length <= 4096"):
        decode(line.replace(name, b'"%s"' % (b"N" * (MAX_NAME_LENGTH + 1))))


def test_the_data_of_a_scene_is_not_repeated_for_each_of_many_tiles_without_bound(world: World) -> None:
    """A line of 60 kB could make gigabytes of files."""
    tiles = 200
    metadata = "x" * (MOST_REPEATED_BYTES // tiles)
    write(world.events / "large.jsonl", [scene(tiles, data={"tiles": {}, "metadata": metadata})])
    world.build()
    assert json.loads((world.site / "scene/900.json").read_bytes())["data"]["metadata"] == metadata
    tile = json.loads((world.site / "tile/90000.json").read_bytes())
    assert tile["scene"]["data"]["uuid"] == ""
    assert sum(path.stat().st_size for path in world.site.rglob("*") if path.is_file()) < 20_000_000


def test_a_log_of_a_scene_as_large_as_is_allowed_takes_seconds(world: World) -> None:
    """1,000 tiles; as many as are allowed take in proportion."""
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    write(world.events / "large.jsonl", [scene(1_000)])
    world.build()
    assert "large.jsonl" not in reasons(world)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - begun < 10


def test_what_a_retry_of_a_whole_aoi_had_to_skip_is_named_up_to_a_hundred(world: World) -> None:
    """Else an event of a hundred bytes would have an outcome as large as its AOI."""
    tiles = [
        compose("tile.force", {"id": 90_000 + number, "status": "RETRY"}, time="2022-06-01T00:00:01Z", source="late")
        for number in range(150)
    ]
    retry = compose("aoi.retry", {"id": "Fyn"}, time="2022-06-01T00:00:02Z", source="late", id="retry")
    write(world.events / "late.jsonl", [scene(150), *tiles, retry])
    world.build()
    with open_database(world.data / STORE) as database:
        (found,) = [event for event in record.latest(database, 1_000) if event.id == "retry"]
    assert found.reason.count("not DONE") == 100
    assert found.reason.endswith("; and 50 more")


def test_a_page_of_thousands_links_to_few_of_the_others() -> None:
    assert linked_pages(1, 1) == [1]
    assert linked_pages(2, 3) == [1, 2, 3]
    assert linked_pages(5_000, 10_000) == [1, *range(4_996, 5_005), 10_000]


def test_a_log_file_whose_name_is_no_text(world: World, scratch: Path) -> None:
    name = world.events / "b\udcff.jsonl"
    name.write_bytes(b"\n".join(before()))
    (unreadable,) = world.build().refreshed.unreadable
    assert (unreadable.path, unreadable.reason) == ("b\\xff.jsonl", "its name is not UTF-8: rename it")
    name.unlink()
    world.build()
    assert differing(world.tree(), of_one_build(world, scratch / "one")) == []
