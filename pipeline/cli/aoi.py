"""`sceneboard aoi`."""

from typing import Any

import click

from pipeline.cli import Folders
from pipeline.cli.duration import seconds
from pipeline.cli.entities import run
from pipeline.cli.output import (
    TEXT,
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
@click.argument("name", type=TEXT)
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
@click.argument("name", type=TEXT)
@click.option("--force", is_flag=True, help="Every scene, and every tile of scenes that are DONE, whatever the status.")
@by_options
@click.pass_obj
def retry(folders: Folders, /, name: str, force: bool, by: str | None, reason: str, **how: Any) -> None:
    """Retry all scenes and tiles of an AOI that are in RETRY.

    \b
    Example:
      sceneboard aoi retry DenmarkDemo --reason 'the archive is back'
    """
    _named(name)
    run(folders, [("aoi.retry", signed({"id": name, "force": force}, by, reason))], **how)


@command.command("delete")
@click.argument("name", type=TEXT)
@by_options
@click.pass_obj
def delete(folders: Folders, /, name: str, by: str | None, reason: str, **how: Any) -> None:
    """Delete an AOI with its scenes and tiles. The log keeps what happened; the site shows it no more.

    \b
    Example:
      sceneboard aoi delete DenmarkDemo --reason 'made again with other dates'
    """
    _named(name)
    run(folders, [("aoi.deleted", signed({"id": name}, by, reason))], **how)


@command.command("list")
@click.argument("pattern", required=False, type=TEXT)
@json_option
@wait_option
@click.pass_obj
def list_(folders: Folders, pattern: str | None, as_json: bool, wait_seconds: float) -> None:
    """List the AOIs, all or those whose name matches PATTERN (* any text, ? one character).

    \b
    Example:
      sceneboard aoi list 'Denmark*'
    """
    from pipeline.operate.show import list_aois

    with friendly():
        found = list_aois(folders.data, pattern, wait_seconds)
    if as_json:
        print_json([{"ID": name, "status": status} for name, status in found])
        return
    for name, status in found:
        say(f"{status:<8} {plain(name)}")


@command.command("show")
@click.argument("name", type=TEXT)
@json_option
@wait_option
@click.pass_obj
def show(folders: Folders, name: str, as_json: bool, wait_seconds: float) -> None:
    """Show the workload of an AOI.

    \b
    Example:
      sceneboard aoi show DenmarkDemo
    """
    from pipeline.operate.show import show_aoi

    with friendly():
        found = show_aoi(folders.data, name, wait_seconds)
    if found is None:
        fail(f"AOI {name} is unknown", Code.NOT_FOUND)
    click.echo(found.body if as_json else "\n".join(found.lines), nl=not as_json)


@command.command("graph")
@click.argument("name", type=TEXT)
@json_option
@wait_option
@click.pass_obj
def graph(folders: Folders, name: str, as_json: bool, wait_seconds: float) -> None:
    """Print the dependency graph of an AOI in the DOT language, or its nodes and edges as JSON.

    \b
    Example:
      sceneboard aoi graph DenmarkDemo | dot -Tsvg > graph.svg
    """
    from pipeline.operate.show import graph_of

    with friendly():
        found = graph_of(folders.data, name, wait_seconds)
    if found is None:
        fail(f"AOI {name} is unknown", Code.NOT_FOUND)
    click.echo(found.body if as_json else "\n".join(found.lines), nl=not as_json)


@command.command("check")
@click.argument("name", type=TEXT)
@click.option("--max-retry", type=click.IntRange(0), metavar="N", help="So many scenes and tiles may be in RETRY.")
@click.option("--max-failed", type=click.IntRange(0), metavar="N", help="So many scenes and tiles may be FAILED.")
@click.option(
    "--max-age",
    "max_age_seconds",
    callback=seconds,
    metavar="TIME",
    help="So long may a scene or tile be PENDING or in RETRY (90s, 15m, 2h, 1d).",
)
@wait_option
@click.pass_obj
def check(
    folders: Folders,
    name: str,
    max_retry: int | None,
    max_failed: int | None,
    max_age_seconds: int | None,
    wait_seconds: float,
) -> None:
    """Say on one line whether an AOI is within limits; exit code 1 if it isn't. For monitoring systems.

    \b
    Example:
      sceneboard aoi check DenmarkDemo --max-retry 0 --max-failed 10 --max-age 1d
    """
    from datetime import UTC, datetime

    from pipeline.operate.check_aoi import Limits, check_aoi

    limits = Limits(max_retry, max_failed, max_age_seconds)
    if limits == Limits():
        raise click.UsageError("give at least one limit: --max-retry, --max-failed, --max-age")
    with friendly():
        found = check_aoi(folders.data, name, limits, datetime.now(UTC), wait_seconds)
    if found is None:
        fail(f"AOI {name} is unknown", Code.NOT_FOUND)
    say(plain(found.line))
    raise SystemExit(0 if found.ok else int(Code.FAILED))


def _named(name: str) -> None:
    if not name:
        raise click.UsageError("an AOI's name is not empty")
