"""The sites whose pages are read here, as text."""

from example_sites import hostile, sample

__all__ = ["hostile", "sample"]
