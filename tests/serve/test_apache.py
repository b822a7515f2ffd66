"""The block for Apache in the documentation, given to a real Apache where there is one."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from served_paths import ANSWERS, CHANGES, NOT_THERE, asked

APACHE = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin") or shutil.which("httpd")
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "serving.md"
MODULES = next((path for path in (Path("/usr/lib/apache2/modules"), Path("/etc/httpd/modules")) if path.is_dir()), None)

pytestmark = pytest.mark.skipif(APACHE is None or MODULES is None, reason="there is no Apache here")


def documented() -> tuple[str, list[str]]:
    """The block, and the modules that the text above it names."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(r"with the modules (.*?)\.\n\n```apache\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[2], re.findall(r"`(\w+)`", found[1])


def configuration(folder: Path, port: int) -> str:
    block, modules = documented()
    assert MODULES is not None
    # What every Apache has loaded: a way to run, `Require`, `User`.
    wanted = ["mpm_event", "authz_core", *modules, *(["unixd"] if (MODULES / "mod_unixd.so").exists() else [])]
    own = block.replace("*:80", f"127.0.0.1:{port}").replace("/srv/www/board", str(folder / "site"))
    return "\n".join(
        [
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in wanted),
            f"ServerRoot {folder}",
            f"DefaultRuntimeDir {folder}",
            "ServerName localhost",
            *(["User daemon", "Group daemon"] if os.geteuid() == 0 else []),
            f"PidFile {folder}/pid",
            f"ErrorLog {folder}/error.log",
            "TypesConfig /dev/null",
            f"Listen 127.0.0.1:{port}",
            "<Directory />\nRequire all denied\n</Directory>",
            own,
        ]
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(server: "subprocess.Popen[str]", port: int) -> bool:
    """Waits until it answers; False if it has ended, as when somebody else took the port meanwhile."""
    while server.poll() is None:
        try:
            ask(port, "/")
        except OSError:
            continue
        return True
    return False


@pytest.fixture(scope="module")
def apache(served_site: Path) -> Iterator[int]:
    """The port of an Apache that serves a copy of the site, where one that is started by root may read it."""
    with tempfile.TemporaryDirectory(prefix="apache-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(served_site, folder / "site")
        for hidden in (".hidden", "aoi/.hidden"):
            (folder / "site" / hidden).write_text("nobody's business")
        yield from serving(folder)


def serving(folder: Path) -> Iterator[int]:
    assert APACHE is not None
    command = [APACHE, "-f", str(folder / "httpd.conf")]
    for _attempt in range(5):
        port = free_port()
        (folder / "httpd.conf").write_text(configuration(folder, port))
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen([*command, "-D", "FOREGROUND"], stderr=subprocess.DEVNULL, text=True) as server:
            try:
                if answers(server, port):
                    yield port
                    return
            finally:
                server.terminate()
                server.wait(20)
    pytest.fail((folder / "error.log").read_text())


def ask(port: int, path: str, method: str = "GET") -> tuple[int, http.client.HTTPMessage, bytes]:
    return asked(http.client.HTTPConnection("127.0.0.1", port, timeout=10), path, method, {})


@pytest.mark.parametrize(("path", "file", "type"), ANSWERS)
def test_the_apis_paths_are_answered_from_the_files(
    apache: int, served_site: Path, path: str, file: str, type: str
) -> None:
    code, headers, body = ask(apache, path)
    assert (code, headers["Content-Type"], body) == (200, type, (served_site / file).read_bytes())


def test_caches_ask_each_time_and_types_are_not_guessed(apache: int) -> None:
    for path in ("/", "/scene/1", "/scene/99"):
        headers = ask(apache, path)[1]
        assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-cache", "nosniff")


@pytest.mark.parametrize("path", [*NOT_THERE, "/.hidden", "/aoi/.hidden", "/.sceneboard-unfinished", "/aoi/%2E%2E/x"])
def test_what_is_not_there_is_not_found(apache: int, path: str) -> None:
    assert ask(apache, path)[0] == 404


def test_every_page_of_the_site_is_served(apache: int, served_site: Path) -> None:
    for file in served_site.rglob("*.html"):
        assert ask(apache, f"/{quote(file.relative_to(served_site).as_posix())}")[0] == 200


@pytest.mark.parametrize(("method", "path"), [*CHANGES, ("POST", "/scene/1"), ("PUT", "/index.html"), ("TRACE", "/")])
def test_nothing_can_be_changed(apache: int, method: str, path: str) -> None:
    assert ask(apache, path, method)[0] == 405
