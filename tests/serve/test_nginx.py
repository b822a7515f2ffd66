"""The block for nginx in the documentation, given to a real nginx where there is one."""

import http.client
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from served_paths import ANSWERS, CHANGES, NOT_THERE, asked

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "serving.md"

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here")


class ByFile(http.client.HTTPConnection):
    """A connection over a socket in the file system: it needs no free port."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def is_listening(path: Path) -> bool:
    """The socket is there a moment before it takes connections."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@pytest.fixture(scope="module")
def nginx(served_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = re.search(r"```nginx\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    folder = tmp_path_factory.mktemp("nginx")
    block = found[1].replace("listen 80;", f"listen unix:{folder}/socket;").replace("/srv/www/board", str(served_site))
    user = "user root;" if Path.home() == Path("/root") else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; {user} pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{block}}}\n"
    )
    assert NGINX is not None
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen([*command, "-g", "master_process off;"], stderr=subprocess.DEVNULL) as server:
        try:
            while not is_listening(folder / "socket"):
                assert server.poll() is None, (folder / "error.log").read_text()
            yield folder / "socket"
        finally:
            server.terminate()
            server.wait(10)


def ask(nginx: Path, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, str, bytes]:
    status, told, body = asked(ByFile(nginx), path, method, headers or {})
    return status, told.get("Content-Type", ""), body


@pytest.mark.parametrize(("path", "file", "type"), ANSWERS)
def test_the_apis_paths_are_answered_from_the_files(
    nginx: Path, served_site: Path, path: str, file: str, type: str
) -> None:
    assert ask(nginx, path) == (200, type, (served_site / file).read_bytes())


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_is_not_found(nginx: Path, path: str) -> None:
    assert ask(nginx, path)[0] == 404


def test_every_page_of_the_site_is_served(nginx: Path, served_site: Path) -> None:
    for file in served_site.rglob("*.html"):
        assert ask(nginx, f"/{quote(file.relative_to(served_site).as_posix())}")[0] == 200


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_nothing_can_be_changed(nginx: Path, method: str, path: str) -> None:
    assert ask(nginx, path, method)[0] == 405
