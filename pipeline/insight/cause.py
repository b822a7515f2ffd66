"""What went wrong, by its message: messages that differ only in what they are about have one cause.

The normal form keeps a message's words and replaces the rest: `<url>`, `<path>`, `<date>`, `<time>`, `<size>`,
`<id>` (a UUID or a random name), `<name>` (a name with figures: of a product, a tile, a band), `<n>` (a number,
hexadecimal ones too). Several of a kind in a row are one: a list of ids counts as one id.
"""

import functools
import re

from pipeline.insight.words import one_line

_LONGEST_MESSAGE = 2_000
_LONGEST_CAUSE = 300
_LONGEST_COMMON = 100

# A URL, something quoted that has a slash (a path may have blanks), or a run without blanks, brackets and the like.
_TOKEN = re.compile(
    r"(?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'`<>]+)"
    r"|(?P<quoted>(?<!\w)(?:\"[^\"/\\]*[/\\][^\"]*\"|'[^'/\\]*[/\\][^']*')(?!\w))"
    r"|(?P<run>[^\s\"'`()\[\]{}<>,;|=]+)"
)
_END = ".,:;!?)]}…"
_DAY = r"\d{4}[-/]\d\d[-/]\d\d"
_CLOCK = r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_WHOLE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("<id>", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("<date>", re.compile(rf"{_DAY}(?:[Tt_]{_CLOCK})?|\d{{8}}[Tt]\d{{6}}(?:\.\d+)?[Zz]?")),
    ("<time>", re.compile(rf"{_CLOCK}|-?(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|μs|ns))+")),
    ("<size>", re.compile(r"\d+(?:\.\d+)?(?:[kKMGTP]i?)?B")),
    ("<path>", re.compile(r"(?:[A-Za-z]:[/\\]|\\\\|~/|\.{1,2}/|/+)[^/\\].*")),
)
_PIECES = re.compile(r"([:@&?#*!~^$])")
# Two words with a slash between may be just that (read/write), three or a file's ending are a path.
_RELATIVE_PATH = re.compile(r"[^/\\]*[/\\][^/\\]+[/\\].*|[^/\\]+[/\\][^/\\]*\.[A-Za-z]\w{0,9}|\w+\\[^/\\]+")
_NUMBER = re.compile(r"[-+]?\d+(?:[.x-]\d+)*(?:[eE][-+]?\d+)?%?|0[xX][0-9a-fA-F]+")
_HEXADECIMAL = re.compile(r"[0-9a-f]{8,}|[0-9A-F]{8,}")
_SHORT_HEXADECIMAL = re.compile(r"(?=.*\d)(?:[0-9a-f]{4,}|[0-9A-F]{4,})")
_FILE = re.compile(r"[\w-]+(?:\.[A-Za-z]\w{0,9})+")
_CODE = re.compile(r"[A-Z0-9]+")
_COMPOUND = re.compile(r"[\w.-]+")
_FIGURES = re.compile(r"\d+(?:\.\d+)*")
_SIZE = re.compile(r"<n> ?(?:[kKMGTP]i?B|bytes?)\b")
_DURATION = re.compile(r"<n> ?(?:ms|s|min|h|seconds?|minutes?|hours?)\b")
_DATE_AND_TIME = re.compile(r"<date> <time>")
_LIST = re.compile(r"(<(?:n|id|name|path|url|date|time|size)>)(?:[,;]? ?(?:and )?\1)+")


def cause(message: str) -> str:
    """The normal form of a message: one line of at most 300 characters, empty if the message says nothing.

    Of a message of more than 2,000 characters the rest isn't looked at.
    """
    return _cause(message[:_LONGEST_MESSAGE])


@functools.lru_cache(maxsize=10_000)
def _cause(message: str) -> str:
    found = _TOKEN.sub(_placeholder, one_line(message))
    found = _SIZE.sub("<size>", found)
    found = _DURATION.sub("<time>", found)
    found = _DATE_AND_TIME.sub("<date>", found)
    found = _LIST.sub(r"\1", found)
    return found if len(found) <= _LONGEST_CAUSE else f"{found[: _LONGEST_CAUSE - 1]}…"


def _placeholder(token: re.Match[str]) -> str:
    text = token[0]
    if token.lastgroup == "quoted":
        return f"{text[0]}{'<url>' if '://' in text else '<path>'}{text[0]}"
    kept = text.rstrip(_END)
    if token.lastgroup != "url":
        return _run(kept) + text[len(kept) :]
    end = text[len(kept) :]
    if end.startswith(")") and "(" in kept:
        end = end[1:]  # the bracket was opened in the URL
    return f"<url>{end}"


def _run(text: str) -> str:
    return _common(text) if len(text) <= _LONGEST_COMMON else _normal(text)


@functools.lru_cache(maxsize=4_000)
def _common(text: str) -> str:
    """Most words come again and again."""
    return _normal(text)


def _normal(text: str) -> str:
    if text.isalpha():
        return _word(text)
    for placeholder, pattern in _WHOLE:
        if pattern.fullmatch(text):
            return placeholder
    return "".join(_piece(piece) for piece in _PIECES.split(text))


def _piece(text: str) -> str:
    if "/" in text or "\\" in text:
        if _RELATIVE_PATH.fullmatch(text) or _WHOLE[-1][1].fullmatch(text):
            return "<path>"
        return "/".join(_word(part) for part in text.split("/"))
    return _word(text)


def _word(text: str) -> str:
    """A word or number by itself. Words without figures stay."""
    if _HEXADECIMAL.fullmatch(text):
        return "<n>"
    if not any(map(str.isdigit, text)):
        return text
    for placeholder, pattern in _WHOLE:
        if pattern.fullmatch(text):
            return placeholder
    if _NUMBER.fullmatch(text) or _SHORT_HEXADECIMAL.fullmatch(text):
        return "<n>"
    if text.startswith("."):  # the rest of a dotted name whose middle was in brackets
        rest = text.lstrip(".")
        return "." * (len(text) - len(rest)) + _word(rest)
    if _FILE.fullmatch(text):
        return "<path>"
    if _CODE.fullmatch(text) or (("_" in text or "-" in text) and _COMPOUND.fullmatch(text)):
        return "<name>"
    if len(text) >= 8 and text.isalnum() and len(_FIGURES.findall(text)) > 1:
        return "<id>"
    return _FIGURES.sub("<n>", text)
