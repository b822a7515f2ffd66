"""How soon a fresh container, with nothing but the wheel, has appended its first event.

    python benchmarks/first_append.py [--log FOLDER] [--times 5]

Installs the wheel with what it depends on into a new environment, and there runs `python -c "import click"` and
`sceneboard log append` in turn. Each run is a first one: without a state folder, into an empty log, the files of the
environment and of the standard library out of the system's memory (those that no process has mapped). An environment
has bytecode if pip made it, and none if uv did: both are measured. Prints the ratios, and fails if an append took a
second or more.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 1.0
_RESULT = b'{"type":"tile","id":31,"status":"DONE","message":""}\n'


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--log",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to append in, such as a share.  [default: a temporary one]",
)
@click.option("--times", type=click.IntRange(1), default=5, show_default=True, help="How often each is run.")
def main(log: Path | None, times: int) -> None:
    """Measure the first append of a fresh environment against `python -c "import click"`."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("| a fresh environment, cold | `import click` | `log append` | slowest | ratio | must |")
    print("| --- | --- | --- | --- | --- | --- |")
    slow = False
    with tempfile.TemporaryDirectory(prefix="sceneboard-first-append-") as scratch:
        wheel = build_wheel(Path(scratch))
        for name, bytecode in (("with bytecode, as pip leaves it", True), ("without, as uv leaves it", False)):
            environment = Path(scratch) / ("pip" if bytecode else "uv")
            install(wheel, environment, bytecode=bytecode)
            baseline, ours = [], []
            for number in range(times):
                data = (log or Path(scratch)) / f"first-append-{os.getpid()}-{number}"
                (data / "events").mkdir(parents=True)
                state = environment / f"state-{number}"
                baseline.append(seconds(environment, ["python", "-c", "import click"], state))
                ours.append(seconds(environment, ["sceneboard", "--data", data, "log", "append", "-"], state))
                require_appended(data)
                shutil.rmtree(data)
            middle, beside = statistics.median(ours), statistics.median(baseline)
            slow |= max(ours) >= LIMIT_SECONDS
            print(
                f"| {name} | {beside:.3f} s | {middle:.3f} s | {max(ours):.3f} s | {middle / beside:.1f} "
                f"| < {LIMIT_SECONDS:g} s |"
            )
    if slow:
        sys.exit("an append took too long")


def build_wheel(folder: Path) -> Path:
    """The project's wheel, made with the build backend that is here."""
    command: list[str | Path] = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    _run(command)
    (built,) = folder.glob("*.whl")
    return built


def install(wheel: Path, environment: Path, *, bytecode: bool) -> None:
    """A new environment with the wheel and what it depends on, from the index that pip is set up with."""
    venv.create(environment, with_pip=False)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--python",
        environment / "bin/python",
        "install",
    ]
    _run([*command, "--compile" if bytecode else "--no-compile", wheel])
    os.sync()  # what isn't on the disk yet can't be put out of memory


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")


def seconds(environment: Path, command: Sequence[str | Path], state: Path) -> float:
    """How long a command of the environment takes, from cold, given a result on its standard input."""
    forget(environment)
    forget(Path(sysconfig.get_path("stdlib")))
    program = [str(environment / "bin" / command[0]), *map(str, command[1:])]
    started = time.perf_counter()
    done = subprocess.run(program, input=_RESULT, env=_own(state), capture_output=True, check=False)
    took = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(program)}: {done.stderr.decode(errors='replace')}")
    return took


def _own(state: Path) -> Mapping[str, str]:
    """Nothing of this user's, and no bytecode that the run before has written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCENEBOARD_", "PYTHON"))}
    return {**kept, "SCENEBOARD_STATE": str(state), "PYTHONDONTWRITEBYTECODE": "1"}


def forget(folder: Path) -> None:
    """Asks the system to drop a folder's files from its memory."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def require_appended(data: Path) -> None:
    """What was measured has happened: the log is one file with one line."""
    (file,) = data.glob("events/*/*.jsonl")
    (line,) = file.read_bytes().splitlines()
    assert b'"tile.result"' in line


if __name__ == "__main__":
    main()
