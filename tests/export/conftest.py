"""The site whose GeoJSON other programs open here."""

from example_sites import hostile, sample

__all__ = ["hostile", "sample"]
