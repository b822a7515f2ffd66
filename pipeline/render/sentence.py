"""The sentence that says why a scene or tile is where it is, with the root that it names as a link."""

from typing import NamedTuple

from pipeline.insight.waiting import Reason
from pipeline.store.board import Board, BoardScene, BoardTile


class Sentence(NamedTuple):
    """A sentence cut where it names its root. Without a root it is all in `before`, and the rest is empty.

    `root` is what the link leads to, in the folder of the scenes' pages: `12.html`, `12.html#tile-31`.
    """

    before: str
    root: str = ""
    words: str = ""
    after: str = ""


def sentence(reason: Reason, board: Board, of: BoardScene | BoardTile) -> Sentence:
    """Cuts the sentence of a reason. What is its own root has no link."""
    said, kind, id = reason.sentence, reason.root_kind, reason.root_id
    if kind is None or id is None or (id == of.id and (kind == "scene") is isinstance(of, BoardScene)):
        return Sentence(said)
    root = f"{id}.html" if kind == "scene" else f"{board.tiles[id].scene.id}.html#tile-{id}"
    words = f"{kind} {id}"
    start = said.find(words)
    while start >= 0 and said[start + len(words) : start + len(words) + 1].isdigit():
        start = said.find(words, start + 1)
    if start < 0:
        return Sentence(f"{said} (", root, words, ")")
    return Sentence(said[:start], root, words, said[start + len(words) :])
