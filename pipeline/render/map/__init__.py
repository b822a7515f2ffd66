"""The map of an AOI: land, grid, footprints and what stands beside them."""
