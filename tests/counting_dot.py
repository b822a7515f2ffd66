"""A `dot` that counts how often it is asked."""

from pathlib import Path

from pipeline.render.graph.dot_layout import find_dot


class CountingDot:
    """The installed one behind a script, which keeps a line for each time that it is run."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "asked"
        self.path = folder / "dot"
        self.path.write_text(f'#!/bin/sh\necho >> {self._asked}; exec "{find_dot()}" "$@"\n')
        self.path.chmod(0o755)

    @property
    def choice(self) -> str:
        """As a build is told of it."""
        return str(self.path)

    @property
    def asked(self) -> int:
        return len(self._asked.read_text().splitlines()) if self._asked.exists() else 0
