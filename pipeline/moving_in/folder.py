"""Answers that were saved as files, laid out as a site is: a copied site, or the bodies of a server's GETs."""

from pathlib import Path
from urllib.parse import quote

import msgspec

from pipeline.event_names import STATUSES
from pipeline.moving_in.answers import AoiAnswer, SourceUnusable, TileAnswer, entries, typed
from pipeline.render.paths import aoi_folders


class Folder:
    """A folder with `aoi/index.json`, and for each AOI `scenes.json`, and `tiles.json` or `tiles/{STATUS}.json`."""

    def __init__(self, path: Path) -> None:
        self.name = f"sceneboard-import/{quote(path.resolve().name) or 'folder'}"
        self._path = path
        self._folders: dict[str, str] = {}

    def list_of(self, *path: str) -> tuple[str, list[msgspec.Raw]]:
        match path:
            case ("aoi",):
                found = self._list("aoi", "index.json")
                self._folders = aoi_folders([one.name for one in typed(found[1], AoiAnswer, found[0])])
                return found
            case ("aoi", name, "tiles", status):
                return self._tiles(self._folders[name], status)
            case _:
                return self._list("aoi", self._folders[path[1]], f"{path[2]}.json")

    def text_of(self, *path: str) -> bytes | None:
        file = "overview.txt" if len(path) == 2 else path[2]
        return self._read(self._path / "aoi" / self._folders[path[1]] / file)

    def _tiles(self, folder: str, status: str) -> tuple[str, list[msgspec.Raw]]:
        """The tiles in a status: out of the list of all of them, if that is there."""
        every = self._path / "aoi" / folder / "tiles.json"
        body = self._read(every)
        if body is None:
            return self._list("aoi", folder, "tiles", f"{status}.json")
        found = entries(body, str(every))
        told = typed(found, TileAnswer, str(every))
        return str(every), [raw for raw, one in zip(found, told, strict=True) if one.status == status]

    def _list(self, *path: str) -> tuple[str, list[msgspec.Raw]]:
        file = self._path.joinpath(*path)
        body = self._read(file)
        if body is None:
            raise SourceUnusable(f"{file} is missing. {_WANTED}")
        return str(file), entries(body, str(file))

    def _read(self, file: Path) -> bytes | None:
        try:
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise SourceUnusable(f"{file}: {error.strerror or error}") from error


_WANTED = (
    "A folder to import holds the answers laid out as a site does: aoi/index.json, and for each AOI "
    f"aoi/AOI/scenes.json and aoi/AOI/tiles.json, or aoi/AOI/tiles/STATUS.json for {', '.join(STATUSES)}"
)
