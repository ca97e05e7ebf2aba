-- Exports as jobs, whose files wait sealed in the database, and what the page of background work knows.

CREATE TABLE export_jobs (
    id            uuid        PRIMARY KEY,
    requested_by  uuid        NOT NULL REFERENCES staff,
    requested_at  timestamptz NOT NULL,
    format        text        NOT NULL CHECK (format IN ('csv', 'ndjson', 'xlsx')),
    filters       jsonb       NOT NULL CHECK (jsonb_typeof(filters) = 'object'),
    filter_sealed bytea,
    columns       text[]      NOT NULL CHECK (cardinality(columns) > 0),
    phone         text        NOT NULL CHECK (phone IN ('masked', 'plain')),
    reason        text        NOT NULL CHECK (char_length(reason) <= 500),
    fingerprint   bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    state         text        NOT NULL CHECK (state IN ('waiting_approval', 'queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    approved_by   uuid        REFERENCES staff,
    approved_at   timestamptz,
    attempts      smallint    NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 3),
    lease_token   uuid,
    lease_until   timestamptz,
    started_at    timestamptz,
    done          bigint      NOT NULL DEFAULT 0 CHECK (done >= 0),
    total         bigint      CHECK (total >= 0),
    key_sealed    bytea,
    chunks        integer     CHECK (chunks > 0),
    rows          bigint      CHECK (rows >= 0),
    excluded      bigint      CHECK (excluded >= 0),
    bytes         bigint      CHECK (bytes >= 0),
    sha256        bytea       CHECK (octet_length(sha256) = 32),
    failure       text        CHECK (failure ~ '^[a-z_]{1,40}$'),
    finished_at   timestamptz,
    expires_at    timestamptz,
    downloads     integer     NOT NULL DEFAULT 0 CHECK (downloads >= 0),
    CONSTRAINT somebody_else_approves CHECK (approved_by <> requested_by),
    CONSTRAINT an_approval_has_a_time CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT plain_numbers_have_a_reason CHECK (phone = 'masked' OR char_length(reason) > 0),
    CONSTRAINT running_under_a_lease CHECK ((state = 'running') = (lease_token IS NOT NULL)
        AND (lease_token IS NULL) = (lease_until IS NULL) AND (state <> 'running' OR started_at IS NOT NULL)),
    CONSTRAINT it_knows_what_to_export CHECK (filter_sealed IS NOT NULL OR state IN ('done', 'failed', 'cancelled', 'expired')),
    CONSTRAINT ended_has_a_time CHECK ((state IN ('waiting_approval', 'queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT done_is_whole CHECK (state <> 'done' OR (key_sealed IS NOT NULL AND chunks IS NOT NULL AND rows IS NOT NULL
        AND excluded IS NOT NULL AND bytes IS NOT NULL AND sha256 IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT no_key_without_a_file CHECK (key_sealed IS NULL OR state IN ('running', 'done')),
    CONSTRAINT failed_says_why CHECK (state <> 'failed' OR failure IS NOT NULL)
);
COMMENT ON TABLE export_jobs IS 'Exports made in the background; what was done is in export_records and the audit, which outlive them';
COMMENT ON COLUMN export_jobs.filter_sealed IS 'The filter as it was asked for, which may hold a number or a name; gone with its end, a failure aside';
COMMENT ON COLUMN export_jobs.lease_token IS 'The fence: whoever writes, ends or beats names the token of its claim';
COMMENT ON COLUMN export_jobs.attempts IS 'How often it was begun; a crash counts, giving it back or a new start after an erasure does not';
COMMENT ON COLUMN export_jobs.key_sealed IS 'The data key of the present file, a new one for each attempt';
CREATE UNIQUE INDEX one_export_job_of_a_kind ON export_jobs (requested_by, fingerprint) WHERE state IN ('waiting_approval', 'queued', 'running');
CREATE INDEX export_jobs_waiting ON export_jobs (requested_at, id) WHERE state IN ('waiting_approval', 'queued', 'running');
CREATE INDEX export_jobs_with_file ON export_jobs (expires_at) WHERE state = 'done';
CREATE INDEX export_jobs_by_person ON export_jobs (requested_by, id);
CREATE INDEX export_jobs_by_approver ON export_jobs (approved_by) WHERE approved_by IS NOT NULL;

-- A row is up to 256 KiB of the file, sealed with the job's data key; job, position and whether it is the last are authenticated.
CREATE TABLE export_chunks (
    job_id   uuid    NOT NULL REFERENCES export_jobs ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    is_last  boolean NOT NULL,
    ciphertext bytea NOT NULL CHECK (octet_length(ciphertext) BETWEEN 16 AND 300000),
    PRIMARY KEY (job_id, position)
);
ALTER TABLE export_chunks ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
COMMENT ON TABLE export_chunks IS 'The files of export_jobs; in the database, so that every process can hand them out and none leaves one behind';

-- What an administrator stopped.
CREATE TABLE job_holds (
    name    text        PRIMARY KEY CHECK (name ~ '^[a-z_]{1,40}$'),
    held_at timestamptz NOT NULL,
    held_by uuid        NOT NULL REFERENCES staff
);
COMMENT ON TABLE job_holds IS 'Background work that begins no round until it is released, in any process';

-- How the rounds of each kind of background work went last, whichever process ran them.
CREATE TABLE job_runs (
    name       text        PRIMARY KEY CHECK (name ~ '^[a-z_]{1,40}$'),
    ran_at     timestamptz NOT NULL,
    failed_at  timestamptz,
    failure    text        CHECK (char_length(failure) BETWEEN 1 AND 100),
    failures   integer     NOT NULL DEFAULT 0 CHECK (failures >= 0),
    CONSTRAINT a_failure_has_a_time CHECK ((failed_at IS NULL) = (failure IS NULL))
);
COMMENT ON COLUMN job_runs.failure IS 'The kind of the last failure: an SQLSTATE or the name of an error, never its text';
COMMENT ON COLUMN job_runs.failures IS 'How many noted rounds failed since the last one that did not';

GRANT SELECT, INSERT, UPDATE, DELETE ON export_jobs, export_chunks, job_holds, job_runs TO huifang_app;

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check;
ALTER TABLE staff_alerts ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned',
    'claim_lapsed', 'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day', 'prefix_full', 'privacy_due',
    'many_exports', 'export_waiting'));
