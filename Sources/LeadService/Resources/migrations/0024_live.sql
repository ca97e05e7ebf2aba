-- What consoles are told while they are open, and inquiries that the staff write down for people.

-- Commits come in another order than their numbers. A reader that has seen a snapshot knows that everything below its xmin is done, so
-- what was changed by that transaction or a later one is all that can be new.
ALTER TABLE callback_tasks ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
COMMENT ON COLUMN callback_tasks.changed_in IS 'The transaction that last changed the task, written by a trigger';
CREATE INDEX callback_tasks_changed ON callback_tasks (changed_in);

CREATE FUNCTION mark_task_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE TRIGGER callback_tasks_added BEFORE INSERT ON callback_tasks FOR EACH ROW EXECUTE FUNCTION mark_task_changed();
CREATE TRIGGER callback_tasks_changed BEFORE UPDATE ON callback_tasks FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION mark_task_changed();

CREATE UNLOGGED TABLE callback_viewers (
    staff_id uuid        PRIMARY KEY REFERENCES staff ON DELETE CASCADE,
    task_id  uuid        NOT NULL REFERENCES callback_tasks ON DELETE CASCADE,
    seen_at  timestamptz NOT NULL
);
COMMENT ON TABLE callback_viewers IS 'Whose card somebody looks at: the last one, for less than a minute';

ALTER TABLE consents
    ADD basis text CHECK (basis IN ('call_in', 'walk_in', 'wechat', 'written', 'other')),
    ADD evidence_sealed bytea,
    ADD recorded_by uuid REFERENCES staff,
    ADD CONSTRAINT a_basis_has_a_witness CHECK ((basis IS NULL) = (recorded_by IS NULL) AND (evidence_sealed IS NULL OR basis IS NOT NULL)) NOT VALID;
COMMENT ON COLUMN consents.basis IS 'How somebody agreed whose inquiry the staff wrote down; null where a code proved the number';
CREATE INDEX consents_by_recorder ON consents (recorded_by) WHERE recorded_by IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON callback_viewers TO huifang_app;
