"""The store: a DuckDB cache of the log and of what the fold made of it. It may be deleted at any time."""
