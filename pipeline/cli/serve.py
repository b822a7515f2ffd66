"""`sceneboard serve`."""

import ipaddress
import signal
import sys
from typing import Any

import click

from pipeline.cli import Folders
from pipeline.cli.output import fail, friendly, say, warn
from pipeline.operate.answer import Code

_LARGEST_BODY_BYTES = 16 * 1024 * 1024
"""A larger one isn't read to the end: every request with a body is refused anyway."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 is every one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--allow-origin",
    "origins",
    metavar="ORIGIN",
    multiple=True,
    help="Let pages of this origin (as https://ops.example.org, * for any) read the answers; may be repeated. "
    "Pages of this machine and pages opened from files always may.",
)
@click.pass_obj
def command(folders: Folders, host: str, port: int, origins: tuple[str, ...]) -> None:
    """Serve the site, and the monitoring API's GET paths out of it. It only reads: nothing can be changed.

    \b
    Examples:
      sceneboard serve
      sceneboard --site /srv/www/board serve --port 9000 --allow-origin https://ops.example.org
    """
    try:
        from waitress.server import create_server

        from pipeline.serve.application import Application
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("waitress", "werkzeug"):
            raise
        fail(
            f"serving needs the package {missing.name}: pip install 'sceneboard[serve]' "
            "(or let any web server serve the site's folder)",
            Code.FAILED,
        )
    site = folders.site
    if isinstance(site, str):
        fail(f"{site} isn't a folder: what is on object storage is served from there", Code.USAGE)
    with friendly():
        if site.is_dir() and any(site.iterdir()) and not (site / "build.json").is_file():
            fail(
                f"{site} holds something else than a built site (no build.json): name the site with --site", Code.USAGE
            )
        if not (site / "build.json").is_file():
            warn(f"{site} has no site yet: it is served as soon as sceneboard build has made it")
        try:
            server = create_server(
                Application(site, origins),
                host=host,
                port=port,
                ident="sceneboard",
                max_request_body_size=_LARGEST_BODY_BYTES,
            )
        except ValueError:
            fail(f"{host} is no address of this machine", Code.USAGE)
    if not _is_loopback(host):
        warn(f"whoever reaches {host} can read the site: there is no password here")
    shown = f"[{host}]" if ":" in host else host
    say(f"{site} is served at http://{shown}:{_port(server)}/ (Ctrl-C stops)")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, _stop)
    server.run()


def _port(server: Any) -> int:
    """The port that was taken. A name such as localhost may stand for several addresses, each with its socket."""
    several = getattr(server, "effective_listen", None)
    return int(several[0][1] if several else server.effective_port)


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
