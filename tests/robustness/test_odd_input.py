"""What people and programs hand to commands: refused in words, and nothing else happens."""

import json

import pytest

from torture.world import SCENE, World, lines
from torture.zygote import Zygote

ODD = {
    "a number too large": ('{"type":"tile","id":40,"status":"DONE","n":1e999}', "not JSON"),
    "no number": ('{"type":"tile","id":40,"status":"DONE","n":NaN}', "not JSON"),
    "half a pair": ('{"type":"tile","id":40,"status":"DONE","message":"\\ud800"}', "not JSON"),
    "too deep": ('{"type":"tile","id":40,"status":"DONE","n":' + "[" * 100_000 + "}", "not JSON"),
    "an id beyond all ids": ('{"type":"tile","id":99999999999999999999,"status":"DONE"}', "not an event"),
    "no object": ("5", "an object is expected"),
    "another type": ('{"type":"aoi","id":"x"}', '"type": "scene" or "tile"'),
}


@pytest.mark.parametrize("name", ODD)
def test_results_that_cannot_be_appended(name: str, world: World, zygote: Zygote) -> None:
    text, words = ODD[name]
    before = lines(world.events)
    (world.root / "odd.jsonl").write_text('{"type":"tile","id":40,"status":"DONE"}\n' + text + "\n")
    ended = zygote.run(world, ["log", "append", "odd.jsonl"])
    assert (ended.code, "Traceback" in ended.err) == (2, False)
    assert words in ended.err
    assert "nothing of odd.jsonl was appended" in ended.err
    assert lines(world.events) == before


@pytest.mark.parametrize(
    "odd", ["1e999", "NaN", '"\\ud800"', "1" * 5_000, "[" * 20_000 + "]" * 20_000], ids=lambda odd: odd[:10]
)
@pytest.mark.parametrize("command", ["scene add", "tile set-data"])
def test_payloads_that_cannot_be_appended(odd: str, command: str, world: World, zygote: Zygote) -> None:
    before = lines(world.events)
    scene = json.dumps(SCENE | {"tags": {"odd": 0}}).replace('{"odd": 0}', '{"odd": ' + odd + "}")
    (world.root / "odd.json").write_text(scene)
    args = ["scene", "add", "Fyn", "odd.json"] if command == "scene add" else ["tile", "set-data", "40", "odd.json"]
    ended = zygote.run(world, args)
    assert (ended.code, "Traceback" in ended.err) == (2, False)
    assert "error: " in ended.err
    assert lines(world.events) == before


@pytest.mark.parametrize(
    "args",
    [
        ["tile", "retry", "99999999999999999999"],
        ["scene", "show", "9223372036854775808"],
        ["aoi", "create", "b\udcff"],
        ["aoi", "show", "b\udcff"],
        ["aoi", "create", "N" * 5_000],
        ["tile", "retry", "40", "--reason", "b\udcff"],
        ["tile", "retry", "40", "--no-check", "--by", "b\udcff"],
        ["build", "--as-of", "yesterday"],
    ],
    ids=lambda args: " ".join(args)[:30].encode("ascii", "replace").decode(),
)
def test_arguments_that_no_command_can_use(args: list[str], world: World, zygote: Zygote) -> None:
    before, store = lines(world.events), (world.data / "sceneboard.duckdb").stat().st_ino
    ended = zygote.run(world, args)
    assert ended.code in (2, 3)
    assert "Traceback" not in ended.err
    assert lines(world.events) == before
    assert (world.data / "sceneboard.duckdb").stat().st_ino == store, "the store was moved aside"


@pytest.mark.parametrize("text", ["", '"as_of"', "[" * 100_000], ids=lambda text: text[:9])
def test_a_build_json_that_says_nothing_is_as_good_as_none(text: str, world: World, zygote: Zygote) -> None:
    (world.site / "build.json").write_text(text)
    past = zygote.run(world, ["build", "--as-of", "2022-03-01T00:10:00Z"])
    assert (past.code, "holds the site of the present" in past.err) == (2, True)
    assert zygote.run(world, ["build", "--workers", "1"]).code == 0
    assert "build" in json.loads((world.site / "build.json").read_bytes())
