-- The rows of an export as they are stored: the export's own SELECT, in its order, nothing decrypted.
SELECT l.id, l.phone_sealed, i.id, i.name_sealed, i.remark_sealed, i.extra_sealed, short_source(i.source), i.accepted_at, i.due_at, i.met_at,
    t.state, t.last_disposition, coalesce(t.attempts, 0)::bigint, s.username, a.total::bigint, a.gap::bigint,
    ARRAY(SELECT key FROM assessment_items WHERE assessment_id = a.id ORDER BY position),
    ARRAY(SELECT points::bigint FROM assessment_items WHERE assessment_id = a.id ORDER BY position),
    ARRAY(SELECT title FROM benefit_requests WHERE lead_id = l.id ORDER BY requested_at, benefit),
    i.source::text, i.site
FROM leads l
JOIN LATERAL (SELECT * FROM inquiries WHERE lead_id = l.id AND NOT quarantined ORDER BY accepted_at DESC, id DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (SELECT * FROM callback_tasks WHERE lead_id = coalesce(l.merged_into, l.id)
                   ORDER BY accepted_at DESC, id DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT adviser_id FROM callback_claims WHERE task_id = t.id ORDER BY claim_number DESC LIMIT 1) c ON true
LEFT JOIN staff s ON s.id = coalesce(t.owner_id, c.adviser_id)
LEFT JOIN LATERAL (SELECT assessment_id FROM assessment_reviews
                   WHERE lead_id = l.id AND (i.assessment_id IS NULL OR reviewed_at > i.accepted_at)
                   ORDER BY reviewed_at DESC, assessment_id DESC LIMIT 1) r ON true
LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id)
WHERE NOT (l.erased_at IS NOT NULL OR EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index)
    OR EXISTS (SELECT FROM consents w WHERE w.lead_id = l.id AND w.purpose = 'inquiry' AND w.withdrawn_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM consents g WHERE g.lead_id = l.id AND g.purpose = 'inquiry' AND g.withdrawn_at IS NULL))
ORDER BY l.created_at, l.id
