"""The event log: JSON Lines files in a folder or a bucket, only ever appended to, that hold the truth."""
