"""What spans all AOIs: the front page, the list of AOIs, the events, the assets."""

from collections.abc import Sequence

from pipeline.render import bodies
from pipeline.render.assets import assets
from pipeline.render.event_files import event_files
from pipeline.render.front_page import front_page
from pipeline.render.summary import Summary
from pipeline.store import record
from pipeline.store.database import Database
from pipeline.store.homes import homes

_LATEST = 200


def site_files(database: Database, folders: dict[str, str], summaries: Sequence[Summary]) -> dict[str, bytes]:
    """The files of the site that are no AOI's and no scene's."""
    latest, rejected = record.latest(database, _LATEST), record.rejected(database)
    return {
        "aoi/index.json": bodies.aois((one.name, one.status) for one in summaries),
        "index.html": front_page(summaries, folders),
        **event_files(
            latest,
            rejected,
            record.quarantine(database),
            record.unfinished(database),
            folders,
            homes(database, [*latest, *rejected]),
        ),
        **assets(),
    }
