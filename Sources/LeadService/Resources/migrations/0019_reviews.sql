-- An adviser's assessment of a lead, beside the visitor's own: who, when, on what grounds. Rows are added and deleted, never changed.

CREATE TABLE assessment_reviews (
    assessment_id uuid        PRIMARY KEY REFERENCES assessments ON DELETE CASCADE,
    lead_id       uuid        NOT NULL REFERENCES leads,
    reviewed_by   uuid        NOT NULL REFERENCES staff,
    note_sealed   bytea       NOT NULL,
    reviewed_at   timestamptz NOT NULL
);
COMMENT ON TABLE assessment_reviews IS 'Belongs to the lead it was made for, also after a merge';
CREATE INDEX assessment_reviews_by_lead ON assessment_reviews (lead_id, reviewed_at);
CREATE INDEX assessment_reviews_by_staff ON assessment_reviews (reviewed_by);

GRANT SELECT, INSERT, DELETE ON assessment_reviews TO huifang_app;
