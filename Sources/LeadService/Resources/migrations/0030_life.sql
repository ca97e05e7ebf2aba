-- Mistakes are taken back, and leads come back.

-- The newest result of a task can be undone for half a minute.
-- Whoever undoes a result goes on with the call that it ended: under a new number, since the beginning of the old claim.
ALTER TABLE callback_claims ADD COLUMN began_at timestamptz;
COMMENT ON COLUMN callback_claims.began_at IS 'When the call began that this claim goes on with, after an undo; null for a call that begins with it';

CREATE UNLOGGED TABLE call_undos (
    task_id    uuid        PRIMARY KEY REFERENCES callback_tasks ON DELETE CASCADE,
    adviser_id uuid        NOT NULL REFERENCES staff ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    task       jsonb       NOT NULL,
    unmet      uuid[]      NOT NULL,
    listed     bytea,
    changed_in xid8        NOT NULL
);
COMMENT ON TABLE call_undos IS 'What a task was before its newest result, for as long as that can be undone';
COMMENT ON COLUMN call_undos.listed IS 'The number that the result put on the do-not-call list';
COMMENT ON COLUMN call_undos.changed_in IS 'The transaction of the result: a task that says another one was changed since';

GRANT SELECT, INSERT, UPDATE, DELETE ON call_undos TO huifang_app;

-- Leads come back: a closed one is opened again, a permit ends, a merge was wrong.

ALTER TABLE callback_tasks ADD COLUMN opened_for text CHECK (opened_for IN ('reopened', 'permit_renewal'));
COMMENT ON COLUMN callback_tasks.opened_for IS 'Why it was opened without an inquiry or a call of the person; null for those';

CREATE TABLE callback_events (
    id          uuid        PRIMARY KEY,
    task_id     uuid        NOT NULL REFERENCES callback_tasks ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('reopened', 'unmerged', 'permit_due')),
    staff_id    uuid        REFERENCES staff ON DELETE SET NULL,
    note_sealed bytea
);
COMMENT ON TABLE callback_events IS 'What happened to a task beside claims and results, for its history';
CREATE INDEX callback_events_by_task ON callback_events (task_id, at);

CREATE TABLE lead_permits (
    lead_id     uuid        PRIMARY KEY REFERENCES leads ON DELETE CASCADE,
    valid_until date        NOT NULL,
    recorded_by uuid        REFERENCES staff ON DELETE SET NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE lead_permits IS 'When a residence permit ends, as an adviser was told; the visitor''s own reminder is a consent';
CREATE INDEX lead_permits_by_end ON lead_permits (valid_until);

CREATE TABLE permit_calls (
    lead_id     uuid        NOT NULL REFERENCES leads ON DELETE CASCADE,
    valid_until date        NOT NULL,
    task_id     uuid        NOT NULL REFERENCES callback_tasks ON DELETE CASCADE,
    opened_at   timestamptz NOT NULL,
    PRIMARY KEY (lead_id, valid_until)
);
COMMENT ON TABLE permit_calls IS 'The task in which somebody is called about the end of their permit: one for an end';
CREATE INDEX permit_calls_by_task ON permit_calls (task_id);

CREATE TABLE eligibility_checks (
    lead_id      uuid        NOT NULL REFERENCES leads ON DELETE CASCADE,
    rule_version text        NOT NULL REFERENCES points_rule_versions,
    offered      boolean     NOT NULL,
    total        integer     NOT NULL,
    checked_at   timestamptz NOT NULL,
    PRIMARY KEY (lead_id, rule_version)
);
COMMENT ON TABLE eligibility_checks IS 'Leads that were not eligible, scored again once under each later set of rules';

GRANT SELECT, INSERT, UPDATE, DELETE ON callback_events, lead_permits TO huifang_app;
GRANT SELECT, INSERT, DELETE ON permit_calls, eligibility_checks TO huifang_app;
