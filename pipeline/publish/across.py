"""Renders and publishes what spans all AOIs."""

from collections.abc import Mapping, Sequence

from pipeline.publish.plan import Plan
from pipeline.publish.site import Site
from pipeline.publish.task import Published
from pipeline.render.site_files import LATEST, site_files
from pipeline.render.summary import decoded
from pipeline.store import published as record
from pipeline.store.database import Database
from pipeline.store.homes import log_record


def publish_site(database: Database, plan: Plan, writer: Site, results: Sequence[Published]) -> Published:
    """Renders and writes what spans all AOIs, if it is out of date. `results` are those of the AOIs."""
    if not plan.site_outdated:
        return Published()
    summaries = [decoded(text) for text in record.summaries(database, plan.folders, results)]
    files = site_files(log_record(database, LATEST), plan.folders, summaries, stac=plan.stac)
    return publish_unit("site", plan.site_fingerprint, files, writer)


def publish_unit(unit: str, fingerprint: str, files: Mapping[str, bytes], writer: Site) -> Published:
    """Writes the files of a unit that is no AOI's."""
    before = len(writer.touched), writer.unchanged
    writer.write_all(writer.write_missing(files))
    return Published(
        [(unit, "", fingerprint, "\n".join(files), "")], writer.touched[before[0] :], writer.unchanged - before[1]
    )
