import Foundation
import Leads

/// Results that ended a promise without a call, of which a supervisor looks at some of each day.
package struct ClosureReviews: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let calendar: CalendarStore
    private let audit: Audit

    /// So many of a day are looked at.
    static let sample = 10
    /// Over so many days up to the one that is shown verdicts are counted.
    static let countedDays = 30

    package init(database: Database, dependencies: Dependencies, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.calendar = calendar
        self.audit = Audit(dependencies: dependencies)
    }

    /// The last working day that is over: nothing is added to it any more, so that its sample stays.
    var lastDay: ShanghaiDate {
        let calendar = self.calendar.current
        var day = ShanghaiDate(self.dependencies.now()).adding(-1)
        while !calendar.isWorkingDay(day) { day = day.adding(-1) }
        return day
    }

    /// A day's sample, and what was found of everybody's in the last weeks.
    func show(_ day: ShanghaiDate) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let from = day.adding(1 - Self.countedDays).at(minute: 0)
        let until = day.adding(1).at(minute: 0)
        let (closures, advisers) = try await self.database.autocommit { tx in
            let closures = try await tx.sampledClosures(on: day, limit: Self.sample)
            return (
                zip(closures, try await tx.tasks(of: closures)).map { ($0, $1) },
                try await tx.closureCounts(from: from, until: until)
            )
        }
        return .object([
            "day": .string(day.description),
            "items": .array(
                try closures.map { closure, task in
                    .object([
                        "id": .string(closure.attempt.uuidString.lowercased()),
                        "at": .string(RFC3339.text(closure.at)), "by": .string(closure.by),
                        "disposition": .string(closure.disposition), "reason": .optional(closure.reason),
                        "verdict": .optional(closure.verdict), "reviewed_by": .optional(closure.reviewedBy),
                        "callback": try task.map { .object(try $0.json(self.dependencies, at: now)) } ?? .null,
                    ])
                }),
            "advisers": .array(
                advisers.map {
                    .object([
                        "username": .string($0.username), "closures": .integer($0.closures),
                        "reviewed": .integer($0.reviewed), "wrong": .integer($0.wrong),
                    ])
                }),
        ])
    }

    /// Stores what somebody found; their own results are for others to look at.
    ///
    /// - Throws: 404 for what is no such result; 403 `forbidden` for one's own.
    func judge(_ attempt: UUID, _ verdict: ClosureVerdict, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        let event = self.audit.event(
            "closure.review", on: attempt.uuidString.lowercased(), by: session.username, role: session.role.rawValue,
            detail: ["verdict": .string(verdict.rawValue)])
        try await self.database.transaction { tx in
            guard let author = try await tx.authorOfClosure(attempt) else { throw Problems.notFound }
            guard author != session.staffID else { throw Problems.forbidden }
            try await tx.upsertClosureReview(attempt, verdict, by: session.staffID, at: now)
            try await tx.insert(event)
        }
    }
}

/// What a supervisor found of a result.
enum ClosureVerdict: String, Sendable {
    case right, wrong
}

/// A result that ended a promise without a call.
struct UncalledClosure: Sendable {
    var attempt: UUID
    var task: UUID
    var at: Date
    var by: String
    var disposition: String
    var reason: String?
    var verdict: String?
    var reviewedBy: String?
}

/// How many such results are somebody's, and what was found of them.
struct ClosureCount: Sendable {
    var username: String
    var closures: Int
    var reviewed: Int
    var wrong: Int
}
