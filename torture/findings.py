"""What attacks came to: how many there were, and what broke."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class Findings:
    """Counts of what was done and seen; and each thing that must not be, in words."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        """Notes what is broken if something doesn't hold."""
        if not holds:
            self.broken.append(what)

    def expect_same(self, differing: Sequence[str], where: str) -> None:
        """Notes it if sites differ."""
        if differing:
            self.broken.append(f"{where}: {len(differing)} files differ: {', '.join(differing[:5])}")

    def add(self, others: Iterable["Findings"]) -> "Findings":
        """Takes in what others found."""
        for other in others:
            self.counts += other.counts
            self.broken += other.broken
        return self
