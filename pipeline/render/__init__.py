"""Render: the files of the site, as bytes by path. Nothing here reads the clock, the log or the site."""
