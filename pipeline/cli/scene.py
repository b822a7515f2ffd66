"""`sceneboard scene`."""

from typing import IO, Any

import click

from pipeline.cli import Folders
from pipeline.cli.entities import add_entity_commands
from pipeline.cli.output import TEXT, answer, fail, friendly, json_option, say, wait_option
from pipeline.operate.answer import Code


@click.group("scene")
def command() -> None:
    """Scenes: add, list, show, retry, fail, force."""


@command.command("add")
@click.argument("aoi", type=TEXT)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.File("r", encoding="utf-8"))
@click.option(
    "--retry-count", type=int, default=None, help="Automatic retries of each scene and tile.  [default: as in the file]"
)
@json_option
@wait_option
@click.pass_obj
def add(
    folders: Folders, aoi: str, files: tuple[IO[str], ...], retry_count: int | None, as_json: bool, wait_seconds: float
) -> None:
    """Add scenes and their tiles to an AOI's graph of dependencies.

    FILE holds the body of the API's POST /aoi/{aoi}/scene, a list of them, JSON Lines, or the catalogue's GeoJSON
    FeatureCollection; - is standard input. Ids are handed out. Scenes that others wait for are added first.

    \b
    Example:
      sceneboard scene add DenmarkDemo tiles.json
    """
    from pipeline.operate.add_scenes import add_scenes
    from pipeline.operate.scene_bodies import in_order, read_bodies

    bodies: list[dict[str, Any]] = []
    with friendly():
        for file in files:
            try:
                bodies += read_bodies(file.read(), file.name)
            except UnicodeDecodeError as error:
                fail(f"{file.name}: not UTF-8: byte {error.start}", Code.USAGE)
        answers = add_scenes(folders.data, aoi, in_order(bodies), retry_count, wait_seconds)
    if not answers and not as_json:
        say("no scenes in it: nothing to add")
    answer(answers, as_json)


add_entity_commands(command, "scene")
