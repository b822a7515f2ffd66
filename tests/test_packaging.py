"""What the project says of the packages that it stands on, in all the places where it says it."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OWN = PROJECT["name"]
"""An extra may stand for several others, as `sceneboard[serve]`."""


def requirements(*texts: str) -> list[Requirement]:
    """What is to be installed; the project itself is left out."""
    return [one for one in map(Requirement, texts) if one.name != OWN]


FOR_USERS = requirements(
    *PROJECT["dependencies"], *(one for name, extra in EXTRAS.items() if name != "tests" for one in extra)
)
ALL = [*FOR_USERS, *requirements(*EXTRAS["tests"])]


def lowest(requirement: Requirement) -> Version:
    """The lower bound. There is exactly one."""
    (found,) = (one.version for one in requirement.specifier if one.operator == ">=")
    return Version(found)


def pinned(name: str) -> dict[str, Version]:
    """The packages of a requirements file, each with its one version."""
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    pins = [line.split("==") for line in lines]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def test_the_oldest_set_is_every_lower_bound() -> None:
    """Change a bound in pyproject.toml, and `make test-oldest` must be seen to pass with the line here changed."""
    assert pinned("requirements-oldest.txt") == {canonicalize_name(one.name): lowest(one) for one in ALL}


def test_the_oldest_set_is_tested_with_the_oldest_python() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"OLDEST_PYTHON ?= python{oldest}\n" in (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("requirement", FOR_USERS, ids=str)
def test_what_users_install_is_bounded_above(requirement: Requirement) -> None:
    assert [one.operator for one in requirement.specifier if one.operator == "<"] == ["<"]


def test_the_pinned_set_is_one_that_is_allowed() -> None:
    pins = pinned("requirements.txt") | pinned("requirements-tests.txt")
    for one in ALL:
        assert pins[canonicalize_name(one.name)] in one.specifier, str(one)


def test_the_tests_run_with_versions_that_are_allowed() -> None:
    for one in ALL:
        assert version(one.name) in one.specifier, str(one)


def test_each_package_has_its_line_in_the_readme() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("| package | for |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    told = [canonicalize_name(name) for row in rows for name in re.sub(r"\(.*?\)|`", "", row).strip().split(", ")]
    assert sorted(told) == sorted({canonicalize_name(one.name) for one in FOR_USERS})


def test_each_extra_is_named_in_the_readme_by_its_packages() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for extra, packages in EXTRAS.items():
        if extra != "tests":
            (row,) = (line for line in readme.splitlines() if f"`[{extra}]`" in line and line.startswith("|"))
            assert all(canonicalize_name(one.name) in canonicalize_name(row) for one in requirements(*packages))
