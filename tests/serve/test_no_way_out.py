"""Over a real socket, as nobody's browser would ask: there is no way out of the site."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.build import build
from pipeline.cli import main

SECRET = b"nobody may read this"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A site with a secret beside it, and in it links, folders and pipes that somebody put there."""
    folder = tmp_path_factory.mktemp("exposed")
    site = folder / "site"
    (folder / "data/events").mkdir(parents=True)
    build(folder / "data", site)
    (folder / "secret.txt").write_bytes(SECRET)
    (site / "linked.txt").symlink_to(folder / "secret.txt")
    (site / "linked").symlink_to(folder)
    (site / "aoi").mkdir(exist_ok=True)
    (site / "aoi" / "linked").symlink_to(folder)
    (site / ".hidden.txt").write_bytes(SECRET)
    (site / ".git").mkdir()
    (site / ".git" / "config").write_bytes(SECRET)
    os.mkfifo(site / "pipe.txt")
    with serving(site) as (_, number):
        yield number


@contextmanager
def serving(site: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The command at work, and the port that it took; it is stopped in the end."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--site", str(site), "serve"]
    with subprocess.Popen([*command, "--port", "0", *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = re.search(r"http://[^/]*:(\d+)/", server.stdout.readline())
            assert said is not None
            yield server, int(said[1])
        finally:
            server.terminate()
            server.wait(10)


def ask(port: int, target: str, method: str = "GET") -> tuple[int, bytes]:
    """An answer to a request line as it is, with nothing tidied up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, "/", skip_accept_encoding=True)
    connection._buffer[0] = f"{method} {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
    connection.endheaders()
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


WAYS = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%2fsecret.txt",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/aoi/../../secret.txt",
    "/aoi/%2e%2e/%2e%2e/secret.txt",
    "/aoi/..%2f..%2fsecret.txt",
    "/aoi/..%2F..%2Fsecret.txt/scenes",
    "/aoi/linked/secret.txt",
    "/aoi%2F..%2F..%2Fsecret.txt",
    "/linked%2Fsecret.txt",
    "/scene/../../secret.txt",
    "/scene/..%2f..%2fsecret.txt",
    "/tile/..%2f..%2fsecret.txt",
    "//secret.txt",
    "/.//../secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/secret.txt%00.html",
    "/%00",
    "/linked.txt",
    "/linked/secret.txt",
    "/linked/",
    "/.hidden.txt",
    "/.git/config",
    "/pipe.txt",
    "/proc/self/environ",
    "http://example.org/../secret.txt",
    "file:///etc/passwd",
    "/" + "a/" * 2000,
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("target", WAYS)
def test_no_path_leads_out_of_the_site(port: int, target: str) -> None:
    status, body = ask(port, target)
    assert status in (400, 404)
    assert SECRET not in body
    assert b"root:" not in body


def test_a_nul_in_a_path_is_refused(port: int) -> None:
    assert ask(port, "/index.html%00") == (400, b"a NUL is in the path\n")


def test_an_absolute_address_is_the_path_in_it(port: int) -> None:
    assert ask(port, "http://example.org/index.html")[0] == 200


def test_a_request_is_refused_with_its_body_unread(port: int) -> None:
    assert ask(port, "/aoi/Demo", "DELETE")[0] == 405


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/aoi/Demo/scene")
    connection.putheader("Content-Length", str(16 * 1024 * 1024 + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_the_command_listens_on_this_machine_alone_and_stops_when_told(tmp_path: Path) -> None:
    (tmp_path / "data/events").mkdir(parents=True)
    build(tmp_path / "data", tmp_path / "site")
    with serving(tmp_path / "site") as (server, port):
        assert ask(port, "/")[0] == 200
        with socket.socket() as other, pytest.raises(OSError):
            other.settimeout(1)
            other.connect(("127.0.0.2", port))
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def test_a_folder_that_is_no_site_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("private")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "--site", str(tmp_path), "serve"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 2
    assert "no build.json" in refused.stderr


@pytest.mark.parametrize("package", ["waitress", "werkzeug"])
def test_without_its_packages_the_command_says_what_to_install(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        name for name in sys.modules if name.partition(".")[0] == package or name.startswith("pipeline.serve")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    told = CliRunner().invoke(main, ["--site", str(tmp_path), "serve"])
    assert told.exit_code == 1
    assert f"needs the package {package}" in told.stderr
    assert "pip install 'sceneboard[serve]'" in told.stderr
