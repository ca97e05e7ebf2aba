-- How long things live: what the retention may take away, copies counted by number, and accounts of a demonstration.

CREATE INDEX privacy_requests_by_number ON privacy_requests (pseudonym, requested_at);
CREATE INDEX erasure_tombstones_by_age ON erasure_tombstones (erased_at);
CREATE INDEX export_leads_by_export ON export_leads (export_id);
CREATE INDEX call_attempts_converted ON call_attempts (task_id) WHERE disposition = 'converted';

ALTER TABLE staff ADD COLUMN demo boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN staff.demo IS 'Made up for a demonstration, and goes with it';

GRANT DELETE ON export_leads, export_records TO huifang_app;

-- Nor does the application delete what proves a request or an erasure: only in a transaction that has told the audit before.
CREATE FUNCTION delete_privacy_records(requests uuid[], tombstones uuid[], told uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
    more bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM audit_events e WHERE e.id = told AND e.action IN ('retention.delete', 'demo.clear')
                     AND e.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'the audit was not told';
    END IF;
    DELETE FROM privacy_requests WHERE id = ANY (requests);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM erasure_tombstones WHERE lead_id = ANY (tombstones);
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN gone + more;
END
$$;
REVOKE ALL ON FUNCTION delete_privacy_records FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_privacy_records TO huifang_app;

-- The application may not delete from the audit. It hands over a checkpoint whose MAC it made with a key the database does
-- not have; only the beginning of the chain goes, up to the position it names, and the checkpoint is there first. The last
-- link stays, because the next one continues it, and nothing goes that is younger than half a year.
CREATE FUNCTION expire_audit(checkpoint_id uuid, happened_at timestamptz, by_actor text, by_role text, about text,
                             expired jsonb, checkpoint_mac bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last_position bigint := (expired ->> 'through')::bigint;
    gone uuid[];
BEGIN
    IF last_position IS NULL OR last_position >= (SELECT max(position) FROM audit_links) THEN
        RAISE EXCEPTION 'the end of the chain stays';
    END IF;
    SELECT array_agg(event_id) INTO gone FROM audit_links WHERE position <= last_position;
    IF EXISTS (SELECT FROM audit_events WHERE id = ANY (gone) AND at > happened_at - interval '180 days') THEN
        RAISE EXCEPTION 'the audit of the last half year stays';
    END IF;
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
    VALUES (checkpoint_id, happened_at, by_actor, by_role, 'audit.checkpoint', about, expired, checkpoint_mac);
    DELETE FROM audit_details WHERE event_id = ANY (gone);
    DELETE FROM audit_links WHERE position <= last_position;
    DELETE FROM audit_events WHERE id = ANY (gone);
    RETURN cardinality(gone);
END
$$;
REVOKE ALL ON FUNCTION expire_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire_audit TO huifang_app;
