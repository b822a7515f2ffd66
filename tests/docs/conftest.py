"""Sites to compare the pages with."""

from example_sites import hostile, sample

__all__ = ["hostile", "sample"]
