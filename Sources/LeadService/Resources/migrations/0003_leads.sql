-- Leads, what they asked, what they agreed to, what they scored.
-- *_sealed columns are AES-256-GCM under keys outside the database; *_index columns are keyed hashes for look-ups.

CREATE TABLE privacy_notices (
    version      text  PRIMARY KEY CHECK (version ~ '^[0-9A-Za-z.-]{1,32}$'),
    effective_on date  NOT NULL,
    sha256       bytea NOT NULL CHECK (octet_length(sha256) = 32),
    text         text  NOT NULL
);

CREATE TABLE points_rule_versions (
    version        text  PRIMARY KEY,
    effective_from date  NOT NULL,
    effective_to   date,
    sha256         bytea NOT NULL CHECK (octet_length(sha256) = 32),
    rules          jsonb NOT NULL,
    CHECK (effective_to IS NULL OR effective_to >= effective_from)
);

CREATE TABLE assessments (
    id                    uuid        PRIMARY KEY,
    rule_version          text        NOT NULL REFERENCES points_rule_versions,
    assessed_on           date        NOT NULL,
    answers               jsonb       NOT NULL,
    sum_before_deductions integer     NOT NULL CHECK (sum_before_deductions >= 0),
    total                 integer     NOT NULL CHECK (total >= 0),
    can_apply             boolean     NOT NULL,
    blocked_by            text[]      NOT NULL,
    notes                 jsonb       NOT NULL,
    gap                   integer     NOT NULL CHECK (gap >= 0),
    suggestions           jsonb       NOT NULL,
    created_at            timestamptz NOT NULL
);

CREATE TABLE assessment_items (
    assessment_id uuid     NOT NULL REFERENCES assessments ON DELETE CASCADE,
    position      smallint NOT NULL,
    key           text     NOT NULL,
    points        integer  NOT NULL CHECK (points <> 0),
    text          text     NOT NULL,
    PRIMARY KEY (assessment_id, key)
);

CREATE TABLE leads (
    id               uuid        PRIMARY KEY,
    phone_index      bytea       NOT NULL CHECK (octet_length(phone_index) = 32),
    phone_index_key  smallint    NOT NULL,
    phone_index_next bytea       CHECK (octet_length(phone_index_next) = 32),
    phone_sealed     bytea       NOT NULL,
    last_four_index  bytea       NOT NULL CHECK (octet_length(last_four_index) = 32),
    merged_into      uuid        REFERENCES leads,
    created_at       timestamptz NOT NULL,
    CONSTRAINT one_lead_per_phone UNIQUE (phone_index),
    CONSTRAINT one_lead_per_phone_next UNIQUE (phone_index_next),
    CONSTRAINT no_merge_into_itself CHECK (merged_into <> id)
);
COMMENT ON COLUMN leads.phone_index_next IS 'The same number under the next index key, while keys rotate';
CREATE INDEX leads_by_last_four ON leads (last_four_index);
CREATE INDEX leads_merged ON leads (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE inquiries (
    id               uuid        PRIMARY KEY,
    lead_id          uuid        NOT NULL REFERENCES leads,
    name_sealed      bytea       NOT NULL,
    name_index       bytea       NOT NULL CHECK (octet_length(name_index) = 32),
    remark_sealed    bytea,
    extra_sealed     bytea,
    assessment_id    uuid        REFERENCES assessments ON DELETE SET NULL,
    preferred_window text        CHECK (preferred_window IN ('morning', 'afternoon', 'evening')),
    source           jsonb       NOT NULL,
    accepted_at      timestamptz NOT NULL,
    due_at           timestamptz NOT NULL,
    provisional      boolean     NOT NULL,
    met_at           timestamptz,
    quarantined      boolean     NOT NULL DEFAULT false,
    CONSTRAINT due_after_accepted CHECK (due_at > accepted_at)
);
COMMENT ON COLUMN inquiries.due_at IS 'The promise this visitor was told';
CREATE INDEX inquiries_by_lead ON inquiries (lead_id, accepted_at);
CREATE INDEX inquiries_by_name ON inquiries (name_index);
CREATE INDEX inquiries_by_assessment ON inquiries (assessment_id) WHERE assessment_id IS NOT NULL;
CREATE INDEX inquiries_by_acceptance ON inquiries (accepted_at);

CREATE TABLE consents (
    id             uuid        PRIMARY KEY,
    lead_id        uuid        NOT NULL REFERENCES leads,
    inquiry_id     uuid        REFERENCES inquiries,
    purpose        text        NOT NULL CHECK (purpose ~ '^[a-z_]+(:[A-Za-z0-9_-]+)?$'),
    notice_version text        NOT NULL REFERENCES privacy_notices,
    notice_sha256  bytea       NOT NULL CHECK (octet_length(notice_sha256) = 32),
    given_at       timestamptz NOT NULL,
    address        inet        NOT NULL,
    user_agent     text        NOT NULL CHECK (char_length(user_agent) <= 512),
    reminder_valid_until date,
    withdrawn_at   timestamptz,
    CONSTRAINT one_consent_per_purpose UNIQUE (inquiry_id, purpose),
    CONSTRAINT reminders_have_a_date CHECK ((purpose = 'reminder') = (reminder_valid_until IS NOT NULL))
);
CREATE INDEX consents_by_lead ON consents (lead_id, given_at);

CREATE TABLE submit_keys (
    inquiry_id      uuid        PRIMARY KEY REFERENCES inquiries ON DELETE CASCADE,
    phone_index     bytea       NOT NULL CHECK (octet_length(phone_index) = 32),
    idempotency_key text        CHECK (idempotency_key ~ '^[\x21-\x7e]{1,128}$'),
    fingerprint     bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    body_sealed     bytea       NOT NULL,
    due_at          timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT submit_keys_per_phone UNIQUE (phone_index, idempotency_key)
);
COMMENT ON TABLE submit_keys IS 'What makes a submit repeatable: the first body, under the id and the Idempotency-Key';

CREATE TABLE submit_locks (
    key    bytea       PRIMARY KEY CHECK (octet_length(key) = 32),
    holder uuid        NOT NULL,
    until  timestamptz NOT NULL
);
COMMENT ON TABLE submit_locks IS 'Held from the reservation of a try to the commit of the lead, so that a second submit under the same key waits';

GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_notices, points_rule_versions, assessments, assessment_items,
    leads, inquiries, consents, submit_keys, submit_locks TO huifang_app;
