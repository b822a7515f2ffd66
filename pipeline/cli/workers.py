"""Who carries out a build's stages: this process, a pool of others, or the workers of a cluster."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from pipeline.cli.output import warn
from pipeline.cli.processes import Processes
from pipeline.disk import make_folders
from pipeline.log.place import Data, KeptApart, store_of
from pipeline.publish.opening import make_site
from pipeline.publish.places import require_places
from pipeline.publish.site import Place
from pipeline.render.edition import ExtraMissing
from pipeline.stages import Elsewhere

MOST_WORKERS = 4096
"""More than the largest machine has use for."""


@contextmanager
def cluster(address: str, spool: Path | None, data: Data, site: Place) -> Iterator[Elsewhere]:
    """The workers of the Dask scheduler at an address. `spool` is beside the store unless another one is named.

    Raises ClusterUnusable, ExtraMissing, SiteRefused, OSError.
    """
    try:
        from pipeline.cluster.executor import connected
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            f"a cluster needs the package {error.name}: pip install 'sceneboard[cluster]' (or build without: --workers)"
        ) from None
    require_places(data, site)
    make_site(site)
    store = store_of(data)
    make_folders(store)
    log = [data.place] if isinstance(data, KeptApart) else []
    folders = [place for place in (store, *log, site) if isinstance(place, Path)]
    with connected(address, spool or store / "spool", folders) as found:
        for text in found.warnings:
            warn(text)
        yield found


@contextmanager
def workers(count: int) -> Iterator[Executor | None]:
    """So many processes, started when there is work for them; None for one, which is this one."""
    if count == 1:
        yield None
        return
    with Processes(count) as executor:
        yield executor
