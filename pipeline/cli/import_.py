"""`sceneboard import`."""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import Folders
from pipeline.cli.output import TEXT, fail, friendly, json_option, plain, print_json, say, wait_option, warn
from pipeline.operate.answer import Code

if TYPE_CHECKING:
    from pipeline.moving_in.answers import Source
    from pipeline.moving_in.importing import Imported

BEARER = "SCENEBOARD_BEARER"


@click.command("import")
@click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--url", type=TEXT, help="The workflow server: the URL that its GET /aoi/ is below.")
@click.option("--aoi", "aois", metavar="NAME", multiple=True, type=TEXT, help="Only this AOI (may be repeated).")
@click.option(
    "--bearer", "variable", metavar="VARIABLE", type=TEXT, default=None,
    help=f"The environment variable that holds the server's bearer, never the bearer itself.  [default: {BEARER}]",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_seconds", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True,
    metavar="SECONDS", help="How long the server may be silent.",
)  # fmt: skip
@click.option(
    "--attempts", type=click.IntRange(1), default=5, show_default=True, metavar="N",
    help="How often a request is sent before it counts as failed, after 1 s, 2 s, 4 s and so on.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the events that would be appended; append nothing.")
@json_option
@wait_option
@click.pass_obj
def command(
    folders: Folders,
    folder: Path | None,
    url: str | None,
    aois: tuple[str, ...],
    variable: str | None,
    timeout_seconds: float,
    attempts: int,
    dry_run: bool,
    as_json: bool,
    wait_seconds: float,
) -> None:
    """Take over what a workflow server answers: AOIs, scenes and tiles, with their ids and as they stand.

    From a running server (--url), or from its answers saved in DIR, laid out as a site: a copied site is one. A second
    import appends only what has changed. What can't be taken over is listed.

    \b
    Examples:
      sceneboard import --url http://ingester:8080
      sceneboard import /mnt/old/site --dry-run
    """
    if (folder is None) == (url is None):
        raise click.UsageError("give either a folder or --url")
    from pipeline.moving_in.importing import import_answers

    with friendly():
        source: Source
        if folder is not None:
            from pipeline.moving_in.folder import Folder

            source = Folder(folder)
        else:
            from pipeline.moving_in.server import Server, in_the_clear

            bearer = _bearer(variable)
            source = Server(url or "", bearer, timeout_seconds=timeout_seconds, attempts=attempts, wait=time.sleep)
            if bearer is not None and in_the_clear(url or ""):
                warn("the bearer goes over the network in the clear: http, not https")
        found = import_answers(folders.data, source, aois, wait_seconds, dry_run=dry_run)
    if as_json:
        print_json(_as_dict(found, dry_run))
    else:
        _print(found, dry_run)


def _bearer(variable: str | None) -> str | None:
    bearer = os.environ.get(BEARER if variable is None else variable)
    if variable is not None and not bearer:  # whoever gave the bearer itself doesn't want to see it again
        fail("the environment variable that --bearer names is not set, or empty", Code.USAGE)
    return bearer or None


def _print(found: "Imported", dry_run: bool) -> None:
    for aoi in found.aois:
        if dry_run:
            for line in aoi.lines:
                event = json.loads(line)
                say(plain(f"{event['type']} {_short(event['data'])}"))
        events = f"{len(aoi.lines):,} events" if aoi.lines else "nothing new"
        say(plain(f"{aoi.name}: {aoi.scenes:,} scenes, {aoi.tiles:,} tiles: {events}"))
        for note in aoi.notes:
            say(plain(note))
        for one in aoi.differences:
            warn(one.sentence)
    if found.left:
        say(plain(f"not there, left as they are here: {', '.join(found.left)}"))
    count = sum(len(aoi.differences) for aoi in found.aois)
    say(
        f"{found.events:,} events {'would be appended' if dry_run else 'appended'}"
        + (f"; {count:,} things could not be taken over" if count else "")
    )


def _short(data: dict[str, Any]) -> str:
    parts = [str(data["id"]), *(str(data[name]) for name in ("source_id", "status", "message") if data.get(name))]
    if isinstance(data.get("tiles"), dict):
        parts.append(f"({len(data['tiles'])} tiles)")
    return " ".join(parts)


def _as_dict(found: "Imported", dry_run: bool) -> dict[str, Any]:
    return {
        "source": found.source,
        "dry_run": dry_run,
        "events": found.events,
        "aois": [
            {
                "aoi": aoi.name,
                "scenes": aoi.scenes,
                "tiles": aoi.tiles,
                "events": [json.loads(line) for line in aoi.lines] if dry_run else len(aoi.lines),
                "differences": [one._asdict() for one in aoi.differences],
                "notes": aoi.notes,
            }
            for aoi in found.aois
        ],
        "left": found.left,
    }
