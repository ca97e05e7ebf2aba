-- Leads that came in as a file: what each batch did, and which inquiries it made; nothing of the file itself is kept.

CREATE TABLE lead_imports (
    id        uuid        PRIMARY KEY,
    made_at   timestamptz NOT NULL,
    made_by   text        NOT NULL CHECK (char_length(made_by) BETWEEN 1 AND 64),
    sha256    bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    basis     text        NOT NULL CHECK (basis IN ('call_in', 'walk_in', 'wechat', 'written', 'other')),
    added     integer     NOT NULL CHECK (added >= 0),
    joined    integer     NOT NULL CHECK (joined >= 0),
    repeated  integer     NOT NULL CHECK (repeated >= 0),
    refused   integer     NOT NULL CHECK (refused >= 0),
    CONSTRAINT something_came_in CHECK (added + joined > 0),
    CONSTRAINT a_file_comes_in_once UNIQUE (sha256)
);
COMMENT ON TABLE lead_imports IS 'Batches of leads from files, with counts and the digest of the file, and nobody''s data';
GRANT SELECT, INSERT ON lead_imports TO huifang_app;
GRANT SELECT ON lead_imports TO huifang_reader;

CREATE TABLE lead_import_inquiries (
    inquiry_id uuid PRIMARY KEY REFERENCES inquiries ON DELETE CASCADE,
    import_id  uuid NOT NULL REFERENCES lead_imports
);
COMMENT ON TABLE lead_import_inquiries IS 'Which inquiries a batch made';
CREATE INDEX lead_import_inquiries_by_import ON lead_import_inquiries (import_id);
GRANT SELECT, INSERT ON lead_import_inquiries TO huifang_app;
GRANT SELECT ON lead_import_inquiries TO huifang_reader;
