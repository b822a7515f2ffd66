"""Fuzzes what the program does with a line of the log, guided by coverage: from bytes to what pages show of it.

    pip install atheris
    python -m torture.fuzz_lines CORPUS -max_total_time=600 -max_len=4096

The folder CORPUS, which must be there, keeps what was found interesting. Without atheris spoilt lines are made by
chance instead, as many as the number given: `python -m torture.fuzz_lines 100000`.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

AOI = "Other"


def _atheris() -> ModuleType | None:
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


def make_target() -> Callable[[bytes], None]:
    """The function to fuzz. Whatever lines it is given, it must not raise."""
    from pipeline.event import Event, EventInvalid, SceneCreated, canonical, decode, moment
    from pipeline.fold.apply import fold
    from pipeline.fold.owners import claims, first_claims, taken
    from pipeline.ingest import shown
    from pipeline.render import payload
    from pipeline.render.interchange import bodies, features
    from pipeline.store.board import make_board
    from pipeline.store.folds import Past

    def target(data: bytes) -> None:
        events: list[tuple[int, Event]] = []
        texts: list[bytes] = []
        instants: list[str] = []
        for line in data.split(b"\n"):
            shown(line)
            canonical(line)
            try:
                event = decode(line)
                instant = moment(event)
            except EventInvalid as invalid:
                assert str(invalid)
                continue
            if isinstance(event, SceneCreated):
                assert claims(event.data)
                payload.laid_out(bytes(event.data.data))
            payload.value(line)
            events.append((len(events) + 1, event))
            texts.append(line)
            instants.append(instant)
        creations = [(number, event.data) for number, event in events if isinstance(event, SceneCreated)]
        owners = first_claims(new for _, new in creations)
        refused = {number: why for number, new in creations if (why := taken(claims(new), owners))}
        fold(AOI, events, refused, history=True)
        board = make_board(Past(AOI, events, texts, instants, refused))
        if board is not None:
            bodies.scenes(board)
            bodies.tiles(board)
            bodies.root_tiles(board)
            found = features.Features(board)
            found.scenes()
            found.tiles()

    return target


def corpus() -> list[bytes]:
    """Lines to begin with."""
    from torture.corruption import BEGINNING, mutants

    return [b"\n".join([*BEGINNING, line]) for line in mutants(400, 1)]


def _by_chance(count: int) -> None:
    from torture.corruption import BEGINNING, mutants

    target = make_target()
    for seed in range(count // 100):
        lines = mutants(100, seed)
        for line in lines:
            target(b"\n".join([*BEGINNING, line]))
        target(b"\n".join([*BEGINNING, *lines]))
    print(f"{count // 100 * 100} spoilt lines")


def _main() -> None:
    atheris: Any = _atheris()
    if atheris is None:
        _by_chance(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        return
    with atheris.instrument_imports(include=["pipeline"]):
        target = make_target()
    for folder in map(Path, sys.argv[1:]):
        if folder.is_dir() and not any(folder.iterdir()):
            for number, lines in enumerate(corpus()):
                (folder / f"begin-{number:03d}").write_bytes(lines)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    _main()
