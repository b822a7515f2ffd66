"""`sceneboard aoi`."""

from typing import Any

import click

from pipeline.cli import Folders
from pipeline.cli.entities import run
from pipeline.cli.output import (
    by_options,
    fail,
    friendly,
    json_option,
    plain,
    print_json,
    say,
    signed,
    wait_option,
)
from pipeline.operate.answer import Code


@click.group("aoi")
def command() -> None:
    """AOIs: create, list, show, graph, retry, delete."""


@command.command("create")
@click.argument("name")
@by_options
@click.pass_obj
def create(folders: Folders, /, name: str, by: str | None, reason: str, **how: Any) -> None:
    """Create an AOI.

    \b
    Example:
      sceneboard aoi create DenmarkDemo
    """
    _named(name)
    run(folders, [("aoi.created", signed({"id": name}, by, reason))], **how)


@command.command("retry")
@click.argument("name")
@click.option("--force", is_flag=True, help="Every scene, and every tile of scenes that are DONE, whatever the status.")
@by_options
@click.pass_obj
def retry(folders: Folders, /, name: str, force: bool, by: str | None, reason: str, **how: Any) -> None:
    """Retry all scenes and tiles of an AOI that are in RETRY."""
    _named(name)
    run(folders, [("aoi.retry", signed({"id": name, "force": force}, by, reason))], **how)


@command.command("delete")
@click.argument("name")
@by_options
@click.pass_obj
def delete(folders: Folders, /, name: str, by: str | None, reason: str, **how: Any) -> None:
    """Delete an AOI with its scenes and tiles. The log keeps what happened; the site shows it no more."""
    _named(name)
    run(folders, [("aoi.deleted", signed({"id": name}, by, reason))], **how)


@command.command("list")
@click.argument("pattern", required=False)
@json_option
@wait_option
@click.pass_obj
def list_(folders: Folders, pattern: str | None, as_json: bool, wait_seconds: float) -> None:
    """List the AOIs, all or those whose name matches PATTERN (* any text, ? one character)."""
    from pipeline.operate.show import list_aois

    with friendly():
        found = list_aois(folders.data, pattern, wait_seconds)
    if as_json:
        print_json([{"ID": name, "status": status} for name, status in found])
        return
    for name, status in found:
        say(f"{status:<8} {plain(name)}")


@command.command("show")
@click.argument("name")
@json_option
@wait_option
@click.pass_obj
def show(folders: Folders, name: str, as_json: bool, wait_seconds: float) -> None:
    """Show the workload of an AOI."""
    from pipeline.operate.show import show_aoi

    with friendly():
        found = show_aoi(folders.data, name, wait_seconds)
    if found is None:
        fail(f"AOI {name} is unknown", Code.NOT_FOUND)
    click.echo(found.body if as_json else "\n".join(found.lines), nl=not as_json)


@command.command("graph")
@click.argument("name")
@wait_option
@click.pass_obj
def graph(folders: Folders, name: str, wait_seconds: float) -> None:
    """Print the dependency graph of an AOI in the DOT language."""
    from pipeline.operate.show import graph_of

    with friendly():
        found = graph_of(folders.data, name, wait_seconds)
    if found is None:
        fail(f"AOI {name} is unknown", Code.NOT_FOUND)
    click.echo(found, nl=False)


def _named(name: str) -> None:
    if not name:
        raise click.UsageError("an AOI's name is not empty")
