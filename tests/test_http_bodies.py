"""The recorded responses of the server to its GETs: a client of it reads the site's files unchanged."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pydot
import pytest
from log_lines import Log, at, event, recorded

from pipeline.build import build

SCENARIOS = list(recorded("http.jsonl"))


def _is_compared(path: str, response: dict[str, Any]) -> bool:
    """All but refusals, and what is asked with a query or a pattern: those aren't files."""
    return response["code"] == 200 and "?" not in path and "*" not in path


PATHS = [(scenario["name"], path) for scenario in SCENARIOS for path, response in scenario["get"].items()]
COMPARED = [
    (scenario["name"], path)
    for scenario in SCENARIOS
    for path, response in scenario["get"].items()
    if _is_compared(path, response)
]


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The site of each recorded run."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda fd: None)
        patch.setattr("os.sync", lambda: None)
        for scenario in SCENARIOS:
            folder = tmp_path_factory.mktemp(scenario["name"])
            log = Log(folder / "data/events")
            for number, one in enumerate(scenario["events"], 1):
                log.append(event(one["type"], one["data"], at(number), f"e{number}"))
            build(folder / "data", folder / "site")
            found[scenario["name"]] = folder / "site"
    return found


def file_of(site: Path, path: str) -> Path:
    """The file that stands for a path of the API."""
    parts = path.strip("/").split("/")
    if parts == ["aoi"]:
        return site / "aoi/index.json"
    if parts[0] != "aoi":
        return site / f"{path.strip('/')}.json"
    folder = site / "aoi" / quote(parts[1], safe="")
    match parts[2:]:
        case []:
            return folder / "overview.txt"
        case ["dot"]:
            return folder / "graph.dot"
        case rest:
            return folder / f"{'/'.join(rest)}.json"


def values(body: str) -> Any:
    """A JSON body, lists by ascending id."""
    found = json.loads(body)
    return sorted(found, key=lambda one: one.get("id", one.get("ID"))) if isinstance(found, list) else found


def with_uuid(body: Any) -> Any:
    """The recorded version of the server leaves out the empty scene's `uuid`, which the document has."""
    for one in body if isinstance(body, list) else [body]:
        scene = one.get("scene")
        if isinstance(scene, dict) and scene["source_id"] == "":
            scene["data"]["uuid"] = ""
    return body


def overview(recorded_text: str) -> str:
    """Where there is no root tile the server prints today, and where there is no leaf tile the year 1."""
    text = recorded_text.replace("To:   0001-01-01", "To:   -")
    return re.sub(r"From: \S+", "From: -", text) if "Root tiles : 0\n" in text else text


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "path"), COMPARED, ids=lambda value: value)
def test_a_recorded_body(sites: dict[str, Path], name: str, path: str) -> None:
    body = next(scenario for scenario in SCENARIOS if scenario["name"] == name)["get"][path]["body"]
    text = file_of(sites[name], path).read_text(encoding="utf-8")
    if path.endswith("/dot"):
        assert graph_read_by_pydot(text) == recorded_graph(body)
    elif not body.startswith(("[", "{", "null")):
        assert text == overview(body)
    elif path == "/aoi/":
        assert [aoi["ID"] for aoi in json.loads(text)] == [aoi["ID"] for aoi in values(body)]
    else:
        assert json.loads(text) == with_uuid(values(body))


def test_what_is_compared_and_what_is_not() -> None:
    assert (len(PATHS), len(COMPARED)) == (285, 251)


# Graphs: nodes and edges with what the server says of them; more attributes are welcome

Graph = tuple[dict[str, dict[str, str]], dict[tuple[str, str], dict[str, str]]]
_NODE = re.compile(r'([st]\d+) \[label="(.*)\\n\(id=(\d+)\)"( shape=box)? color=(\w+)\];')
_EDGE = re.compile(r"(\w+) -> (\w+)(.*);")


def recorded_graph(text: str) -> Graph:
    """The server writes `a -> b style=dotted;`, without brackets, so that it has no effect: read as it is meant."""
    nodes: dict[str, dict[str, str]] = {}
    edges: dict[tuple[str, str], dict[str, str]] = {}
    for line in text.splitlines()[1:-1]:
        if node := _NODE.fullmatch(line):
            name, label, id, box, colour = node.groups()
            nodes[name] = {"label": f"{label}\n(id={id})", "color": colour, **({"shape": "box"} if box else {})}
        elif edge := _EDGE.fullmatch(line):
            edges[edge[1], edge[2]] = dict(re.findall(r"(\w+)=(\w+)", edge[3]))
        else:
            raise AssertionError(f"not understood: {line}")
    return nodes, edges


def graph_read_by_pydot(text: str) -> Graph:
    (graph,) = pydot.graph_from_dot_data(text)
    assert graph.get_type() == "digraph"
    nodes = {node.get_name(): _told(node.get_attributes()) for node in graph.get_nodes()}
    edges = {(edge.get_source(), edge.get_destination()): _told(edge.get_attributes()) for edge in graph.get_edges()}
    assert len(edges) == len(graph.get_edges())
    return {name: told for name, told in nodes.items() if re.fullmatch(r"[st]\d+", name)}, edges


def _told(attributes: dict[str, str]) -> dict[str, str]:
    return {
        name: value.strip('"').replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        for name, value in attributes.items()
        if name in ("label", "shape", "color", "style")
    }
