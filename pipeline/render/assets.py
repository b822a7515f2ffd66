"""What pages load: the site's own style, scripts and icon, and Leaflet from the package that pip installs."""

import functools
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pipeline.render.templates import templates_folder

LEAFLET_SCRIPT = "assets/leaflet/leaflet.js"
LEAFLET_STYLE = "assets/leaflet/leaflet.css"

_LEAFLET_FILES = ("leaflet.js", "leaflet.css")
_LEAFLET_IMAGES = ("layers.png", "layers-2x.png", "marker-icon.png", "marker-icon-2x.png", "marker-shadow.png")
_SOURCE_MAP = b"//# sourceMappingURL="


def assets() -> dict[str, bytes]:
    """The files under `assets/`, by path.

    The parts of the style and of the script are put together in the order of their names. Leaflet's files are there if
    the package XStatic-Leaflet is installed; without it maps are the static ones.
    """
    root = templates_folder() / "assets"
    return {
        "assets/style.css": b"\n".join(path.read_bytes() for path in sorted((root / "style").glob("*.css"))),
        "assets/board.js": b"\n".join(path.read_bytes() for path in sorted((root / "script").glob("*.js"))),
        "assets/icon.svg": (root / "icon.svg").read_bytes(),
        "assets/map.js": (root / "map.js").read_bytes(),
        **_leaflet(),
    }


def has_leaflet() -> bool:
    """Whether Leaflet is there to be put into the site."""
    return _leaflet_folder() is not None


def leaflet_version() -> str:
    """The package's version, or nothing: pages of a site with Leaflet differ from those of one without."""
    return distribution("XStatic-Leaflet").version if has_leaflet() else ""


@functools.cache
def _leaflet_folder() -> Path | None:
    # Found by its metadata and not imported: the package shares the namespace `xstatic` with others.
    try:
        found = distribution("XStatic-Leaflet").locate_file("xstatic/pkg/leaflet/data")
    except PackageNotFoundError:
        return None
    folder = Path(str(found))
    return folder if all((folder / name).is_file() for name in _LEAFLET_FILES) else None


def _leaflet() -> dict[str, bytes]:
    folder = _leaflet_folder()
    if folder is None:
        return {}
    names = [*_LEAFLET_FILES, *(f"images/{name}" for name in _LEAFLET_IMAGES if (folder / "images" / name).is_file())]
    files = {f"assets/leaflet/{name}": (folder / name).read_bytes() for name in names}
    files["assets/leaflet/LICENSE"] = (templates_folder() / "assets" / "leaflet.LICENSE").read_bytes()
    # The source map is as large as all the rest and isn't copied: a browser's tools would miss it.
    script, mark, _ = files[LEAFLET_SCRIPT].rpartition(_SOURCE_MAP)
    if mark:
        files[LEAFLET_SCRIPT] = script
    return files
