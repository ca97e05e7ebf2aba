-- What the scripts beside this file need in pgbench's own database, a copy of the service's schema. Run by its owner.
CREATE FUNCTION bench_hash(what text) RETURNS bytea LANGUAGE sql IMMUTABLE
    AS $$ SELECT sha256(convert_to(what, 'UTF8')) $$;
-- Ordered by time, as the service's ids are.
CREATE FUNCTION bench_id(what text) RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || substr(md5(what), 13))::uuid $$;
-- As long as a sealed text of that many bytes.
CREATE FUNCTION bench_sealed(length integer) RETURNS bytea LANGUAGE sql IMMUTABLE
    AS $$ SELECT convert_to(repeat('x', 30 + length), 'UTF8') $$;
CREATE FUNCTION bench_adviser(client integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT ('00000000-0000-7000-8000-' || lpad(client::text, 12, '0'))::uuid $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO huifang_app;

INSERT INTO privacy_notices (version, effective_on, sha256, text) VALUES ('bench', '2026-01-01', bench_hash('notice'), 'bench')
ON CONFLICT DO NOTHING;
INSERT INTO points_rule_versions (version, effective_from, sha256, rules) VALUES ('bench', '2020-01-01', bench_hash('rules'), '{}')
ON CONFLICT DO NOTHING;
