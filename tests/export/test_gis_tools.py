"""The site's GeoJSON, opened by the programs that its users have: geopandas, and GDAL's `ogrinfo`."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import geopandas
import pytest
from example_sites import Site

from pipeline.event import STATUSES
from pipeline.render.interchange.badge import COLOURS
from pipeline.render.interchange.qgis_style import _DASHES

KINDS = ("scenes", "tiles")

ogrinfo = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="ogrinfo is not installed (Debian: apt-get install gdal-bin)"
)


@pytest.mark.parametrize("kind", KINDS)
def test_geopandas_reads_what_the_api_answers(sample: Site, kind: str) -> None:
    for folder in sample.aoi_folders:
        found = geopandas.read_file(sample.folder / f"aoi/{folder}/{kind}.geojson")
        expected = sample.json(f"aoi/{folder}/{kind}.json")
        assert [(one.id, one.source_id, one.status) for one in found.itertuples()] == [
            (one["id"], one["source_id"], one["status"]) for one in expected
        ]
        assert found.crs == "EPSG:4326"
        assert str(found["date"].dtype) == "datetime64[ms, UTC]"
        assert found.geometry[found.geometry.notna()].is_valid.all()
        assert found.geometry.notna().any()


def test_geopandas_reads_those_in_a_status_be_it_none(sample: Site) -> None:
    for status in ("NEW", "PENDING", "DONE", "RETRY", "FAILED"):
        found = geopandas.read_file(sample.folder / f"aoi/DenmarkDemo/tiles/{status}.geojson")
        assert len(found) == len(sample.json(f"aoi/DenmarkDemo/tiles/{status}.json"))


def told_by_ogrinfo(path: Path) -> str:
    done = subprocess.run(["ogrinfo", "-ro", "-al", "-so", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


@ogrinfo
@pytest.mark.parametrize("kind", KINDS)
def test_ogrinfo_opens_it(sample: Site, kind: str) -> None:
    for folder in sample.aoi_folders:
        told = told_by_ogrinfo(sample.folder / f"aoi/{folder}/{kind}.geojson")
        assert f"Feature Count: {len(sample.json(f'aoi/{folder}/{kind}.json'))}\n" in told
        assert 'ID["EPSG",4326]' in told
        assert {"status: String (0.0)", "date: DateTime (0.0)", "since: DateTime (0.0)"} <= set(told.splitlines())


@ogrinfo
def test_ogrinfo_opens_a_scene_with_its_tiles(sample: Site) -> None:
    (first, *_) = sample.json("aoi/DenmarkDemo/scenes.json")
    tiles = sample.json(f"scene/{first['id']}/tiles.json")
    told = told_by_ogrinfo(sample.folder / f"scene/{first['id']}.geojson")
    assert f"Feature Count: {1 + len(tiles)}\n" in told


@ogrinfo
def test_ogrinfo_opens_what_means_harm(hostile: Site) -> None:
    folder = next(one for one in hostile.aoi_folders if one.startswith("Hostile"))
    for kind in KINDS:
        told = told_by_ogrinfo(hostile.folder / f"aoi/{folder}/{kind}.geojson")
        assert f"Feature Count: {len(hostile.json(f'aoi/{folder}/{kind}.json'))}\n" in told


@pytest.mark.parametrize("kind", KINDS)
def test_the_qgis_style_goes_by_a_property_that_the_geojson_beside_it_has(sample: Site, kind: str) -> None:
    for folder in sample.aoi_folders:
        style = ElementTree.fromstring((sample.folder / f"aoi/{folder}/{kind}.qml").read_bytes())  # noqa: S314
        renderer = style.find("renderer-v2")
        assert renderer is not None
        values = {one.get("value") for one in renderer.iter("category")}
        features = sample.json(f"aoi/{folder}/{kind}.geojson")["features"]
        assert {one["properties"][renderer.get("attr")] for one in features} <= values


QGIS_PYTHON = shutil.which("python3", path="/usr/bin")
"""QGIS comes with the system's Python, not with that of an environment."""


def has_qgis() -> bool:
    return (
        QGIS_PYTHON is not None
        and subprocess.run([QGIS_PYTHON, "-c", "import qgis"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not has_qgis(), reason="QGIS is not installed (Debian: apt-get install python3-qgis)")
def test_qgis_colours_what_it_opens_by_the_style_beside_it(sample: Site, tmp_path: Path) -> None:
    paths = [str(sample.folder / f"aoi/{folder}/{kind}.geojson") for folder in sample.aoi_folders for kind in KINDS]
    assert QGIS_PYTHON is not None
    done = subprocess.run(
        [QGIS_PYTHON, str(Path(__file__).with_name("qgis_layer.py")), *paths],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pen = {"solid": 1, "dash": 2, "dot": 3, "dash dot": 4}
    for path, layer in zip(paths, json.loads(done.stdout), strict=True):
        assert layer == {
            "valid": True,
            "features": len(json.loads(Path(path).read_bytes())["features"]),
            "kind": "categorizedSymbol",
            "by": "status",
            "categories": {status: [COLOURS[status], pen[_DASHES[status]]] for status in STATUSES},
        }
