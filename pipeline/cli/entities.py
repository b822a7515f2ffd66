"""What `scene` and `tile` have in common: list, show, retry, fail, force and set-data."""

import json
from collections.abc import Sequence
from typing import IO, Any, Literal

import click

from pipeline.cli import Folders
from pipeline.cli.output import (
    TEXT,
    answer,
    by_options,
    fail,
    friendly,
    json_option,
    plain,
    say,
    signed,
    wait_option,
)
from pipeline.event_names import STATUSES
from pipeline.operate.answer import Code

Kind = Literal["scene", "tile"]
_id = click.IntRange(0, 2**63 - 1)
_expect = click.option(
    "--expect",
    metavar="HASH",
    help="Refuse if what is named has changed since the page that gave this command.",
)
_ids = click.argument("ids", metavar="ID...", type=_id, nargs=-1, required=True)


def add_entity_commands(group: click.Group, kind: Kind) -> None:
    """Adds the commands of scenes or tiles to a group."""
    group.add_command(_list(kind))
    group.add_command(_show(kind))
    group.add_command(_retry(kind))
    group.add_command(_fail(kind))
    group.add_command(_force(kind))
    group.add_command(_set_data(kind))


def run(
    folders: Folders,
    proposals: Sequence[tuple[str, dict[str, Any]]],
    *,
    no_check: bool,
    wait_seconds: float,
    as_json: bool,
    expect: str | None = None,
) -> None:
    """Appends what commands propose, checked or not, prints the answers and ends."""
    if no_check and expect is not None:
        raise click.UsageError("--expect needs a look at the state; --no-check takes none")
    with friendly():
        if no_check:
            from pipeline.operate.blind import append_blindly

            answers = append_blindly(folders.data, proposals)
        else:
            from pipeline.operate.propose import Proposal, propose

            answers = propose(folders.data, [Proposal(type, data) for type, data in proposals], wait_seconds, expect)
    answer(answers, as_json)


def _list(kind: Kind) -> click.Command:
    @click.command(
        "list",
        help=f"List the {kind}s of an AOI, by id, all or those in a status."
        f"\n\n\b\nExample:\n  sceneboard {kind} list DenmarkDemo --status RETRY",
    )
    @click.argument("aoi", type=TEXT)
    @click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Those in this status alone.")
    @json_option
    @wait_option
    @click.pass_obj
    def command(folders: Folders, aoi: str, status: str | None, as_json: bool, wait_seconds: float) -> None:
        from pipeline.operate.show import list_entities

        with friendly():
            found = list_entities(folders.data, kind, aoi, status, wait_seconds)
        if found is None:
            fail(f"AOI {aoi} is unknown", Code.NOT_FOUND)
        if as_json:
            click.echo(found.body, nl=False)
            return
        for one in found.lines:
            say(plain(one))

    return command


def _show(kind: Kind) -> click.Command:
    @click.command("show", help=f"Show a {kind}.\n\n\b\nExample:\n  sceneboard {kind} show 12")
    @click.argument("id", type=_id)
    @json_option
    @wait_option
    @click.pass_obj
    def command(folders: Folders, id: int, as_json: bool, wait_seconds: float) -> None:
        from pipeline.operate.show import show_entity

        with friendly():
            found = show_entity(folders.data, kind, id, wait_seconds)
        if found is None:
            fail(f"{kind} {id} is unknown", Code.NOT_FOUND)
        if as_json:
            click.echo(found.body, nl=False)
            return
        for one in found.lines:
            say(plain(one))

    return command


def _retry(kind: Kind) -> click.Command:
    @click.command(
        "retry",
        help=f"Retry {kind}s that are in RETRY.\n\n\b\nExample:\n  sceneboard {kind} retry 12 13 --reason 'disk full'",
    )
    @_ids
    @_expect
    @by_options
    @click.pass_obj
    def command(folders: Folders, /, ids: tuple[int, ...], by: str | None, reason: str, **how: Any) -> None:
        run(folders, [(f"{kind}.retry", signed({"id": id}, by, reason)) for id in ids], **how)

    return command


def _fail(kind: Kind) -> click.Command:
    tiles = ", and all its tiles," if kind == "scene" else ""

    @click.command(
        "fail",
        help=f"Give {kind}s up: each{tiles} becomes FAILED; what waited goes on without it. Allowed in RETRY."
        f"\n\n\b\nExample:\n  sceneboard {kind} fail 14 --reason 'product withdrawn'",
    )
    @_ids
    @_expect
    @click.option("--force", is_flag=True, help="Whatever the status, but FAILED.")
    @by_options
    @click.pass_obj
    def command(
        folders: Folders, /, ids: tuple[int, ...], force: bool, by: str | None, reason: str, **how: Any
    ) -> None:
        run(folders, [(f"{kind}.fail", signed({"id": id, "force": force}, by, reason)) for id in ids], **how)

    return command


def _force(kind: Kind) -> click.Command:
    @click.command(
        "force", help=f"Set the status of a {kind} by hand.\n\n\b\nExample:\n  sceneboard {kind} force 12 DONE"
    )
    @click.argument("id", type=_id)
    @click.argument("status", type=click.Choice(STATUSES, case_sensitive=False))
    @_expect
    @by_options
    @click.pass_obj
    def command(folders: Folders, /, id: int, status: str, by: str | None, reason: str, **how: Any) -> None:
        run(folders, [(f"{kind}.force", signed({"id": id, "status": status.upper()}, by, reason))], **how)

    return command


def _set_data(kind: Kind) -> click.Command:
    @click.command(
        "set-data",
        help=f"Replace the data of a {kind} by the JSON object in FILE (- for standard input)."
        f"\n\n\b\nExample:\n  sceneboard {kind} set-data 12 data.json",
    )
    @click.argument("id", type=_id)
    @click.argument("file", type=click.File("r", encoding="utf-8"))
    @by_options
    @click.pass_obj
    def command(folders: Folders, /, id: int, file: IO[str], by: str | None, reason: str, **how: Any) -> None:
        try:
            data = json.loads(file.read().removeprefix("\ufeff"))  # PowerShell begins files with it
        except (ValueError, RecursionError) as error:
            fail(f"{file.name}: not JSON: {error}", Code.USAGE)
        if not isinstance(data, dict):
            fail(f"{file.name}: the data of a {kind} is a JSON object", Code.USAGE)
        run(folders, [(f"{kind}.data", signed({"id": id, "data": data}, by, reason))], **how)

    return command
