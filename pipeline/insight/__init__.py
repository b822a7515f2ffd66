"""What a board tells beyond its rows: why things wait, what needs attention, what may be done about it.

Pure: everything here follows from a `Board` (or what it holds). No files, no clock, no HTML, no words of a page.
"""
