-- A file of leads comes in by parts: each is kept sealed until the transaction that takes its rows, so that a batch whose process ends
-- goes on where it was. What a batch made is traced row by row, and can be undone while nothing was done with it.

ALTER TABLE lead_imports
    ADD COLUMN state text NOT NULL DEFAULT 'done' CHECK (state IN ('draft', 'queued', 'running', 'done', 'failed', 'undone')),
    ADD COLUMN rows integer CHECK (rows >= 0),
    ADD COLUMN heading_sealed bytea,
    ADD COLUMN columns jsonb CHECK (jsonb_typeof(columns) = 'object'),
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN request_sealed bytea,
    ADD COLUMN attempts smallint NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 3),
    ADD COLUMN lease_token uuid,
    ADD COLUMN lease_until timestamptz,
    ADD COLUMN failure text CHECK (failure ~ '^[a-z_]{1,40}$'),
    ADD COLUMN finished_at timestamptz,
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN undone_by text CHECK (char_length(undone_by) BETWEEN 1 AND 64),
    ALTER COLUMN basis DROP NOT NULL,
    DROP CONSTRAINT something_came_in,
    DROP CONSTRAINT a_file_comes_in_once;
UPDATE lead_imports SET finished_at = made_at, rows = added + joined + repeated + refused;
ALTER TABLE lead_imports
    ALTER COLUMN rows SET NOT NULL,
    ADD CONSTRAINT something_came_in CHECK (state <> 'done' OR added + joined > 0),
    ADD CONSTRAINT they_agreed_somehow CHECK (state = 'draft' OR basis IS NOT NULL),
    ADD CONSTRAINT running_under_a_lease CHECK ((state = 'running') = (lease_token IS NOT NULL) AND (lease_token IS NULL) = (lease_until IS NULL)),
    ADD CONSTRAINT over_has_a_time CHECK ((state IN ('done', 'failed', 'undone')) = (finished_at IS NOT NULL)),
    ADD CONSTRAINT failed_says_why CHECK (state <> 'failed' OR failure IS NOT NULL),
    ADD CONSTRAINT undone_says_by_whom CHECK ((state = 'undone') = (undone_at IS NOT NULL) AND (undone_at IS NULL) = (undone_by IS NULL)),
    ADD CONSTRAINT nothing_is_kept_when_all_is_over CHECK (state NOT IN ('done', 'undone') OR num_nonnulls(heading_sealed, request_sealed) = 0);
-- A batch that was undone, or that brought nothing, does not stand in the way of the same file.
CREATE UNIQUE INDEX a_file_comes_in_once ON lead_imports (sha256)
    WHERE state IN ('queued', 'running', 'done') OR state = 'failed' AND added + joined > 0;
CREATE INDEX lead_imports_to_do ON lead_imports (made_at) WHERE state IN ('draft', 'queued', 'running');
COMMENT ON TABLE lead_imports IS 'Batches of leads from files, with counts and the digest of the file; what came with it is sealed and goes when it is over';
COMMENT ON COLUMN lead_imports.columns IS 'Which column of the file holds what, counted from one';
COMMENT ON COLUMN lead_imports.added IS 'Of a draft what its trial found; else what came in so far';
GRANT UPDATE, DELETE ON lead_imports TO huifang_app;

CREATE TABLE lead_import_parts (
    id          uuid    PRIMARY KEY,
    import_id   uuid    NOT NULL REFERENCES lead_imports ON DELETE CASCADE,
    position    integer NOT NULL CHECK (position >= 0),
    line        integer NOT NULL CHECK (line > 0),
    rows        integer NOT NULL CHECK (rows > 0),
    text_sealed bytea   NOT NULL,
    UNIQUE (import_id, position)
);
COMMENT ON TABLE lead_import_parts IS 'What has not come in yet of a file: a part is deleted by the transaction that takes its rows';
GRANT SELECT, INSERT, DELETE ON lead_import_parts TO huifang_app;
GRANT SELECT ON lead_import_parts TO huifang_reader;

CREATE TABLE lead_import_refusals (
    import_id uuid    NOT NULL REFERENCES lead_imports ON DELETE CASCADE,
    line      integer NOT NULL CHECK (line > 0),
    code      text    NOT NULL CHECK (code ~ '^[a-z_]{1,40}$'),
    detail    text    NOT NULL CHECK (char_length(detail) <= 300),
    PRIMARY KEY (import_id, line)
);
COMMENT ON TABLE lead_import_refusals IS 'Why rows of a file did not come in, by their line; nothing of what they held';
GRANT SELECT, INSERT, DELETE ON lead_import_refusals TO huifang_app;
GRANT SELECT ON lead_import_refusals TO huifang_reader;

ALTER TABLE lead_import_inquiries
    ADD COLUMN line integer CHECK (line > 0),
    ADD COLUMN task_id uuid,
    ADD COLUMN is_new boolean,
    ADD COLUMN opened boolean,
    ADD COLUMN before jsonb,
    ADD COLUMN changed_in xid8;
COMMENT ON COLUMN lead_import_inquiries.task_id IS 'The task that calls for it; no reference, as undoing a batch deletes both';
COMMENT ON COLUMN lead_import_inquiries.is_new IS 'Whether the batch made the lead; null of batches before there was an undo';
COMMENT ON COLUMN lead_import_inquiries.before IS 'The task as it was before the inquiry joined it; null where the batch opened it';
COMMENT ON COLUMN lead_import_inquiries.changed_in IS 'The transaction that brought the row in: a task that another changed since is not given back';

-- A batch is undone a thousand rows at a time, in their order; tasks that it joined are few and looked for by themselves.
DROP INDEX lead_import_inquiries_by_import;
CREATE INDEX lead_import_inquiries_by_import ON lead_import_inquiries (import_id, inquiry_id);
CREATE INDEX lead_import_inquiries_by_task ON lead_import_inquiries (task_id) WHERE NOT opened;

-- Deleting what a batch made asks these whether anything else refers to it; so far nothing was deleted in numbers.
CREATE INDEX callback_tasks_by_inquiry ON callback_tasks (latest_inquiry_id);
CREATE INDEX consents_by_inquiry ON consents (inquiry_id) WHERE inquiry_id IS NOT NULL;
CREATE INDEX call_attempts_by_target ON call_attempts (merge_into) WHERE merge_into IS NOT NULL;
CREATE INDEX privacy_requests_by_lead ON privacy_requests (lead_id) WHERE lead_id IS NOT NULL;
