"""The QGIS style: a category for each status, told by colour and by line."""

from xml.etree import ElementTree

from pipeline.event import STATUSES
from pipeline.render.interchange.qgis_style import qgis_style

LINES = {"solid", "no", "dash", "dot", "dash dot", "dash dot dot"}
"""What QGIS calls the kinds of lines (QgsSymbolLayerUtils::encodePenStyle)."""


def test_it_is_for_layers_of_areas_and_says_only_how_they_are_drawn() -> None:
    style = ElementTree.fromstring(qgis_style())  # noqa: S314 - made here
    assert (style.tag, style.get("styleCategories")) == ("qgis", "Symbology")
    assert style.findtext("layerGeometryType") == "2"
    for symbol in style.iter("symbol"):
        (layer,) = symbol.iter("layer")
        properties = {prop.get("k"): prop.get("v") for prop in layer.iter("prop")}
        assert (symbol.get("type"), layer.get("class"), properties["style"]) == ("fill", "SimpleFill", "solid")
        assert properties["outline_style"] in LINES
        for name in ("color", "outline_color"):
            assert [0 <= int(part) <= 255 for part in str(properties[name]).split(",")] == [True] * 4


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
