-- Keys with which programs call the API, each for what its scopes say.

CREATE TABLE api_keys (
    id               uuid        PRIMARY KEY,
    name             text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    prefix           text        NOT NULL CHECK (char_length(prefix) = 11),
    key_hash         bytea       NOT NULL CHECK (octet_length(key_hash) = 32),
    previous_hash    bytea       CHECK (octet_length(previous_hash) = 32),
    previous_until   timestamptz,
    scopes           text[]      NOT NULL CHECK (cardinality(scopes) > 0
        AND scopes <@ ARRAY['leads:write', 'leads:read', 'stats:read', 'exports:read']),
    created_by       uuid        NOT NULL REFERENCES staff,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz CHECK (expires_at > created_at),
    last_used_at     timestamptz,
    scope_refused_at timestamptz,
    revoked_at       timestamptz,
    CONSTRAINT api_keys_hash_key UNIQUE (key_hash),
    CONSTRAINT an_overlap_ends CHECK ((previous_hash IS NULL) = (previous_until IS NULL))
);
COMMENT ON TABLE api_keys IS 'Only a hash of each key, 256 random bits, is kept; the prefix is what people know it by';
COMMENT ON COLUMN api_keys.previous_hash IS 'The key before the last rotation, good until previous_until';
COMMENT ON COLUMN api_keys.created_by IS 'Who answers for what the key does: the witness of consents that it records';
CREATE UNIQUE INDEX one_live_key_of_a_name ON api_keys (name) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_by_previous_hash ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO huifang_app;
