-- Submit an inquiry with an id and answers: the service's three statements. Each client counts its own codes, from :base.
\set i :i + 1
\set k :base + :client_id * 100000 + :i
SELECT inquiry_id, phone_index, fingerprint, body_sealed, due_at FROM submit_keys
WHERE inquiry_id = bench_id('inquiry-' || :k::text)
   OR (phone_index = bench_hash('phone-' || :k::text) AND idempotency_key = NULL AND created_at > now() - interval '1 day')
ORDER BY inquiry_id = bench_id('inquiry-' || :k::text) DESC LIMIT 1;
WITH expired AS (
    UPDATE submit_keys SET idempotency_key = NULL
    WHERE phone_index = bench_hash('phone-' || :k::text) AND idempotency_key = NULL AND created_at <= now() - interval '1 day'
), blocked AS (
    SELECT 1 FROM unnest(ARRAY[bench_hash('wrong-address'), bench_hash('wrong-network'), bench_hash('wrong-all')],
                         ARRAY[date_trunc('hour', now()), date_trunc('hour', now()), date_trunc('hour', now())]) AS t (k, w)
    JOIN budgets b ON b.bucket = t.k AND b.window_start = t.w
    WHERE b.used >= b.ceiling LIMIT 1
), locked AS (
    INSERT INTO submit_locks AS l (key, holder, until)
    SELECT k, md5('holder-' || :k::text)::uuid, now() + interval '6 seconds' FROM unnest(ARRAY[bench_hash('lock-' || :k::text)]) k
    WHERE NOT EXISTS (SELECT FROM blocked)
    ORDER BY k
    ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE l.until <= now() OR l.holder = excluded.holder
    RETURNING 1
), reserved AS (
    UPDATE verification_counters c SET tries = c.tries + 1
    WHERE c.phone_index = bench_hash('phone-' || :k::text) AND c.purpose = 'inquiry' AND c.tries < 5
      AND NOT EXISTS (SELECT FROM blocked)
      AND (SELECT count(*) FROM locked) = 1
      AND EXISTS (SELECT FROM verification_challenges v
                  WHERE v.id = md5('challenge-' || :k::text)::uuid AND v.phone_index = c.phone_index AND v.purpose = c.purpose
                    AND v.consumed_at IS NULL AND v.expires_at > now()
                    AND (c.dead_through IS NULL OR v.issued_at > c.dead_through))
    RETURNING c.dead_through
), counted AS (
    INSERT INTO budgets AS b (bucket, window_start, used, ceiling)
    SELECT k, w, 1, c
    FROM unnest(ARRAY[bench_hash('wrong-address'), bench_hash('wrong-network'), bench_hash('wrong-all')],
                ARRAY[date_trunc('hour', now()), date_trunc('hour', now()), date_trunc('hour', now())],
                ARRAY[30000000, 100000000, 200000000]::bigint[]) AS t (k, w, c)
    WHERE NOT EXISTS (SELECT FROM blocked) AND (SELECT count(*) FROM locked) = 1 AND (SELECT count(*) FROM reserved) >= 0
    ORDER BY k
    ON CONFLICT (bucket, window_start) DO UPDATE SET used = b.used + 1, ceiling = excluded.ceiling
    WHERE b.used < excluded.ceiling
    RETURNING bucket
), live AS (
    SELECT v.id, v.code_mac FROM verification_challenges v, reserved r
    WHERE v.phone_index = bench_hash('phone-' || :k::text) AND v.purpose = 'inquiry' AND v.consumed_at IS NULL AND v.expires_at > now()
      AND (r.dead_through IS NULL OR v.issued_at > r.dead_through)
    ORDER BY v.issued_at DESC LIMIT 10
)
SELECT (SELECT count(*) FROM locked), EXISTS (SELECT FROM blocked), EXISTS (SELECT FROM reserved),
       ARRAY(SELECT bucket FROM counted), ARRAY(SELECT id FROM live), ARRAY(SELECT code_mac FROM live);
WITH consumed AS (
    UPDATE verification_challenges SET consumed_at = now()
    WHERE id = md5('challenge-' || :k::text)::uuid AND consumed_at IS NULL AND expires_at > now()
      -- Of the service's promise; here it is read a second time, so that it is always the one in force.
      AND (SELECT coalesce(sum(extract(epoch FROM loaded_at) * 1000000)::bigint, 0) FROM calendar_years)
        = (SELECT coalesce(sum(extract(epoch FROM loaded_at) * 1000000)::bigint, 0) FROM calendar_years)
    RETURNING id
), counter AS (
    UPDATE verification_counters SET tries = 0
    WHERE phone_index = bench_hash('phone-' || :k::text) AND purpose = 'inquiry' AND EXISTS (SELECT FROM consumed)
    RETURNING 1
), place AS (
    UPDATE sites SET taken = taken + 1
    WHERE name = NULL::text AND quota IS NOT NULL AND EXISTS (SELECT FROM consumed)
), unlocked AS (
    DELETE FROM submit_locks WHERE key = ANY (ARRAY[bench_hash('lock-' || :k::text)]) AND holder = md5('holder-' || :k::text)::uuid
), lead AS (
    INSERT INTO leads AS l (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
    SELECT bench_id('lead-' || :k::text), bench_hash('phone-' || :k::text), 1, bench_sealed(14), bench_hash('four-' || (:k % 10000)::text), now()
    FROM consumed
    ON CONFLICT (phone_index) DO UPDATE SET phone_index = excluded.phone_index
    RETURNING id, coalesce(l.merged_into, l.id) AS task_lead
), assessment AS (
    INSERT INTO assessments (id, rule_version, assessed_on, answers, sum_before_deductions, total, can_apply, blocked_by,
                             notes, gap, suggestions, created_at)
    SELECT bench_id('assessment-' || :k::text), 'bench', current_date,
           '{"age": 34, "education": "bachelor_with_degree", "insured_months": 72, "months_at_1x": 40}', 108, 108, true, '{}', '[]', 12,
           '[{"answers_changed": {"insured_months": 120}, "months": 48, "text": "bench bench bench"}]', now()
    FROM lead
    RETURNING id
), items AS (
    INSERT INTO assessment_items (assessment_id, position, key, points, text)
    SELECT a.id, i.position, i.key, i.points, i.text
    FROM assessment a, unnest(ARRAY['age', 'education', 'insured_years', 'social_insurance_base'], ARRAY[30, 60, 18, 25]::bigint[],
                              ARRAY['age', 'education', 'insured years', 'base']) WITH ORDINALITY AS i (key, points, text, position)
), task AS (
    INSERT INTO callback_tasks AS t (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at,
                                     provisional, next_attempt_at, preferred_window, skill)
    SELECT bench_id('task-' || :k::text), task_lead, bench_id('inquiry-' || :k::text), 'open', now(), now(), now() + interval '1 day',
           false, greatest(now(), (SELECT max(r.rests_until) FROM callback_tasks r WHERE r.lead_id = task_lead AND r.state = 'closed')), NULL,
           NULL
    FROM lead
    ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET
        state = 'open', paused_reason = NULL, paused_until = NULL, latest_inquiry_id = excluded.latest_inquiry_id,
        skill = excluded.skill,
        newest_inquiry_at = excluded.newest_inquiry_at, met_at = NULL, attempts = 0,
        due_at = CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END,
        provisional = CASE WHEN t.met_at IS NULL AND t.due_at < excluded.due_at THEN t.provisional ELSE excluded.provisional END,
        preferred_window = CASE WHEN excluded.next_attempt_at > CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END
                                THEN t.preferred_window ELSE excluded.preferred_window END,
        call_again_at = CASE WHEN t.call_again_at < CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END
                             THEN t.call_again_at END,
        next_attempt_at = CASE WHEN t.call_again_at < CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END
                               THEN t.call_again_at
                               WHEN excluded.next_attempt_at > CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END
                               THEN now() ELSE excluded.next_attempt_at END
    RETURNING CASE WHEN t.due_at > now() THEN t.due_at ELSE now() + interval '1 day' END AS told,
              CASE WHEN t.due_at > now() THEN t.provisional ELSE false END AS provisional
), inquiry AS (
    INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, extra_sealed, assessment_id, preferred_window,
                           source, site, accepted_at, due_at, provisional, quarantined, skill)
    SELECT bench_id('inquiry-' || :k::text), lead.id, bench_sealed(9), bench_hash('name-' || (:k % 500)::text), NULL, NULL,
           coalesce((SELECT id FROM assessment), NULL), NULL, '{"utm": {"source": "article"}}', NULL, now(), coalesce(task.told, now() + interval '1 day'),
           coalesce(task.provisional, false), false, NULL
    FROM lead LEFT JOIN task ON true
    RETURNING id, lead_id, due_at
), aside AS (
    INSERT INTO quarantined_inquiries (inquiry_id, reason, submitted_at, told_due_at, told_next_attempt_at, state)
    SELECT id, NULL, now(), due_at, now(), 'waiting' FROM inquiry WHERE false
), agreed AS (
    INSERT INTO consents (id, lead_id, inquiry_id, purpose, notice_version, notice_sha256, given_at, address,
                          user_agent_hash, text_shown, channel, challenge_id, reminder_valid_until)
    SELECT c.id, i.lead_id, i.id, c.purpose, 'bench', bench_hash('notice'), now(), '127.0.0.1',
           sha256(convert_to('agent', 'UTF8')), c.shown, 'script', bench_id('challenge-' || :k::text), nullif(c.reminder, '')::date
    FROM inquiry i, unnest(ARRAY[bench_id('consent-' || :k::text)], ARRAY['inquiry'], ARRAY[repeat('x', 40)], ARRAY[''])
         AS c (id, purpose, shown, reminder)
), bound AS (
    INSERT INTO submit_keys (inquiry_id, phone_index, idempotency_key, fingerprint, body_sealed, due_at, created_at)
    SELECT id, bench_hash('phone-' || :k::text), NULL, bench_hash('fingerprint-' || :k::text), bench_sealed(200), due_at, now()
    FROM inquiry
), audited AS (
    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
    SELECT bench_id('event-' || :k::text), now(), 'visitor', 'visitor', 'inquiry.submit', id::text, '{}', bench_hash('event-' || :k::text)
    FROM inquiry
), held AS (
    SELECT b.bucket, b.window_start FROM budgets b
    WHERE (b.bucket, b.window_start) IN (SELECT * FROM unnest(
              ARRAY[bench_hash('wrong-address'), bench_hash('wrong-network'), bench_hash('wrong-all')],
              ARRAY[date_trunc('hour', now()), date_trunc('hour', now()), date_trunc('hour', now())]))
      AND (SELECT count(*) FROM counter) >= 0 AND EXISTS (SELECT FROM consumed)
    ORDER BY b.bucket FOR UPDATE
), lowered AS (
    UPDATE budgets b SET used = b.used - 1 FROM held h
    WHERE b.bucket = h.bucket AND b.window_start = h.window_start AND b.used > 0
)
SELECT due_at FROM inquiry;
