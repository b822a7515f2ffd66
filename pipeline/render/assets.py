"""The site's own style, script and icon."""

from pipeline.render.environment import templates_folder


def assets() -> dict[str, bytes]:
    """The files under `assets/`: the parts of the style and of the script, each put together in the order of their names."""
    root = templates_folder() / "assets"
    return {
        "assets/style.css": b"\n".join(path.read_bytes() for path in sorted((root / "style").glob("*.css"))),
        "assets/board.js": b"\n".join(path.read_bytes() for path in sorted((root / "script").glob("*.js"))),
        "assets/icon.svg": (root / "icon.svg").read_bytes(),
    }
