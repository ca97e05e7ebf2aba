-- One adviser with an open session for each connection, and an administrator (number 99); the same in both databases.
INSERT INTO staff (id, username, display_name, role, password_hash, must_change_password, created_at)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'bench-' || n, 'bench-' || n,
       CASE n WHEN 99 THEN 'administrator' ELSE 'adviser' END, 'none', false, now()
FROM (SELECT generate_series(0, 63) UNION SELECT 99) s (n);
INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at, step_up_at)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, sha256(convert_to(rpad('bench-' || n || '-', 43, '0'), 'UTF8')),
       ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, now(), now(), now() + interval '12 hours', now()
FROM (SELECT generate_series(0, 63) UNION SELECT 99) s (n);
