"""What a command answers: for each thing that it is about, what came of it, and an exit code."""

from enum import IntEnum
from typing import NamedTuple


class Code(IntEnum):
    """Exit codes. Of several the highest is a command's."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    EXISTS = 5
    QUARANTINE = 6
    HELD = 7


class Answer(NamedTuple):
    """`about` names the entity, as `tile 12`; `appended` is whether an event went into the log."""

    about: str
    code: Code
    message: str
    appended: bool = False


def worst(answers: list[Answer]) -> Code:
    """The exit code of a command that gave these answers."""
    return max((answer.code for answer in answers), default=Code.OK)
