"""The command to run instead of a request that would change something."""

from pipeline.event_names import STATUSES
from pipeline.render.commands import quoted

_HELP = "sceneboard --help"


def command_for(method: str, names: tuple[str, ...]) -> str:
    """The command line that does what the API does on a POST, PUT or DELETE of that path."""
    match method, names:
        case "POST", ("aoi", name):
            return _of_aoi("create", name)
        case "DELETE", ("aoi", name):
            return _of_aoi("delete", name)
        case "POST", ("aoi", name, "scene"):
            return f"sceneboard scene add {_word(name)} FILE"
        case "PUT", ("aoi", name, "retry"):
            return _of_aoi("retry", name)
        case "PUT", ("aoi", name, "retry", "force"):
            return _of_aoi("retry --force", name)
        case "PUT", ("scene" | "tile" as kind, id, ("retry" | "fail") as verb):
            return f"sceneboard {kind} {verb} {_id(id)}"
        case "PUT", ("scene" | "tile" as kind, id, "fail", "force"):
            return f"sceneboard {kind} fail --force {_id(id)}"
        case "PUT", ("scene" | "tile" as kind, id, "force", status):
            return f"sceneboard {kind} force {_id(id)} {status if status in STATUSES else 'STATUS'}"
        case "PUT", ("scene" | "tile" as kind, id, "data"):
            return f"sceneboard {kind} set-data {_id(id)} FILE"
        case _:
            return _HELP


def _of_aoi(verb: str, name: str) -> str:
    return f"sceneboard aoi {verb} {_word(name)}" if name else _HELP


def _word(name: str) -> str:
    word = quoted(name)
    return "NAME" if word is None else f"-- {word}" if name.startswith("-") else word


def _id(text: str) -> str:
    return text if text.isascii() and text.isdecimal() else "ID"
