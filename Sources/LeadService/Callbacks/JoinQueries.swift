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
}

extension PostgresQuery.StringInterpolation {
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
