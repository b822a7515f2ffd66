-- The cache of the log. Its version stands in database.py: a cache of another version is built again.

CREATE TABLE meta (key VARCHAR, value VARCHAR);

-- How far each log file was read (log/files.py: Position).
CREATE TABLE files (
    path VARCHAR, "offset" BIGINT, line BIGINT, size_bytes BIGINT, modified_ns BIGINT, inode UBIGINT, proof VARCHAR
);

-- Every event that counts, numbered as it arrived. `aoi` is where it is folded: '' while nobody knows.
CREATE TABLE events (
    event BIGINT, source VARCHAR, id VARCHAR, instant VARCHAR, sequence VARCHAR, type VARCHAR, partitionkey VARCHAR,
    kind VARCHAR, entity BIGINT, aoi VARCHAR,
    batch BIGINT, start BIGINT, length BIGINT, file VARCHAR, file_offset BIGINT, file_line BIGINT
);

-- The events' own lines, some of one AOI together, compressed (zstd).
CREATE TABLE lines (batch BIGINT, text BLOB);

-- Lines that lost against another event of the same identity, and lines that are no events.
CREATE TABLE conflicts (source VARCHAR, id VARCHAR, text BLOB, file VARCHAR, file_offset BIGINT, file_line BIGINT);
CREATE TABLE quarantine (file VARCHAR, file_offset BIGINT, file_line BIGINT, reason VARCHAR, text VARCHAR);

-- What stands behind the last line's end of a log file.
CREATE TABLE unfinished (file VARCHAR, file_offset BIGINT, text VARCHAR);

-- Which creation names which id; creations that name an id of something else.
CREATE TABLE claims (kind VARCHAR, id BIGINT, event BIGINT);
CREATE TABLE taken (event BIGINT, reason VARCHAR);

-- What the fold made of it. Payloads, footprints and the transitions that each event caused aren't kept: they follow
-- from the events, and are folded again where they are shown, which costs less than keeping them.
CREATE TABLE aois (name VARCHAR, present BOOLEAN, status VARCHAR, revision BIGINT);
CREATE TABLE scenes (
    aoi VARCHAR, id BIGINT, source_id VARCHAR, status VARCHAR, message VARCHAR, retry_countdown BIGINT
);
CREATE TABLE tiles (
    aoi VARCHAR, id BIGINT, scene BIGINT, source_id VARCHAR, status VARCHAR, message VARCHAR, retry_countdown BIGINT,
    prev BIGINT, ref BIGINT
);
-- Of the events that were not just applied: ignored, rejected, or applied in part.
CREATE TABLE outcomes (event BIGINT, aoi VARCHAR, verdict VARCHAR, reason VARCHAR);

-- What the site holds: for each part of it a fingerprint of what it was made from, its files, and of an AOI the line
-- that stands for it where all AOIs are shown (JSON; '' of other parts).
CREATE TABLE published (unit VARCHAR, aoi VARCHAR, fingerprint VARCHAR, paths VARCHAR, summary VARCHAR);
