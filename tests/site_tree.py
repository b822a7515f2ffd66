"""A site as its readers find it: the bytes of its files, by path."""

import json
from pathlib import Path
from typing import Any


def tree(site: Path) -> dict[str, bytes]:
    """All files of a site but those called `build.json`, which tell of the build itself."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file() and path.name != "build.json"
    }


def without_file_names(files: dict[str, bytes]) -> dict[str, bytes]:
    """A site without what names the log's files: the quarantine, and the page that shows it."""
    return {
        path: text
        for path, text in files.items()
        if path != "events/index.html" and not path.startswith("events/quarantine")
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Paths of files that only one of two sites has, or whose bytes differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def read(site: Path, path: str) -> Any:
    """A JSON file of a site."""
    return json.loads((site / path).read_bytes())
