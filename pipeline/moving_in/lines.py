"""Events as lines of the log, payloads as they came: numbers keep their digits."""

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from pipeline.timestamp import instant, just_after, rfc3339

_encoder = msgspec.json.Encoder()


class Writer:
    """Composes the events of an AOI, each a nanosecond after the one before, from `time` (RFC 3339) on."""

    def __init__(self, aoi: str, source: str, time: str) -> None:
        self._aoi, self._source, self._time = aoi, source, time

    def line(self, type: str, data: Mapping[str, Any]) -> bytes:
        """An event, now. The time goes on with `taken`."""
        return _encoder.encode(
            {
                "specversion": "1.0",
                "id": uuid.uuid4().hex,
                "source": self._source,
                "type": type,
                "time": self._time,
                "partitionkey": self._aoi,
                "data": data,
            }
        )

    def taken(self) -> None:
        """The event given last is used. Raises TimestampInvalid at the end of the year 9999."""
        self._time = rfc3339(just_after(instant(self._time)))
