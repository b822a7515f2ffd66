"""The command `sceneboard`: parse, call, print. Each command's module is imported only when it is used."""

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from pipeline import __version__
from pipeline.cli.output import friendly
from pipeline.log.place import Data, data_at

_MODULES = {
    "build": "build",
    "aoi": "aoi",
    "scene": "scene",
    "tile": "tile",
    "log": "log",
    "pending": "pending",
    "export": "export",
    "import": "import_",
    "demo": "demo",
    "watch": "watch",
    "serve": "serve",
}

_OF_PROGRAMS = (".py", ".pyc", ".so")


class _Lazy(click.Group):
    """Commands by name, imported when asked for: appending an event must not wait for what only a build needs."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Runs a command. What it couldn't tell of itself is told here: what was wrong after its work, or before."""
        try:
            with friendly():
                try:
                    return super().main(*args, **more)
                except OSError as error:
                    raise _about(error) from error
        finally:
            _let_go_of_output()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f"pipeline.cli.{_MODULES[cmd_name]}")
        command: click.Command = module.command
        return command


def _let_go_of_output() -> None:
    """What couldn't be printed Python would try to print once more as it ends, and end with an exit code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _about(error: OSError) -> ImportError | OSError:
    """The error, saying what it is of.

    Commands are imported when they are used, and click imports some of itself when it tells of wrong usage.
    """
    if error.filename is None:
        return OSError(error.errno, f"what was done couldn't be printed: {error.strerror or error}")
    return ImportError(str(error)) if str(error.filename).endswith(_OF_PROGRAMS) else error


class _FolderOrUrl(click.Path):
    """A folder, or a URL, as which anything with `://` in it is taken."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("an empty name: is a variable not set?", param, ctx)
        return value if "://" in str(value) else super().convert(value, param, ctx)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sceneboard")
@click.option(
    "--data", envvar="SCENEBOARD_DATA", show_envvar=True, default="data", show_default=True,
    type=_FolderOrUrl(), help="Folder with the event log (events/) and the store, or URL (s3://bucket/board).",
)  # fmt: skip
@click.option(
    "--site", envvar="SCENEBOARD_SITE", show_envvar=True, default="site", show_default=True,
    type=_FolderOrUrl(), help="Folder or URL (s3://bucket/board) that the site is written to.",
)  # fmt: skip
@click.option(
    "--store", envvar="SCENEBOARD_STORE", show_envvar=True, type=click.Path(file_okay=False, path_type=Path),
    help="Local folder for stores: each log has its own in there.  [default: --data; of a URL ~/.cache/sceneboard]",
)  # fmt: skip
@click.pass_context
def main(ctx: click.Context, data: Path | str, site: Path | str, store: Path | None) -> None:
    """Static status boards for satellite scenes and tiles.

    \b
    Build the site from the log, and append what operators decide:
      sceneboard build
      sceneboard tile retry 12
      sceneboard build
    """
    try:
        ctx.obj = Folders(data_at(data, store), site)
    except OSError as error:
        raise click.UsageError(str(error)) from None


class Folders:
    """Where the log, the store and the site are."""

    def __init__(self, data: Data, site: Path | str) -> None:
        self.data = data
        self.site = site
