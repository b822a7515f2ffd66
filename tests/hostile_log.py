"""A log whose every text tries to break out of the place where it is shown, and to run or load something.

What gets through is seen: a script sets `window.__pwned`, an element is a `<pwned-mark>`, a request goes to
`evil.example`, an attribute is called `data-pwned`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from log_lines import Log

RUN = "window.__pwned=1"
MARK = "<pwned-mark data-pwned>x</pwned-mark>"
PAYLOADS: Mapping[str, str] = {
    "script": f"<script>{RUN}</script>{MARK}",
    "handler": f'"><img src=x onerror="{RUN}">{MARK}',
    "apostrophe": f"'><svg onload='{RUN}'>{MARK}",
    "end of script": f"</script><script>{RUN}</script>{MARK}",
    "comment": f"--><!--<script>{RUN}</script>{MARK}",
    "raw text": f"</title></style></textarea></noscript><script>{RUN}</script>{MARK}",
    "svg": f"]]></text></svg><svg><script>{RUN}</script><use href='data:image/svg+xml,x'/></svg>{MARK}",
    "link": f"javascript:{RUN}//",
    "address": "https://evil.example/a.png?x=<&y=\"'#pwned",
    "attribute": f'x" autofocus onfocus="{RUN}" data-pwned="1" style="background:url(//evil.example/b)',
    "style": "</style><style>*{background:url(https://evil.example/c)}</style>; } * { color: url(//evil.example/d) }",
    "dot": f'"]; evil [label=<<b>x</b>>, URL="javascript:{RUN}"]; "\\N\\L\\"',
    "template": "{{ 7 * 7 }}{% raw %}{# x #}${7*7}<%= 7 %>",
    "line separator": f"\u2028{RUN}\u2029*/{RUN}//\n{RUN}",
    "terminal": "\x1b]0;pwned\x07\x1b[2J\x1b[31m\x9b31mred\x7f\x08\r\n",
    "shell": '\'; touch pwned; "$(touch pwned)" `touch pwned` & | > pwned !! $HOME \\\n touch pwned',
    "option": "--force",
    "path": "../../../../pwned/%2e%2e%2f\\..\\CON",
    "direction": "\u202egnp.\u2066evil\u200b\u00ad\ufeff\u061c",
    "prototype": "__proto__",
    "constructor": "constructor",
    "nul": "a\x00b\x01\x0b\x0c\ufffe\uffff",
    "half a pair": "\ud800",
    "wide": "W" * 400,
    "tall": "Z\u0300\u0301\u0302" * 60,
    "markdown": f"](javascript:{RUN}) ![x](https://evil.example/e) ``` | # <!-- {MARK}",
    "pattern": "(a+)+$ * ? [^] \\d{1,99999}",
}
"""What is tried, by name."""

_TEXTS = tuple(text for name, text in PAYLOADS.items() if name != "half a pair")
"""What an event can say: half a pair of code units is no text, and its line goes to quarantine."""
_AOIS = tuple("".join(_TEXTS[place : place + 4]) for place in range(0, len(_TEXTS), 4))
"""Names of AOIs: several in one, since each AOI has dozens of pages."""

ODD_GEOMETRIES: tuple[Any, ...] = (
    {"type": MARK, "coordinates": _TEXTS[0]},
    {"type": "Point", "coordinates": [_TEXTS[1], _TEXTS[2]]},
    {"type": "Point", "coordinates": [1e308, -1e308, _TEXTS[3]]},
    {"type": "Polygon", "coordinates": [[[12, 55], [13, 55], [13, 56], [12, 55]]], _TEXTS[4]: _TEXTS[5]},
    {"type": "Polygon", "coordinates": [[[179, -91], [-179, 91], [0, 400]]]},
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [None, {}]}]},
    _TEXTS[0],
    [],
)


def write_hostile_log(events: Path) -> None:
    """Writes the log into a folder that isn't there yet."""
    log = Log(events)
    for number, name in enumerate(("Hostile", *_AOIS)):
        log.add("aoi.created", {"id": name, "by": name, "reason": name}, subject=name, source=name)
        if number:
            _scene(log, 900 + number, name, name, "RETRY", None, names=(name, name))
    for number, text in enumerate(_TEXTS, 1):
        before = number - 1 if number % 2 == 0 else None
        _scene(log, number, "Hostile", text, "DONE" if number % 4 == 3 else "RETRY", before, names=_TEXTS[:3])
    for text in _TEXTS:
        _said_by_operators(log, text)
    for text in PAYLOADS.values():
        _useless(log, text)
    for text in 20 * _TEXTS:  # so much that its history takes a second page
        log.add("tile.data", {"id": 10, "data": {}, "by": text, "reason": text}, source=text)
    log.add("scene.data", {"id": 1, "data": {"date": _TEXTS[0], "tiles": {_TEXTS[0]: _TEXTS[1]}}}, source=_TEXTS[0])


def _nested(text: str) -> dict[str, Any]:
    """A payload with the text as key and as value, at several depths."""
    return {
        text: text,
        "list": [text, {text: [text]}],
        "address": f"https://evil.example/{text}",
        "image": "data:image/svg+xml,x",
    }


def _scene(log: Log, id: int, aoi: str, text: str, status: str, before: int | None, *, names: tuple[str, ...]) -> None:
    """A scene called after the text, with a tile for each name, that waits for that of the scene before."""
    tiles: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(dict.fromkeys(names)):
        tiles[name] = {
            "id": 10 * id + place,
            "data": _nested(text),
            "tags": _nested(text),
            "geometry": ODD_GEOMETRIES[(id + place) % len(ODD_GEOMETRIES)],
        }
        if before:
            named = {"tile_id": name, "scene_id": _scene_name(_TEXTS[before - 1], before)}
            tiles[name] |= {
                f"{kind}_{key}": value for kind in ("previous", "reference") for key, value in named.items()
            }
    date = f"2022-01-{id % 28 + 1:02d}T00:00:00Z"
    log.add(
        "scene.created",
        {
            "id": id,
            "source_id": _scene_name(text, id),
            "aoi": aoi,
            "retry_count": 0,
            "data": {**_nested(text), "date": date, "tiles": {name: {} for name in tiles}},
            "tags": _nested(text),
            "geometry": ODD_GEOMETRIES[id % len(ODD_GEOMETRIES)],
            "tiles": tiles,
            text: text,
        },
        source=text, id=f"{text}{id}", subject=text, partitionkey=aoi, **{f"x{id}": text},
    )  # fmt: skip
    log.says("scene", id, "DONE", text, source=text)
    for one in tiles.values():
        log.says("tile", one["id"], status, text, source=text, sequence=text)


def _scene_name(text: str, id: int) -> str:
    return text if id > 900 else f"{text} {id}"


def _said_by_operators(log: Log, text: str) -> None:
    said = {"by": text, "reason": text}
    number = _TEXTS.index(text) + 1
    for type, data in (
        ("tile.retry", {"id": 10 * number, **said}),
        ("tile.fail", {"id": 10 * len(_TEXTS) + 1, "force": True, **said}),
        ("scene.force", {"id": 10 * number, "status": "DONE", **said}),
        ("tile.force", {"id": 10 * number + 2, "status": "RETRY", **said}),
        ("tile.data", {"id": 10 * number, "data": _nested(text), **said}),
    ):
        log.add(type, data, source=text, subject=text)


def _useless(log: Log, text: str) -> None:
    """Events that are rejected, and lines that are no events."""
    log.add("tile.retry", {"id": 99_999, "by": text, "reason": text}, source=text)
    log.says("scene", 99_999, "DONE", text, source=text)
    _scene_without_previous(log, text)
    log.add(text, {"id": 1})
    log.add("tile.result", {"type": "tile", "id": text, "status": text}, source=text)
    log.append(text.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogatepass"))


def _scene_without_previous(log: Log, text: str) -> None:
    number = 500 + list(PAYLOADS.values()).index(text)
    tile = {
        "id": 10 * number,
        "previous_tile_id": text,
        "previous_scene_id": text,
        "reference_tile_id": text,
        "reference_scene_id": text,
    }
    body = {
        "id": number,
        "source_id": f"{text} rejected",
        "aoi": "Hostile",
        "data": {"tiles": {text: {}}},
        "tiles": {text: tile},
    }
    log.add("scene.created", body, source=text)
