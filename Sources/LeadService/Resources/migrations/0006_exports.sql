-- Every export that was ever asked for: who, which filters and columns, how many rows, which bytes.

CREATE TABLE export_records (
    id          uuid        PRIMARY KEY,
    at          timestamptz NOT NULL,
    staff_id    uuid        REFERENCES staff,
    actor       text        NOT NULL,
    format      text        NOT NULL CHECK (format IN ('csv', 'ndjson', 'xlsx')),
    filters     jsonb       NOT NULL,
    columns     text[]      NOT NULL,
    phone       text        NOT NULL CHECK (phone IN ('masked', 'plain')),
    reason      text        NOT NULL CHECK (char_length(reason) <= 500),
    state       text        NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    rows        bigint      CHECK (rows >= 0),
    excluded    bigint      CHECK (excluded >= 0),
    sha256      bytea       CHECK (octet_length(sha256) = 32),
    finished_at timestamptz,
    CONSTRAINT plain_numbers_need_a_reason CHECK (phone = 'masked' OR char_length(reason) > 0),
    CONSTRAINT done_says_what CHECK (state <> 'done' OR (rows IS NOT NULL AND excluded IS NOT NULL AND sha256 IS NOT NULL)),
    CONSTRAINT finished_has_a_time CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX export_records_by_age ON export_records (at);

GRANT SELECT, INSERT, UPDATE ON export_records TO huifang_app;
