-- What people ask about their data by letter or telephone, for themselves or for somebody: worked by hand, with a deadline.

CREATE TABLE privacy_cases (
    id            uuid        PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('access', 'transfer', 'correct', 'erase', 'restrict', 'withdraw', 'explain')),
    asked_by      text        NOT NULL CHECK (asked_by IN ('person', 'guardian', 'next_of_kin')),
    channel       text        NOT NULL CHECK (channel IN ('telephone', 'letter', 'email', 'counter', 'complaint')),
    pseudonym     bytea       NOT NULL CHECK (octet_length(pseudonym) = 32),
    note_sealed   bytea,
    received_on   date        NOT NULL,
    due_on        date        NOT NULL GENERATED ALWAYS AS (received_on + 15) STORED,
    opened_at     timestamptz NOT NULL,
    opened_by     uuid        NOT NULL REFERENCES staff,
    outcome       text        CHECK (outcome IN ('done', 'refused')),
    reason_sealed bytea,
    closed_at     timestamptz CHECK (closed_at >= opened_at),
    closed_by     uuid        REFERENCES staff,
    CONSTRAINT a_closed_case_says_how CHECK ((outcome IS NULL) = (closed_at IS NULL) AND (outcome IS NULL) = (closed_by IS NULL)),
    CONSTRAINT a_refusal_has_its_reason CHECK (outcome IS DISTINCT FROM 'refused' OR reason_sealed IS NOT NULL OR note_sealed IS NULL),
    CONSTRAINT an_open_case_has_its_text CHECK (closed_at IS NOT NULL OR note_sealed IS NOT NULL)
);
COMMENT ON TABLE privacy_cases IS 'The number is not kept: whoever works the case gives it again, and the pseudonym says whether it is the same';
COMMENT ON COLUMN privacy_cases.note_sealed IS 'Null once the person was erased and the case is closed';
COMMENT ON COLUMN privacy_cases.due_on IS 'Fifteen days after it came in';
CREATE INDEX open_privacy_cases ON privacy_cases (due_on, id) WHERE closed_at IS NULL;

ALTER TABLE privacy_requests ADD COLUMN case_id uuid REFERENCES privacy_cases ON DELETE SET NULL;
COMMENT ON COLUMN privacy_requests.case_id IS 'The case in which it was done by hand; null where the person proved the number by a code';
CREATE INDEX privacy_requests_by_case ON privacy_requests (case_id) WHERE case_id IS NOT NULL;

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check,
    ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day', 'prefix_full',
        'privacy_due'));

GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_cases TO huifang_app;
GRANT SELECT ON privacy_cases TO huifang_reader;
