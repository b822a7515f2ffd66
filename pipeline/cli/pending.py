"""`sceneboard pending`."""

import click

from pipeline.cli import Folders
from pipeline.cli.output import TEXT, fail, friendly, json_option, plain, say, wait_option
from pipeline.operate.answer import Code


@click.command("pending")
@click.argument("aoi", type=TEXT)
@json_option
@wait_option
@click.pass_obj
def command(folders: Folders, aoi: str, as_json: bool, wait_seconds: float) -> None:
    """List what of an AOI may be processed now: its scenes and tiles that are PENDING.

    With --json the messages that the API's server hands to its workers, as in the site's pending.json: put the
    `scenes` on the queue of those who fetch, the `tiles` on the queue of those who process.

    \b
    Example:
      sceneboard pending DenmarkDemo --json | jq -c '.tiles[]'
    """
    from pipeline.operate.show import work_list

    with friendly():
        found = work_list(folders.data, aoi, wait_seconds)
    if found is None:
        fail(f"AOI {aoi} is unknown", Code.NOT_FOUND)
    if as_json:
        click.echo(found.body, nl=False)
        return
    for one in found.lines:
        say(plain(one))
