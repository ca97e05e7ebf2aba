-- :count leads with an inquiry and a task each, so that pgbench's tables are as large as the service's. All tasks are open.
WITH lead AS (
    INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
    SELECT bench_id('lead-' || k), bench_hash('seed-phone-' || k), 1, bench_sealed(14), bench_hash('four-' || k % 10000), now()
    FROM generate_series(1, :count) k
    RETURNING id, created_at
), inquiry AS (
    INSERT INTO inquiries (id, lead_id, name_sealed, name_index, source, accepted_at, due_at, provisional)
    SELECT bench_id('inquiry-' || id), id, bench_sealed(9), bench_hash('name'), '{"utm": {"source": "article"}}', created_at,
           created_at + interval '1 day', false
    FROM lead
    RETURNING id, lead_id, accepted_at, due_at
)
INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, next_attempt_at)
SELECT bench_id('task-' || id), lead_id, id, 'open', accepted_at, accepted_at, due_at, false, accepted_at FROM inquiry;
