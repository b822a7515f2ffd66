"""Lines of the log as no program should write them: cut, flipped, interleaved, of wrong types, too deep, too large."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.event import EventInvalid, decode, moment
from pipeline.store import record
from pipeline.store.database import open_database
from pipeline.store.held import STORE
from torture.findings import Findings
from torture.world import World, before, differing, of_one_build, write

AOI = "Other"
"""Where all that is mutated belongs; ids from 5,000 on. Nothing of it may touch what is elsewhere."""
_FIRST = 5_000

Json = Any


class _As(str):
    """A value as it is to stand in the line, whatever JSON says to that."""


_ODD: tuple[Json, ...] = (
    None, True, False, 0, -1, 4_999.5, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, "", " ", "DONE",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z", "2016-12-31T23:59:60Z",
    "2022-02-30T00:00:00Z", "2022-01-01T00:00:00+23:59", "0001-01-01T00:00:00+00:01", "2022-01-01", "T", "x", "null",
    "\x00", "\ud800", "\ufffe\u202e", "\n", "x" * 5_000, [], [[]], [None], {}, {"": None}, {"a": {"b": {"c": []}}},
    [1, "2", {"3": 4}],
    _As("1e999"), _As("-1e999"), _As("1e-999"), _As("0." + "0" * 400 + "1"), _As("1" * 5_000), _As("-" + "9" * 5_000),
    _As("1." + "3" * 5_000), _As("1E+400"), _As("-0"), _As("-0.0"), _As("1.0"), _As("5000.0"), _As("5e3"), _As("01"),
    _As("+1"), _As(".5"), _As("NaN"), _As("Infinity"), _As("0x10"), _As("[" * 300 + "]" * 300),
    _As('{"a":' * 300 + "1" + "}" * 300), _As("[" * 5_000 + "]" * 5_000), _As("[" * 100_000), _As('{"a":1,"a":2}'),
    _As('"\\ud800"'), _As('"\\udc00\\ud800"'), _As('"\\u0000"'), _As("'x'"), _As(""),
    {"type": "Point", "coordinates": [_As("1e999"), 0]}, {"type": "Point", "coordinates": [0] * 3000},
    {"type": "Polygon", "coordinates": [[[0, 0], [_As("1e308"), 0], [0, _As("-1e308")], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[[0, 0]] * 5]}, {"type": "MultiPolygon", "coordinates": [[]]},
    {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
)  # fmt: skip
"""What is put in the place of any value."""


def _text(value: Json) -> str:
    """JSON, but for what isn't."""
    match value:
        case _As():
            return str(value)
        case dict():
            return "{" + ",".join(f"{_text(key)}:{_text(member)}" for key, member in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
        case _:
            return json.dumps(value)


def _line(value: Json) -> bytes:
    return _text(value).replace("\n", " ").encode("utf-8", "surrogatepass")


# Events that are fine, to be spoilt


def _event(number: int, chance: random.Random, *, creation: bool = False) -> dict[str, Json]:
    id = _FIRST + number
    second = f"2022-04-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    event: dict[str, Json] = {
        "specversion": "1.0", "id": f"m{number}", "source": "mutant", "type": "scene.created", "time": f"{second}.5Z",
        "subject": f"scene/{id}", "partitionkey": AOI,
    }  # fmt: skip
    if creation or chance.random() < 0.6:
        tile = f"T{chance.randrange(5)}"
        waits = {f"{role}_{what}_id": name for role in ("previous", "reference") for what, name in
                 (("scene", f"S{_FIRST}"), ("tile", "T0"))}  # fmt: skip
        event["data"] = {
            "id": id, "source_id": f"S{id}", "aoi": AOI, "retry_count": chance.randrange(2),
            "data": {"date": f"2022-01-{number % 28 + 1:02d}T10:00:00Z", "tiles": {tile: {}}, "metadata": {"n": number},
                     "is_retriable": True, "uuid": "4c0e52b5"},
            "geometry": {"type": "Polygon", "coordinates": [[[8, 55], [9, 55], [9, 56], [8, 55]]]},
            "tags": {"constellation": "SENTINEL1", "orbit": 44},
            "tiles": {tile: {"id": 10 * id, **(waits if chance.random() < 0.5 else {}), "tags": {"a": "b"},
                             "data": {"swath": "IW1", "n": 1}, "geometry": {"type": "Point", "coordinates": [8, 55]}}},
        }  # fmt: skip
        return event
    kind = chance.choice(["scene", "tile"])
    about = _FIRST + chance.randrange(max(1, number))
    what = chance.choice(["result", "result", "result", "retry", "fail", "force", "data"])
    event["type"] = f"{kind}.{what}"
    event["data"] = {"id": about if kind == "scene" else 10 * about, "by": "somebody", "reason": "why"}
    match what:
        case "result":
            status = chance.choice(["DONE", "RETRY", "FAILED"])
            event["data"] = {"type": kind, "id": event["data"]["id"], "status": status, "message": "disk full"}
        case "force":
            event["data"]["status"] = chance.choice(["DONE", "PENDING", "FAILED", "RETRY", "NEW"])
        case "fail":
            event["data"]["force"] = True
        case "data":
            event["data"]["data"] = {"date": "2022-01-01T00:00:00Z", "n": [1, 2, {"deep": 1.5}]}
    return event


BEGINNING = [
    b'{"specversion":"1.0","id":"a","source":"begin","type":"aoi.created","time":"2022-03-31T00:00:00Z","data":{"id":"Other"}}',
    _line(
        {
            "specversion": "1.0", "id": "b", "source": "begin", "type": "scene.created", "time": "2022-03-31T00:00:01Z",
            "data": {"id": _FIRST, "source_id": f"S{_FIRST}", "aoi": AOI, "data": {"tiles": {"T0": {}}},
                     "tiles": {"T0": {"id": 10 * _FIRST}}},
        }
    ),
]  # fmt: skip


# Ways to spoil them


def _places(value: Json, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _places(value[key], (*at, key))


def _inside(value: Json, at: Sequence[Any]) -> Json:
    for key in at:
        value = value[key]
    return value


def _wrong_value(event: Json, chance: random.Random) -> bytes:
    at = chance.choice(list(_places(event)))
    _inside(event, at[:-1])[at[-1]] = chance.choice(_ODD)
    return _line(event)


def _wrong_payload(event: Json, chance: random.Random) -> bytes:
    """What is within data, tags and footprints is nobody's business but must be shown."""
    at = chance.choice([at for at in _places(event) if at[0] == "data" and len(at) > 1])
    odd = chance.choice(_ODD)
    _inside(event, at[:-1])[at[-1]] = chance.choice([odd, {"odd": odd}, [odd, odd], {"date": odd}])
    return _line(event)


def _without(event: Json, chance: random.Random) -> bytes:
    at = chance.choice([at for at in _places(event) if isinstance(at[-1], str)])
    del _inside(event, at[:-1])[at[-1]]
    return _line(event)


def _wrong_key(event: Json, chance: random.Random) -> bytes:
    at = chance.choice([at for at in _places(event) if isinstance(at[-1], str)])
    holder = _inside(event, at[:-1])
    holder[chance.choice(["", "\x00", "__proto__", "id", "K" * 5_000, _As('"\\ud800"'), _As("1")])] = holder.pop(at[-1])
    return _line(event)


def _twice(event: Json, chance: random.Random) -> bytes:
    text = _text(event)
    key = chance.choice(['"id"', '"data"', '"type"', '"tiles"', '"time"', '"status"', '"date"'])
    return (
        text.replace(f"{key}:", f"{key}:{_text(chance.choice(_ODD))},{key}:", 1)
        .replace("\n", " ")
        .encode("utf-8", "surrogatepass")
    )


def _cut(event: Json, chance: random.Random) -> bytes:
    line = _line(event)
    return line[: chance.randrange(1, len(line))]


def _flipped(event: Json, chance: random.Random) -> bytes:
    line = bytearray(_line(event))
    for _ in range(chance.choice([1, 1, 1, 2, 8])):
        line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
    return bytes(line).replace(b"\n", b" ")


def _with_bytes(event: Json, chance: random.Random) -> bytes:
    line = _line(event)
    place = chance.randrange(len(line))
    odd = chance.choice(
        [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80", b"\xef\xbb\xbf", b"\r",
         b"\x1b[2J", b"\xe2\x80\xa8", b"\x85"]
    )  # fmt: skip
    return line[:place] + odd + line[place:]


def _interleaved(event: Json, chance: random.Random) -> bytes:
    one, other = _line(event), _line(event)
    place = chance.randrange(1, len(one))
    return one[:place] + other + one[place:]


def _clock(event: Json, chance: random.Random) -> bytes:
    event["time"] = chance.choice(
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1969-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z",
         "2022-03-27T02:30:00+01:00", "1582-10-10T00:00:00Z", "0001-01-01T00:00:00-00:01", "9999-12-31T23:59:59+00:01",
         "2022-04-01t00:00:00z", "2022-04-01T00:00:00.123456789123Z", "2022-04-01T24:00:00Z", "2022-04-01 00:00:00Z"]
    )  # fmt: skip
    if "data" in event["data"] and isinstance(event["data"]["data"], dict):
        event["data"]["data"]["date"] = chance.choice([event["time"], "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    return _line(event)


_WAYS: tuple[Callable[[Json, random.Random], bytes], ...] = (
    _wrong_value, _wrong_value, _wrong_value, _wrong_payload, _wrong_payload, _wrong_payload, _without, _wrong_key,
    _twice, _cut, _flipped, _flipped, _with_bytes, _interleaved, _clock,
)  # fmt: skip

_LARGE_BYTES = 16 * 1024 * 1024


def _large(number: int, chance: random.Random) -> bytes:
    """A line of 16 MiB: a message, a payload, a name or nothing but noise."""
    event = _event(number, chance, creation=True)
    match chance.randrange(4):
        case 0:
            event["data"] = {
                "type": "scene",
                "id": _FIRST,
                "status": "RETRY",
                "message": "disk full " * (_LARGE_BYTES // 10),
            }
            event["type"] = "scene.result"
        case 1:
            event["data"]["data"]["metadata"] = {f"k{n}": "v" * 1000 for n in range(_LARGE_BYTES // 1010)}
        case 2:
            event["data"]["source_id"] = "S" * _LARGE_BYTES
        case _:
            return chance.randbytes(_LARGE_BYTES).replace(b"\n", b" ")
    return _line(event)


def mutants(count: int, seed: int, *, large: int = 0) -> list[bytes]:
    """So many lines that were spoilt, a few of them of 16 MiB, and a few that weren't spoilt at all."""
    chance = random.Random(seed)
    found = []
    for number in range(1, count + 1):
        if number <= large:
            found.append(_large(number, chance))
            continue
        event = _event(number, chance)
        found.append(chance.choice(_WAYS)(event, chance) if chance.random() < 0.9 else _line(event))
    return [line for line in found if not _is_elsewhere(line)]


def _is_elsewhere(line: bytes) -> bool:
    """Whether a line has become an event that is rightly about something else: it is left out."""
    try:
        event = decode(line)
    except EventInvalid:
        return False
    data: Any = event.data
    if isinstance(data.id, str):
        return data.id != AOI
    return data.id < _FIRST or getattr(data, "aoi", AOI) != AOI or event.partitionkey not in (None, AOI)


def attack(scratch: Path, count: int, seed: int, *, large: int = 0, builds: int = 2) -> Findings:
    """Builds a site of a log with spoilt lines, in several builds and in one, and looks for each of the lines."""
    found = Findings()
    world = World(scratch / "world")
    write(world.events / "before.jsonl", before())
    world.build()
    calm = world.tree()
    lines = [*BEGINNING, *mutants(count, seed, large=large)]
    file = world.events / "mutants.jsonl"
    for part in range(builds):
        write(file, lines[part::builds])
        world.build()
    site = world.tree()
    found.expect_same(differing(site, of_one_build(world, scratch / "one")), f"seed {seed}: against one build")
    for path, text in calm.items():
        if path.startswith(("aoi/Fyn/", "aoi/Als/", "scene/", "tile/")):
            found.expect(site.get(path) == text, f"seed {seed}: {path} was affected")
    _look_for_lines(world, file, found, seed)
    return found


def _look_for_lines(world: World, file: Path, found: Findings, seed: int) -> None:
    with open_database(world.data / STORE) as database:
        quarantined = {bad.offset: bad for bad in record.quarantine(database) if bad.file == file.name}
        events = record.latest(database, 10**7)
    known = {(event.source, event.id) for event in events}
    found.counts.update(f"events {event.verdict}" for event in events if event.source == "mutant")
    offset = 0
    for number, line in enumerate(file.read_bytes().split(b"\n")[:-1], 1):
        where = f"seed {seed}, line {number}: {line[:200]!r}"
        if line.strip():
            found.counts["lines"] += 1
            bad = quarantined.get(offset)
            if bad is not None:
                found.counts["lines in quarantine"] += 1
                found.expect(bad.line == number, f"{where}: it is called line {bad.line}")
            identity = _identity(line.removesuffix(b"\r"))
            found.expect(bad is not None or identity in known, f"{where}: lost")
            found.expect(identity is not None or bad is not None, f"{where}: no event, but not in quarantine")
        offset += len(line) + 1


def _identity(line: bytes) -> tuple[str, str] | None:
    try:
        event = decode(line)
        moment(event)
    except EventInvalid:
        return None
    return event.source, event.id
