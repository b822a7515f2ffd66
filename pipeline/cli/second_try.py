"""A build that is tried once more where its store is to blame."""

from collections.abc import Callable
from typing import Any

from pipeline.build import Built
from pipeline.cli import Folders
from pipeline.cli.output import warn
from pipeline.store.database import StoreBroken


def build_twice(build: Callable[..., Built], folders: Folders, **options: Any) -> Built:
    """A store that breaks under work has been put out of use: the second try makes it anew from the log."""
    try:
        return build(folders.data, folders.site, **options)
    except StoreBroken as broken:
        warn(f"the store answered with an error ({broken}); it is made anew from the log")
        return build(folders.data, folders.site, **options)
