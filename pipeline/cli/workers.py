"""Who carries out a build's stages: this process, a pool of others, or the workers of a cluster."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from pipeline.cli.output import warn
from pipeline.disk import make_folders
from pipeline.log.place import Data, KeptApart, store_of
from pipeline.publish.places import require_places
from pipeline.publish.site import Place, make_site
from pipeline.render.edition import ExtraMissing
from pipeline.stages import Elsewhere, Startable, collect_seldom


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
def workers(count: int, *, uninterrupted: bool = False) -> Iterator[Executor | None]:
    """So many processes, started when there is work for them; None for one, which is this one.

    `uninterrupted` ones end their work when Ctrl-C is pressed in the terminal.
    """
    if count == 1:
        yield None
        return
    with _Later(count, uninterrupted) as executor:
        yield executor


class _Later(Startable):
    """Starts its processes when it is told to or the first work comes: a build with little to do needs none."""

    def __init__(self, count: int, uninterrupted: bool) -> None:
        self._count = count
        self._uninterrupted = uninterrupted
        self._pool: ProcessPoolExecutor | None = None

    def start(self, most: int) -> None:
        if self._pool is None:
            with suppress(BrokenExecutor):  # which the first work finds, too, and tells
                for _ in range(min(self._count, most)):  # a process is started for each, as none is idle yet
                    self.submit(_do_nothing)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=get_context("spawn"),
                initializer=_begin,
                initargs=(self._uninterrupted,),
            )
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)


def _do_nothing() -> None:
    pass


def _begin(uninterrupted: bool) -> None:
    if uninterrupted:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_seldom()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process of a pool waits for work for ever if the one that started it is killed: this ends it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
