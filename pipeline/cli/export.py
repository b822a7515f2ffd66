"""`sceneboard export`."""

from pathlib import Path
from typing import Literal

import click

from pipeline.cli import Folders
from pipeline.cli.output import friendly, json_option, plain, print_json, say, wait_option


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    type=click.Choice(("parquet", "csv")),
    default="parquet",
    show_default=True,
    help="Of the tables' files.",
)
@json_option
@wait_option
@click.pass_obj
def command(
    folders: Folders, folder: Path, format: Literal["parquet", "csv"], as_json: bool, wait_seconds: float
) -> None:
    """Write AOIs, scenes, tiles and transitions as tables into DIR, for notebooks.

    \b
    Examples:
      sceneboard export tables
      sceneboard export tables --format csv
    """
    from pipeline.export import export

    with friendly():
        written = export(folders.data, folder, format, wait_seconds)
    if as_json:
        print_json([{"file": str(path), "rows": rows} for path, rows in written.items()])
        return
    for path, rows in written.items():
        say(f"{plain(str(path))}: {rows:,} rows")
