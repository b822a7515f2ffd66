"""Sites in shards beside the site of one store, from the same log."""

from pathlib import Path
from typing import Any

from log_lines import Log
from site_tree import differing, tree

from pipeline.build import Built, build
from pipeline.shards.build import build_in_shards


class Both:
    """A log, and the sites that one store and several numbers of shards make of it, build after build."""

    def __init__(self, folder: Path, *numbers: int, **options: Any) -> None:
        self.folder, self.numbers, self.options = folder, numbers, options
        self.log = Log(folder / "one/events")
        self.log.folder.mkdir(parents=True)
        for number in numbers:
            (folder / f"{number}").mkdir()
            (folder / f"{number}/events").symlink_to(self.log.folder)
        self.one: Built
        self.sharded: dict[int, Built] = {}

    def site(self, number: int | str = "one") -> Path:
        return self.folder / f"site {number}"

    def build(self) -> None:
        """Each builds, and what differs is an error."""
        self.one = build(self.folder / "one", self.site(), **self.options)
        for number in self.numbers:
            self.sharded[number] = build_in_shards(self.folder / f"{number}", self.site(number), number, **self.options)
        self.compare()

    def compare(self) -> None:
        of_one = tree(self.site())
        for number in self.numbers:
            assert differing(of_one, tree(self.site(number))) == [], f"{number} shards"
            built = self.sharded[number]
            assert (built.aois, built.rejected, built.quarantined) == (
                self.one.aois,
                self.one.rejected,
                self.one.quarantined,
            )
