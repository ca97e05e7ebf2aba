import Leads
import Postgres

extension FsckCheck {
    /// What keeps a promise, and when it ends (contract §4.1, §4.2, §4.9).
    static let kept = [
        FsckCheck("I1", "due_before_its_promises", "a task is due earlier than every unmet inquiry was told") { _ in
            """
            WITH promised AS (
                SELECT coalesce(l.merged_into, l.id) AS lead_id, min(i.due_at) AS earliest
                FROM inquiries i JOIN leads l ON l.id = i.lead_id
                WHERE i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL GROUP BY 1
            )
            SELECT t.id::text FROM callback_tasks t JOIN promised p USING (lead_id)
            WHERE t.state <> 'closed' AND t.met_at IS NULL AND t.due_at < p.earliest
              -- A task that a call or a supervisor opened is due by itself, whatever is promised later.
              AND EXISTS (SELECT FROM inquiries o JOIN leads l ON l.id = o.lead_id
                          WHERE coalesce(l.merged_into, l.id) = t.lead_id AND o.accepted_at = t.accepted_at)
            LIMIT 1000
            """
        },
        // Which hours were in force when is not always known, so that any closing time there ever was will do.
        FsckCheck("I1", "due_at_another_time", "a promise ends neither at closing time nor with a window") { moment in
            """
            WITH ends AS (
                SELECT unnest(\(moment.endsOfPromises)::bigint[]) % 1440 AS minute
                UNION SELECT (m[1]::bigint * 60 + m[2]::bigint) % 1440
                FROM settings, regexp_match(value #>> '{}', '([0-9]{1,2}):([0-9]{2})[[:space:]]*$') AS m
                WHERE key = 'opening_hours' AND m IS NOT NULL
            )
            SELECT p.id::text FROM (SELECT id, due_at FROM inquiries UNION ALL SELECT id, due_at FROM callback_tasks) p
            WHERE NOT EXISTS (SELECT FROM ends
                              WHERE minute * 60 = extract(epoch FROM (p.due_at AT TIME ZONE 'Asia/Shanghai')::time)) LIMIT 1000
            """
        },
        // An inquiry is met at the instant of the attempt, on whichever lead's task that was.
        FsckCheck("I1", "inquiry_met_without_call", "an inquiry is met though no counting attempt was made then") { _ in
            """
            SELECT i.id::text FROM inquiries i
            WHERE i.met_at IS NOT NULL AND NOT EXISTS (SELECT FROM call_attempts a WHERE a.counts AND a.at = i.met_at) LIMIT 1000
            """
        },
        // A task that goes on for the met inquiries of another number, when its last unmet one is taken back, is met then.
        FsckCheck("I1", "task_met_without_call", "a task is met though no counting attempt was made then") { _ in
            """
            SELECT t.id::text FROM callback_tasks t
            WHERE t.met_at IS NOT NULL AND NOT EXISTS (SELECT FROM call_attempts a WHERE a.counts AND a.at = t.met_at)
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.cancelled_at = t.met_at) LIMIT 1000
            """
        },
        FsckCheck("I1", "attempts_without_calls", "a task counts more attempts than were made since its newest inquiry")
        {
            _ in
            """
            SELECT t.id::text FROM callback_tasks t
            WHERE t.attempts > 0 AND t.attempts > (SELECT count(*) FROM call_attempts a
                                WHERE a.task_id = t.id AND a.refused IS NULL AND a.counts AND a.at >= t.newest_inquiry_at) LIMIT 1000
            """
        },
        // Calls are also stopped on request, without a result.
        FsckCheck("I1", "closed_without_result", "a task was closed by a result that is not stored") { _ in
            """
            SELECT t.id::text FROM callback_tasks t
            WHERE t.closed_reason = ANY (\(Self.reasonsOfResults))
              AND (t.closed_reason <> 'do_not_call' OR t.last_disposition = 'do_not_call')
              AND NOT EXISTS (SELECT FROM call_attempts a WHERE a.task_id = t.id AND a.refused IS NULL
                                AND (a.at = t.closed_at AND a.closed_reason = t.closed_reason OR a.disposition = 'do_not_call')) LIMIT 1000
            """
        },
    ]

    /// Why a result closes a task, by itself or because the attempts are used up.
    private static let reasonsOfResults =
        Set(Disposition.allCases.compactMap(\.closedReason)).sorted() + ["unreachable"]
}
