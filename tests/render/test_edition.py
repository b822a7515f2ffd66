"""The edition: pages that another one made are made again."""

from pathlib import Path

import pytest

from pipeline.render import edition as module


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a template and some code."""
    for path in ("templates/base.html", "pipeline/render/bars.py", "pipeline/insight/days.py", "pipeline/export.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("before")
    monkeypatch.setattr(module, "templates_folder", lambda: tmp_path / "templates")
    monkeypatch.setattr(module, "files", lambda package: tmp_path / package)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "is_another"),
    [
        ("templates/base.html", True),
        ("pipeline/render/bars.py", True),
        ("pipeline/insight/days.py", True),
        ("pipeline/export.py", False),
        ("pipeline/render/__pycache__/bars.cpython-311.pyc", False),
    ],
)
def test_what_pages_are_made_with_names_the_edition_of_a_checkout(checkout: Path, path: str, is_another: bool) -> None:
    before = module.edition.__wrapped__()
    (checkout / path).parent.mkdir(exist_ok=True)
    (checkout / path).write_text("later")
    assert (module.edition.__wrapped__() != before) == is_another


def test_of_an_installed_package_the_version_tells_of_its_code(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "templates").rename(checkout / "pipeline/templates")
    monkeypatch.setattr(module, "templates_folder", lambda: checkout / "pipeline/templates")
    before = module.edition.__wrapped__()
    (checkout / "pipeline/render/bars.py").write_text("later")
    assert module.edition.__wrapped__() == before
