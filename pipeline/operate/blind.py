"""Appends commands without a look at the state: for a host that has the log but not the store. Needs neither."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.log.compose import compose
from pipeline.log.place import Data, log_for, open_log
from pipeline.operate.answer import Answer, Code


def append_blindly(data: Data, proposals: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Answer]:
    """Appends an event for each type and data. Raises AppendFailed, OSError if there is no log (`known_log`)."""
    lines = [compose(type, body, aoi=str(body["id"]) if type.startswith("aoi.") else None) for type, body in proposals]
    begins = any(type == "aoi.created" for type, _ in proposals)
    open_log(log_for(data, begins=begins)).append(lines)
    return [_appended(type, body) for type, body in proposals]


def _appended(type: str, body: Mapping[str, Any]) -> Answer:
    about = f"{type.partition('.')[0]} {body['id']}"
    return Answer(about, Code.OK, f"{about}: {type} appended, unchecked", appended=True)
