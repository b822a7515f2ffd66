"""Where things stand in the site, and how pages link to them. All paths are relative to the site, with `/`."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 150
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|index\.(json|html)", re.IGNORECASE)
"""Device names on Windows shares, and the files that stand beside the AOIs' folders."""


def aoi_folders(names: Iterable[str]) -> dict[str, str]:
    """The folder of each AOI under `aoi/`, given the names of all.

    Everything outside A-Za-z0-9_- is percent-encoded, but for a dot that isn't first. Names that are too long for a
    file name, that a file system keeps for itself, or that differ from another's only in case get a `~` and a hash.
    """
    encoded = {name: _encoded(name) for name in names}
    folded = Counter(folder.lower() for folder in encoded.values())
    return {
        name: _hashed(name, folder)
        if folded[folder.lower()] > 1 or len(folder) > _LONGEST or _RESERVED.fullmatch(folder)
        else folder
        for name, folder in encoded.items()
    }


def _encoded(name: str) -> str:
    safe = _UNSAFE.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), name
    )
    return f"%2E{safe[1:]}" if safe.startswith(".") else safe


def _hashed(name: str, folder: str) -> str:
    digest = hashlib.sha256(_utf8(name)).hexdigest()[:16]
    return f"{folder[:_LONGEST]}~{digest}"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def url(path: str, base: str) -> str:
    """A relative link to a path of the site (with an optional #fragment) from the page at the path `base`."""
    target, mark, fragment = path.partition("#")
    here, there = base.split("/")[:-1], target.split("/")
    while here and len(there) > 1 and here[0] == there[0]:
        here, there = here[1:], there[1:]
    link = "../" * len(here) + quote("/".join(there), safe="/~=")
    return f"{link}#{quote(fragment)}" if mark else link
