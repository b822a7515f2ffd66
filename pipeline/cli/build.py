"""`sceneboard build`."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from pipeline.build import Built, Progress, build, build_as_of, silent
from pipeline.cli import Folders
from pipeline.cli.duration import seconds
from pipeline.cli.output import (
    dot_option,
    fail,
    friendly,
    json_option,
    print_json,
    say,
    shortened,
    stac_option,
    wait_option,
    warn,
)
from pipeline.cli.second_try import build_twice
from pipeline.cli.workers import MOST_WORKERS, cluster
from pipeline.cli.workers import workers as pool
from pipeline.operate.answer import Code
from pipeline.publish.site import file_of
from pipeline.timestamp import instant


@click.command("build")
@click.option("--full", is_flag=True, help="Forget the store and start from the log files that are there.")
@click.option("--check-site", is_flag=True, help="Compare every file of the site, and mend what differs.")
@click.option("--as-of", metavar="TIME", help="Render the state at a time (RFC 3339) into another --site.")
@click.option("--strict", is_flag=True, help="End with exit code 6 if the log has lines in quarantine.")
@click.option(
    "--workers", type=click.IntRange(1, MOST_WORKERS), default=None, metavar="N",
    help="Processes that render.  [default: one a core]",
)  # fmt: skip
@click.option(
    "--cluster", "address", envvar="SCENEBOARD_CLUSTER", show_envvar=True, metavar="ADDRESS",
    help="Let the workers of a running Dask scheduler (tcp://host:8786) do the work.",
)  # fmt: skip
@click.option(
    "--spool", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="With --cluster: a folder of this data folder's own that the workers see.  [default: beside the store]",
)  # fmt: skip
@click.option(
    "--shards", type=click.IntRange(1), metavar="N",
    help="Keep the store in so many shards, by AOI, each brought up and published by one task.",
)  # fmt: skip
@click.option(
    "--every",
    "every_seconds",
    callback=seconds,
    metavar="TIME",
    help="The schedule that this command runs on (90s, 15m, 2h, 1d): pages say when a build is overdue.",
)
@dot_option
@stac_option
@wait_option
@json_option
@click.pass_obj
def command(
    folders: Folders,
    full: bool,
    check_site: bool,
    dot: str | None,
    stac: bool,
    as_of: str | None,
    strict: bool,
    workers: int | None,
    address: str | None,
    spool: Path | None,
    shards: int | None,
    every_seconds: int | None,
    wait_seconds: float,
    as_json: bool,
) -> None:
    """Take in what is new in the log and bring the site up to it.

    \b
    Examples:
      sceneboard build
      sceneboard --data /srv/log --site /srv/www/board build --strict
      sceneboard build --every 15m
      sceneboard build --cluster tcp://scheduler:8786
      sceneboard build --cluster tcp://scheduler:8786 --shards 1000
      sceneboard --site monday build --as-of 2022-05-02T06:00:00Z
    """
    if address is not None and (workers is not None or as_of is not None):
        raise click.UsageError("--cluster goes with neither --workers nor --as-of")
    if spool is not None and address is None:
        raise click.UsageError("--spool is for --cluster")
    if shards is not None and as_of is not None:
        raise click.UsageError("--shards doesn't go with --as-of")
    with friendly(), _progress() as progress:
        if as_of is not None:
            built = build_as_of(folders.data, folders.site, instant(as_of), stac=stac, progress=progress)
        else:
            with (
                cluster(address, spool, folders.data, folders.site)
                if address is not None
                else pool(workers or os.cpu_count() or 1)
            ) as executor:
                built = build_twice(
                    _builder(shards),
                    folders,
                    full=full,
                    check_site=check_site,
                    dot=dot,
                    stac=stac,
                    wait_seconds=wait_seconds,
                    every_seconds=every_seconds,
                    workers=executor,
                    progress=progress,
                )
    _report(built, folders, as_json)
    if unreadable := built.refreshed.unreadable:
        fail(f"{len(unreadable)} files of the log can't be read: the site is without what is new in them", Code.FAILED)
    if strict and built.quarantined:
        fail(
            f"{built.quarantined} lines of the log are in quarantine: see the site's events/index.html",
            Code.QUARANTINE,
        )


def _builder(shards: int | None) -> Callable[..., Built]:
    """What builds: one machine's work imports nothing of shards."""
    if shards is None:
        return build
    from pipeline.shards.build import build_in_shards

    return partial(build_in_shards, shards=shards)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def _report(built: Built, folders: Folders, as_json: bool) -> None:
    found = built.refreshed
    for text in [
        *built.warnings,
        *shortened(
            [f"log file {path} is gone; its events are kept (build --full forgets them)" for path in found.gone]
        ),
        *shortened(
            [f"log file {path} was truncated or replaced; it was read again from its start" for path in found.replaced]
        ),
        *shortened([f"log file {one.path} can't be read: {one.reason}" for one in found.unreadable]),
    ]:
        warn(text)
    for torn in found.unfinished:
        warn(f"log file {torn.file} has an unfinished line at byte {torn.offset}: taken when its end comes")
    if as_json:
        print_json(asdict(built) | {"site": str(folders.site)})
        return
    changed = sum(1 for name in found.folded if name)
    say(
        f"{found.events:,} new events; {changed:,} of {built.aois:,} AOIs changed. "
        f"{built.written:,} files written, {built.removed:,} removed. "
        f"{built.rejected:,} events rejected, {built.quarantined:,} lines in quarantine."
    )
    say(f"Open {file_of(folders.site, 'index.html')}")
