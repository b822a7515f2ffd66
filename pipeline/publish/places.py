"""Where a site may be published: not in the way of the log, nor over files that are no site's."""

from pathlib import Path, PurePath, PurePosixPath

from pipeline.log.place import Data, Place, known_log
from pipeline.publish.opening import open_site
from pipeline.publish.site import BEGUN, OWNED, TOLD, TOLD_TO_PAGES, file_of

_MARKS = (TOLD, TOLD_TO_PAGES, BEGUN, "aoi/index.json")
"""By any of these a place is known as a site, or as what was left of one."""


class SiteRefused(Exception):
    """The folder isn't one that this build may write its site to."""


def require_places(data: Data, site: Place) -> None:
    """Raises FileNotFoundError if the data folder has no log, SiteRefused if the site may not be written."""
    log = known_log(data)
    if _in_each_others_way(site, log):
        raise SiteRefused(f"the site {site} and the log {log} would be in each other's way: name another --site")
    _require_own(site)


def _in_each_others_way(site: Place, log: Place) -> bool:
    """Whether one is within the other."""
    if isinstance(site, str) != isinstance(log, str):
        return False
    inner, outer = (_comparable(site), _comparable(log))
    return inner.is_relative_to(outer) or any(outer.is_relative_to(inner / folder) for folder in OWNED)


def _comparable(place: Place) -> PurePath:
    if isinstance(place, Path):
        return place.resolve()
    scheme, _, path = place.partition("://")
    return PurePosixPath("s3" if scheme == "s3a" else scheme, path)


def _require_own(site: Place) -> None:
    """A site's folders hold nothing but the site: what else is found in them is removed. So it must not be precious.

    Raises SiteRefused.
    """
    if isinstance(site, str):
        with open_site(site) as there:
            if any(map(there.has, _MARKS)):
                return
            if found := min(there.paths(OWNED), default=None):
                raise SiteRefused(_precious(f"{file_of(site, found)} is"))
        return
    if any((site / mark).exists() for mark in _MARKS):
        return
    for folder in OWNED:
        if (site / folder).is_dir() and any((site / folder).iterdir()):
            raise SiteRefused(_precious(f"{site / folder} holds files that are"))


def _precious(what: str) -> str:
    return (
        f"{what} no site's of this program, and would be removed: name another place for the site (--site), or move "
        "that away"
    )
