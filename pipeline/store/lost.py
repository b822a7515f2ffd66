"""Which lines are shown of those that lost against another event of the same identity."""

import hashlib

from pipeline.store.database import Database


def content_of(canonical: str) -> str:
    """What stands for a content: a hash of its canonical text."""
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def settle_conflicts(database: Database, lost: str) -> None:
    """Puts on record of each content the least line that lost, by its text and its place in the log.

    `lost` is a table of lines that lost, in a statement.
    """
    database.run("DELETE FROM conflicts")
    database.run(
        f"""
        INSERT INTO conflicts
        SELECT source, id, text, file, file_offset, file_line
        FROM (FROM {lost}) JOIN (SELECT stretch, file FROM stretches) USING (stretch)
        QUALIFY row_number() OVER (PARTITION BY source, id, content ORDER BY text, file, file_offset) = 1
        """
    )
