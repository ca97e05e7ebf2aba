-- Request a code: the service's one statement. :wide and :narrow are the slots of a window that all share and of an
-- address's; :addresses is how many addresses ask.
\set n random(1000000000, 2147483647)
\set a random(1, :addresses)
\set seed random(0, 65535)
WITH proof AS (
    INSERT INTO used_proofs (key, expires_at) SELECT NULL::bytea, NULL::timestamptz WHERE false
    ON CONFLICT DO NOTHING RETURNING 1
), admitted AS MATERIALIZED (
    SELECT admit_send(
        bench_hash('phone-' || :n::text), now(), now() - interval '60 seconds', 5000000, 10000000, 10000000, 20000000, true,
        ARRAY[bench_hash('prefix-hour-' || (:n % 20000)::text), bench_hash('prefix-day-' || (:n % 20000)::text),
              bench_hash('address-hour-' || :a::text), bench_hash('address-day-' || :a::text),
              bench_hash('network-hour-' || :a::text), bench_hash('network-day-' || :a::text),
              bench_hash('all-minute'), bench_hash('all-day')],
        ARRAY[date_trunc('hour', now()), date_trunc('day', now()), date_trunc('hour', now()), date_trunc('day', now()),
              date_trunc('hour', now()), date_trunc('day', now()), date_trunc('minute', now()), date_trunc('day', now())],
        array_fill(2000000000::bigint, ARRAY[8]), array_fill(2000000000::bigint, ARRAY[8]),
        ARRAY[1, 1, :narrow, :narrow, :narrow, :narrow, :wide, :wide]::bigint[], :seed) AS refusal
), counter AS (
    INSERT INTO verification_counters AS c (phone_index, purpose, tries, live_until)
    SELECT bench_hash('phone-' || :n::text), 'inquiry', 0, now() + interval '5 minutes'
    FROM admitted WHERE refusal = 0
    ON CONFLICT (phone_index, purpose) DO UPDATE
    SET tries = CASE WHEN c.live_until > now() AND c.tries < 5 THEN c.tries ELSE 0 END,
        dead_through = CASE WHEN c.tries >= 5 THEN now() - interval '1 microsecond' ELSE c.dead_through END,
        live_until = excluded.live_until
    RETURNING 1
), challenge AS (
    INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at, source, withheld, network)
    SELECT bench_id('challenge-' || :n::text), bench_hash('phone-' || :n::text), 'inquiry', bench_hash('mac-' || :n::text),
           now(), now() + interval '5 minutes', 'default/script', false, bench_hash('network-' || :a::text)
    FROM counter
    RETURNING id
), withheld AS (
    INSERT INTO withheld_codes (challenge_id, phone_sealed, code_sealed, issued_at, expires_at)
    SELECT id, bench_sealed(14), bench_sealed(29), now(), now() + interval '5 minutes' FROM challenge WHERE false
), message AS (
    INSERT INTO messages (id, template, challenge_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
    SELECT bench_id('message-' || :n::text), 'inquiry_code', id, bench_hash('phone-' || :n::text), bench_sealed(14), bench_sealed(29), 'queued', now(), now(),
           now() + interval '5 minutes'
    FROM challenge
)
SELECT refusal FROM (SELECT 1) one LEFT JOIN admitted ON true;
