"""Where the templates and assets are."""

import functools
from importlib.resources import files
from pathlib import Path


@functools.cache
def templates_folder() -> Path:
    """Where the templates and assets are: in the installed package, or beside it in a checkout."""
    inside = Path(str(files("pipeline"))) / "templates"
    return inside if inside.is_dir() else Path(str(files("pipeline"))).parent / "templates"
