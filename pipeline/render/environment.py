"""Jinja as the pages use it: everything from the log is escaped, every undefined name is an error."""

import functools
import re
from collections.abc import Iterable
from typing import Any

import jinja2
from markupsafe import Markup

from pipeline.event import STATUSES, Status
from pipeline.render.bars import bar_parts, told
from pipeline.render.paths import url
from pipeline.render.plain import built
from pipeline.render.templates import templates_folder
from pipeline.timestamp import html_time, rfc3339


@functools.cache
def environment() -> jinja2.Environment:
    """The environment that every page is made with."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals["STATUSES"] = STATUSES
    found.filters["at"] = at
    found.filters["told"] = told
    found.filters["bar_parts"] = bar_parts
    found.filters["thousands"] = lambda number: f"{number:,}"
    return found


def page(template: str, path: str, **context: Any) -> bytes:
    """The page of that path: the template with its context, and `link`, which links to a path of the site from here."""
    return html_bytes(rendered(template, path, **context))


def rendered(template: str, path: str, **context: Any) -> str:
    """The same as text: for what is no page by itself."""
    return environment().get_template(template).render(path=path, link=functools.partial(url, base=path), **context)


_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_AFTER_CONTROLS = 0xA0
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def html_bytes(text: str) -> bytes:
    """HTML as UTF-8. Controls and noncharacters, which HTML may not hold, become U+FFFD."""
    encoded = text.encode("utf-8", "backslashreplace")
    # The controls beyond ASCII begin as the middle dot and the degree sign do, which many pages have.
    if (
        len(encoded.translate(None, _CONTROLS)) == len(encoded)
        and b"\xef" not in encoded
        and all(part[0] >= _AFTER_CONTROLS for part in encoded.split(b"\xc2")[1:])
    ):
        return encoded
    return _NO_TEXT.sub("\ufffd", encoded.decode()).encode()


def at(instant: str, *, parts: Iterable[str] = ("day", "time")) -> Markup:
    """An instant as absolute UTC in `<time>`, to the second; with all its digits in an attribute."""
    day, _, time = instant.partition("T")
    shown = {"day": day, "time": time[:8]}
    text = " ".join(shown[part] for part in parts)
    return Markup(time_element(instant, text))  # noqa: S704 (an instant is figures, however it came)


def time_of(instant: str) -> Markup:
    """The same with day and time, in less time."""
    return built(time_element(instant, f"{instant[:10]} {instant[11:19]}"))


def time_element(instant: str, text: str) -> str:
    """`<time>` for an instant. Digits beyond the millisecond, which `datetime` can't hold, stand in its title."""
    exact, held = rfc3339(instant), html_time(instant)
    title = "" if exact == held else f' title="{exact}"'
    return f'<time datetime="{held}"{title}>{text}</time>'


@functools.cache
def status_badges() -> dict[Status, Markup]:
    """Each status as pages show it (parts.html)."""
    macro = environment().get_template("parts.html").module.status  # type: ignore[attr-defined]
    return {status: macro(status) for status in STATUSES}
