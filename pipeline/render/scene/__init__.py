"""Everything about one scene: its files, its page, and what happened to it."""
