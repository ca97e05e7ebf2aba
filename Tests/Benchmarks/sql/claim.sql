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
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.owner_id = bench_adviser(:client_id) AND t.owner_reason IN ('appointment', 'assigned')
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) own_first
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.call_again_at IS NOT NULL
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) appointments
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.met_at IS NULL AND t.newest_inquiry_at > now() - interval '15 minutes'
              AND NOT EXISTS (SELECT FROM callback_tasks t WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                    AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                    OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.met_at IS NULL
                              AND t.due_at > now() AND t.due_at <= now() + interval '1 hour')
            ORDER BY t.newest_inquiry_at DESC, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) fresh
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.met_at IS NULL AND t.due_at < date_trunc('day', now()) + interval '1 day'
            ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.met_at IS NOT NULL
            ORDER BY t.next_attempt_at, t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) met
        UNION ALL
        SELECT * FROM (
            SELECT t.id, t.claim_number, t.claimed_until FROM callback_tasks t
            WHERE t.state = 'open' AND t.next_attempt_at <= now() AND (t.claimed_until IS NULL OR t.claimed_until <= now())
                  AND (t.owner_id IS NULL OR t.owner_id = bench_adviser(:client_id) OR (t.next_attempt_at <= now() - interval '30 minutes' AND (t.owner_reason <> 'pushed' OR t.pushed_at <= now() - interval '30 minutes'))
                  OR EXISTS (SELECT FROM staff o WHERE o.id = t.owner_id AND (NOT o.active OR o.availability = 'off'
                  OR EXISTS (SELECT FROM staff_leaves v WHERE v.staff_id = o.id AND now()::date BETWEEN v.first_day AND v.last_day)))) AND t.met_at IS NULL
            ORDER BY t.due_at, t.accepted_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED) later
        LIMIT 1) first
    WHERE NOT EXISTS (SELECT FROM own)
), lapsed AS (
    UPDATE callback_claims c SET ended_at = p.claimed_until, end_reason = 'expired'
    FROM picked p WHERE c.task_id = p.id AND c.claim_number = p.claim_number AND c.ended_at IS NULL AND p.claimed_until IS NOT NULL
), claimed AS (
    UPDATE callback_tasks t SET claimed_by = bench_adviser(:client_id), claim_kind = 'ordinary', claimed_until = now() + interval '30 minutes',
           claim_number = t.claim_number + 1,
           owner_id = CASE WHEN t.owner_reason = 'pushed' AND t.owner_id <> bench_adviser(:client_id) THEN NULL ELSE t.owner_id END,
           owner_reason = CASE WHEN t.owner_reason = 'pushed' AND t.owner_id <> bench_adviser(:client_id) THEN NULL ELSE t.owner_reason END
    FROM picked p WHERE t.id = p.id
    RETURNING t.id, t.claim_number
)
INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at)
SELECT id, claim_number, bench_adviser(:client_id), 'ordinary', now() FROM claimed
RETURNING task_id AS task, claim_number AS number \gset
WITH happened AS (SELECT), audited AS (
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, detail_hash, mac)
    SELECT gen_random_uuid(), now(), 'bench', 'adviser', 'callback.claim', :task::text, '{}', NULL, bench_hash(:task::text) FROM happened
) SELECT;
SELECT t.id, t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, l.id, i.id, i.name_sealed, short_source(i.source), a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id AND i.erased_at IS NULL JOIN leads l ON l.id = i.lead_id
LEFT JOIN LATERAL (SELECT assessment_id FROM assessment_reviews
                   WHERE lead_id = t.lead_id AND (i.assessment_id IS NULL OR reviewed_at > i.accepted_at)
                   ORDER BY reviewed_at DESC, assessment_id DESC LIMIT 1) r ON true
LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id) LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.claimed_by = bench_adviser(:client_id) AND t.claim_kind = 'ordinary';
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
SELECT t.id, t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, l.id AS phone_row, i.id AS inquiry, i.name_sealed, short_source(i.source), a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id AND i.erased_at IS NULL JOIN leads l ON l.id = i.lead_id
LEFT JOIN LATERAL (SELECT assessment_id FROM assessment_reviews
                   WHERE lead_id = t.lead_id AND (i.assessment_id IS NULL OR reviewed_at > i.accepted_at)
                   ORDER BY reviewed_at DESC, assessment_id DESC LIMIT 1) r ON true
LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id) LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.id = :task::uuid \gset
WITH held AS (
    UPDATE callback_tasks SET claimed_until = now() + interval '30 minutes'
    WHERE id = :task::uuid AND claim_number = :number::integer AND claim_kind = 'ordinary'
      AND claimed_by = bench_adviser(:client_id) AND claimed_until > now()
    RETURNING id, claim_number
), revealed AS (
    UPDATE callback_claims c SET revealed_at = coalesce(c.revealed_at, now()), phone_lead_id = :phone_row::uuid
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
SELECT t.id, t.lead_id AS lead, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
       t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
       t.closed_reason, l.phone_sealed, l.id AS phone_row, i.id AS inquiry, i.name_sealed, short_source(i.source), a.total, a.gap
FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id AND i.erased_at IS NULL JOIN leads l ON l.id = i.lead_id
LEFT JOIN LATERAL (SELECT assessment_id FROM assessment_reviews
                   WHERE lead_id = t.lead_id AND (i.assessment_id IS NULL OR reviewed_at > i.accepted_at)
                   ORDER BY reviewed_at DESC, assessment_id DESC LIMIT 1) r ON true
LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id) LEFT JOIN staff h ON h.id = t.claimed_by
WHERE t.id = :task::uuid \gset
SELECT claim_number, adviser_id, kind, claimed_at, revealed_at, ended_at, end_reason, phone_lead_id FROM callback_claims
WHERE task_id = :task::uuid AND adviser_id = bench_adviser(:client_id) AND (NULL::integer IS NULL OR claim_number = NULL::integer) ORDER BY claim_number DESC LIMIT 1;
SELECT at, disposition, reason FROM call_attempts WHERE task_id = :task::uuid AND counts ORDER BY at DESC, id DESC LIMIT 100;
SELECT fingerprint, answer::text FROM call_attempts
WHERE task_id = :task::uuid AND adviser_id = bench_adviser(:client_id) AND idempotency_key = NULL AND answer IS NOT NULL;
SELECT count(*) FROM callback_tasks t JOIN call_attempts a ON a.task_id = t.id
WHERE t.lead_id = (SELECT lead_id FROM callback_tasks WHERE id = :task::uuid) AND a.counts AND a.at >= date_trunc('day', now());
SELECT min(i.due_at) FROM inquiries i JOIN leads l ON i.lead_id = l.id
WHERE (l.id = :lead::uuid OR l.merged_into = :lead::uuid) AND i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL AND i.accepted_at > now();
INSERT INTO call_undos (task_id, adviser_id, at, task, unmet, wechat, changed_in)
SELECT t.id, bench_adviser(:client_id), now(), to_jsonb(t),
       ARRAY(SELECT i.id FROM inquiries i JOIN leads l ON l.id = i.lead_id
             WHERE (l.id = :lead::uuid OR l.merged_into = :lead::uuid) AND i.met_at IS NULL),
       coalesce((SELECT jsonb_agg(to_jsonb(w)) FROM wechat_contacts w JOIN leads l ON l.id = w.lead_id
                 WHERE (l.id = :lead::uuid OR l.merged_into = :lead::uuid)), '[]'),
       pg_current_xact_id()
FROM callback_tasks t WHERE t.id = :task::uuid
ON CONFLICT (task_id) DO UPDATE SET adviser_id = excluded.adviser_id, at = excluded.at, task = excluded.task,
    unmet = excluded.unmet, wechat = excluded.wechat, listed = NULL, changed_in = excluded.changed_in;
WITH freed AS (
    UPDATE callback_tasks SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL,
        owner_id = CASE WHEN false AND owner_reason = 'pushed' THEN NULL ELSE owner_id END,
        owner_reason = CASE WHEN false AND owner_reason = 'pushed' THEN NULL ELSE owner_reason END
    WHERE id = :task::uuid AND claim_number = :number::integer
)
UPDATE callback_claims SET ended_at = now(), end_reason = 'result', release_note_sealed = coalesce(NULL, release_note_sealed)
WHERE task_id = :task::uuid AND claim_number = :number::integer AND (ended_at IS NULL OR end_reason = 'expired');
UPDATE callback_tasks SET
    last_disposition = 'reached_not_interested', last_attempt_at = now(), attempts = attempts + 1,
    first_attempt_at = CASE WHEN true THEN coalesce(first_attempt_at, now()) ELSE first_attempt_at END,
    first_contact_at = CASE WHEN true THEN coalesce(first_contact_at, now()) ELSE first_contact_at END,
    first_qualified_at = CASE WHEN false THEN coalesce(first_qualified_at, now()) ELSE first_qualified_at END,
    next_attempt_at = next_attempt_at, due_at = due_at, met_at = now(),
    call_again_at = CASE WHEN true THEN NULL ELSE call_again_at END,
    preferred_window = CASE WHEN false THEN NULL ELSE preferred_window END,
    owner_id = coalesce(NULL, owner_id), owner_reason = coalesce(NULL, owner_reason),
    rests_until = coalesce(NULL, rests_until),
    state = CASE WHEN true THEN 'closed' WHEN true THEN 'open' ELSE state END,
    paused_reason = CASE WHEN false THEN paused_reason END, paused_until = CASE WHEN false THEN paused_until END,
    closed_reason = 'not_interested', closed_at = now()
WHERE id = :task::uuid;
INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, reason, item, reference, merge_into, note_sealed,
                           call_again_at, counts, next_attempt_at, closed_reason, idempotency_key, fingerprint, answer, duration_seconds)
VALUES (gen_random_uuid(), :task::uuid, :number::integer, bench_adviser(:client_id), now(), 'reached_not_interested', 'bench', NULL, NULL, NULL,
        NULL, NULL, true, now(), 'not_interested', NULL, bench_hash(:task::text), '{"state": "closed"}', NULL);
WITH happened AS (SELECT), audited AS (
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, detail_hash, mac)
    SELECT gen_random_uuid(), now(), 'bench', 'adviser', 'callback.result', :task::text, '{}', NULL, bench_hash(:task::text) FROM happened
) SELECT;
UPDATE inquiries i SET met_at = now() FROM leads l
WHERE i.lead_id = l.id AND (l.id = :lead::uuid OR l.merged_into = :lead::uuid) AND i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL
  AND i.accepted_at <= now();
COMMIT;
