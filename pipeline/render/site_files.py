"""What spans all AOIs: the front page, the list of AOIs, the events, the assets."""

from collections.abc import Sequence

from pipeline.render.assets import assets
from pipeline.render.event_files import event_files
from pipeline.render.front_page import front_page
from pipeline.render.interchange import bodies
from pipeline.render.interchange.feeds import FEED, site_feed
from pipeline.render.interchange.metrics import FILE as METRICS
from pipeline.render.interchange.metrics import metrics
from pipeline.render.interchange.stac_paths import CATALOG
from pipeline.render.summary import Summary
from pipeline.store.homes import LogRecord

LATEST = 200
"""So many of the latest events are shown."""


def site_files(
    log: LogRecord, folders: dict[str, str], summaries: Sequence[Summary], *, stac: bool = False
) -> dict[str, bytes]:
    """The files of the site that are no AOI's and no scene's. With `stac` the STAC catalogue of all AOIs is one."""
    files = _files(log, folders, summaries, stac)
    if stac:
        from pipeline.render.interchange import stac as catalogue

        files[CATALOG] = catalogue.catalog((one.name, folders[one.name]) for one in summaries)
    return files


def _files(log: LogRecord, folders: dict[str, str], summaries: Sequence[Summary], stac: bool) -> dict[str, bytes]:
    return {
        "aoi/index.json": bodies.aois((one.name, one.status) for one in summaries),
        "index.html": front_page(summaries, folders, stac=stac),
        FEED: site_feed(summaries),
        METRICS: metrics(summaries, len(log.rejected), bool(log.quarantine)),
        **event_files(log.latest, log.rejected, log.quarantine, log.unfinished, folders, log.homes),
        **assets(),
    }
