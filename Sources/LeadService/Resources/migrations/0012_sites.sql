-- Sites that carry our form, and where inquiries came from.

CREATE TABLE sites (
    name        text        PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$' AND name <> 'default'),
    form_key    text        NOT NULL CHECK (form_key ~ '^[A-Za-z0-9_-]{22}$'),
    origins     text[]      NOT NULL CHECK (cardinality(origins) <= 20),
    active      boolean     NOT NULL DEFAULT true,
    closes_on   date,
    quota       integer     CHECK (quota > 0),
    taken       integer     NOT NULL DEFAULT 0 CHECK (taken >= 0),
    closed_text text        CHECK (char_length(closed_text) BETWEEN 1 AND 200),
    created_at  timestamptz NOT NULL,
    CONSTRAINT one_site_per_form_key UNIQUE (form_key),
    CONSTRAINT within_the_quota CHECK (taken <= quota)
);
COMMENT ON TABLE sites IS 'Pages of others that carry our form, each under a form key; the default form has no row';
COMMENT ON COLUMN sites.origins IS 'Scheme, host and port of the pages that may; nobody else may frame the form or call the API with its key';
COMMENT ON COLUMN sites.closes_on IS 'The last day in Shanghai on which inquiries are taken';
COMMENT ON COLUMN sites.taken IS 'Inquiries taken since the quota was set; not counted without one, so that nobody waits for this row';

ALTER TABLE inquiries ADD COLUMN site text REFERENCES sites;
COMMENT ON COLUMN inquiries.site IS 'Whose form it was; null for the default form and for leads entered by staff';
CREATE INDEX inquiries_by_site ON inquiries (site, accepted_at) WHERE site IS NOT NULL;

-- What an inquiry says of its source is never rewritten; erasure empties it.
CREATE FUNCTION keep_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the source of an inquiry does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'source_is_kept';
END
$$;
REVOKE EXECUTE ON FUNCTION keep_source FROM PUBLIC;
CREATE TRIGGER source_is_kept BEFORE UPDATE OF source ON inquiries FOR EACH ROW
    WHEN (NEW.source IS DISTINCT FROM OLD.source AND NEW.source <> '{}') EXECUTE FUNCTION keep_source();

-- The short text that names a source in lists, filters and exports: the utm_source of this visit or of the last one that had any,
-- else host and path of the page.
CREATE FUNCTION short_source(source jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(coalesce(
    nullif(source->'utm'->>'source', ''), nullif(source->>'utm_source', ''), nullif(source->'last_touch'->'utm'->>'source', ''),
    (SELECT substring(address FROM '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)')
            || coalesce(substring(address FROM '^[^/?#]*://[^/?#]*(/[^?#]*)'), '')
     FROM unnest(ARRAY[source->>'page_url', source->>'landing_url', source->>'referrer']) WITH ORDINALITY AS a (address, place)
     WHERE address ~ '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?[^/?#:]+' ORDER BY place LIMIT 1),
    ''), 200);
REVOKE EXECUTE ON FUNCTION short_source FROM PUBLIC;
GRANT EXECUTE ON FUNCTION short_source TO huifang_app, huifang_reader;

GRANT SELECT, INSERT, UPDATE ON sites TO huifang_app;
