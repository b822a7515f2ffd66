"""The event log: a folder of JSON Lines files, only ever appended to, that holds the truth."""
