"""`sceneboard log`."""

from typing import IO

import click

from pipeline.cli import Folders
from pipeline.cli.output import TEXT, answer, friendly, json_option, plain, print_json, say
from pipeline.operate.answer import Code


@click.group("log")
def command() -> None:
    """The event log: append to it, check it."""


@command.command("append")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.File("rb"))
@click.option(
    "--source",
    type=TEXT,
    default=None,
    help="The source of bare results and messages.  [default: the queue, or sceneboard/ and this host]",
)
@json_option
@click.pass_obj
def append(folders: Folders, files: tuple[IO[bytes], ...], source: str | None, as_json: bool) -> None:
    """Append workers' results: bare, as events, or as messages of the server's queues (Pub/Sub, pgqueue).

    One JSON value a line, or one list over several lines. Either all of a file is appended, or, if something in it
    can't be used, nothing. - is standard input.

    \b
    Examples:
      echo '{"type":"tile","id":12,"status":"DONE","message":""}' | sceneboard log append -
      gcloud pubsub subscriptions pull results --limit 100 --format json | sceneboard log append -
    """
    from pipeline.operate.append_results import append_results

    with friendly():
        answers = [append_results(folders.data, file.read(), getattr(file, "name", "-"), source) for file in files]
    answer(answers, as_json)


@command.command("check")
@json_option
@click.pass_obj
def check(folders: Folders, as_json: bool) -> None:
    """Report every line of the log that a build would quarantine; change nothing. Exit code 6 if there is one.

    \b
    Example:
      sceneboard --data /srv/sceneboard log check
    """
    from pipeline.operate.check_log import check_log

    with friendly():
        found = check_log(folders.data)
    if as_json:
        print_json(found.as_dict())
    else:
        for bad in found.quarantined:
            say(f"{plain(bad.file)}:{bad.line}: {plain(bad.reason)} (byte {bad.offset:,})")
        for torn in found.unfinished:
            say(f"{plain(torn.file)}: an unfinished line at byte {torn.offset:,}")
        for one in found.unreadable:
            say(f"{plain(one.path)}: can't be read: {one.reason}")
        say(f"{found.events:,} events in {found.files:,} files; {len(found.quarantined):,} lines that can't be used")
    raise SystemExit(int(Code.QUARANTINE if found.quarantined else Code.FAILED if found.unreadable else Code.OK))
