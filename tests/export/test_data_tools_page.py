"""The page on GIS and data tools, run from top to bottom on the sample: its commands work, its results are true."""

import contextlib
import importlib.util
import io
import itertools
import re
import shlex
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from example_sites import SAMPLE

from pipeline.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "data-tools.md"
_BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r"^import (\w+)", re.MULTILINE)


class Block(NamedTuple):
    kind: str
    text: str


def blocks() -> list[Block]:
    return [Block(found[1], found[2]) for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def run_commands(text: str) -> None:
    for line in text.splitlines():
        program, *arguments = shlex.split(line)
        if program == "sceneboard":
            said = CliRunner().invoke(main, arguments)
            assert said.exit_code == 0, said.output
        else:
            assert line == "pip install 'sceneboard[stac]'"


def printed(code: str, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - the page is ours
    return out.getvalue()


def test_the_page_holds_commands_code_and_results() -> None:
    kinds = [block.kind for block in blocks()]
    assert {"sh", "python", "text"} == set(kinds)
    assert all(before == "python" for before, after in itertools.pairwise(kinds) if after == "text")


def test_what_the_page_shows_is_what_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unflushed: None
) -> None:
    shutil.copytree(SAMPLE, tmp_path / "data/events")
    monkeypatch.chdir(tmp_path)
    page = blocks()
    for block in page:
        if block.kind == "sh":
            run_commands(block.text)
    names: dict[str, Any] = {}
    for block, following in zip(page, [*page[1:], Block("", "")], strict=True):
        if block.kind != "python":
            continue
        if all(importlib.util.find_spec(package) for package in _IMPORT.findall(block.text)):
            said = printed(block.text, names)
            assert said == (following.text if following.kind == "text" else ""), block.text
