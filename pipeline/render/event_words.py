"""What an event asks for, in plain words."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from pipeline.event import Event, SceneCreated, Status
from pipeline.insight.words import counted

_OF_AOI = {"created": "Creation of the AOI", "deleted": "Deletion of the AOI", "retry": "Retry of the whole AOI"}


def in_words(type_: str, event: Event, about: str, badges: Mapping[Status, Markup]) -> str:
    """HTML such as `Worker’s result for tile 31: DONE`. `about` is HTML that names the scene or tile.

    It doesn't say what came of it: `Retry of tile 31` may have been rejected.
    """
    kind, _, verb = type_.partition(".")
    data: Any = event.data
    force = " by force" if getattr(data, "force", False) else ""
    if kind == "aoi":
        return f"{_OF_AOI.get(verb) or escape(type_)}{force}"
    match verb:
        case "result":
            return f"Worker’s result for {about}: {badges[data.status]}"
        case "created":
            return f"Creation of {about} with {_new(event)}"
        case "retry":
            return f"Retry of {about}"
        case "fail":
            return f"Giving up {about}{force}"
        case "force":
            return f"Setting {about} by hand to {badges[data.status]}"
        case "data":
            return f"New payload for {about}"
        case _:
            return f"{escape(type_)} of {about}"


def _new(event: Event) -> str:
    if not isinstance(event, SceneCreated):
        return ""
    tiles, retries = len(event.data.tiles or {}), event.data.retry_count or 0
    tries = counted(max(0, retries), "automatic retry", "automatic retries")
    return f"{counted(tiles, 'tile', 'tiles')} and {tries} of each"
