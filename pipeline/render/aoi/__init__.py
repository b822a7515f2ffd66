"""An AOI as a whole: its page, its lists, its counts, and all of its files."""
