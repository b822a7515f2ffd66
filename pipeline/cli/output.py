"""How commands print: text for people, JSON for programs, nothing that a terminal would obey."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from pipeline.operate.answer import Answer, Code, worst


class _Text(click.types.StringParamType):
    """A text that can stand in an event: what a terminal may send besides can't be written as JSON."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text: str = super().convert(value, param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{text[:60]!a} is not UTF-8", param, ctx)
        return text


_MOST_ALIKE = 20
TEXT = _Text()
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wait_option = click.option(
    "--wait", "wait_seconds", type=click.FloatRange(0), default=30.0, show_default=True, metavar="SECONDS",
    help="How long to wait for another process that holds the store.",
)  # fmt: skip

dot_option = click.option(
    "--dot", envvar="SCENEBOARD_DOT", show_envvar=True, metavar="PATH",
    help="Graphviz' dot for graph.svg; `auto` takes one on the PATH.",
)  # fmt: skip

stac_option = click.option(
    "--stac/--no-stac", envvar="SCENEBOARD_STAC", show_envvar=True, default=False,
    help="Also make a STAC catalogue, stac/catalog.json, or remove it.  [default: no-stac]",
)  # fmt: skip


def plain(text: str) -> str:
    """A text from the log that is safe to print: control characters stand as escapes."""
    return "".join(
        character if character.isprintable() or character == " " else _escaped(character) for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def say(text: str) -> None:
    """Prints a line for people."""
    click.echo(text)


def warn(text: str) -> None:
    """Prints a warning on standard error."""
    click.echo(f"warning: {plain(text)}", err=True)


def shortened(texts: Sequence[str]) -> list[str]:
    """The first ones, and how many more there are: in a bucket each command has made a log file."""
    more = len(texts) - _MOST_ALIKE
    return list(texts) if more <= 0 else [*texts[:_MOST_ALIKE], f"… and {more:,} more like this"]


def fail(text: str, code: Code) -> NoReturn:
    """Prints an error on standard error and ends with that exit code."""
    click.echo(f"error: {plain(text)}", err=True)
    sys.exit(int(code))


def print_json(value: Any) -> None:
    """Prints a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def answer(answers: Sequence[Answer], as_json: bool) -> NoReturn:
    """Prints what a command came to, each thing on a line, and ends with the worst exit code."""
    if as_json:
        print_json(
            [
                {"about": one.about, "code": int(one.code), "message": one.message, "appended": one.appended}
                for one in answers
            ]
        )
    else:
        for one in answers:
            click.echo(
                plain(one.message) if one.code == Code.OK else f"error: {plain(one.message)}", err=one.code != Code.OK
            )
    sys.exit(int(worst(list(answers))))


@contextmanager
def friendly() -> Iterator[None]:
    """Turns what can go wrong outside the program into a message and an exit code."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(f"{place}{error.strerror or error}", Code.FAILED)
    except UnicodeEncodeError as error:
        fail(f"a text that is not UTF-8: {error.object[:60]!a}", Code.USAGE)
    except ImportError as error:
        fail(f"a part of the program can't be read or isn't there: {error}", Code.FAILED)
    except MemoryError:
        fail("there is not enough memory", Code.FAILED)
    except Exception as error:
        code = _CODES.get(type(error).__name__)
        if code is None:
            raise
        fail(str(error), code)


_CODES = {
    "StoreHeld": Code.HELD,
    "StoreBroken": Code.FAILED,
    "AppendFailed": Code.FAILED,
    "ClaimFailed": Code.FAILED,
    "StateUnavailable": Code.FAILED,
    "WorkersLost": Code.FAILED,
    "ExtraMissing": Code.FAILED,
    "ClusterUnusable": Code.FAILED,
    "SiteRefused": Code.USAGE,
    "SiteOvertaken": Code.FAILED,
    "StorageUnusable": Code.FAILED,
    "LogUnreachable": Code.FAILED,
    "BodyInvalid": Code.USAGE,
    "TimestampInvalid": Code.USAGE,
    "EventInvalid": Code.USAGE,
    "Unwritable": Code.USAGE,
    "AddressInvalid": Code.USAGE,
    "AoiUnknown": Code.NOT_FOUND,
    "AnswerInvalid": Code.FAILED,
    "SourceUnusable": Code.FAILED,
    "ImportRefused": Code.EXISTS,
}
"""By name, so that a command doesn't import what it doesn't use."""


def by_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that appends."""
    command = click.option("--reason", type=TEXT, default="", help="Why; the history shows it.")(command)
    command = click.option(
        "--by", type=TEXT, default=None, help="Who gives the command.  [default: the user, or what CI names]"
    )(command)
    command = click.option("--no-check", is_flag=True, help="Append without a look at the state (no store needed).")(
        command
    )
    return wait_option(json_option(command))


def signed(data: dict[str, Any], by: str | None, reason: str) -> dict[str, Any]:
    """The data of a command with who gave it and why."""
    from pipeline.log.compose import default_by

    named = default_by() if by is None else by
    return {**data, **({"by": named} if named else {}), **({"reason": reason} if reason else {})}
