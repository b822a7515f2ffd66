"""A QGIS style beside the GeoJSON: QGIS finds `scenes.qml` when it opens `scenes.geojson`, and colours by status."""

from pipeline.event import STATUSES, Status
from pipeline.render.interchange.badge import COLOURS

_DASHES: dict[Status, str] = {"NEW": "dot", "PENDING": "dash", "DONE": "solid", "RETRY": "dash dot", "FAILED": "solid"}
"""Status is told by the line's kind as well as by its colour."""
_FILL_ALPHA = 70
_LINE_MM = "0.5"
_OF_AREAS = 2
"""QGIS' number for layers of areas: to those of lines and points it gives its own style, instead of this one's fill."""


def qgis_style() -> bytes:
    """The style, the same for every layer of scenes or tiles."""
    categories = "".join(
        f'<category render="true" type="string" symbol="{number}" value="{status}" label="{status}"/>'
        for number, status in enumerate(STATUSES)
    )
    symbols = "".join(_symbol(number, status) for number, status in enumerate(STATUSES))
    return (
        "<!DOCTYPE qgis>\n"
        '<qgis version="3.16.0" styleCategories="Symbology">\n'
        '<renderer-v2 type="categorizedSymbol" attr="status" enableorderby="0" forceraster="0" symbollevels="0">\n'
        f"<categories>{categories}</categories>\n<symbols>{symbols}</symbols>\n</renderer-v2>\n"
        f"<layerGeometryType>{_OF_AREAS}</layerGeometryType>\n</qgis>\n"
    ).encode()


def _symbol(number: int, status: Status) -> str:
    red, green, blue = bytes.fromhex(COLOURS[status][1:])
    properties = {
        "color": f"{red},{green},{blue},{_FILL_ALPHA}",
        "style": "solid",
        "outline_color": f"{red},{green},{blue},255",
        "outline_style": _DASHES[status],
        "outline_width": _LINE_MM,
        "outline_width_unit": "MM",
    }
    return (
        f'<symbol name="{number}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">'
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0">'
        + "".join(f'<prop k="{name}" v="{value}"/>' for name, value in properties.items())
        + "</layer></symbol>"
    )
