-- The promise to call: one open task per lead, claims under a fence, attempts.
-- "claimed" and "scheduled" are not states: they are read from claimed_until and next_attempt_at.

CREATE TABLE callback_tasks (
    id                uuid        PRIMARY KEY,
    lead_id           uuid        NOT NULL REFERENCES leads,
    latest_inquiry_id uuid        NOT NULL REFERENCES inquiries,
    state             text        NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
    paused_reason     text,
    accepted_at       timestamptz NOT NULL,
    newest_inquiry_at timestamptz NOT NULL,
    due_at            timestamptz NOT NULL,
    provisional       boolean     NOT NULL,
    met_at            timestamptz,
    first_attempt_at  timestamptz,
    first_contact_at  timestamptz,
    next_attempt_at   timestamptz NOT NULL,
    call_again_at     timestamptz,
    preferred_window  text        CHECK (preferred_window IN ('morning', 'afternoon', 'evening')),
    attempts          integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    owner_id          uuid        REFERENCES staff,
    owner_reason      text        CHECK (owner_reason IN ('assigned', 'appointment', 'contacted')),
    claim_number      integer     NOT NULL DEFAULT 0 CHECK (claim_number >= 0),
    claimed_by        uuid        REFERENCES staff,
    claim_kind        text        CHECK (claim_kind IN ('ordinary', 'incoming')),
    claimed_until     timestamptz,
    last_disposition  text,
    last_attempt_at   timestamptz,
    closed_at         timestamptz,
    closed_reason     text,
    CONSTRAINT closed_says_why CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (state = 'closed') = (closed_reason IS NOT NULL)),
    CONSTRAINT paused_says_why CHECK ((state = 'paused') = (paused_reason IS NOT NULL)),
    CONSTRAINT owned_for_a_reason CHECK ((owner_id IS NULL) = (owner_reason IS NULL)),
    CONSTRAINT a_claim_is_whole CHECK ((claimed_by IS NULL) = (claimed_until IS NULL) AND (claimed_by IS NULL) = (claim_kind IS NULL)),
    CONSTRAINT closed_holds_no_claim CHECK (state <> 'closed' OR claimed_by IS NULL)
);
CREATE UNIQUE INDEX one_open_task_per_lead ON callback_tasks (lead_id) WHERE state <> 'closed';
CREATE UNIQUE INDEX one_claim_of_a_kind_per_adviser ON callback_tasks (claimed_by, claim_kind) WHERE claimed_by IS NOT NULL;
CREATE INDEX callback_tasks_by_lead ON callback_tasks (lead_id);
CREATE INDEX callback_tasks_unmet ON callback_tasks (due_at, accepted_at) WHERE state = 'open' AND met_at IS NULL;
CREATE INDEX callback_tasks_newest ON callback_tasks (newest_inquiry_at DESC) WHERE state = 'open' AND met_at IS NULL;
CREATE INDEX callback_tasks_open ON callback_tasks (next_attempt_at) WHERE state = 'open';
CREATE INDEX callback_tasks_owned ON callback_tasks (owner_id, next_attempt_at) WHERE state = 'open' AND owner_id IS NOT NULL;
CREATE INDEX callback_tasks_closed ON callback_tasks (closed_at DESC, id) WHERE state = 'closed';

CREATE TABLE callback_claims (
    task_id      uuid        NOT NULL REFERENCES callback_tasks,
    claim_number integer     NOT NULL CHECK (claim_number > 0),
    adviser_id   uuid        NOT NULL REFERENCES staff,
    kind         text        NOT NULL CHECK (kind IN ('ordinary', 'incoming')),
    claimed_at   timestamptz NOT NULL,
    revealed_at  timestamptz,
    ended_at     timestamptz,
    end_reason   text        CHECK (end_reason IN ('result', 'released', 'expired', 'assigned', 'closed')),
    release_note_sealed bytea,
    PRIMARY KEY (task_id, claim_number),
    CONSTRAINT ended_says_why CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
COMMENT ON COLUMN callback_claims.claim_number IS 'The fence: a result counts only under the newest number of its task';
CREATE INDEX callback_claims_by_adviser ON callback_claims (adviser_id, claimed_at);

CREATE TABLE call_attempts (
    id              uuid        PRIMARY KEY,
    task_id         uuid        NOT NULL REFERENCES callback_tasks,
    claim_number    integer     NOT NULL,
    adviser_id      uuid        NOT NULL REFERENCES staff,
    at              timestamptz NOT NULL,
    disposition     text        NOT NULL CHECK (disposition IN ('reached_interested', 'reached_need_materials', 'call_back_at',
        'no_answer', 'busy_or_rejected', 'powered_off', 'wrong_person', 'reached_not_interested', 'do_not_call', 'not_eligible',
        'converted', 'duplicate', 'spam')),
    reason          text        CHECK (char_length(reason) <= 200),
    item            text        CHECK (char_length(item) <= 64),
    reference       text        CHECK (char_length(reference) <= 200),
    merge_into      uuid        REFERENCES leads,
    note_sealed     bytea,
    call_again_at   timestamptz,
    counts          boolean     NOT NULL,
    refused         text,
    next_attempt_at timestamptz,
    closed_reason   text,
    idempotency_key text        CHECK (idempotency_key ~ '^[\x21-\x7e]{1,128}$'),
    fingerprint     bytea       CHECK (octet_length(fingerprint) = 32),
    answer          jsonb,
    FOREIGN KEY (task_id, claim_number) REFERENCES callback_claims,
    CONSTRAINT a_refused_result_changes_nothing CHECK (refused IS NULL OR (NOT counts AND answer IS NULL)),
    CONSTRAINT results_are_repeatable UNIQUE (task_id, adviser_id, idempotency_key)
);
CREATE UNIQUE INDEX one_result_per_claim ON call_attempts (task_id, claim_number) WHERE refused IS NULL;
CREATE INDEX call_attempts_by_adviser ON call_attempts (adviser_id, at);

CREATE TABLE do_not_call (
    phone_index bytea       PRIMARY KEY CHECK (octet_length(phone_index) = 32),
    added_at    timestamptz NOT NULL,
    added_by    text        NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON callback_tasks, callback_claims, call_attempts, do_not_call TO huifang_app;
