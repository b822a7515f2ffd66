"""The tutorial, followed to the letter: its commands in an empty folder, and what it says that they print."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from doc_pages import ROOT, Block, blocks

PAGE = ROOT / "docs" / "tutorial.md"
ANYTHING = "…"


class Step(NamedTuple):
    """What a reader types, and what the page says that it prints."""

    typed: Block
    printed: str


def steps() -> list[Step]:
    """Every block of commands with the block that follows it."""
    found = blocks(PAGE)
    return [
        Step(one, following.text) for one, following in pairwise(found) if (one.kind, following.kind) == ("sh", "text")
    ]


def as_told(printed: str, told: str) -> bool:
    """Whether a text is as the page tells it: `…` stands for anything, blanks at the ends of lines don't count."""
    parts = map(re.escape, _trimmed(told).split(ANYTHING))
    return re.fullmatch(".*".join(parts), _trimmed(printed), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


class Shell:
    """A reader's shell, open over all steps."""

    _DONE = "step-is-done"

    def __init__(self, folder: Path) -> None:
        state = folder.with_name("state")
        state.mkdir(mode=0o700)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SCENEBOARD_")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SCENEBOARD_STATE": str(state),
        }
        self._process = subprocess.Popen(
            ["bash", "--norc", "-e"], cwd=folder, env=environment, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._timer = threading.Timer(60, self._process.kill)
        self._timer.start()

    def type(self, commands: str) -> str:
        """What commands print. A command that fails ends the shell, and the output here."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{commands}\necho {self._DONE}\n")
        self._process.stdin.flush()
        printed = []
        for line in self._process.stdout:
            if line == f"{self._DONE}\n":
                break
            printed.append(line)
        return "".join(printed)

    def leave(self) -> int:
        self._timer.cancel()
        self._process.communicate()
        return self._process.returncode


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """In an empty folder."""
    (tmp_path / "folder").mkdir()
    shell = Shell(tmp_path / "folder")
    yield shell
    shell.leave()


def test_every_command_prints_what_the_page_says(shell: Shell) -> None:
    for typed, told in steps():
        printed = shell.type(typed.text)
        assert as_told(printed, told), f"{PAGE.name}, line {typed.line}: the page says\n{told}\nthe shell\n{printed}"
    assert shell.leave() == 0


def test_no_block_of_commands_goes_without_what_it_prints() -> None:
    """What isn't a step isn't run: every fenced block is part of one."""
    assert [one.kind for one in blocks(PAGE)] == ["sh", "text"] * len(steps())
    assert len(steps()) > 10


def test_a_page_that_tells_something_else_is_found() -> None:
    assert as_told("tile 2: tile.retry appended\n", "tile …: tile.retry appended")
    assert not as_told("tile 2: nothing to do\n", "tile …: tile.retry appended")
    assert not as_told("one\ntwo\nthree\n", "one\ntwo")
    assert not as_told("", "one")


def test_a_command_that_fails_ends_the_shell(shell: Shell) -> None:
    assert "never" not in shell.type("false\necho never")
    assert shell.leave() == 1
