import Leads
import Postgres

extension FsckCheck {
    /// What a 201 means (contract §4.1, §4.2).
    static let promises = [
        FsckCheck("I1", "inquiry_without_task", "an accepted inquiry has no task of its time or later") { _ in
            """
            SELECT i.id::text FROM inquiries i JOIN leads l ON l.id = i.lead_id
            WHERE NOT i.quarantined
              AND NOT EXISTS (SELECT FROM callback_tasks t WHERE t.lead_id IN (l.id, l.merged_into)
                                AND (t.state <> 'closed' OR t.closed_at >= i.accepted_at))
            LIMIT 1000
            """
        },
        FsckCheck("I1", "two_open_tasks", "a lead has two open tasks") { _ in
            """
            SELECT lead_id::text FROM callback_tasks WHERE state <> 'closed' GROUP BY lead_id HAVING count(*) > 1 LIMIT 1000
            """
        },
        FsckCheck("I1", "inquiry_without_consent", "an accepted inquiry has no consent") { _ in
            """
            SELECT i.id::text FROM inquiries i
            WHERE (i.erased_at IS NULL OR EXISTS (SELECT FROM erasure_tombstones t WHERE t.lead_id = i.lead_id))
              AND NOT EXISTS (SELECT FROM consents c WHERE c.inquiry_id = i.id AND c.purpose = 'inquiry') LIMIT 1000
            """
        },
        FsckCheck("I1", "promise_not_carried", "a task is due later than an unmet inquiry was told") { _ in
            """
            SELECT t.id::text FROM callback_tasks t
            WHERE t.state <> 'closed' AND t.met_at IS NULL
              AND EXISTS (SELECT FROM inquiries i WHERE i.lead_id = t.lead_id AND i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL
                            AND i.accepted_at >= t.accepted_at AND i.due_at < t.due_at
                            -- After a merge the task counts as older than it is: what an earlier one ended without a call is not its own.
                            AND NOT EXISTS (SELECT FROM callback_tasks e WHERE e.lead_id = t.lead_id AND e.state = 'closed'
                                              AND e.accepted_at <= i.accepted_at AND e.closed_at > i.accepted_at))
            LIMIT 1000
            """
        },
        // Only inquiries taken after their years' notices were loaded and the firm's own days changed: every other keeps what the visitor was told. A day
        // the firm closed may only have been added later, and so may one it opened.
        FsckCheck("I1", "deadline_on_another_day", "an inquiry is due on another day than the next working day") { _ in
            """
            WITH loaded AS (
                SELECT greatest(max(loaded_at), (SELECT changed_at FROM company_day_changes)) AS at FROM calendar_years
            ), days AS (
                SELECT a.day, min(d.day) FILTER (WHERE d.official AND d.company IS DISTINCT FROM 'closed') AS latest,
                       min(d.day) FILTER (WHERE d.official OR d.company = 'open') AS earliest
                FROM (SELECT DISTINCT (accepted_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM inquiries) a,
                     LATERAL (SELECT g.day::date AS day, o.kind AS company,
                                     coalesce(c.kind = 'makeup', extract(isodow FROM g.day) < 6) AS official
                              FROM generate_series(a.day + 1, a.day + 40, interval '1 day') AS g (day)
                              LEFT JOIN calendar_days c ON c.day = g.day::date LEFT JOIN company_days o ON o.day = g.day::date) d
                GROUP BY a.day
            )
            SELECT i.id::text FROM inquiries i
            JOIN leads l ON l.id = i.lead_id JOIN loaded ON i.accepted_at >= loaded.at
            JOIN days ON days.day = (i.accepted_at AT TIME ZONE 'Asia/Shanghai')::date
            WHERE NOT i.provisional
              AND ((i.due_at AT TIME ZONE 'Asia/Shanghai')::date > days.latest
                       AND (i.window_changed_at IS NULL OR i.due_at > coalesce(i.first_due_at, i.due_at))
                   OR ((i.due_at AT TIME ZONE 'Asia/Shanghai')::date < days.earliest AND i.window_changed_at IS NULL
                       AND l.merged_into IS NULL AND NOT EXISTS (SELECT FROM leads m WHERE m.merged_into = l.id)
                       AND NOT EXISTS (SELECT FROM inquiries j WHERE j.lead_id = i.lead_id AND j.accepted_at < i.accepted_at)))
            LIMIT 1000
            """
        },
    ]

    /// Columns in the clear that a person or a program may have put a number into (I9).
    static let personalData = [
        ("audit_events", "id", "actor || ' ' || object || ' ' || detail::text"),
        ("messages", "id", "coalesce(failure, '') || ' ' || coalesce(vendor_id, '')"),
        ("inquiries", "id", "source::text"),
        ("call_attempts", "id", "concat_ws(' ', reason, item, reference)"),
        ("export_records", "id", "reason || ' ' || filters::text"),
        ("export_jobs", "id", "reason || ' ' || filters::text"),
        ("staff", "id", "display_name"),
    ].map { table, id, text in
        FsckCheck("I9", "number_in_\(table)", "a column in the clear holds what looks like a mobile number") { _ in
            """
            SELECT \(unescaped: id)::text FROM \(unescaped: table)
            WHERE \(unescaped: text) ~ '(^|[^0-9A-Za-z])([+]?86)?1[3-9][0-9]{9}([^0-9A-Za-z]|$)' LIMIT 1000
            """
        }
    }
}
