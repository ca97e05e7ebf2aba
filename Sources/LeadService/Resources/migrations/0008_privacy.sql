-- What people may ask about their data, what an erasure leaves behind, and the whole evidence of a consent.

ALTER TABLE leads
    ALTER phone_index DROP NOT NULL, ALTER phone_sealed DROP NOT NULL, ALTER last_four_index DROP NOT NULL,
    ADD erased_at timestamptz,
    ADD pseudonym bytea CHECK (octet_length(pseudonym) = 32),
    ADD CONSTRAINT erased_leaves_no_number CHECK (
        CASE WHEN erased_at IS NULL
             THEN phone_index IS NOT NULL AND phone_sealed IS NOT NULL AND last_four_index IS NOT NULL
             ELSE num_nonnulls(phone_index, phone_index_next, phone_sealed, last_four_index) = 0 AND pseudonym IS NOT NULL END) NOT VALID;
COMMENT ON COLUMN leads.pseudonym IS 'Keyed hash under a key of its own: what is left of the number after an erasure';

ALTER TABLE inquiries
    ALTER name_sealed DROP NOT NULL, ALTER name_index DROP NOT NULL,
    ADD erased_at timestamptz,
    ADD window_changed_at timestamptz,
    ADD cancelled_at timestamptz,
    ADD CONSTRAINT erased_leaves_no_text CHECK (
        CASE WHEN erased_at IS NULL THEN name_sealed IS NOT NULL AND name_index IS NOT NULL
             ELSE num_nonnulls(name_sealed, name_index, remark_sealed, extra_sealed, assessment_id) = 0 AND source = '{}' END) NOT VALID;
COMMENT ON COLUMN inquiries.erased_at IS 'Only a row for counts is left since then';
COMMENT ON COLUMN inquiries.cancelled_at IS 'When the visitor took it back before it was met: nobody calls for it, and it counts as left out';
COMMENT ON COLUMN inquiries.window_changed_at IS 'When the visitor last chose another window on the receipt; due_at is what that told them';

ALTER TABLE consents
    ADD text_shown text,
    ADD channel text CHECK (channel IN ('script', 'form', 'staff')),
    ADD challenge_id uuid,
    ADD user_agent_hash bytea CHECK (octet_length(user_agent_hash) = 32);
ALTER TABLE consents ALTER user_agent DROP NOT NULL;
COMMENT ON COLUMN consents.user_agent IS 'Not written any more: user_agent_hash says as much';
COMMENT ON COLUMN consents.challenge_id IS 'The code that proved the number; challenges are thrown away, this stays';

ALTER TABLE messages ADD COLUMN IF NOT EXISTS phone_index bytea CHECK (octet_length(phone_index) = 32);
ALTER TABLE messages ADD pseudonym bytea CHECK (octet_length(pseudonym) = 32);
UPDATE messages m SET phone_index = v.phone_index FROM verification_challenges v WHERE v.id = m.challenge_id AND m.phone_index IS NULL;
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone_index) WHERE phone_index IS NOT NULL;

CREATE TABLE privacy_requests (
    id           uuid        PRIMARY KEY,
    kind         text        NOT NULL CHECK (kind IN ('copy', 'correct', 'erase', 'stop_calls', 'withdraw')),
    pseudonym    bytea       NOT NULL CHECK (octet_length(pseudonym) = 32),
    lead_id      uuid        REFERENCES leads,
    requested_at timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL,
    CHECK (finished_at >= requested_at)
);
COMMENT ON TABLE privacy_requests IS 'Written in the transaction that does what was asked, so a row is a request that was done';
CREATE INDEX privacy_requests_by_age ON privacy_requests (requested_at DESC, id DESC);

CREATE TABLE erasure_tombstones (
    lead_id    uuid        PRIMARY KEY,
    pseudonym  bytea       NOT NULL CHECK (octet_length(pseudonym) = 32),
    request_id uuid        NOT NULL,
    erased_at  timestamptz NOT NULL
);
COMMENT ON TABLE erasure_tombstones IS 'Carried over a restore: what a backup brings back of these leads, accepted up to erased_at, is erased again';

CREATE TABLE export_leads (
    lead_id   uuid NOT NULL REFERENCES leads,
    export_id uuid NOT NULL REFERENCES export_records,
    PRIMARY KEY (lead_id, export_id)
);
COMMENT ON TABLE export_leads IS 'Whose data an export held: shown to them on request';

GRANT SELECT, INSERT ON privacy_requests, erasure_tombstones, export_leads TO huifang_app;
GRANT SELECT ON privacy_requests, erasure_tombstones, export_leads TO huifang_reader;

-- The application may not delete from the audit. It hands over a checkpoint whose MAC it made with a key the database does
-- not have; only what that names is erased, and the checkpoint is there first.
CREATE FUNCTION erase_audit_details(checkpoint_id uuid, happened_at timestamptz, by_actor text, by_role text, about text,
                                    erased jsonb, checkpoint_mac bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    count bigint;
BEGIN
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
    VALUES (checkpoint_id, happened_at, by_actor, by_role, 'audit.checkpoint', about, erased, checkpoint_mac);
    DELETE FROM audit_details WHERE event_id IN (SELECT e::uuid FROM jsonb_array_elements_text(erased -> 'events') AS e);
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN count;
END
$$;
REVOKE ALL ON FUNCTION erase_audit_details FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_audit_details TO huifang_app;
