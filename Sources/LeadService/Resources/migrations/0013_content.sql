-- Rule sets that never change once they are stored, and what visitors may ask for after their inquiry.

ALTER TABLE points_rule_versions ADD CONSTRAINT one_rule_set_a_day UNIQUE (effective_from);
REVOKE UPDATE, DELETE ON points_rule_versions FROM huifang_app;
COMMENT ON TABLE points_rule_versions IS 'Assessments point here: a set is added, never altered, and no two take effect on the same day';

CREATE TABLE benefit_files (
    sha256   bytea       PRIMARY KEY,
    type     text        NOT NULL CHECK (type IN ('application/pdf', 'image/png', 'image/jpeg')),
    content  bytea       NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 4194304),
    added_by text        NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT named_by_its_content CHECK (sha256 = sha256(content))
);
ALTER TABLE benefit_files ALTER content SET STORAGE EXTERNAL;
COMMENT ON TABLE benefit_files IS 'Served through a receipt only; the setting benefits names them by their SHA-256';

CREATE TABLE benefit_requests (
    lead_id      uuid        NOT NULL REFERENCES leads ON DELETE CASCADE,
    benefit      text        NOT NULL CHECK (benefit ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    title        text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 40),
    inquiry_id   uuid        NOT NULL REFERENCES inquiries ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    PRIMARY KEY (lead_id, benefit)
);
COMMENT ON TABLE benefit_requests IS 'Who asked for what, and when first; the title is what it was called then';
CREATE INDEX benefit_requests_by_inquiry ON benefit_requests (inquiry_id);

GRANT SELECT, INSERT ON benefit_files TO huifang_app;
GRANT SELECT, INSERT, DELETE ON benefit_requests TO huifang_app;
