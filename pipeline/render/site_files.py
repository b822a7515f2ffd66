"""What spans all AOIs: the front page, the list of AOIs, the events, the assets."""

from collections.abc import Sequence

from pipeline.render import bodies
from pipeline.render.assets import assets
from pipeline.render.event_files import event_files
from pipeline.render.feeds import FEED, site_feed
from pipeline.render.front_page import front_page
from pipeline.render.metrics import FILE as METRICS
from pipeline.render.metrics import metrics
from pipeline.render.summary import Summary
from pipeline.store import record
from pipeline.store.database import Database
from pipeline.store.homes import homes

_LATEST = 200


def site_files(database: Database, folders: dict[str, str], summaries: Sequence[Summary]) -> dict[str, bytes]:
    """The files of the site that are no AOI's and no scene's."""
    latest, rejected = record.latest(database, _LATEST), record.rejected(database)
    quarantine = record.quarantine(database)
    return {
        "aoi/index.json": bodies.aois((one.name, one.status) for one in summaries),
        "index.html": front_page(summaries, folders),
        FEED: site_feed(summaries),
        METRICS: metrics(summaries, len(rejected), bool(quarantine)),
        **event_files(
            latest,
            rejected,
            quarantine,
            record.unfinished(database),
            folders,
            homes(database, [*latest, *rejected]),
        ),
        **assets(),
    }
