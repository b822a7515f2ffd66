-- The cache of the log. Its version stands in database.py: a cache of another version is built again.

CREATE TABLE meta (key VARCHAR, value VARCHAR);

-- How far each log file was read (log/files.py: Position).
CREATE TABLE files (
    path VARCHAR, "offset" BIGINT, line BIGINT, size_bytes BIGINT, modified_ns BIGINT, inode UBIGINT, proof VARCHAR
);
-- Those that weren't there when a build looked last.
CREATE TABLE gone (file VARCHAR);

-- The stretches of log files that were read at a time: how many lines of the file are before it, and as what its first
-- line counts; its first byte, and the lengths of its lines in bytes, compressed; whether the file is another one since.
CREATE TABLE stretches (
    stretch BIGINT, file VARCHAR, lines_before BIGINT, first_line BIGINT, "offset" BIGINT, lengths BLOB, replaced BOOLEAN
);

-- Events that are kept together: those of an AOI, or (NULL) some that don't say to which they belong; their lines and
-- places (bundle.py), compressed, and the size of these lines, which can't be told without reading them.
CREATE TABLE bundles (
    bundle BIGINT, aoi VARCHAR, events BIGINT, newest VARCHAR, size_bytes BIGINT,
    lines BLOB USING COMPRESSION uncompressed, places BLOB USING COMPRESSION uncompressed
);

-- Every event that counts: its number, which tells in which bundle it is and where there, and a hash of its identity.
CREATE TABLE events (event BIGINT, identity UBIGINT);
-- Those that don't say to which AOI they belong, what they name, and where they are folded: '' while nobody knows.
CREATE TABLE homeless (event BIGINT, kind VARCHAR, entity BIGINT, aoi VARCHAR);
-- Events that are in bundles, but don't count.
CREATE TABLE dropped (event BIGINT);

-- Lines that don't count because another one of their identity does, wherever they stand: the places of those that are
-- the same as the line of an event, to the byte; and all others, which have `lost` if their content (a hash) is another.
CREATE TABLE repeats (event BIGINT, place BIGINT);
CREATE TABLE others (
    source VARCHAR, id VARCHAR, content VARCHAR, lost BOOLEAN, text BLOB, stretch BIGINT, file_offset BIGINT,
    file_line BIGINT
);
-- Of those that lost the line of each content that is shown, and lines that are no events: not shown of those is what
-- was `rotated`, from a file that is gone into one that is there (shown.py).
CREATE TABLE conflicts (source VARCHAR, id VARCHAR, text BLOB, file VARCHAR, file_offset BIGINT, file_line BIGINT);
CREATE TABLE quarantine (
    file VARCHAR, file_offset BIGINT, file_line BIGINT, reason VARCHAR, text VARCHAR, rotated BOOLEAN
);

-- What stands behind the last line's end of a log file.
CREATE TABLE unfinished (file VARCHAR, file_offset BIGINT, text VARCHAR);

-- The creations with the ids that they name; those that name an id of something else.
CREATE TABLE creations (
    event BIGINT, source VARCHAR, id VARCHAR, aoi VARCHAR, instant VARCHAR, sequence VARCHAR, scene BIGINT, tiles BIGINT[]
);
CREATE VIEW claims AS
    SELECT 'scene' AS kind, scene AS id, event FROM creations
    UNION ALL SELECT 'tile', unnest(tiles), event FROM creations;
CREATE TABLE taken (event BIGINT, reason VARCHAR);

-- What the fold made of it: AOIs, and the scenes that are there with their tiles. How these stand, their payloads,
-- footprints and the transitions that each event caused aren't kept: they follow from the events, and are folded again
-- where they are shown, which costs less than keeping them.
CREATE TABLE aois (name VARCHAR, present BOOLEAN, status VARCHAR, revision BIGINT);
CREATE TABLE scenes (aoi VARCHAR, id BIGINT, tiles BIGINT[]);
CREATE VIEW tiles AS SELECT aoi, unnest(tiles) AS id, id AS scene FROM scenes;
-- Of the events that were not just applied: ignored, rejected, or applied in part. Rejected ones with their lines: they
-- are shown all together.
CREATE TABLE outcomes (event BIGINT, aoi VARCHAR, verdict VARCHAR, reason VARCHAR, line BLOB);

-- What the site holds: for each part of it a fingerprint of what it was made from, its files, and of an AOI the line
-- that stands for it where all AOIs are shown (JSON; '' of other parts). How an AOI's graph was laid out is one, too.
CREATE TABLE published (unit VARCHAR, aoi VARCHAR, fingerprint VARCHAR, paths VARCHAR, summary VARCHAR);
