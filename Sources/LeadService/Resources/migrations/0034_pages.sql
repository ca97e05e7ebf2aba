-- What pages for visitors tell: deadlines that a calendar moved, and what a correction was about.

CREATE TABLE deadline_moves (
    inquiry_id     uuid        NOT NULL REFERENCES inquiries ON DELETE CASCADE,
    moved_at       timestamptz NOT NULL,
    earlier_due_at timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    PRIMARY KEY (inquiry_id, moved_at),
    CHECK (due_at > earlier_due_at)
);
COMMENT ON TABLE deadline_moves IS 'Provisional promises that an imported calendar moved, for the receipt; what the visitor moves is not here';
GRANT SELECT, INSERT ON deadline_moves TO huifang_app;
GRANT SELECT ON deadline_moves TO huifang_reader;

ALTER TABLE privacy_requests ADD COLUMN corrects text[] NOT NULL DEFAULT '{}'
    CHECK (corrects <@ ARRAY['name', 'answers'] AND (kind = 'correct' OR corrects = '{}'));
COMMENT ON COLUMN privacy_requests.corrects IS 'What a correction was about, which is all that its result shows';
