"""The matrix of dates and tracks."""
