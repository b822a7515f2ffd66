"""The fold: what events make of an AOI's scenes and tiles. Pure: no files, no clock, no database.

The rules are those of the contract of the fold (docs/semantics.md); each module holds one of its sections.
"""
