-- Request a code: the service's one statement.
\set n random(1, 2000000000)
WITH wanted AS (
    SELECT * FROM unnest(
        ARRAY[bench_hash('prefix'), bench_hash('address-hour'), bench_hash('address-day'), bench_hash('network-hour'),
              bench_hash('all-minute'), bench_hash('all-day')],
        ARRAY[date_trunc('hour', now()), date_trunc('hour', now()), date_trunc('day', now()), date_trunc('hour', now()),
              date_trunc('minute', now()), date_trunc('day', now())],
        ARRAY[20000000, 60000000, 200000000, 200000000, 60000000, 2000000000]::bigint[]) AS t (k, w, c)
), number AS (
    INSERT INTO phone_budgets AS p (phone_index, sends, seen_at)
    SELECT bench_hash('phone-' || :n::text), ARRAY[now()], now()
    WHERE NOT EXISTS (SELECT FROM wanted JOIN budgets f ON f.bucket = k AND f.window_start = w WHERE f.used >= c)
    ON CONFLICT (phone_index) DO UPDATE
    SET sends = array_append(ARRAY(SELECT s FROM unnest(p.sends) s WHERE s > now() - interval '1 day'), now()),
        wrongs = ARRAY(SELECT w FROM unnest(p.wrongs) w WHERE w > now() - interval '1 day'), seen_at = now()
    WHERE NOT EXISTS (SELECT FROM unnest(p.sends) s WHERE s > now() - interval '60 seconds')
      AND (SELECT count(*) FROM unnest(p.sends) s WHERE s > now() - interval '1 hour') < 5000000
      AND (SELECT count(*) FROM unnest(p.sends) s WHERE s > now() - interval '1 day') < 10000000
      AND (SELECT count(*) FROM unnest(p.wrongs) w WHERE w > now() - interval '1 hour') < 10000000
      AND (SELECT count(*) FROM unnest(p.wrongs) w WHERE w > now() - interval '1 day') < 20000000
    RETURNING phone_index
), shared AS (
    INSERT INTO budgets AS b (bucket, window_start, used, ceiling)
    SELECT k, w, 1, c FROM number, wanted ORDER BY k
    ON CONFLICT (bucket, window_start) DO UPDATE SET used = b.used + 1, ceiling = excluded.ceiling
    WHERE b.used < excluded.ceiling
    RETURNING 1
), counter AS (
    INSERT INTO verification_counters AS c (phone_index, purpose, tries, live_until)
    SELECT bench_hash('phone-' || :n::text), 'inquiry', 0, now() + interval '5 minutes'
    WHERE (SELECT count(*) FROM shared) = 6
    ON CONFLICT (phone_index, purpose) DO UPDATE
    SET tries = CASE WHEN c.live_until > now() AND c.tries < 5 THEN c.tries ELSE 0 END,
        dead_through = CASE WHEN c.tries >= 5 THEN now() - interval '1 microsecond' ELSE c.dead_through END,
        live_until = excluded.live_until
    RETURNING 1
), challenge AS (
    INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at)
    SELECT bench_id('challenge-' || :n::text), bench_hash('phone-' || :n::text), 'inquiry', bench_hash('mac-' || :n::text),
           now(), now() + interval '5 minutes'
    FROM counter
    RETURNING id
)
INSERT INTO messages (id, template, challenge_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
SELECT bench_id('message-' || :n::text), 'inquiry_code', id, bench_hash('phone-' || :n::text), bench_sealed(14), bench_sealed(29), 'queued', now(), now(),
       now() + interval '5 minutes'
FROM challenge
RETURNING 1;
