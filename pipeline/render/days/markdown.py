"""The sheet of a day as Markdown, to be pasted into a ticket, a chat or a mail.

All that comes from the log stands in code spans (CommonMark 6.1), where nothing is a link, an image, HTML or a name
that is called.
"""

import re

from pipeline.event import STATUSES
from pipeline.insight.workload import Counts
from pipeline.render.days.sheet import Deed, Item, Listing, Sheet
from pipeline.render.plain import one_line

_TICKS = re.compile("`+")


def markdown(of: Sheet, aoi: str) -> str:
    """The sheet as Markdown. It ends with a line break."""
    parts = [
        f"# {code(one_line(aoi))}, {of.day} (UTC)",
        "",
        of.answer,
        *_list("Newly failed", of.newly_failed, of.day),
        *_list("Settled", of.settled, of.day, was=True),
        *_list("Still stuck", of.still_stuck, of.day),
        "",
        "## What operators did",
        "",
        *([_deed(deed) for deed in of.deeds] or ["Nothing."]),
        *([f"- and {of.deeds_more:,} more"] if of.deeds_more else []),
        "",
        "## At the end of the day",
        "",
        f"| | {' | '.join(STATUSES)} | Total |",
        f"| --- |{' ---: |' * (len(STATUSES) + 1)}",
        _row("Scenes", of.scenes),
        _row("Tiles", of.tiles),
        "",
    ]
    if of.rejected:
        parts += [f"Rejected events: {of.rejected:,}.", ""]
    return "\n".join(parts)


def code(text: str) -> str:
    """A text of one line as a code span that shows it as it is; nothing for an empty one."""
    if not text.strip():
        return ""
    fence = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    blank = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def _list(title: str, of: Listing, day: str, *, was: bool = False) -> list[str]:
    more = [f"- and {of.more:,} more"] if of.more else []
    return ["", f"## {title} ({of.total:,})", "", *([_item(item, day, was) for item in of.items] or ["None."]), *more]


def _item(item: Item, day: str, was: bool) -> str:
    acquired = f" of {item.acquired}" if item.acquired else ""
    notes = f" ({'; '.join(item.notes)})" if item.notes else ""
    message = f"{', after' if was else ':'} {code(item.message)}" if item.message else ""
    since = item.since[11:19] if item.since.startswith(day) else f"{item.since[:10]} {item.since[11:19]}"
    what = f"{item.entity.kind} {item.entity.id} {code(item.name)}{acquired}"
    return f"- {what}: {item.status} since {since}{notes}{message}"


def _deed(of: Deed) -> str:
    named = ", ".join(str(entity.id) for entity in of.named)
    if of.named:
        several = len(of.named) + of.more > 1
        named = f" {of.named[0].kind}{'s' if several else ''} {named}"
    more = f" and {of.more:,} more" if of.more else ""
    then = f" {of.then}" if of.then else ""
    reason = f": {code(of.reason)}" if of.reason else ""
    outcome = f" ({code(of.outcome)})" if of.outcome else ""
    return f"- {of.instant[11:19]} {code(of.by)} {of.did}{named}{more}{then}{reason}{outcome}"


def _row(title: str, of: Counts) -> str:
    return f"| {title} | {' | '.join(f'{of.of(status):,}' for status in STATUSES)} | {of.total:,} |"
