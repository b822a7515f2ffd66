"""Composes events as lines of the log. Needs nothing but the standard library: appending must be fast everywhere."""

import getpass
import json
import os
import socket
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_CI_USERS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "CI_COMMIT_AUTHOR")


class Unwritable(ValueError):
    """What an event was to hold can't be written as JSON; its text says why."""


def compose(
    type: str,
    data: Mapping[str, Any],
    *,
    aoi: str | None = None,
    time: str | None = None,
    source: str | None = None,
    sequence: str | None = None,
    id: str | None = None,
) -> bytes:
    """An event of this type as a CloudEvents 1.0 line; `aoi` becomes its partition key.

    `time` is RFC 3339, now unless given; `source` this host, `id` random unless given.
    Raises Unwritable: a text that isn't UTF-8, a number that JSON doesn't have, too deep.
    """
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id or uuid.uuid4().hex,
        "source": source or default_source(),
        "type": type,
        "time": time or now(),
    }
    if sequence is not None:
        event["sequence"] = sequence
    if aoi is not None:
        event["partitionkey"] = aoi
    event["data"] = dict(data)
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unwritable(f"a text that is not UTF-8: {error.object[:60]!a}") from None
    except RecursionError:
        raise Unwritable("its data is nested too deep") from None
    except ValueError as error:
        raise Unwritable(f"a number that JSON can't write: {error}") from None


def now() -> str:
    """The time as RFC 3339 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def default_source() -> str:
    """Names this host as a source of events."""
    return f"sceneboard/{socket.gethostname() or 'localhost'}"


def default_by() -> str:
    """Who gives a command: the user that a CI system names, or the user's own name."""
    for variable in _CI_USERS:
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
