package import Foundation
package import Postgres

/// How another promise meets the lead's open task, in `INSERT INTO callback_tasks AS t … ON CONFLICT DO UPDATE`
/// (contract §4.2).
enum TaskJoin {
    /// The earliest unmet promise.
    static let dueAt = "CASE WHEN t.met_at IS NULL THEN least(t.due_at, excluded.due_at) ELSE excluded.due_at END"

    /// Whether that promise may still move.
    static let provisional = """
        CASE WHEN t.met_at IS NULL AND t.due_at < excluded.due_at THEN t.provisional ELSE excluded.provisional END
        """

    /// An agreed time holds only if it lies before the promise.
    static let keepsAgreedTime = "t.call_again_at < \(dueAt)"

    /// The new window cannot be waited for.
    static let opensTooLate = "excluded.next_attempt_at > \(dueAt)"

    /// Until when the day's attempts are used up; a promise that would break meanwhile does not wait.
    static let rest = "CASE WHEN t.rests_until < \(dueAt) THEN t.rests_until END"

    /// The same for `lead`, whose earlier tasks are closed.
    static func rest(of lead: String) -> String {
        "(SELECT max(r.rests_until) FROM callback_tasks r WHERE r.lead_id = \(lead) AND r.state = 'closed')"
    }
}

/// A number that nobody may dial, though its task is open (contract §4.7).
enum StoppedNumber {
    /// Whether the number of `leads l` is on the do-not-call list and no later inquiry of `callback_tasks t` lifts that.
    ///
    /// After a merge the task counts as accepted before it was there, so an inquiry since then is its own only if no other
    /// task of the lead, or of the one it was merged into, was open for it and has ended since. A task that ended with a merge
    /// has handed its promise on: its inquiry is one of the target's from that instant.
    static let condition = """
        EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index
                  AND NOT EXISTS (SELECT FROM inquiries p
                                  CROSS JOIN LATERAL (
                                      SELECT coalesce(max(o.closed_at), p.accepted_at) AS at FROM callback_tasks o
                                      WHERE o.lead_id = l.id AND \(Self.handedOn("o")) AND o.accepted_at <= p.accepted_at
                                        AND o.closed_at >= p.accepted_at) joined
                                  WHERE p.lead_id = l.id AND NOT p.quarantined AND p.cancelled_at IS NULL
                                    AND p.accepted_at >= greatest(d.added_at, t.accepted_at)
                                    AND NOT EXISTS (SELECT FROM callback_tasks e
                                                    WHERE e.lead_id IN (l.id, l.merged_into) AND e.id <> t.id AND e.state = 'closed'
                                                      AND e.accepted_at <= joined.at AND e.closed_at > joined.at)))
        """

    /// Whether a task of `leads l` ended by a merge while its promise was unmet.
    private static func handedOn(_ task: String) -> String {
        "l.merged_into IS NOT NULL AND \(task).closed_reason = 'duplicate' AND \(task).met_at IS NULL"
    }
}

extension PostgresQuery.StringInterpolation {
    /// When a joined task is tried next: at the agreed time, else as the new inquiry asks, after the day's rest (contract §4.2).
    package mutating func appendInterpolation(joinedNextAttempt now: Date) {
        self.appendLiteral(
            "CASE WHEN \(TaskJoin.keepsAgreedTime) THEN t.call_again_at ELSE greatest(CASE WHEN \(TaskJoin.opensTooLate) THEN "
        )
        self.appendInterpolation(now)
        self.appendLiteral(" ELSE excluded.next_attempt_at END, \(TaskJoin.rest)) END")
    }

    /// Whether `leads l` is a lead or was merged into it (contract §4.11).
    package mutating func appendInterpolation(isOrMergedInto lead: UUID) {
        self.appendLiteral("(l.id = ")
        self.appendInterpolation(lead)
        self.appendLiteral(" OR l.merged_into = ")
        self.appendInterpolation(lead)
        self.appendLiteral(")")
    }
}

/// The lead whose task serves `leads l`: itself, or the one it was merged into.
enum MergedLead {
    static let target = "coalesce(l.merged_into, l.id)"
}
