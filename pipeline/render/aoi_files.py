"""Everything the site holds of one AOI as a whole: its pages, the API's bodies, GeoJSON and graph."""

from pipeline.event import STATUSES
from pipeline.render import bodies, features, overview
from pipeline.render.dot import dot
from pipeline.render.environment import page
from pipeline.render.list_pages import list_pages
from pipeline.store.board import Board


def aoi_files(board: Board, folder: str) -> dict[str, bytes]:
    """The files under the AOI's folder."""
    here = f"aoi/{folder}"
    workload = overview.overview(board)
    files = {
        f"{here}/overview.txt": overview.text(workload),
        f"{here}/overview.json": overview.json(workload),
        f"{here}/scenes.json": bodies.scenes(board),
        f"{here}/scenes.geojson": features.scenes(board),
        f"{here}/tiles.json": bodies.tiles(board),
        f"{here}/tiles.geojson": features.tiles(board),
        f"{here}/roottiles.json": bodies.root_tiles(board),
        f"{here}/leaftiles.json": bodies.leaf_tiles(board),
        f"{here}/graph.dot": dot(board, f"{here}/graph.dot").encode(),
        f"{here}/index.html": page(
            "aoi/index.html", f"{here}/index.html", board=board, folder=folder, overview=workload
        ),
    }
    for status in STATUSES:
        files[f"{here}/scenes/{status}.json"] = bodies.scenes(board, status)
        files[f"{here}/scenes/{status}.geojson"] = features.scenes(board, status)
        files[f"{here}/tiles/{status}.json"] = bodies.tiles(board, status)
        files[f"{here}/tiles/{status}.geojson"] = features.tiles(board, status)
    files.update(list_pages(board, folder))
    return files
