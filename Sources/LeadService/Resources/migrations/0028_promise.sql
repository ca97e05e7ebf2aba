-- The promise engine's rest: pauses by hand, visitors told before a promise breaks, the first qualified contact, closures looked at again.

-- Nobody could pause a task by hand before; one that says no end is opened.
UPDATE callback_tasks SET state = 'open', paused_reason = NULL WHERE state = 'paused';
ALTER TABLE callback_tasks
    ADD COLUMN paused_until timestamptz,
    DROP CONSTRAINT paused_says_why,
    ADD CONSTRAINT paused_says_why CHECK ((state = 'paused') = (paused_reason IS NOT NULL) AND (state = 'paused') = (paused_until IS NOT NULL)),
    ADD CONSTRAINT paused_for_a_known_reason CHECK (paused_reason IN ('awaiting_visitor', 'visitor_away', 'number_unclear', 'other'));
COMMENT ON COLUMN callback_tasks.paused_until IS 'The task opens by itself then; due_at stands all the while';
CREATE INDEX callback_tasks_paused ON callback_tasks (next_attempt_at, id) WHERE state = 'paused';

CREATE TABLE callback_pauses (
    id           uuid        PRIMARY KEY,
    task_id      uuid        NOT NULL REFERENCES callback_tasks ON DELETE CASCADE,
    paused_at    timestamptz NOT NULL,
    paused_by    uuid        NOT NULL REFERENCES staff,
    reason       text        NOT NULL CHECK (reason IN ('awaiting_visitor', 'visitor_away', 'number_unclear', 'other')),
    paused_until timestamptz NOT NULL,
    note_sealed  bytea,
    resumed_at   timestamptz,
    resumed_by   uuid        REFERENCES staff,
    CONSTRAINT a_pause_lies_ahead CHECK (paused_until > paused_at),
    CONSTRAINT resumed_says_who CHECK ((resumed_at IS NULL) = (resumed_by IS NULL))
);
COMMENT ON COLUMN callback_pauses.resumed_at IS 'By hand; an inquiry, a counting result and the end of the time are told elsewhere';
CREATE INDEX callback_pauses_by_task ON callback_pauses (task_id, paused_at);
CREATE INDEX callback_pauses_by_staff ON callback_pauses (paused_by);
GRANT SELECT, INSERT, UPDATE, DELETE ON callback_pauses TO huifang_app;

ALTER TABLE callback_claims DROP CONSTRAINT callback_claims_end_reason_check,
    ADD CONSTRAINT callback_claims_end_reason_check
        CHECK (end_reason IN ('result', 'released', 'expired', 'assigned', 'closed', 'paused'));

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check,
    ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day'));

ALTER TABLE callback_tasks ADD COLUMN first_qualified_at timestamptz;
UPDATE callback_tasks t SET first_qualified_at = q.at
FROM (SELECT task_id, min(at) AS at FROM call_attempts
      WHERE counts AND disposition IN ('reached_interested', 'reached_need_materials', 'converted') GROUP BY task_id) q
WHERE q.task_id = t.id;
COMMENT ON COLUMN callback_tasks.first_qualified_at IS 'The first counting result that says the person wants to go on';

-- A visitor whose promise will break is told before, with a new time, once for each promise.
ALTER TABLE inquiries
    ADD COLUMN postponed_at timestamptz,
    ADD COLUMN postponed_to timestamptz,
    ADD CONSTRAINT postponed_to_a_later_time CHECK ((postponed_at IS NULL) = (postponed_to IS NULL) AND postponed_to > postponed_at);
COMMENT ON COLUMN inquiries.postponed_to IS 'The new time the visitor was told; due_at stays what was promised, and is what counts';
ALTER TABLE messages DROP CONSTRAINT only_confirmations_name_an_inquiry,
    ADD CONSTRAINT only_notices_name_an_inquiry CHECK (inquiry_id IS NULL OR template IN ('inquiry_confirmation', 'late_notice'));
DROP INDEX one_confirmation_per_inquiry;
CREATE UNIQUE INDEX one_notice_of_a_kind_per_inquiry ON messages (inquiry_id, template) WHERE inquiry_id IS NOT NULL;

CREATE TABLE closure_reviews (
    attempt_id  uuid        PRIMARY KEY REFERENCES call_attempts ON DELETE CASCADE,
    verdict     text        NOT NULL CHECK (verdict IN ('right', 'wrong')),
    reviewed_by uuid        NOT NULL REFERENCES staff,
    reviewed_at timestamptz NOT NULL
);
COMMENT ON TABLE closure_reviews IS 'What a supervisor found of a result that ended a promise without a call; the last verdict stands, the audit has all';
CREATE INDEX closure_reviews_by_staff ON closure_reviews (reviewed_by);
CREATE INDEX call_attempts_closing_uncalled ON call_attempts (at) WHERE closed_reason IS NOT NULL AND NOT counts;
GRANT SELECT, INSERT, UPDATE, DELETE ON closure_reviews TO huifang_app;
