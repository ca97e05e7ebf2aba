import Foundation
import Leads

extension CallbackQueue {
    /// A page of a view, masked.
    ///
    /// - Parameter withDetails: what became of each task so far stands beside the tasks, whose shape is fixed (contract §3).
    func list(
        _ view: CallbackView, _ filter: CallbackFilter, after cursor: CallbackCursor?, limit: Int,
        withDetails: Bool, for session: StaffSession
    ) async throws -> JSONOutput {
        let (tasks, details, moment) = try await self.database.autocommit { tx in
            let moment = try await self.moment(for: session.staffID, tx)
            let tasks = try await tx.tasks(view, filter, moment, after: cursor, limit: limit + 1)
            return (tasks, withDetails ? try await tx.taskDetails(tasks.map(\.id)) : nil, moment)
        }
        let page = tasks.prefix(limit)
        var next: String?
        if tasks.count > limit, let last = page.last {
            let urgency = view == .pool ? PoolUrgency(last, endOfToday: moment.endOfToday) : .due
            let at: Date =
                switch view {
                case .mine, .scheduled: last.nextAttemptAt
                case .pool: urgency == .met ? last.nextAttemptAt : last.dueAt
                case .overdue: last.dueAt
                case .closed: last.closedAt ?? last.dueAt
                }
            next = CallbackCursor(at: at, id: last.id, urgency: urgency).text(view: view)
        }
        var members: [String: JSONOutput] = [
            "items": .array(try page.map { .object(try $0.json(self.dependencies, at: moment.now)) }),
            "next_cursor": .optional(next),
        ]
        if let details {
            let shown = Set(page.map(\.id))
            members["details"] = .array(details.filter { shown.contains($0.id) }.map(\.json))
        }
        return .object(members)
    }
}

/// What of a view is wanted; nothing set is all of it.
package struct CallbackFilter: Sendable {
    /// By the points of the newest assessment.
    package enum Score: String, Sendable, CaseIterable {
        /// 120 and more; 100–119; fewer; not assessed.
        case reached, near, far
        case unassessed = "none"
    }

    /// By the day of the newest inquiry.
    package enum Age: String, Sendable, CaseIterable {
        case today, yesterday, earlier
    }

    /// As lists show it; empty where none is known.
    var source: String?
    var score: Score?
    var age: Age?

    package init(source: String? = nil, score: Score? = nil, age: Age? = nil) {
        self.source = source
        self.score = score
        self.age = age
    }

    static func read(_ fields: inout FieldReader, of view: CallbackView) -> CallbackFilter {
        let filter = CallbackFilter(
            source: fields.optionalString("source", longest: 200),
            score: fields.parsed("score", required: false) { text throws(ValidationFailure) in
                guard let score = Score(rawValue: text) else {
                    throw ValidationFailure(
                        "score_unknown", "没有这个分数段", english: "reached, near, far or none.")
                }
                return score
            },
            age: fields.parsed("age", required: false) { text throws(ValidationFailure) in
                guard let age = Age(rawValue: text) else {
                    throw ValidationFailure("age_unknown", "没有这个时间段", english: "today, yesterday or earlier.")
                }
                return age
            })
        // Years of closed tasks have no order by any of these; the leads' list searches them.
        if view == .closed {
            for (name, isSet) in [
                ("source", filter.source != nil), ("score", filter.score != nil), ("age", filter.age != nil),
            ] where isSet {
                fields.fail("not_allowed", at: name, "已结束的任务不能这样筛选，请到线索页查找", english: "Not with view=closed.")
            }
        }
        return filter
    }
}
