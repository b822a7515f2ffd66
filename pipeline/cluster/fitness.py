"""Whether the workers of a cluster can do a build's work: the same programs, the same folder, enough memory.

What a worker renders has to be the same, to the byte, as what the build would render itself: so all that has a part in
it has to be of the same version.
"""

import fcntl
import functools
import os
import platform
import re
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from pipeline.render.edition import edition

_COMMUNICATION = ("cloudpickle", "dask", "distributed")
"""What carries tasks and results."""
_OPTIONAL = ("pystac-core",)
_NAMED = 3
"""So many workers are named in a message."""


class ClusterUnusable(Exception):
    """There is no cluster at the address, or it can't do this build's work. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What has a part in the bytes of the site: this program with its templates, Python, and packages by name."""

    edition: str
    python: str
    packages: tuple[tuple[str, str], ...]

    def named(self) -> dict[str, str]:
        """All of it, by name."""
        return {"sceneboard": self.edition, "Python": self.python, **dict(self.packages)}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a worker tells of itself."""

    host: str
    programs: Programs
    trouble: str = ""
    """Why a folder that all share can't be used there; '' if all can."""
    locks_are_shared: bool = True
    """Whether a lock that the build holds in such a folder is one there, too."""
    memory_bytes: int | None = None
    """What the worker may take; None if there is no limit."""
    threads: int = 1


@functools.cache
def programs() -> Programs:
    """What this process would work with."""
    names = {found[0] for one in requires_of("sceneboard") if (found := re.match(r"[\w.-]+", one))}
    known = ((name, _version(name)) for name in sorted({*names, *_COMMUNICATION, *_OPTIONAL}))
    return Programs(edition(), platform.python_version(), tuple((name, found) for name, found in known if found))


def requires_of(name: str) -> list[str]:
    """The requirements of a package, without those of its extras; none if it isn't installed."""
    try:
        return [one for one in requires(name) or [] if "extra ==" not in one]
    except PackageNotFoundError:
        return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


@contextmanager
def marked(folders: Iterable[Path]) -> Iterator[str]:
    """A file of this name is in each of these folders while the block runs, locked. Raises OSError."""
    name = f".cluster.{secrets.token_hex(8)}.tmp"
    with ExitStack() as stack:
        for folder in folders:
            file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            stack.callback(os.close, file)
            stack.callback((folder / name).unlink, missing_ok=True)
            with suppress(OSError):  # a file system without locks: the workers find that out
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield name


def look(folders: Sequence[Path], mark: str, memory_bytes: int | None = None, threads: int = 1) -> Machine:
    """What this process, as a worker, has to tell. The build has `marked` the folders."""
    trouble, shared = "", True
    for folder in folders:
        try:
            file = os.open(folder / mark, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            trouble = f"{folder} isn't there, or is another folder there"
            break
        except OSError as error:
            trouble = f"{folder}: {error.strerror}"
            break
        try:
            shared = shared and not _can_lock(file)
        finally:
            os.close(file)
        if not os.access(folder, os.W_OK | os.X_OK):
            trouble = f"{folder} can't be written there"
            break
    return Machine(socket.gethostname(), programs(), trouble, shared, memory_bytes, threads)


def _can_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def refuse_unfit(own: Programs, machines: Mapping[str, Machine]) -> None:
    """Raises ClusterUnusable if a worker (by address) can't do the work."""
    for name, ours in own.named().items():
        others = {address: machine.programs.named().get(name, "") for address, machine in machines.items()}
        differing = sorted(address for address, theirs in others.items() if theirs != ours)
        if differing:
            theirs = sorted({others[address] or "none" for address in differing})
            raise ClusterUnusable(
                f"{name} is {ours} here and {', '.join(theirs)} on {_workers(differing)}: install the same versions "
                "everywhere, as they have a part in the bytes of the site"
            )
    for address, machine in sorted(machines.items()):
        if machine.trouble:
            raise ClusterUnusable(
                f"worker {address} on {machine.host} doesn't share the build's folders: {machine.trouble}. Mount it "
                "there under the same name, for writing"
            )


def _workers(addresses: list[str]) -> str:
    more = len(addresses) - _NAMED
    named = ", ".join(addresses[:_NAMED])
    return f"worker {named}" if len(addresses) == 1 else f"workers {named}" + (f" and {more} more" if more > 0 else "")


def memory_of_a_task(machines: Mapping[str, Machine]) -> int | None:
    """What the database of a task may take: a quarter of the least that a worker has. None if no worker has a limit."""
    limits = [machine.memory_bytes for machine in machines.values() if machine.memory_bytes]
    return min(limits) // 4 if limits else None
