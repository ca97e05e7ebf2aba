-- Live codes for submit.sql to consume: :clients times :each of them, numbered from :base.
INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at)
SELECT md5('challenge-' || k)::uuid, bench_hash('phone-' || k), 'inquiry', bench_hash('mac-' || k), now(), now() + interval '5 minutes'
FROM generate_series(0, :clients - 1) c, generate_series(1, :each) i, LATERAL (SELECT :base + c * 100000 + i) n (k);
INSERT INTO verification_counters (phone_index, purpose, tries, live_until)
SELECT bench_hash('phone-' || k), 'inquiry', 0, now() + interval '5 minutes'
FROM generate_series(0, :clients - 1) c, generate_series(1, :each) i, LATERAL (SELECT :base + c * 100000 + i) n (k);
