-- Every gateway's answer to every message, what became of the message afterwards, and reports that came before it was known.

ALTER TABLE messages
    ADD COLUMN retries       smallint    NOT NULL DEFAULT 0 CHECK (retries BETWEEN 0 AND 1),
    ADD COLUMN operator      text        CHECK (operator IN ('mobile', 'unicom', 'telecom', 'other')),
    ADD COLUMN segments      smallint    CHECK (segments > 0),
    ADD COLUMN delivery      text        CHECK (delivery IN ('delivered', 'failed')),
    ADD COLUMN delivery_code text        CHECK (char_length(delivery_code) <= 64),
    ADD COLUMN delivery_at   timestamptz,
    ADD COLUMN queries       smallint    NOT NULL DEFAULT 0 CHECK (queries BETWEEN 0 AND 3),
    ADD COLUMN query_at      timestamptz,
    ADD CONSTRAINT delivered_means_sent CHECK (delivery IS NULL OR (state = 'sent' AND delivery_at IS NOT NULL)),
    ADD CONSTRAINT only_unknown_is_asked_about CHECK (query_at IS NULL OR state = 'unknown');
COMMENT ON COLUMN messages.retries IS 'Once, and only when every gateway asked certainly did not take it';
COMMENT ON COLUMN messages.delivery IS 'What the vendor reported, the first report counts';
CREATE INDEX messages_by_vendor_id ON messages (vendor_id) WHERE vendor_id IS NOT NULL;
CREATE INDEX messages_to_ask_about ON messages (query_at) WHERE query_at IS NOT NULL;
CREATE INDEX messages_finished ON messages (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE gateway_attempts (
    message_id  uuid        NOT NULL REFERENCES messages ON DELETE CASCADE,
    attempt     integer     NOT NULL CHECK (attempt > 0),
    position    smallint    NOT NULL CHECK (position > 0),
    gateway     text        NOT NULL,
    operator    text        NOT NULL CHECK (operator IN ('mobile', 'unicom', 'telecom', 'other')),
    outcome     text        NOT NULL CHECK (outcome IN ('accepted', 'number_throttled', 'account_throttled', 'no_funds', 'number_bad',
        'number_blocked', 'config_bad', 'transient', 'unknown')),
    vendor_code text        CHECK (vendor_code ~ '^[A-Za-z0-9._:-]{1,64}$'),
    duration_ms integer     NOT NULL CHECK (duration_ms >= 0),
    at          timestamptz NOT NULL,
    PRIMARY KEY (message_id, attempt, position)
);
COMMENT ON TABLE gateway_attempts IS 'Which gateway was offered which message and what it answered; no number, no text';
CREATE INDEX gateway_attempts_by_age ON gateway_attempts (at);

CREATE TABLE pending_reports (
    gateway     text        NOT NULL,
    vendor_id   text        NOT NULL CHECK (char_length(vendor_id) BETWEEN 1 AND 128),
    message_id  uuid,
    phone_index bytea       CHECK (octet_length(phone_index) = 32),
    delivered   boolean     NOT NULL,
    code        text        CHECK (char_length(code) <= 64),
    segments    smallint    CHECK (segments > 0),
    reported_at timestamptz,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (gateway, vendor_id),
    CONSTRAINT unsigned_reports_name_a_number CHECK (phone_index IS NOT NULL OR gateway = 'webhook')
);
COMMENT ON TABLE pending_reports IS 'Delivery reports whose message is not settled yet or not ours; joined within ten minutes, deleted after a day';
CREATE INDEX pending_reports_by_age ON pending_reports (received_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON gateway_attempts, pending_reports TO huifang_app;
