-- Closes every task, then opens :open of them again, the same in both databases: a round begins with that many to serve.
UPDATE callback_claims SET ended_at = now(), end_reason = 'closed' WHERE ended_at IS NULL;
UPDATE callback_tasks SET state = 'closed', closed_at = now(), closed_reason = 'bench', claimed_by = NULL, claim_kind = NULL,
       claimed_until = NULL, owner_id = NULL, owner_reason = NULL
WHERE state <> 'closed';
WITH opened AS (
    UPDATE callback_tasks SET state = 'open', closed_at = NULL, closed_reason = NULL, met_at = NULL, next_attempt_at = accepted_at
    WHERE id IN (SELECT id FROM callback_tasks ORDER BY md5(id::text || :'round') LIMIT :open)
    RETURNING latest_inquiry_id
)
UPDATE inquiries SET met_at = NULL FROM opened WHERE id = latest_inquiry_id;
VACUUM ANALYZE callback_tasks;
