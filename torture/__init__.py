"""Attacks on the program, at length: `make torture`. Short shares of them are in `tests/robustness`.

Whatever is done to it, after the next build the site is what one build of the surviving log gives, byte for byte.
"""
