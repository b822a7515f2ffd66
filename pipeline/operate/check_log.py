"""`log check`: what a build would say about the log, without one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.ingest import Quarantined, Unfinished
from pipeline.log.files import Unreadable
from pipeline.log.place import Data, known_log
from pipeline.refresh import refresh
from pipeline.store import published, record
from pipeline.store.database import open_database


@dataclass(slots=True)
class Checked:
    """What is in the log."""

    files: int = 0
    events: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    unfinished: list[Unfinished] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "events": self.events,
            "quarantined": [bad._asdict() for bad in self.quarantined],
            "unfinished": [torn._asdict() for torn in self.unfinished],
            "unreadable": [{"file": one.path, "reason": one.reason} for one in self.unreadable],
        }


def check_log(data: Data) -> Checked:
    """Reads the whole log. Raises OSError."""
    log = known_log(data)
    with open_database(Path(":memory:")) as database:
        found = refresh(database, log)
        return Checked(
            published.count_log(database),
            found.events,
            record.quarantine(database),
            record.unfinished(database),
            found.unreadable,
        )
