-- Beside the tables of a store (store/schema.sql): what the machine that builds knows of all shards.

-- Routed files and their frames (routed.py). A shard has taken in those up to a number.
CREATE TABLE IF NOT EXISTS routed (file BIGINT, name VARCHAR);
CREATE TABLE IF NOT EXISTS frames (
    file BIGINT, bundle BIGINT, shard INTEGER, start BIGINT, line_bytes BIGINT, place_bytes BIGINT, text_bytes BIGINT
);

-- Every event of the log, duplicates too: the shard of the AOI that it names (-1: it names an id alone), and a hash of
-- its identity.
CREATE TABLE IF NOT EXISTS keys (event BIGINT, shard INTEGER, identity UBIGINT);
-- The ids that creations name, and those that other events name alone: a tile's, or a scene's.
CREATE TABLE IF NOT EXISTS claimed (tile BOOLEAN, id BIGINT, event BIGINT, shard INTEGER);
CREATE TABLE IF NOT EXISTS unhoused (tile BOOLEAN, id BIGINT, event BIGINT);
-- Where else events are: those that name an id alone, and what else a shard needs to see.
CREATE TABLE IF NOT EXISTS copies (event BIGINT, shard INTEGER);

-- By shard its store, the last routed file that this has taken in, and what the shard's part of the site was made from.
CREATE TABLE IF NOT EXISTS shards (shard INTEGER, store VARCHAR, taken BIGINT, published VARCHAR);

-- What each shard has told: its AOIs, rejected events, the latest ones, where scenes and tiles are that these name, and
-- lines that lost, each wherever it stands in the log.
CREATE TABLE IF NOT EXISTS told_aois (shard INTEGER, name VARCHAR, revision BIGINT, summary VARCHAR);
CREATE TABLE IF NOT EXISTS told_rejected (shard INTEGER, aoi VARCHAR, verdict VARCHAR, reason VARCHAR, line BLOB);
CREATE TABLE IF NOT EXISTS told_latest (shard INTEGER, aoi VARCHAR, verdict VARCHAR, reason VARCHAR, line BLOB);
CREATE TABLE IF NOT EXISTS told_located (shard INTEGER, kind VARCHAR, id BIGINT, scene BIGINT, aoi VARCHAR);
CREATE TABLE IF NOT EXISTS told_lost (
    shard INTEGER, source VARCHAR, id VARCHAR, content VARCHAR, text BLOB, stretch BIGINT, file_offset BIGINT,
    file_line BIGINT
);
