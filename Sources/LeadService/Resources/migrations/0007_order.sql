-- What is served or exported in an order is read from an index in that order. Each class of the claim order (contract §4.8) ends in
-- the last word of the order, so that serving a task costs the same however many are open.

DROP INDEX callback_tasks_unmet;
CREATE INDEX callback_tasks_unmet ON callback_tasks (due_at, accepted_at, id) WHERE state = 'open' AND met_at IS NULL;
CREATE INDEX callback_tasks_met ON callback_tasks (next_attempt_at, due_at, accepted_at, id) WHERE state = 'open' AND met_at IS NOT NULL;
CREATE INDEX callback_tasks_appointments ON callback_tasks (next_attempt_at, due_at, accepted_at, id)
    WHERE state = 'open' AND call_again_at IS NOT NULL;

-- An export reads leads in the order in which they came, without sorting all of them before the first byte.
CREATE INDEX leads_by_creation ON leads (created_at, id);
