"""`sceneboard watch`."""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any

import click

from pipeline.build import Built, build
from pipeline.cli import Folders
from pipeline.cli.output import dot_option, friendly, say, shortened, stac_option, warn
from pipeline.cli.second_try import build_twice
from pipeline.cli.workers import MOST_WORKERS, workers
from pipeline.log.place import events_of
from pipeline.render.edition import stac_edition
from pipeline.watch.loop import Ended, Watch
from pipeline.watch.rhythm import Rhythm

_seconds = click.FloatRange(0.01)


@click.command("watch")
@click.option(
    "--settle",
    type=_seconds,
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Build when the log hasn't changed for so long: a burst of appends is one build.",
)
@click.option(
    "--max-wait",
    type=_seconds,
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Build at the latest so long after a change, however steadily the log grows.",
)
@click.option(
    "--poll",
    type=_seconds,
    default=None,
    metavar="SECONDS",
    help="Look at the log's files so often, for network shares and buckets, where the kernel tells of nothing.",
)
@click.option(
    "--workers",
    "count",
    type=click.IntRange(1, MOST_WORKERS),
    default=None,
    metavar="N",
    help="Processes that render.  [default: one a core]",
)
@dot_option
@stac_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each build, on a line.")
@click.pass_obj
def command(
    folders: Folders,
    settle: float,
    max_wait: float,
    poll: float | None,
    count: int | None,
    dot: str | None,
    stac: bool,
    as_json: bool,
) -> None:
    """Build now, and again whenever the log changes. Prints a line for each build.

    A build that fails is reported and tried again. On SIGTERM or Ctrl-C the build under way is finished first.

    \b
    Examples:
      sceneboard watch
      sceneboard --data /mnt/share/log --site /srv/www/board watch --poll 10 --json
    """

    def build_site() -> Built:
        with workers(count or os.cpu_count() or 1) as executor:
            return build_twice(build, folders, dot=dot, stac=stac, workers=executor)

    watch = Watch(
        events_of(folders.data),
        build_site,
        Rhythm(settle_seconds=settle, max_wait_seconds=max_wait),
        poll_seconds=poll,
        report=_print_json if as_json else _Lines().print,
        warn=warn,
    )

    def stop(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # a second one doesn't wait
        watch.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with friendly():
        if stac:
            stac_edition()  # what isn't installed wouldn't be there at the next try either
        watch.run()


class _Lines:
    """A line for each build; a warning is printed when it is new, not after every build."""

    def __init__(self) -> None:
        self._warned: list[str] = []

    def print(self, ended: Ended) -> None:
        if ended.built is None:
            again = f"; it is tried again in {ended.again_in_seconds:.0f} s" if ended.again_in_seconds else ""
            warn(f"{_now()} the build failed after {ended.seconds:.1f} s: {_problem(ended)}{again}")
            return
        told = summary(ended.built)
        for text in told["warnings"]:
            if text not in self._warned:
                warn(text)
        self._warned = told["warnings"]
        say(
            f"{_now()} {told['events']:,} new events; {told['aois_changed']:,} of {told['aois']:,} AOIs changed; "
            f"{told['written']:,} files written, {told['removed']:,} removed ({ended.seconds:.1f} s)"
        )
        sys.stdout.flush()


def _print_json(ended: Ended) -> None:
    told: dict[str, Any] = {"time": _now(), "ok": ended.built is not None, "seconds": round(ended.seconds, 3)}
    if ended.built is not None:
        told |= summary(ended.built)
    else:
        told |= {"error": _problem(ended), "again_in_seconds": round(ended.again_in_seconds or 0.0, 3)}
    say(json.dumps(told))
    sys.stdout.flush()


def summary(built: Built) -> dict[str, Any]:
    """What a build did, in a few numbers and warnings."""
    found = built.refreshed
    return {
        "events": found.events,
        "aois": built.aois,
        "aois_changed": sum(1 for name in found.folded if name),
        "written": built.written,
        "removed": built.removed,
        "rejected": built.rejected,
        "quarantined": built.quarantined,
        "warnings": [
            *built.warnings,
            *shortened([f"log file {path} is gone; its events are kept" for path in found.gone]),
            *shortened([f"log file {path} was truncated or replaced; it was read again" for path in found.replaced]),
            *shortened([f"log file {one.path} can't be read: {one.reason}" for one in found.unreadable]),
        ],
    }


def _problem(ended: Ended) -> str:
    error = ended.error
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    known = type(error).__module__.startswith("pipeline.")
    return str(error) if known else f"{type(error).__name__}: {error}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
