"""Writes docs/reference/commands.md from the program itself.

Run by `make docs`. Laid out here and not by Click, whose layout is another from version to version.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pipeline.cli import main

PAGE = Path(__file__).parent / "reference" / "commands.md"
_HEAD = """\
# Commands

Made from the program by `make docs`: change the commands, not this page. The same is shown by
`sceneboard COMMAND --help`. What they end with: [exit codes and environment variables](environment.md).
"""
_VERBATIM = "\b"
"""How Click marks a paragraph whose lines are kept."""

_DEFAULT = re.compile(r"\[default: (.+)\]$")
"""A default that a command works out, as help texts tell it."""


def commands_page() -> str:
    """The page, as Markdown."""
    return "\n".join([_HEAD, *_group(main, ["sceneboard"])])


def _group(group: click.Group, path: Sequence[str]) -> Iterator[str]:
    context = click.Context(group, info_name=path[-1])
    yield from _command(group, path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from _group(command, [*path, name])
        else:
            yield from _command(command, [*path, name])


def _command(command: click.Command, path: Sequence[str]) -> Iterator[str]:
    yield f"{'#' * min(len(path) + 1, 3)} {' '.join(path)}\n"
    yield f"    {' '.join([*path, *_usage(command)])}\n"
    yield from _help(command)
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    if options:
        yield "| option | |\n| --- | --- |"
        yield from (f"| `{_cell(_spelling(one))}` | {_cell(_meaning(one))} |" for one in options)
        yield ""


def _usage(command: click.Command) -> Iterator[str]:
    if any(isinstance(one, click.Option) for one in command.params):
        yield "[OPTIONS]"
    for one in command.params:
        if isinstance(one, click.Argument):
            name = one.metavar or f"{(one.name or '').upper()}{'...' if one.nargs == -1 else ''}"
            if isinstance(one.type, click.Choice):
                name = f"{{{'|'.join(one.type.choices)}}}"
            yield name if one.required else f"[{name}]"
    if isinstance(command, click.Group):
        yield "COMMAND"


def _help(command: click.Command) -> Iterator[str]:
    """The help text: paragraphs, and examples as blocks of code."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if not paragraph.startswith(_VERBATIM):
            yield f"{' '.join(paragraph.split())}\n"
            continue
        lines = paragraph.removeprefix(_VERBATIM).strip("\n").splitlines()
        yield f"{lines[0].strip()}\n"
        yield "\n".join(f"    {line.strip()}" for line in lines[1:]) + "\n"


def _spelling(option: click.Option) -> str:
    """The option with its dashes and what it takes, such as `--port N`."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} {option.metavar or _takes(option)}"


def _takes(option: click.Option) -> str:
    type = option.type
    if isinstance(type, click.Choice):
        return "{" + "|".join(map(str, type.choices)) + "}"
    if isinstance(type, click.types.IntParamType):
        return "N"
    if isinstance(type, click.types.FloatParamType):
        return "NUMBER"
    return "PATH" if isinstance(type, click.Path) else "TEXT"


def _meaning(option: click.Option) -> str:
    """The option's help, its default and the environment variable that says the same."""
    parts = [_DEFAULT.sub(r"Default: \1.", " ".join((option.help or "").split()))]
    if option.show_default:
        parts.append(f"Default: `{option.default}`.")
    if option.envvar:
        parts.append(f"Environment variable: `{option.envvar}`.")
    if option.multiple and "repeated" not in parts[0]:
        parts.append("May be repeated.")
    return " ".join(part for part in parts if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(commands_page(), encoding="utf-8")
