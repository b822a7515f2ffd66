"""Opens layers in QGIS, as its users do, and prints what they look like there. For the Python that has QGIS.

    python3 qgis_layer.py PATH...

Each is given as JSON: whether it is valid, how many features it has, by what it is coloured, and how.
"""

import json
import sys

from qgis.core import QgsApplication, QgsVectorLayer


def told(path: str) -> dict[str, object]:
    layer = QgsVectorLayer(path, "layer", "ogr")
    renderer = layer.renderer()
    found: dict[str, object] = {"valid": layer.isValid(), "features": layer.featureCount(), "kind": renderer.type()}
    if renderer.type() == "categorizedSymbol":
        found["by"] = renderer.classAttribute()
        found["categories"] = {
            one.value(): [
                one.symbol().symbolLayer(0).strokeColor().name(), int(one.symbol().symbolLayer(0).strokeStyle())
            ]
            for one in renderer.categories()
        }  # fmt: skip
    return found


application = QgsApplication([], False)
application.initQgis()
print(json.dumps([told(path) for path in sys.argv[1:]]))
application.exitQgis()
