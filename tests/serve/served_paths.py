"""What a web server with a block of the documentation answers: a path, the file of the site, its content type."""

from http.client import HTTPConnection, HTTPMessage

ANSWERS = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/aoi/", "aoi/index.json", "application/json"),
    ("/aoi/Demo", "aoi/Demo/overview.txt", "text/plain; charset=utf-8"),
    ("/aoi/a%20b", "aoi/a%20b/overview.txt", "text/plain; charset=utf-8"),
    ("/aoi/%C3%BCbersee%2Fnord/scenes", "aoi/%C3%BCbersee%2Fnord/scenes.json", "application/json"),
    ("/aoi/Demo/dot", "aoi/Demo/graph.dot", "text/vnd.graphviz; charset=utf-8"),
    ("/aoi/Demo/scenes", "aoi/Demo/scenes.json", "application/json"),
    ("/aoi/Demo/scenes/PENDING", "aoi/Demo/scenes/PENDING.json", "application/json"),
    ("/aoi/Demo/tiles/RETRY?page=0&limit=10", "aoi/Demo/tiles/RETRY.json", "application/json"),
    ("/aoi/Demo/tiles", "aoi/Demo/tiles.json", "application/json"),
    ("/aoi/Demo/roottiles", "aoi/Demo/roottiles.json", "application/json"),
    ("/aoi/Demo/leaftiles", "aoi/Demo/leaftiles.json", "application/json"),
    ("/scene/1", "scene/1.json", "application/json"),
    ("/scene/1/tiles", "scene/1/tiles.json", "application/json"),
    ("/tile/11", "tile/11.json", "application/json"),
    ("/aoi/Demo/", "aoi/Demo/index.html", "text/html; charset=utf-8"),
    ("/feed.atom", "feed.atom", "application/atom+xml"),
    ("/aoi/Demo/scenes.geojson", "aoi/Demo/scenes.geojson", "application/geo+json"),
]

NOT_THERE = ["/scene/99", "/aoi/Nowhere", "/aoi/Demo/scenes/GONE", "/scene/", "/assets/"]

CHANGES = [
    ("POST", "/aoi/Demo"),
    ("POST", "/aoi/Demo/scene"),
    ("PUT", "/aoi/Demo/retry"),
    ("PUT", "/scene/1/fail"),
    ("PUT", "/tile/11/retry"),
    ("DELETE", "/aoi/Demo"),
    ("PATCH", "/aoi/"),
]
"""The API's calls that change something, and what else is no way to read."""


def asked(
    connection: HTTPConnection, path: str, method: str, headers: dict[str, str]
) -> tuple[int, HTTPMessage, bytes]:
    """What a server answers to one request: status, headers, body."""
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
