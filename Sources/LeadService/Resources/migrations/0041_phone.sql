-- The telephone at the desk: a second number, calls that a telephone system dials, messages to who did not answer.

CREATE TABLE second_numbers (
    lead_id      uuid        PRIMARY KEY REFERENCES leads ON DELETE CASCADE,
    phone_sealed bytea       NOT NULL,
    set_at       timestamptz NOT NULL
);
COMMENT ON TABLE second_numbers IS 'A further number of somebody, a landline with its extension or another mobile; nobody is found by it';

CREATE TABLE telephone_secrets (
    one           boolean     PRIMARY KEY DEFAULT true CHECK (one),
    id            uuid        NOT NULL,
    secret_sealed bytea       NOT NULL,
    made_at       timestamptz NOT NULL
);
COMMENT ON TABLE telephone_secrets IS 'What signs the calls to the telephone system and its reports: one row, or none';

CREATE TABLE calls (
    id               uuid        PRIMARY KEY,
    task_id          uuid        NOT NULL,
    claim_number     integer     NOT NULL,
    number           text        NOT NULL CHECK (number IN ('first', 'second')),
    state            text        NOT NULL CHECK (state IN ('requested', 'ringing', 'answered', 'ended', 'failed')),
    requested_at     timestamptz NOT NULL,
    taken_at         timestamptz,
    dialled_at       timestamptz,
    ringing_at       timestamptz,
    answered_at      timestamptz,
    ended_at         timestamptz,
    reported_at      timestamptz,
    duration_seconds integer     CHECK (duration_seconds BETWEEN 0 AND 86400),
    recording_reference_sealed bytea,
    failure          text        CHECK (char_length(failure) BETWEEN 1 AND 100),
    attempt          integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    send_at          timestamptz,
    lease_until      timestamptz,
    expires_at       timestamptz NOT NULL,
    erased_at        timestamptz,
    FOREIGN KEY (task_id, claim_number) REFERENCES callback_claims ON DELETE CASCADE,
    CONSTRAINT waits_or_is_being_sent CHECK (send_at IS NULL OR (state = 'requested' AND lease_until IS NULL)),
    CONSTRAINT erased_leaves_no_recording CHECK (erased_at IS NULL OR recording_reference_sealed IS NULL)
);
COMMENT ON TABLE calls IS 'Calls that the telephone system was asked to make, and its outbox; whose number and who asked is in the claim';
COMMENT ON COLUMN calls.dialled_at IS 'Since when the call counts as a look at the number does: taken by the system or reported, and not failed before it rang';
COMMENT ON COLUMN calls.recording_reference_sealed IS 'Sealed, because systems name recordings after numbers';
COMMENT ON COLUMN calls.attempt IS 'The fence: an outcome is written under the number it was sent with';
CREATE INDEX calls_by_claim ON calls (task_id, claim_number);
CREATE INDEX calls_to_send ON calls (send_at) WHERE send_at IS NOT NULL;
CREATE INDEX calls_unsettled ON calls (requested_at) WHERE state = 'requested' AND taken_at IS NULL;
CREATE UNIQUE INDEX one_call_at_a_time ON calls (task_id, claim_number) WHERE state = 'requested' AND taken_at IS NULL;

CREATE TABLE missed_call_messages (
    lead_id    uuid        NOT NULL REFERENCES leads ON DELETE CASCADE,
    day        date        NOT NULL,
    attempt_id uuid        NOT NULL REFERENCES call_attempts ON DELETE CASCADE,
    message_id uuid        REFERENCES messages ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT one_missed_call_message_a_day PRIMARY KEY (lead_id, day)
);
COMMENT ON TABLE missed_call_messages IS 'Who was told of a call they missed; a message that no gateway took is replaced, no other is';
CREATE UNIQUE INDEX missed_call_messages_by_message ON missed_call_messages (message_id);
CREATE INDEX missed_call_messages_by_attempt ON missed_call_messages (attempt_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON second_numbers, telephone_secrets, calls, missed_call_messages TO huifang_app;
