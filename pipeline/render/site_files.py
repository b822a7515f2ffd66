"""What spans all AOIs: the front page, the list of AOIs, the events, the assets."""

from collections.abc import Sequence

from pipeline.render import bodies
from pipeline.render.assets import assets
from pipeline.render.event_files import event_files
from pipeline.render.front_page import front_page
from pipeline.render.summary import Summary
from pipeline.store import record
from pipeline.store.database import Database

_LATEST = 200


def site_files(database: Database, folders: dict[str, str], summaries: Sequence[Summary]) -> dict[str, bytes]:
    """The files of the site that are no AOI's and no scene's."""
    return {
        "aoi/index.json": bodies.aois((one.name, one.status) for one in summaries),
        "index.html": front_page(summaries, folders),
        **event_files(
            record.latest(database, _LATEST),
            record.rejected(database),
            record.quarantine(database),
            record.unfinished(database),
            folders,
        ),
        **assets(),
    }
