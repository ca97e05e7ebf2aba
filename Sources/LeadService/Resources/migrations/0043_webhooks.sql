-- Webhooks: what happens is told to other systems, in order per lead, at least once.

CREATE TABLE webhooks (
    id              uuid        PRIMARY KEY,
    host            text        NOT NULL CHECK (char_length(host) BETWEEN 1 AND 253),
    url_sealed      bytea,
    secret_sealed   bytea,
    previous_sealed bytea,
    previous_until  timestamptz,
    events          text[]      NOT NULL CHECK (cardinality(events) > 0 AND events <@ ARRAY[
        'lead.created', 'inquiry.received', 'task.claimed', 'call.recorded', 'call.undone', 'lead.closed', 'lead.reopened',
        'consent.withdrawn', 'lead.erased', 'sla.warned', 'sla.breached', 'export.made']),
    created_by      uuid        NOT NULL REFERENCES staff,
    created_at      timestamptz NOT NULL,
    paused_at       timestamptz,
    pause_reason    text        CHECK (pause_reason IN ('by_hand', 'gone', 'failing')),
    dead_in_a_row   integer     NOT NULL DEFAULT 0 CHECK (dead_in_a_row >= 0),
    deleted_at      timestamptz,
    CONSTRAINT a_pause_says_why CHECK ((paused_at IS NULL) = (pause_reason IS NULL)),
    CONSTRAINT an_overlap_has_an_end CHECK ((previous_sealed IS NULL) = (previous_until IS NULL)),
    CONSTRAINT a_deleted_one_keeps_no_secret CHECK (CASE WHEN deleted_at IS NULL THEN num_nulls(url_sealed, secret_sealed) = 0
        ELSE num_nonnulls(url_sealed, secret_sealed, previous_sealed) = 0 END)
);
COMMENT ON COLUMN webhooks.url_sealed IS 'An address may hold a token, so it is sealed like the secret; the host alone is shown in lists';
COMMENT ON COLUMN webhooks.previous_sealed IS 'The secret before the last rotation, which signs too until previous_until';
COMMENT ON COLUMN webhooks.dead_in_a_row IS 'Deliveries given up since the last one that was taken';
COMMENT ON COLUMN webhooks.deleted_at IS 'The row stays: a transaction that queues for it at the same moment must not fail';
GRANT SELECT, INSERT, UPDATE ON webhooks TO huifang_app;

CREATE TABLE webhook_deliveries (
    position        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id      uuid        NOT NULL REFERENCES webhooks,
    event_id        uuid        NOT NULL,
    type            text        NOT NULL,
    lead_id         uuid,
    body            bytea       NOT NULL,
    state           text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'dead')),
    attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    tries_left      smallint    NOT NULL DEFAULT 8 CHECK (tries_left >= 0),
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    leased_until    timestamptz,
    finished_at     timestamptz,
    requests        jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(requests) = 'array'),
    CONSTRAINT an_event_once_for_each UNIQUE (webhook_id, event_id),
    CONSTRAINT done_has_a_time CHECK ((state = 'queued') = (finished_at IS NULL)),
    CONSTRAINT only_waiting_ones_are_leased CHECK (leased_until IS NULL OR state = 'queued')
);
COMMENT ON COLUMN webhook_deliveries.event_id IS 'The webhook-id header: the same for every attempt and replay';
COMMENT ON COLUMN webhook_deliveries.lead_id IS 'Whose deliveries go out one after the other; no reference, as the fact outlives the lead';
COMMENT ON COLUMN webhook_deliveries.body IS 'The bytes that are signed and sent: ids, states and times, never a name, a number or a note';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'The fence: an outcome is written under the number it was sent with';
COMMENT ON COLUMN webhook_deliveries.requests IS 'Each attempt: when, status or failure, milliseconds';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at, position) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_of_lead ON webhook_deliveries (webhook_id, lead_id, position) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, position);
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id) WHERE state = 'dead';
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO huifang_app;
-- A backup reads where the counter stands.
GRANT SELECT ON SEQUENCE webhook_deliveries_position_seq TO huifang_reader;

ALTER TABLE staff_alerts DROP CONSTRAINT staff_alerts_kind_check,
    ADD CONSTRAINT staff_alerts_kind_check CHECK (kind IN ('sla_half', 'sla_most', 'sla_broken', 'sla_late', 'assigned', 'claim_lapsed',
        'calendar_missing', 'many_reveals', 'unrevealed_results', 'robot_failing', 'delivery_falling', 'closed_day', 'prefix_full',
        'privacy_due', 'many_exports', 'export_waiting', 'webhook_paused'));

-- An instant as the API writes it.
CREATE FUNCTION webhook_time(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(instant AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"');

-- Queues an event for every webhook that wants it, in the transaction of the fact.
CREATE FUNCTION queue_webhooks(event_type text, lead uuid, happened_at timestamptz, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    event uuid;
    bytes bytea;
BEGIN
    IF NOT EXISTS (SELECT FROM webhooks w WHERE w.deleted_at IS NULL AND event_type = ANY (w.events)) THEN
        RETURN;
    END IF;
    event := gen_random_uuid();
    bytes := convert_to(jsonb_build_object('type', event_type, 'timestamp', webhook_time(happened_at), 'data', facts)::text, 'UTF8');
    INSERT INTO webhook_deliveries (webhook_id, event_id, type, lead_id, body, created_at, next_attempt_at)
    SELECT w.id, event, event_type, lead, bytes, happened_at, happened_at
    FROM webhooks w WHERE w.deleted_at IS NULL AND event_type = ANY (w.events) ORDER BY w.id;
END
$$;

CREATE FUNCTION tell_of_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('lead.created', NEW.id, NEW.created_at,
        jsonb_build_object('lead_id', NEW.id, 'created_at', webhook_time(NEW.created_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_lead AFTER INSERT ON leads FOR EACH ROW EXECUTE FUNCTION tell_of_lead();

CREATE FUNCTION tell_of_inquiry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('inquiry.received', NEW.lead_id, NEW.accepted_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'inquiry_id', NEW.id, 'accepted_at', webhook_time(NEW.accepted_at),
                           'due_at', webhook_time(NEW.due_at), 'site', NEW.site));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_inquiry AFTER INSERT ON inquiries FOR EACH ROW WHEN (NOT NEW.quarantined) EXECUTE FUNCTION tell_of_inquiry();
CREATE TRIGGER tell_of_released_inquiry AFTER UPDATE OF quarantined ON inquiries FOR EACH ROW
    WHEN (OLD.quarantined AND NOT NEW.quarantined) EXECUTE FUNCTION tell_of_inquiry();

-- A claim that goes on with a call is what an undo leaves behind.
CREATE FUNCTION tell_of_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lead uuid;
    undone uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    IF NEW.began_at IS NULL THEN
        PERFORM queue_webhooks('task.claimed', lead, NEW.claimed_at,
            jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'adviser_id', NEW.adviser_id, 'kind', NEW.kind,
                               'claimed_at', webhook_time(NEW.claimed_at)));
    ELSE
        SELECT id INTO undone FROM call_attempts WHERE task_id = NEW.task_id AND refused = 'undone' ORDER BY at DESC, id DESC LIMIT 1;
        PERFORM queue_webhooks('call.undone', lead, NEW.claimed_at,
            jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'call_id', undone, 'adviser_id', NEW.adviser_id,
                               'undone_at', webhook_time(NEW.claimed_at)));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_claim AFTER INSERT ON callback_claims FOR EACH ROW EXECUTE FUNCTION tell_of_claim();

CREATE FUNCTION tell_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks('call.recorded', lead, NEW.at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'call_id', NEW.id, 'adviser_id', NEW.adviser_id,
                           'disposition', NEW.disposition, 'counts', NEW.counts, 'at', webhook_time(NEW.at),
                           'next_attempt_at', webhook_time(NEW.next_attempt_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_call AFTER INSERT ON call_attempts FOR EACH ROW WHEN (NEW.refused IS NULL) EXECUTE FUNCTION tell_of_call();

CREATE FUNCTION tell_of_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('lead.closed', NEW.lead_id, NEW.closed_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'task_id', NEW.id, 'reason', NEW.closed_reason,
                           'closed_at', webhook_time(NEW.closed_at)));
    RETURN NULL;
END
$$;
-- At the end of the transaction, after the call that closed it.
CREATE CONSTRAINT TRIGGER tell_of_closing AFTER UPDATE ON callback_tasks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state <> 'closed' AND NEW.state = 'closed') EXECUTE FUNCTION tell_of_closing();

CREATE FUNCTION tell_of_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks('lead.reopened', lead, NEW.at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'reason', NEW.kind, 'at', webhook_time(NEW.at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_reopening AFTER INSERT ON callback_events FOR EACH ROW EXECUTE FUNCTION tell_of_reopening();

CREATE FUNCTION tell_of_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('consent.withdrawn', NEW.lead_id, NEW.withdrawn_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'consent_id', NEW.id, 'purpose', NEW.purpose,
                           'withdrawn_at', webhook_time(NEW.withdrawn_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_withdrawal AFTER UPDATE OF withdrawn_at ON consents FOR EACH ROW
    WHEN (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION tell_of_withdrawal();

CREATE FUNCTION tell_of_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('lead.erased', NEW.lead_id, NEW.erased_at,
        jsonb_build_object('lead_id', NEW.lead_id, 'erased_at', webhook_time(NEW.erased_at)));
    RETURN NULL;
END
$$;
-- At the end too, so that it is the last of its lead.
CREATE CONSTRAINT TRIGGER tell_of_erasure AFTER INSERT ON erasure_tombstones DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_of_erasure();

CREATE FUNCTION tell_of_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lead uuid;
BEGIN
    SELECT lead_id INTO lead FROM callback_tasks WHERE id = NEW.task_id;
    PERFORM queue_webhooks(CASE WHEN NEW.kind = 'sla_broken' THEN 'sla.breached' ELSE 'sla.warned' END, lead, NEW.created_at,
        jsonb_build_object('lead_id', lead, 'task_id', NEW.task_id, 'stage', substr(NEW.kind, 5), 'due_at', webhook_time(NEW.due_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_promise AFTER INSERT ON staff_alerts FOR EACH ROW
    WHEN (NEW.kind IN ('sla_half', 'sla_most', 'sla_broken')) EXECUTE FUNCTION tell_of_promise();

CREATE FUNCTION tell_of_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks('export.made', NULL, NEW.finished_at,
        jsonb_build_object('export_id', NEW.id, 'staff_id', NEW.staff_id, 'format', NEW.format, 'phone', NEW.phone, 'rows', NEW.rows,
                           'finished_at', webhook_time(NEW.finished_at)));
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_of_export AFTER UPDATE OF state ON export_records FOR EACH ROW
    WHEN (OLD.state = 'running' AND NEW.state = 'done') EXECUTE FUNCTION tell_of_export();
