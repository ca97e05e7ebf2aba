-- Which master keys this database was used with, so that another key file is noticed before it does harm.

CREATE TABLE key_checks (
    number  smallint    PRIMARY KEY CHECK (number BETWEEN 1 AND 255),
    mac     bytea       NOT NULL CHECK (octet_length(mac) = 32),
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE key_checks IS 'Written when a key is first used here, never changed; tells nothing of the key';
COMMENT ON COLUMN key_checks.mac IS 'HMAC of a constant under a key derived for this alone';
GRANT SELECT, INSERT ON key_checks TO huifang_app;
GRANT SELECT ON key_checks TO huifang_reader;
