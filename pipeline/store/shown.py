"""Which lines the quarantine shows where the same one stands, or stood, at several places of the log."""

import hashlib

from pipeline.store.database import Database


def content_of(canonical: str) -> str:
    """What stands for a content: a hash of its canonical text."""
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def settle_conflicts(database: Database, lost: str) -> None:
    """Puts on record of each content the line that is shown of those that lost: the least by its text and its place.

    One that stands in the log as it is now comes before those of files that are gone or were replaced. `lost` is a
    table of lines that lost, in a statement.
    """
    database.run("DELETE FROM conflicts")
    database.run(
        f"""
        INSERT INTO conflicts
        WITH there AS (SELECT stretch, file, replaced OR file IN (FROM gone) AS gone FROM stretches)
        SELECT source, id, text, file, file_offset, file_line
        FROM (FROM {lost}) JOIN there USING (stretch)
        QUALIFY row_number() OVER (PARTITION BY source, id, content ORDER BY gone, text, file, file_offset) = 1
        """
    )


def settle_rotated(database: Database) -> None:
    """Finds which lines that can't be used were rotated: their file is gone, and the same one stands in another.

    They stay it when that one is gone, too: it stands for them then.
    """
    database.run(
        """
        UPDATE quarantine SET rotated = file IN (FROM gone) AND (
            rotated OR (reason, text) IN (SELECT (reason, text) FROM quarantine WHERE file NOT IN (FROM gone))
        )
        WHERE rotated OR file IN (FROM gone)
        """
    )
