"""Builds the site whenever the log changes: one build at a time, and not one for every line."""
