-- Claim the next task, reveal its number, record a closing result: the service's statements of the three requests, each with its
-- look-up of the session.
-- The service sends several of them in one round trip (all before the first INSERT into audit_events, and what a result reads
-- and writes); here each is one of its own.
-- Of the claim order only the `openWindows` condition is missing: calling hours are "always" in this run.
WITH found AS (
    SELECT s.staff_id, p.username, p.display_name, p.role, p.must_change_password, s.expires_at, s.step_up_at, s.last_seen_at, s.token_hash
    FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
    WHERE s.token_hash = bench_hash(rpad('bench-' || :client_id::text || '-', 43, '0')) AND s.expires_at > now()
      AND s.last_seen_at > now() - interval '30 minutes' AND p.active AND (p.password_expires_at IS NULL OR p.password_expires_at > now())
), touched AS (
    UPDATE staff_sessions s SET last_seen_at = now() FROM found
    WHERE s.token_hash = found.token_hash AND s.last_seen_at <= now() - interval '60 seconds'
)
SELECT * FROM found;
BEGIN;
WITH lapsed AS (
    SELECT id, claim_number, claimed_until FROM callback_tasks WHERE claimed_by = bench_adviser(:client_id) AND claimed_until <= now() FOR UPDATE
), freed AS (
    UPDATE callback_tasks t SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL FROM lapsed l WHERE t.id = l.id
)
UPDATE callback_claims c SET ended_at = l.claimed_until, end_reason = 'expired'
FROM lapsed l WHERE c.task_id = l.id AND c.claim_number = l.claim_number AND c.ended_at IS NULL;
UPDATE callback_tasks SET claimed_until = now() + interval '30 minutes'
WHERE claimed_by = bench_adviser(:client_id) AND claim_kind = 'ordinary' AND claimed_until > now() RETURNING id;
WITH own AS MATERIALIZED (
    SELECT FROM callback_tasks WHERE claimed_by = bench_adviser(:client_id) AND claim_kind = 'ordinary'
), picked AS (
    SELECT * FROM (
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.owner_id = bench_adviser(:client_id) AND t.owner_reason IN ('appointment', 'assigned')
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) own_first
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.call_again_at IS NOT NULL
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) appointments
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.met_at IS NULL AND t.newest_inquiry_at > now() - interval '15 minutes'
              AND NOT EXISTS (SELECT FROM callback_tasks t WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                    AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                    OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.met_at IS NULL
                              AND t.due_at > now() AND t.due_at <= now() + interval '1 hour')
            ORDER BY t.newest_inquiry_at DESC, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) fresh
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.met_at IS NULL AND t.due_at < date_trunc('day', now()) + interval '1 day'
            ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.met_at IS NOT NULL
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) met
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR t.next_attempt_at <= now() - interval '30 minutes'
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND NOT o.active)) AND t.met_at IS NULL
            ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) later
        LIMIT 1) first
    WHERE NOT EXISTS (SELECT FROM own)
), lapsed AS (
    UPDATE callback_claims c SET ended_at = p.claimed_until, end_reason = 'expired'
    FROM picked p WHERE c.task_id = p.id AND c.claim_number = p.claim_number AND c.ended_at IS NULL AND p.claimed_until IS NOT NULL
), claimed AS (
    UPDATE callback_tasks t SET claimed_by = bench_adviser(:client_id), claim_kind = 'ordinary', claimed_until = now() + interval '30 minutes',
           claim_number = t.claim_number + 1
    FROM picked p WHERE t.id = p.id
    RETURNING t.id, t.claim_number
)
INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at)
SELECT id, claim_number, bench_adviser(:client_id), 'ordinary', now() FROM claimed
RETURNING task_id AS task, claim_number AS number \gset
INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
VALUES (gen_random_uuid(), now(), 'bench', 'adviser', 'callback.claim', :task::text, '{}', bench_hash(:task::text));
SELECT t.id, t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, l.id, i.id, i.name_sealed, i.source::text, a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id JOIN leads l ON l.id = i.lead_id
LEFT JOIN assessments a ON a.id = i.assessment_id LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.id = :task::uuid;
COMMIT;
WITH found AS (
    SELECT s.staff_id, p.username, p.display_name, p.role, p.must_change_password, s.expires_at, s.step_up_at, s.last_seen_at, s.token_hash
    FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
    WHERE s.token_hash = bench_hash(rpad('bench-' || :client_id::text || '-', 43, '0')) AND s.expires_at > now()
      AND s.last_seen_at > now() - interval '30 minutes' AND p.active AND (p.password_expires_at IS NULL OR p.password_expires_at > now())
), touched AS (
    UPDATE staff_sessions s SET last_seen_at = now() FROM found
    WHERE s.token_hash = found.token_hash AND s.last_seen_at <= now() - interval '60 seconds'
)
SELECT * FROM found;
SELECT t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, i.name_sealed, i.source::text, a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id JOIN leads l ON l.id = i.lead_id
LEFT JOIN assessments a ON a.id = i.assessment_id LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.id = :task::uuid \gset
WITH held AS (
    UPDATE callback_tasks SET claimed_until = now() + interval '30 minutes'
    WHERE id = :task::uuid AND claim_number = :number::integer AND claim_kind = 'ordinary'
      AND claimed_by = bench_adviser(:client_id) AND claimed_until > now()
    RETURNING id, claim_number
), revealed AS (
    UPDATE callback_claims c SET revealed_at = coalesce(c.revealed_at, now())
    FROM held WHERE c.task_id = held.id AND c.claim_number = held.claim_number
), audited AS (
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, detail_hash, mac)
    SELECT bench_id('reveal-' || :task::text), now(), 'bench', 'adviser', 'callback.reveal', :task::text, '{}', bench_hash('reason'),
           bench_hash(:task::text) FROM held
), detailed AS (
    INSERT INTO audit_details (event_id, sealed) SELECT bench_id('reveal-' || :task::text), bench_sealed(20) FROM held
)
SELECT 1 FROM held;
WITH found AS (
    SELECT s.staff_id, p.username, p.display_name, p.role, p.must_change_password, s.expires_at, s.step_up_at, s.last_seen_at, s.token_hash
    FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
    WHERE s.token_hash = bench_hash(rpad('bench-' || :client_id::text || '-', 43, '0')) AND s.expires_at > now()
      AND s.last_seen_at > now() - interval '30 minutes' AND p.active AND (p.password_expires_at IS NULL OR p.password_expires_at > now())
), touched AS (
    UPDATE staff_sessions s SET last_seen_at = now() FROM found
    WHERE s.token_hash = found.token_hash AND s.last_seen_at <= now() - interval '60 seconds'
)
SELECT * FROM found;
BEGIN;
SELECT 1 FROM callback_tasks WHERE id = :task::uuid FOR UPDATE;
SELECT t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, i.name_sealed, i.source::text, a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id JOIN leads l ON l.id = i.lead_id
LEFT JOIN assessments a ON a.id = i.assessment_id LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.id = :task::uuid \gset
SELECT claim_number, adviser_id, kind, claimed_at, revealed_at, ended_at, end_reason FROM callback_claims
WHERE task_id = :task::uuid AND adviser_id = bench_adviser(:client_id) ORDER BY claim_number DESC LIMIT 1;
SELECT at, disposition, reason FROM call_attempts WHERE task_id = :task::uuid AND counts ORDER BY at DESC, id DESC LIMIT 100;
SELECT count(*) FROM callback_tasks t JOIN call_attempts a ON a.task_id = t.id
WHERE t.lead_id = (SELECT lead_id FROM callback_tasks WHERE id = :task::uuid) AND a.counts AND a.at >= date_trunc('day', now());
UPDATE inquiries i SET met_at = now() FROM leads l
WHERE i.lead_id = l.id AND (l.merged_into = :lead::uuid OR (l.id = :lead::uuid AND l.merged_into IS NULL)) AND i.met_at IS NULL AND NOT i.quarantined
  AND i.accepted_at <= now();
SELECT min(i.due_at) FROM inquiries i JOIN leads l ON i.lead_id = l.id
WHERE (l.merged_into = :lead::uuid OR (l.id = :lead::uuid AND l.merged_into IS NULL)) AND i.met_at IS NULL AND NOT i.quarantined AND i.accepted_at > now();
WITH freed AS (
    UPDATE callback_tasks SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL WHERE id = :task::uuid AND claim_number = :number::integer
)
UPDATE callback_claims SET ended_at = now(), end_reason = 'result'
WHERE task_id = :task::uuid AND claim_number = :number::integer AND (ended_at IS NULL OR end_reason = 'expired');
UPDATE callback_tasks SET last_disposition = 'reached_not_interested', last_attempt_at = now(), attempts = attempts + 1,
       first_attempt_at = coalesce(first_attempt_at, now()), first_contact_at = coalesce(first_contact_at, now()), met_at = now(),
       state = 'closed', closed_reason = 'not_interested', closed_at = now()
WHERE id = :task::uuid;
INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, reason, counts, closed_reason, fingerprint, answer)
VALUES (gen_random_uuid(), :task::uuid, :number::integer, bench_adviser(:client_id), now(), 'reached_not_interested', 'bench', true,
        'not_interested', bench_hash(:task::text), '{"state": "closed"}');
INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
VALUES (gen_random_uuid(), now(), 'bench', 'adviser', 'callback.result', :task::text, '{}', bench_hash(:task::text));
COMMIT;
