-- The tables that are exported. Times are in UTC, to the microsecond; payloads and footprints are JSON texts.

CREATE TABLE export_aois (
    aoi VARCHAR, status VARCHAR, scenes BIGINT, tiles BIGINT, first_event TIMESTAMPTZ, last_event TIMESTAMPTZ
);

-- `acquired` is `data.date`; `since` is when it got its status; `footprint` is a GeoJSON geometry (WGS 84).
CREATE TABLE export_scenes (
    aoi VARCHAR, id BIGINT, source_id VARCHAR, status VARCHAR, message VARCHAR, retry_countdown BIGINT,
    set_by_hand BOOLEAN, created TIMESTAMPTZ, since TIMESTAMPTZ, acquired TIMESTAMPTZ, satellite VARCHAR,
    relative_orbit BIGINT, tiles BIGINT, footprint VARCHAR, footprint_origin VARCHAR, data VARCHAR, tags VARCHAR
);

CREATE TABLE export_tiles (
    aoi VARCHAR, scene_id BIGINT, id BIGINT, source_id VARCHAR, status VARCHAR, message VARCHAR,
    retry_countdown BIGINT, set_by_hand BOOLEAN, created TIMESTAMPTZ, since TIMESTAMPTZ, previous_id BIGINT,
    reference_id BIGINT, footprint VARCHAR, footprint_origin VARCHAR, data VARCHAR, tags VARCHAR
);

-- What each event changed in each scene or tile; of an AOI in the order in which it happened.
CREATE TABLE export_transitions (
    aoi VARCHAR, time TIMESTAMPTZ, event_type VARCHAR, event_source VARCHAR, event_id VARCHAR, kind VARCHAR, id BIGINT,
    status_before VARCHAR, status_after VARCHAR, retries_before BIGINT, retries_after BIGINT, previous_before BIGINT,
    previous_after BIGINT, reference_before BIGINT, reference_after BIGINT, message VARCHAR, given_by VARCHAR,
    reason VARCHAR
);
