"""Names this edition of the program and its templates: pages of another edition are rendered again."""

import functools
import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from pipeline import __version__
from pipeline.render.assets import leaflet_version
from pipeline.render.templates import templates_folder


class ExtraMissing(Exception):
    """What was asked for needs a package that isn't installed; the text says which, and how to get it."""


def stac_edition() -> str:
    """Which version of pystac makes the STAC catalogue. Raises ExtraMissing."""
    try:
        return f"pystac {version('pystac-core')}"
    except PackageNotFoundError:
        raise ExtraMissing(
            "a STAC catalogue needs the package pystac-core: pip install 'sceneboard[stac]' "
            "(or build without one: --no-stac)"
        ) from None


@functools.cache
def edition() -> str:
    """The version and a hash of all templates and assets, and of which map there is.

    Of a checkout, whose code changes while the version stays, also of the code that pages are made with.
    """
    templates, code = templates_folder(), Path(str(files("pipeline")))
    digest = hashlib.blake2b(f"{__version__} {leaflet_version()}".encode(), digest_size=6)
    made_with = list(templates.rglob("*"))
    if templates.parent != code:
        made_with += [path for part in ("render", "insight") for path in (code / part).rglob("*.py")]
    for path in sorted(made_with, key=str):
        if path.is_file():
            digest.update(path.relative_to(templates.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}-{digest.hexdigest()}"
