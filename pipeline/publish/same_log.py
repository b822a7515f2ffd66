"""Whether a log that the store knows nothing of yet is the one that the site was built from.

A store remembers what the log held. One that is new (deleted, of another version, or not mounted with its log) can't: a
log that isn't all there would be published as all there is.
"""

import errno
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from pipeline.log.files import Unreadable
from pipeline.publish.places import SiteRefused


def require_same_log(
    told: Mapping[str, Any] | None, files: Iterable[str], unreadable: Sequence[Unreadable], *, full: bool
) -> None:
    """`told` is what the site's build.json says, `files` are those of the log that were read.

    Raises OSError if the site has what a file held that can't be read now; SiteRefused if none of its files is there,
    unless the build is a `full` one.
    """
    before = _files(told)
    for one in unreadable:
        if any(file == one.path or file.startswith(f"{one.path}/") for file in before):
            raise OSError(
                errno.EACCES, f"the site has what it held, and would lose it: it can't be read ({one.reason})", one.path
            )
    if full or not before or _stems(before) & _stems(files):
        return
    raise SiteRefused(
        f"the site was built from another log: none of its files ({before[0]} …) is there. Mount that log, name it "
        "(--data) or another --site, or publish this one in its place (build --full)"
    )


def _files(told: Mapping[str, Any] | None) -> list[str]:
    """The files that a site with AOIs was built from; of very many the last."""
    log = (told or {}).get("log")
    if not isinstance(log, list) or not (told or {}).get("aois"):
        return []
    return [one["file"] for one in log if isinstance(one, dict) and isinstance(one.get("file"), str)]


def _stems(files: Iterable[str]) -> set[str]:
    """Their names without folders and endings: a file may be rotated, and stand elsewhere then."""
    return {PurePosixPath(file).name.rpartition(".jsonl")[0] for file in files}
