"""Where the files of the STAC catalogue stand in the site."""

CATALOG = "stac/catalog.json"


def collection_path(folder: str) -> str:
    """The collection of the AOI of that folder.

    Programs that read a catalogue from a disk take links as they stand, those that read it over HTTP decode them: so
    there is no percent sign in these paths. `=` stands for it, as in the quoted-printable encoding (RFC 2045).
    """
    return f"{_place(folder)}/collection.json"


def item_path(folder: str, scene: int) -> str:
    """The item of a scene of that AOI."""
    return f"{_place(folder)}/{scene}.json"


def _place(folder: str) -> str:
    return f"stac/aoi/{folder.replace('%', '=')}"
