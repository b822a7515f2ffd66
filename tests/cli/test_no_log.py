"""Where a share isn't mounted there is no log: no command begins one in its place, but those that are for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command

RESULT = '{"type":"tile","id":1,"status":"DONE","message":""}\n'
SCENE = json.dumps({"source_id": "S1", "data": {}})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder that a share would be mounted on."""
    (tmp_path / "mount").mkdir()
    return tmp_path / "mount"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["log", "append", "-"], RESULT),
        (["log", "check"], ""),
        (["scene", "add", "Demo", "-"], SCENE),
        (["scene", "list", "Demo"], ""),
        (["tile", "retry", "1"], ""),
        (["tile", "retry", "1", "--no-check"], ""),
        (["tile", "show", "1"], ""),
        (["aoi", "list"], ""),
        (["aoi", "check", "Demo", "--max-failed", "0"], ""),
        (["aoi", "delete", "Demo", "--no-check"], ""),
        (["pending", "Demo"], ""),
        (["export", "tables"], ""),
        (["build"], ""),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_it_says_so_and_makes_nothing(
    sceneboard: "Command",
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = sceneboard(*arguments, text=text)
    assert said.code == 1
    assert "events: there is no log folder: mount it, name another one (--data), or make it" in said.text
    assert not any(data.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["mount"]


@pytest.mark.parametrize("more", [[], ["--no-check"]])
def test_a_log_begins_with_an_aoi(sceneboard: "Command", data: Path, more: list[str]) -> None:
    assert sceneboard("aoi", "create", "Demo", *more).code == 0
    assert len(list((data / "events").rglob("*.jsonl"))) == 1
