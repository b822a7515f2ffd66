"""The wheel holds all that the program needs, and works where nothing of the checkout is; the sdist holds the rest."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from site_tree import read

ROOT = Path(__file__).parents[1]


def run(*arguments: object, cwd: Path) -> str:
    command = [str(one) for one in arguments]
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it, as `make wheel` builds them, but with the build backend here."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what it depends on is lent to it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, "--ignore-installed", wheel, cwd=folder)  # it may be among what is lent
    return folder


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "pipeline").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    templates = {
        f"pipeline/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "templates").rglob("*") if path.is_file()
    }
    assert "pipeline/store/schema.sql" in sources
    assert "pipeline/py.typed" in held  # PEP 561: whoever imports it sees the types
    assert len(templates) > 10
    assert {name for name in held if not name.split("/")[0].endswith(".dist-info")} == sources | templates
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_sdist_holds_what_its_tests_need(dist: Path) -> None:
    """All of it was seen to pass there by `make test-dist`."""
    (built,) = dist.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("pipeline", "templates", "tests", "torture", "benchmarks", "docs", "data/events")
    needed = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", ".hypothesis", ".mypy_cache", ".ruff_cache"} & set(path.parts)
    }
    assert len(needed) > 300
    files = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "site/README.md"}
    requirements = {path.name for path in ROOT.glob("requirements*.txt")}
    assert sorted((needed | files | requirements) - held) == []
    assert not [name for name in held if name.startswith(("data/sceneboard", ".venv", "dist"))]


def test_the_installed_command_works_in_another_folder(environment: Path, tmp_path: Path) -> None:
    command = environment / "bin/sceneboard"
    where = run(environment / "bin/python", "-c", "import pipeline; print(pipeline.__file__)", cwd=tmp_path)
    assert where.startswith(str(environment))
    run(command, "demo", "try", "--scenes", 3, "--tiles", 2, cwd=tmp_path)
    run(command, "--data", "try", "build", "--workers", 1, cwd=tmp_path)
    (aoi,) = read(tmp_path / "site", "aoi/index.json")
    assert (tmp_path / "site/aoi" / aoi["ID"] / "index.html").is_file()
    assert (tmp_path / "site/assets/style.css").stat().st_size > 100
    assert run(command, "--data", "try", "aoi", "list", cwd=tmp_path).split()[-1] == aoi["ID"]
