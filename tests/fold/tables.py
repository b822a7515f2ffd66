"""Tables of the contract, as they stand in it, and what their words mean."""

from collections.abc import Iterator
from typing import Any

from world import World

STATUSES = ("NEW", "PENDING", "DONE", "RETRY", "FAILED")
MESSAGE = "what it had to say"


def cells(table: str) -> list[tuple[str, str, str]]:
    """The cells of a table: the status now (several rows may be told at once), what is asked for, what it comes to."""
    return list(_cells(table))


def _cells(table: str) -> Iterator[tuple[str, str, str]]:
    head, *rows = ([cell.strip() for cell in row.strip("| ").split("|")] for row in table.strip().splitlines())
    for row in rows:
        for now in row[0].split(", "):
            for asked, cell in zip(head[1:], row[1:], strict=True):
                yield now, asked, cell


def check(world: World, kind: str, id: int, before: dict[str, Any], verdict: str, cell: str) -> None:
    """Whether a scene or tile has become what the word in the table says, its neighbours left aside."""
    was = before[kind][str(id)]
    now = world.state()[kind][str(id)]
    match cell:
        case "ignored" | "rejected":
            assert verdict == cell
            assert world.state() == before
            return
        case "finish":
            expected = {"status": "DONE"}
        case "retry":
            expected = {"status": "PENDING", "retry_countdown": was["retry_countdown"] - 1}
        case "RETRY, message set":
            expected = {"status": "RETRY", "message": MESSAGE}
        case "fail, message set":
            expected = {"status": "FAILED", "message": MESSAGE}
        case "fail":
            expected = {"status": "FAILED"}
        case "RETRY" | "NEW":
            expected = {"status": cell}
        case _:
            raise AssertionError(f"no word of the contract: {cell}")
    assert verdict == "applied"
    assert now == {**was, **expected}
