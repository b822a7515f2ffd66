"""`sceneboard tile`."""

import click

from pipeline.cli.entities import add_entity_commands


@click.group("tile")
def command() -> None:
    """Tiles: list, show, retry, fail, force."""


add_entity_commands(command, "tile")
