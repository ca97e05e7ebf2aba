-- Codes by SMS: challenges, tries, budgets, and the outbox that carries messages.

CREATE TABLE verification_challenges (
    id          uuid        PRIMARY KEY,
    phone_index bytea       NOT NULL CHECK (octet_length(phone_index) = 32),
    purpose     text        NOT NULL CHECK (purpose IN ('inquiry', 'privacy')),
    code_mac    bytea       NOT NULL CHECK (octet_length(code_mac) = 32),
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    consumed_at timestamptz,
    CHECK (expires_at > issued_at)
);
CREATE INDEX verification_challenges_by_phone ON verification_challenges (phone_index, purpose, expires_at);

CREATE TABLE verification_counters (
    phone_index  bytea       NOT NULL CHECK (octet_length(phone_index) = 32),
    purpose      text        NOT NULL CHECK (purpose IN ('inquiry', 'privacy')),
    tries        smallint    NOT NULL CHECK (tries BETWEEN 0 AND 5),
    live_until   timestamptz NOT NULL,
    dead_through timestamptz,
    PRIMARY KEY (phone_index, purpose)
);
COMMENT ON COLUMN verification_counters.dead_through IS 'Challenges issued at or before this instant died of five wrong tries';

CREATE TABLE phone_budgets (
    phone_index bytea         PRIMARY KEY CHECK (octet_length(phone_index) = 32),
    sends       timestamptz[] NOT NULL DEFAULT '{}',
    wrongs      timestamptz[] NOT NULL DEFAULT '{}',
    seen_at     timestamptz   NOT NULL
);
COMMENT ON TABLE phone_budgets IS 'Codes sent to and wrong codes given for a number within 24 hours, across purposes and spellings';

CREATE TABLE budgets (
    bucket       bytea       NOT NULL CHECK (octet_length(bucket) = 32),
    window_start timestamptz NOT NULL,
    used         integer     NOT NULL CHECK (used >= 0),
    ceiling      integer     NOT NULL CHECK (ceiling > 0),
    PRIMARY KEY (bucket, window_start),
    CONSTRAINT within_the_ceiling CHECK (used <= ceiling)
);
CREATE INDEX budgets_by_age ON budgets (window_start);

CREATE TABLE messages (
    id                uuid        PRIMARY KEY,
    template          text        NOT NULL CHECK (template ~ '^[a-z_]+$'),
    challenge_id      uuid        REFERENCES verification_challenges ON DELETE CASCADE,
    phone_sealed      bytea,
    parameters_sealed bytea,
    state             text        NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'expired', 'unknown')),
    attempt           integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    lease_until       timestamptz,
    gateway           text,
    vendor_id         text        CHECK (char_length(vendor_id) <= 128),
    failure           text        CHECK (char_length(failure) <= 128),
    created_at        timestamptz NOT NULL,
    send_at           timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL,
    finished_at       timestamptz,
    CONSTRAINT sending_has_a_lease CHECK ((state = 'sending') = (lease_until IS NOT NULL)),
    CONSTRAINT finished_has_a_time CHECK ((state IN ('queued', 'sending')) = (finished_at IS NULL)),
    CONSTRAINT finished_forgets_the_text CHECK (state IN ('queued', 'sending') OR parameters_sealed IS NULL)
);
COMMENT ON TABLE messages IS 'The outbox: written in the transaction that wants the message, sent by the worker afterwards';
CREATE INDEX messages_waiting ON messages (send_at) WHERE state = 'queued';
CREATE INDEX messages_sending ON messages (lease_until) WHERE state = 'sending';
CREATE INDEX messages_by_challenge ON messages (challenge_id) WHERE challenge_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON verification_challenges, verification_counters, phone_budgets, budgets, messages TO huifang_app;
