"""Opens the site that stands at a place, as what that is: a folder, or object storage."""

from pathlib import Path

from pipeline import disk
from pipeline.log.place import Place
from pipeline.publish.site import Site


def make_site(place: Place) -> None:
    """Makes the folder, if it is one. Raises OSError."""
    if isinstance(place, Path):
        disk.make_folders(place)


def open_site(place: Place, *, new: bool = False, build: str = "") -> Site:
    """Opens a site that `make_site` has made; `new`: none of its files is there; `build` as in `Site`.

    Raises OSError, StorageUnusable.
    """
    if isinstance(place, str):
        from pipeline.publish.object_site import ObjectSite

        return ObjectSite(place, new=new, build=build)
    from pipeline.publish.writer import SiteWriter

    return SiteWriter(place, new=new, build=build)
