"""The command, called in this process."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from pipeline.cli import main


class Said(NamedTuple):
    """What a command printed, on both streams, and its exit code."""

    code: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def _quick(unflushed: None) -> None:
    """Nothing here needs to outlive the machine."""


@pytest.fixture
def sceneboard(data: Path, site: Path) -> Command:
    """Calls the command; whatever it is given, it ends with a message, never with a traceback."""

    def call(*arguments: object, text: str | bytes | None = None) -> Said:
        given = ["--data", str(data), "--site", str(site), *map(str, arguments)]
        result = CliRunner().invoke(main, given, input=text)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise AssertionError("".join(traceback.format_exception(result.exception)))
        return Said(result.exit_code, result.output)

    return call


@pytest.fixture
def demo(sceneboard: Command) -> Command:
    """The AOI Demo: scene 1 with the root tiles 1 and 2; scene 2, whose tile 3 waits for tile 1."""
    assert sceneboard("aoi", "create", "Demo").code == 0
    first = {"source_id": "S1", "data": {"tiles": {"T1": {}, "T2": {}}}, "tiles": {"T1": {}, "T2": {}}}
    chain = {f"{role}_{what}_id": name for role in ("previous", "reference") for what, name in CHAIN}
    second = {"source_id": "S2", "data": {"tiles": {"T3": {}}}, "tiles": {"T3": chain}}
    assert sceneboard("scene", "add", "Demo", "-", text=json.dumps([first, second])).code == 0
    return sceneboard


CHAIN = (("scene", "S1"), ("tile", "T1"))
