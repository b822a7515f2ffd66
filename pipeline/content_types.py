"""What kind of content each file of a site holds, by the ending of its name (IANA media types)."""

TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "dot": "text/vnd.graphviz; charset=utf-8",
    "svg": "image/svg+xml",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "png": "image/png",
    "atom": "application/atom+xml",
    "prom": "text/plain; version=0.0.4; charset=utf-8",
    "qml": "application/xml",
}
OTHER_TYPE = "application/octet-stream"


def content_type(path: str) -> str:
    """The type of a file."""
    return TYPES.get(path.rpartition(".")[2], OTHER_TYPE)
