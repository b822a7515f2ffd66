"""All that is derived from an AOI's board, each once and when it is first asked for: pages share it."""

from functools import cached_property

from pipeline.insight.attention import Attention, attention
from pipeline.insight.days import Day, days
from pipeline.insight.progress import Progress, progress
from pipeline.insight.waiting import Waiting, reasons
from pipeline.store.board import Board


class Facts:
    """What is known of an AOI beyond its board. Make one for each board, and hand it on."""

    def __init__(self, board: Board) -> None:
        self.board = board

    @cached_property
    def waiting(self) -> Waiting:
        """Why each scene and tile is where it is."""
        return reasons(self.board)

    @cached_property
    def attention(self) -> Attention:
        """What failed, in groups."""
        return attention(self.board, self.waiting)

    @cached_property
    def sheets(self) -> list[Day]:
        """A sheet for each day with an event, ascending."""
        return days(self.board)

    @cached_property
    def progress(self) -> Progress:
        """How far it is and how fast it goes."""
        return progress(self.board, self.sheets)
