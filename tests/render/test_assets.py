"""What pages load: put together in order, all from the site itself, with Leaflet where it is installed."""

import re
from importlib.metadata import PackageNotFoundError

import pytest

from pipeline.render import assets as module
from pipeline.render.assets import LEAFLET_SCRIPT, LEAFLET_STYLE, assets, has_leaflet
from pipeline.render.templates import templates_folder


@pytest.fixture
def without_leaflet(monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "distribution", distribution)
    monkeypatch.setattr(module, "_leaflet_folder", module._leaflet_folder.__wrapped__)


def needs_leaflet() -> None:
    if not has_leaflet():
        pytest.skip("XStatic-Leaflet isn't installed")


@pytest.mark.parametrize(("made", "folder", "ending"), [("style.css", "style", "css"), ("board.js", "script", "js")])
def test_the_parts_stand_in_the_order_of_their_names(made: str, folder: str, ending: str) -> None:
    text = assets()[f"assets/{made}"]
    parts = [file.read_bytes() for file in sorted((templates_folder() / "assets" / folder).glob(f"*.{ending}"))]
    places = [text.index(part) for part in parts]
    assert parts
    assert places == sorted(places)
    assert sum(map(len, parts)) + len(parts) - 1 == len(text)


def test_every_script_keeps_its_names_to_itself() -> None:
    root = templates_folder() / "assets"
    for file in [*sorted((root / "script").glob("*.js")), root / "map.js"]:
        code = re.sub(r"(?s:/\*.*?\*/)|^[ \t]*//.*$", "", file.read_text(), flags=re.MULTILINE).strip()
        assert code.startswith("("), file.name
        assert code.endswith(("})();", "}());")), file.name
        assert '"use strict"' in code, file.name


def test_the_map_sets_no_html() -> None:
    script = assets()["assets/map.js"].decode()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|XMLHttpRequest", script
    )


def test_no_style_asks_for_a_file_that_is_not_there() -> None:
    files = assets()
    for name, content in files.items():
        if name.endswith(".css"):
            for link in re.findall(rb"url\(['\"]?([^)'\"]+)['\"]?\)", content):
                if not link.startswith((b"data:", b"#")):
                    assert f"{name.rpartition('/')[0]}/{link.decode()}" in files


def test_leaflet_comes_from_its_package_with_its_licence() -> None:
    needs_leaflet()
    files = assets()
    assert files[LEAFLET_SCRIPT].startswith(b"/* @preserve\n * Leaflet")
    assert b"sourceMappingURL" not in files[LEAFLET_SCRIPT]
    assert b".leaflet-container" in files[LEAFLET_STYLE]
    assert b"BSD 2-Clause" in files["assets/leaflet/LICENSE"]


@pytest.mark.usefixtures("without_leaflet")
def test_without_the_package_the_site_has_everything_else() -> None:
    assert not has_leaflet()
    assert module.leaflet_version() == ""
    files = assets()
    assert not [name for name in files if "leaflet" in name]
    assert {"assets/style.css", "assets/board.js", "assets/map.js", "assets/icon.svg"} <= files.keys()
