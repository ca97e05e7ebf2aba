-- Sends one message of the outbox, of whichever code: the service's statements for it: the lease, who is about to get it, and
-- what became of it. The service leases up to twenty at a time; here each is leased alone.
WITH leased AS (
    UPDATE messages SET state = 'sending', attempt = attempt + 1, lease_until = now() + interval '24 seconds'
    WHERE id IN (SELECT id FROM messages m WHERE state = 'queued' AND send_at <= now() AND expires_at > now()
                   AND (challenge_id IS NOT NULL OR NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = m.phone_index))
                   AND (inquiry_id IS NULL OR EXISTS (SELECT FROM inquiries i WHERE i.id = m.inquiry_id AND i.cancelled_at IS NULL
                                                        AND i.met_at IS NULL AND i.erased_at IS NULL AND NOT i.quarantined))
                 ORDER BY send_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, attempt, retries, template, challenge_id, phone_sealed, parameters_sealed,
        ARRAY(SELECT o.gateway
              FROM verification_challenges c
              JOIN verification_challenges e ON e.phone_index = c.phone_index AND e.id <> c.id AND e.consumed_at IS NULL
                  AND e.issued_at > c.issued_at - interval '30 minutes' AND e.issued_at < c.issued_at
              JOIN messages o ON o.challenge_id = e.id
              WHERE c.id = messages.challenge_id AND o.gateway IS NOT NULL
              GROUP BY o.gateway ORDER BY max(e.issued_at)),
        inquiry_id, (SELECT CASE WHEN messages.template = 'late_notice' THEN i.postponed_to ELSE i.due_at END FROM inquiries i WHERE i.id = messages.inquiry_id)
)
SELECT coalesce((SELECT id FROM leased), '00000000-0000-0000-0000-000000000000') AS message, coalesce((SELECT attempt FROM leased), 0) AS attempt \gset
UPDATE messages SET gateway = 'bench', operator = 'mobile'
WHERE id = :message::uuid AND attempt = :attempt::integer AND state = 'sending' RETURNING 1;
WITH answers AS (
    INSERT INTO gateway_attempts (message_id, attempt, position, gateway, operator, outcome, vendor_code, duration_ms, at)
    SELECT m.id, :attempt::integer, t.n, t.gateway, t.operator, t.outcome, nullif(t.code, ''), t.ms, t.at
    FROM messages m, unnest(ARRAY['bench'], ARRAY['mobile'], ARRAY['accepted'], ARRAY[''], ARRAY[3]::bigint[], ARRAY[now()])
        WITH ORDINALITY AS t (gateway, operator, outcome, code, ms, at, n)
    WHERE m.id = :message::uuid
)
UPDATE messages
SET state = 'sent', gateway = 'bench', vendor_id = :message::text, failure = NULL,
    phone_index = bench_hash('phone-' || :message::text), operator = 'mobile', segments = 1::smallint, query_at = NULL,
    finished_at = now(), lease_until = NULL, parameters_sealed = NULL
WHERE id = :message::uuid AND attempt = :attempt::integer AND state = 'sending';
