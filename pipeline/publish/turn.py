"""A build's turn at a site: it says that it is under way, and last of all what it was.

In between whoever works for it finds out by the site whether another build has begun meanwhile.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.publish.site import BEGUN, TOLD, TOLD_TO_PAGES, Place, Site, SiteOvertaken

_FLUSH_EACH = 256
"""Up to so many new files are flushed one by one; beyond that the whole disk is."""


class Turn:
    """A build at a site. `warnings` has what the site can't promise."""

    def __init__(self, site: Place, writer: Site) -> None:
        self._site, self._writer = site, writer
        self._seen = writer.version(TOLD)
        self.told = told_before(writer)
        """What build.json says, if there is one that can be read."""
        self.warnings: list[str] = []

    def is_trusted(self, on_record: str | None) -> bool:
        """Whether the site is the one of the build on record, finished and not touched by another store."""
        if self.told is None or on_record is None or self.told.get("build") != on_record:
            return False
        return not self._writer.has(BEGUN) and not self._writer.leftovers()

    @contextmanager
    def taken(self, wait_for_workers: Callable[[], None], *, elsewhere: bool) -> Iterator[str]:
        """While the block runs, the site says that the build of this id is under way. The block ends with `tell`.

        `wait_for_workers` waits for what an earlier build has left at work. With `elsewhere` the site is asked before
        each write whose turn it is. Raises SiteOvertaken.
        """
        writer, build_id = self._writer, uuid.uuid4().hex
        writer.write(BEGUN, _begun(build_id))
        writer.flush([BEGUN])
        if elsewhere:
            writer.build = build_id
        wait_for_workers()
        try:
            yield build_id
        except SiteOvertaken:
            writer.build = ""
            if writer.read(BEGUN) is None:  # what this one has written may be older: the next build compares every file
                writer.write(BEGUN, _begun(build_id))
            raise
        if not writer.conditional:
            self.warnings.append(
                f"{self._site} can't take a file on condition: build.json was written last, but see to it that one "
                "build at a time publishes there"
            )
        writer.remove(BEGUN)

    def flush(self, written: Sequence[str], more: int = 0) -> None:
        """What was written, and `more` files whose names nobody kept, is on disk before the site says so."""
        if more or len(written) > _FLUSH_EACH:
            os.sync()
            written = []
        self._writer.flush(written)

    def tell(self, told: dict[str, object]) -> None:
        """Says what the build was, last, if the site is still the one that it began with. Raises SiteOvertaken."""
        writer = self._writer
        if writer.version(TOLD) != self._seen:
            raise SiteOvertaken("another build has published to the same site meanwhile: build again")
        pages = {key: told[key] for key in ("build", "time", "as_of", "every_seconds") if key in told}
        writer.write(TOLD_TO_PAGES, f"sceneboardBuild({json.dumps(pages)});\n".encode())
        writer.flush([TOLD_TO_PAGES])
        text = json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        writer.write_last(TOLD, text, self._seen)
        writer.flush([TOLD])


def told_before(site: Site) -> dict[str, object] | None:
    """What build.json says; None if there is none that can be read."""
    try:
        told = json.loads(site.read(TOLD) or b"")
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _begun(build_id: str) -> bytes:
    return f"Build {build_id} is under way, or was killed: the next one finishes it.\n".encode()
