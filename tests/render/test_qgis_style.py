"""The QGIS style: a category for each status, told by colour and by line."""

from xml.etree import ElementTree

from pipeline.event import STATUSES
from pipeline.render.qgis_style import qgis_style


def test_every_status_has_a_category_with_a_symbol_of_its_own() -> None:
    style = ElementTree.fromstring(qgis_style())  # noqa: S314 - made here
    renderer = style.find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "status")
    categories = {one.get("value"): one.get("symbol") for one in renderer.iter("category")}
    assert list(categories) == list(STATUSES)
    symbols = {
        symbol.get("name"): {prop.get("k"): prop.get("v") for prop in symbol.iter("prop")}
        for symbol in renderer.iter("symbol")
    }
    assert set(categories.values()) == set(symbols)
    assert len({symbol["outline_color"] for symbol in symbols.values()}) == len(STATUSES)
