-- Statistics by day: what each closed day came to, kept, and worked out anew when something of the day changes.

CREATE TABLE statistics_days (
    day             date  PRIMARY KEY,
    opening_hours   text  NOT NULL,
    until           date  NOT NULL,
    shifted         int[] NOT NULL,
    first_attempt   bytea NOT NULL,
    first_contact   bytea NOT NULL,
    first_qualified bytea NOT NULL,
    CONSTRAINT it_ends_no_earlier CHECK (until >= day)
);
COMMENT ON TABLE statistics_days IS 'Days in Shanghai whose numbers are kept; one that is missing, or has a mark, is counted from the rows themselves';
COMMENT ON COLUMN statistics_days.opening_hours IS 'The hours that the open time was measured by';
COMMENT ON COLUMN statistics_days.until IS 'The day of the last call that a length of open time ends with';
COMMENT ON COLUMN statistics_days.shifted IS 'The days from day to until, since 1970, on which the firm worked or not against their weekday';
COMMENT ON COLUMN statistics_days.first_attempt IS 'How often each number of begun open minutes passed: steps between the numbers and counts, as LEB128';

CREATE TABLE statistics_counts (
    day       date   NOT NULL REFERENCES statistics_days ON DELETE CASCADE,
    number    text   NOT NULL CHECK (number IN ('promise', 'source', 'article', 'score', 'suggested')),
    name      text   NOT NULL,
    accepted  bigint NOT NULL,
    attempted bigint NOT NULL,
    contacted bigint NOT NULL,
    qualified bigint NOT NULL,
    converted bigint NOT NULL,
    PRIMARY KEY (day, number, name)
);
COMMENT ON TABLE statistics_counts IS 'How many inquiries of a day have a name under a number, and how far they came';

CREATE TABLE statistics_advisers (
    day        date   NOT NULL REFERENCES statistics_days ON DELETE CASCADE,
    adviser_id uuid   NOT NULL REFERENCES staff,
    results    bigint NOT NULL,
    counting   bigint NOT NULL,
    contacts   bigint NOT NULL,
    unrevealed bigint NOT NULL,
    reveals    bigint NOT NULL,
    PRIMARY KEY (day, adviser_id)
);
COMMENT ON TABLE statistics_advisers IS 'What each of the staff did on a day';

CREATE TABLE statistics_messages (
    day         date   NOT NULL REFERENCES statistics_days ON DELETE CASCADE,
    gateway     text   NOT NULL,
    operator    text   NOT NULL,
    handed_over bigint NOT NULL,
    unknown     bigint NOT NULL,
    delivered   bigint NOT NULL,
    failed      bigint NOT NULL,
    unreported  bigint NOT NULL,
    segments    bigint NOT NULL,
    seconds     int[]  NOT NULL,
    times       int[]  NOT NULL,
    classes     text[] NOT NULL,
    counts      bigint[] NOT NULL,
    PRIMARY KEY (day, gateway, operator),
    CONSTRAINT each_length_has_a_count CHECK (cardinality(seconds) = cardinality(times)),
    CONSTRAINT each_class_has_a_count CHECK (cardinality(classes) = cardinality(counts))
);
COMMENT ON TABLE statistics_messages IS 'What gateways did on a day: how often a message took so many begun seconds, and why messages were refused';

CREATE TABLE statistics_marks (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day      date   NOT NULL
);
COMMENT ON TABLE statistics_marks IS 'Days of which something changed since they were counted; a row for each change, so that nobody waits for another';

CREATE INDEX consents_withdrawn ON consents (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX leads_erased ON leads (erased_at) WHERE erased_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON statistics_days, statistics_counts, statistics_advisers, statistics_messages TO huifang_app;
GRANT SELECT, INSERT, DELETE ON statistics_marks TO huifang_app;
GRANT SELECT ON statistics_days, statistics_counts, statistics_advisers, statistics_messages, statistics_marks TO huifang_reader;
GRANT SELECT ON SEQUENCE statistics_marks_position_seq TO huifang_reader;

CREATE FUNCTION shanghai_day(instant timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (instant AT TIME ZONE 'Asia/Shanghai')::date;

-- The days of everything that is asked of a lead and of those merged into it.
CREATE FUNCTION mark_lead(lead uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(i.accepted_at) FROM leads l JOIN inquiries i ON i.lead_id = l.id WHERE l.id = lead OR l.merged_into = lead
$$;

CREATE FUNCTION mark_inquiry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.accepted_at));
    IF TG_OP = 'UPDATE' AND NEW.accepted_at <> OLD.accepted_at THEN
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(NEW.accepted_at));
    END IF;
    RETURN NULL;
END
$$;
-- None for an inquiry that comes: its day is not over, and a day is kept only when it is.
CREATE TRIGGER mark_changed_inquiry AFTER UPDATE OF lead_id, accepted_at, due_at, met_at, cancelled_at, quarantined, source, assessment_id ON inquiries
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_inquiry();
CREATE TRIGGER mark_deleted_inquiry AFTER DELETE ON inquiries FOR EACH ROW EXECUTE FUNCTION mark_inquiry();

-- A result that comes is of a day that is not over; what it means for the inquiries of its lead may be of any day.
CREATE FUNCTION mark_result() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM mark_lead(t.lead_id) FROM callback_tasks t WHERE t.id = NEW.task_id;
    ELSE
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.at));
        PERFORM mark_lead(t.lead_id) FROM callback_tasks t WHERE t.id = OLD.task_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_new_result AFTER INSERT ON call_attempts FOR EACH ROW WHEN (NEW.refused IS NULL) EXECUTE FUNCTION mark_result();
CREATE TRIGGER mark_changed_result AFTER UPDATE OF counts, refused, disposition, closed_reason ON call_attempts
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION mark_result();
CREATE TRIGGER mark_deleted_result AFTER DELETE ON call_attempts FOR EACH ROW EXECUTE FUNCTION mark_result();

CREATE FUNCTION mark_changed_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_lead(OLD.lead_id);
    IF TG_OP = 'UPDATE' AND NEW.lead_id <> OLD.lead_id THEN
        PERFORM mark_lead(NEW.lead_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_ended_task AFTER UPDATE OF lead_id, closed_at, closed_reason ON callback_tasks
    FOR EACH ROW WHEN ((OLD.lead_id, OLD.closed_at, OLD.closed_reason) IS DISTINCT FROM (NEW.lead_id, NEW.closed_at, NEW.closed_reason))
    EXECUTE FUNCTION mark_changed_task();
CREATE TRIGGER mark_deleted_task AFTER DELETE ON callback_tasks FOR EACH ROW EXECUTE FUNCTION mark_changed_task();

CREATE FUNCTION mark_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mark_lead(NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_merged_lead AFTER UPDATE OF merged_into ON leads
    FOR EACH ROW WHEN (OLD.merged_into IS DISTINCT FROM NEW.merged_into) EXECUTE FUNCTION mark_merge();

-- The telephone system may tell of a call after its result.
CREATE FUNCTION mark_dialled_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(a.at) FROM call_attempts a WHERE a.task_id = NEW.task_id AND a.refused IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_new_dialled_call AFTER INSERT ON calls FOR EACH ROW WHEN (NEW.dialled_at IS NOT NULL) EXECUTE FUNCTION mark_dialled_call();
CREATE TRIGGER mark_dialled_call AFTER UPDATE OF dialled_at ON calls
    FOR EACH ROW WHEN (OLD.dialled_at IS DISTINCT FROM NEW.dialled_at) EXECUTE FUNCTION mark_dialled_call();

-- A claim that is looked at late belongs to the day of the look, which is not over; one that is taken back to none.
CREATE FUNCTION mark_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revealed_at IS NOT NULL THEN
        INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.revealed_at));
    END IF;
    INSERT INTO statistics_marks (day)
    SELECT DISTINCT shanghai_day(a.at) FROM call_attempts a WHERE a.task_id = OLD.task_id AND a.claim_number = OLD.claim_number AND a.refused IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_changed_claim AFTER UPDATE OF revealed_at, kind ON callback_claims
    FOR EACH ROW WHEN ((OLD.revealed_at, OLD.kind) IS DISTINCT FROM (NEW.revealed_at, NEW.kind)) EXECUTE FUNCTION mark_claim();
CREATE TRIGGER mark_deleted_claim AFTER DELETE ON callback_claims FOR EACH ROW EXECUTE FUNCTION mark_claim();

-- A message is done on the day that it is done; a report may come on a later one.
CREATE FUNCTION mark_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO statistics_marks (day) VALUES (shanghai_day(OLD.finished_at));
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_reported_message AFTER UPDATE OF state, gateway, operator, segments, delivery, delivery_at, finished_at ON messages
    FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL AND
        (OLD.state, OLD.gateway, OLD.operator, OLD.segments, OLD.delivery, OLD.delivery_at, OLD.finished_at) IS DISTINCT FROM
        (NEW.state, NEW.gateway, NEW.operator, NEW.segments, NEW.delivery, NEW.delivery_at, NEW.finished_at))
    EXECUTE FUNCTION mark_message();
