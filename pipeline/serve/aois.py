"""Which AOIs a site has, and the folder of each, read from the site's own list."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from pipeline.operate.show import matches
from pipeline.render.paths import aoi_folders
from pipeline.serve.site_files import NotThere, read_file, stamp

LIST = ("aoi", "index.json")


class _Listed(msgspec.Struct):
    name: str = msgspec.field(name="ID")


_entries = msgspec.json.Decoder(list[msgspec.Raw])
_listed = msgspec.json.Decoder(_Listed)


class _Known(NamedTuple):
    stamp: tuple[int, int, int]
    folders: dict[str, str]
    bodies: dict[str, msgspec.Raw]


class Aois:
    """The AOIs of a site. The list is read again when it has changed."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._known: _Known | None = None

    def folder(self, name: str) -> str | None:
        """The folder under `aoi/` of the AOI of that name; None if there is none."""
        known = self._look()
        return None if known is None else known.folders.get(name)

    def matching(self, pattern: str) -> bytes:
        """The entries of the list whose name matches a pattern (`*` any text, `?` one character), as a JSON array."""
        known = self._look()
        found = [] if known is None else [body for name, body in known.bodies.items() if matches(name, pattern)]
        return msgspec.json.encode(found) + b"\n"

    def _look(self) -> _Known | None:
        try:
            now = stamp(self._site, LIST)
            known = self._known
            if known is None or known.stamp != now:
                bodies = _entries.decode(read_file(self._site, LIST).data)
                named = {_listed.decode(body).name: body for body in bodies}
                known = self._known = _Known(now, aoi_folders(named), named)
            return known
        except (NotThere, msgspec.DecodeError):
            return None
