"""What spans all AOIs: the front page, the list of AOIs, the events, the assets."""

import msgspec

from pipeline.event import STATUSES, Status
from pipeline.render import bodies
from pipeline.render.assets import assets
from pipeline.render.environment import page
from pipeline.render.event_files import event_files
from pipeline.render.overview import Counts
from pipeline.store import record
from pipeline.store.database import Database

_LATEST = 200


class AoiLine(msgspec.Struct, frozen=True):
    """An AOI on the front page."""

    name: str
    folder: str
    status: Status
    scenes: Counts
    tiles: Counts


def site_files(database: Database, folders: dict[str, str]) -> dict[str, bytes]:
    """The files of the site that are no AOI's and no scene's."""
    found = record.aois(database)
    scenes, tiles = _counts(database, "scenes"), _counts(database, "tiles")
    lines = [
        AoiLine(name, folders[name], status, scenes.get(name, Counts()), tiles.get(name, Counts()))
        for name, status in found
    ]
    return {
        "aoi/index.json": bodies.aois(found),
        "index.html": page("index.html", "index.html", aois=lines),
        **event_files(
            record.latest(database, _LATEST),
            record.rejected(database),
            record.quarantine(database),
            record.unfinished(database),
            folders,
        ),
        **assets(),
    }


def _counts(database: Database, table: str) -> dict[str, Counts]:
    columns = ", ".join(f"count(*) FILTER (status = '{status}')" for status in STATUSES)
    rows = database.rows(f"SELECT aoi, {columns}, count(*) FROM {table} GROUP BY aoi")
    return {row[0]: Counts(*row[1:]) for row in rows}
