"""The handover sheets of an AOI's days."""
