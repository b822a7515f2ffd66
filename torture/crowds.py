"""Many at once: builds, writers, readers, machines."""

import json
import re
import subprocess
import sys
import threading
import urllib.parse
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pipeline.log.compose import compose
from pipeline.publish.writer import SiteWriter
from torture.findings import Findings
from torture.world import SCENE, World, differing, lines, of_one_build, write
from torture.zygote import Zygote

_ROOT = Path(__file__).parent.parent

_WRITER = """
import os, sys
from pathlib import Path
from typing import Any
from pipeline.operate.append_results import append_results

data, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(times):
    append_results(data, b'{"type":"tile","id":%d,"status":"DONE","message":"%s-%d"}' % (
        10 * (number % 7 + 1), name.encode(), number), "results", None)
    print(f"{name}-{number}", flush=True)
"""

_CATALOGUE = """
import json, sys
from pathlib import Path
from typing import Any
from pipeline.operate.add_scenes import add_scenes

data, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(times):
    body = json.loads(sys.argv[4]) | {"source_id": f"{name}-{number}"}
    (answer,) = add_scenes(data, "Fyn", [body], None, 60)
    assert answer.appended, answer
    print(f"{name}-{number}", flush=True)
"""


def _start(program: str, world: World, machine: str, *args: object, data: Path | None = None) -> subprocess.Popen[str]:
    env = {**world.env, "SCENEBOARD_STATE": str(world.root / f"state {machine}"), "PYTHONPATH": str(_ROOT), "PATH": ""}
    return subprocess.Popen(
        [sys.executable, "-c", program, str(data or world.data), *map(str, args)],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )


def _reported(process: subprocess.Popen[str], found: Findings) -> list[str]:
    out = process.communicate()[0].split()
    found.expect(process.returncode == 0, f"a process ended with {process.returncode}")
    return out


# Builds while others write


def attack_by_writers(zygote: Zygote, world: World, scratch: Path, times: int, *, writers: int = 8) -> Findings:
    """Two builds at a time, again and again, while so many processes of two machines append results."""
    found = Findings()
    here = world.copy(scratch / "world")
    processes = [_start(_WRITER, here, f"{number % 2}", f"w{number}", times) for number in range(writers)]
    while any(process.poll() is None for process in processes):
        two = [zygote.start(here, ["build", "--workers", "1"]) for _ in range(2)]
        for one in two:
            ended = one.end()
            one.clear_away()
            found.expect(ended.code == 0, f"a build among writers: {ended}")
            found.counts["builds among writers"] += 1
    reported = [name for process in processes for name in _reported(process, found)]
    there = lines(here.events)
    text = Counter(re.findall(rb'"message":"(w\d+-\d+)"', b"\n".join(there)))
    found.counts["appended among builds"] += len(reported)
    found.expect(len(reported) == times * writers, f"{len(reported)} were reported")
    found.expect(all(text[name.encode()] == 1 for name in reported), "a line that was reported is not there once")
    for line in there:
        found.expect(line == b"no event" or _is_json(line), f"torn: {line[:200]!r}")
    here.build()
    found.expect_same(differing(here.tree(), of_one_build(here, scratch / "one")), "after the next build")
    return found


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


# Two machines


def attack_by_machines(world: World, scratch: Path, times: int, *, machines: int = 2) -> Findings:
    """Machines add scenes and append results to one log. Each has a state folder and a store of its own."""
    found = Findings()
    here = world.copy(scratch / "world")
    (here.data / "ids").mkdir(exist_ok=True)
    folders = [_machine(here, one) for one in range(machines)]
    adding = [
        _start(_CATALOGUE, here, f"{one}", f"m{one}", times, json.dumps(SCENE), data=folder)
        for one, folder in enumerate(folders)
    ]
    writing = [_start(_WRITER, here, f"{one}", f"w{one}", times, data=folder) for one, folder in enumerate(folders)]
    added = [name for process in adding for name in _reported(process, found)]
    reported = [name for process in writing for name in _reported(process, found)]
    handed_out: Counter[tuple[str, int]] = Counter()
    names = Counter[str]()
    for line in lines(here.events):
        if line == b"no event":
            continue
        event = json.loads(line)
        if event["type"] == "scene.created":
            names[event["data"]["source_id"]] += 1
            handed_out[("scene", event["data"]["id"])] += 1
            handed_out.update(("tile", tile["id"]) for tile in event["data"]["tiles"].values())
    text = b"\n".join(lines(here.events))
    found.counts["scenes added by several machines"] += len(added)
    found.counts["results appended by several machines"] += len(reported)
    found.expect(all(names[name] == 1 for name in added), "a scene that was reported is not there once")
    found.expect(all(text.count(b'"%s"' % name.encode()) == 1 for name in reported), "a result is not there once")
    twice = [id for id, count in handed_out.items() if count > 1]
    found.expect(not twice, f"handed out twice: {twice}")
    by_writer = Counter(path.name.rpartition("-")[0] for path in here.events.glob("*/*.jsonl"))
    found.expect(len(by_writer) == machines, f"files by {len(by_writer)} writers, of {machines} machines")
    here.build()
    found.expect_same(differing(here.tree(), of_one_build(here, scratch / "one")), "after the next build")
    return found


def _machine(world: World, number: int) -> Path:
    """A data folder as another machine sees it: the log and the claims are shared, locks and stores are not."""
    folder = world.root / f"data of {number}"
    folder.mkdir()
    for name in ("events", "ids"):
        (folder / name).symlink_to(world.data / name)
    return folder


# Readers


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_endtag(self, tag: str) -> None:
        self.ended |= tag == "html"


def attack_by_reader(zygote: Zygote, world: World, scratch: Path, builds: int) -> Findings:
    """A reader follows every link of the site, again and again, while builds replace pages.

    Pages only come: of one that goes somebody may have read the link a moment before.
    """
    found = Findings()
    here = world.copy(scratch / "world")
    here.build()
    stop = threading.Event()

    def build() -> None:
        try:
            for number in range(builds):
                _add_a_scene(here, number)
                ended = zygote.run(here, ["build", "--workers", "1"])
                found.expect(ended.code == 0, f"build {number} while somebody reads: {ended}")
        finally:
            stop.set()

    builder = threading.Thread(target=build)
    builder.start()
    while not stop.is_set():
        _read_everything(here.site, found)
    builder.join()
    found.expect_same(differing(here.tree(), of_one_build(here, scratch / "one")), "after builds while somebody reads")
    return found


def attack_every_moment(world: World, scratch: Path, builds: int) -> Findings:
    """After every single file that a build writes, all that can be reached from the front page is there."""
    found = Findings()
    here = world.copy(scratch / "world")
    here.build()
    links = _KnownLinks(here.site)
    write_one = SiteWriter.write

    def write_and_look(writer: SiteWriter, path: str, data: bytes) -> None:
        written = len(writer.touched)
        write_one(writer, path, data)
        if len(writer.touched) > written:
            found.counts["moments between two files"] += 1
            found.broken += [f"when {path} was written: {what}" for what in links.broken()]

    try:
        setattr(SiteWriter, "write", write_and_look)  # noqa: B010 (a method in place of a method)
        for number in range(builds):
            _add_a_scene(here, number)
            here.build()
    finally:
        setattr(SiteWriter, "write", write_one)  # noqa: B010
    found.expect_same(differing(here.tree(), of_one_build(here, scratch / "one")), "after these builds")
    return found


class _KnownLinks:
    """The links of a site's pages. Only pages that have changed are read again."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._links: dict[str, tuple[int, list[str]]] = {}

    def broken(self) -> list[str]:
        """Links that lead nowhere, on pages that can be reached from the front page."""
        found = []
        pending, seen = [("index.html", "")], {"index.html"}
        while pending:
            path, linked_from = pending.pop()
            try:
                inode = (self._site / path).stat().st_ino
            except FileNotFoundError:
                found.append(f"{linked_from} leads to {path}, which isn't there")
                continue
            for target in self._targets(path, inode):
                if target not in seen:
                    seen.add(target)
                    pending.append((target, path))
        return found

    def _targets(self, path: str, inode: int) -> list[str]:
        if not path.endswith(".html"):
            return []
        known = self._links.get(path)
        if known is None or known[0] != inode:
            page = _Links()
            page.feed((self._site / path).read_text(encoding="utf-8"))
            known = inode, [target for link in page.found if (target := _target(path, link)) is not None]
            self._links[path] = known
        return known[1]


def _read_everything(site: Path, found: Findings) -> None:
    """Follows all links from the front page, as they stand in the pages when they are read."""
    pending = [("index.html", "")]
    seen = {"index.html"}
    found.counts["walks through the site"] += 1
    while pending:
        path, linked_from = pending.pop()
        try:
            data = (site / path).read_bytes()
        except FileNotFoundError:
            found.broken.append(f"{linked_from} leads to {path}, which isn't there")
            continue
        found.counts["files read while they are replaced"] += 1
        if not path.endswith(".html"):
            found.expect(not path.endswith(".json") or _is_json(data), f"{path} is half a file")
            continue
        page = _Links()
        page.feed(data.decode())
        found.expect(page.ended, f"{path} is half a file")
        for link in page.found:
            target = _target(path, link)
            if target is not None and target not in seen:
                seen.add(target)
                pending.append((target, path))


def _target(path: str, link: str) -> str | None:
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    joined = urllib.parse.urljoin(f"/{path}", parts.path)
    return urllib.parse.unquote(joined).lstrip("/")


def _add_a_scene(world: World, number: int) -> None:
    """A scene more, which others link to, and a day more; sometimes a new AOI."""
    aoi = "Fyn" if number % 3 else f"Reader{number}"
    waits = {
        f"{role}_{what}_id": name
        for role in ("previous", "reference")
        for what, name in (("scene", "Fyn-S1"), ("tile", "Fyn-T0"))
    }
    scene = {
        "id": 500 + number,
        "source_id": f"{aoi}-R{number}",
        "aoi": aoi,
        "data": {"date": f"2022-05-{number % 28 + 1:02d}T10:00:00Z", "tiles": {"T": {}}},
        "tiles": {"T": {"id": 5000 + number, **(waits if aoi == "Fyn" else {})}},
    }
    events: list[tuple[str, dict[str, Any]]] = [
        *([] if aoi == "Fyn" else [("aoi.created", {"id": aoi})]),
        ("scene.created", scene),
        ("scene.result", {"type": "scene", "id": 500 + number, "status": "RETRY", "message": "no network"}),
    ]
    time = f"2022-05-{number % 28 + 1:02d}T00:00:0"
    write(
        world.events / f"reader{number}.jsonl",
        [
            compose(type, data, id=f"{number}-{place}", source="reader", time=f"{time}{place}Z")
            for place, (type, data) in enumerate(events)
        ],
    )
