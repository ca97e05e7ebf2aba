import Foundation
import Leads

/// The background work of the whole service: how it stands, held and released, and what failed tried again.
struct Jobs: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    func list() async throws -> JSONOutput {
        let now = self.dependencies.now()
        let states = try await self.database.autocommit {
            try await $0.jobStates(JobName.allCases.map(\.rawValue), at: now)
        }
        let items = states.compactMap { state in JobName(rawValue: state.name).map { Self.json(state, of: $0, at: now) }
        }
        return .object(["items": .array(items), "next_cursor": .null])
    }

    /// - Throws: 409 `job_held`.
    func hold(_ job: JobName, by session: StaffSession) async throws {
        let (now, event) = (self.dependencies.now(), self.event("job.hold", on: job, by: session))
        let isNew = try await self.database.autocommit {
            try await $0.hold(job.rawValue, by: session.staffID, at: now, event)
        }
        guard isNew else { throw Problems.jobHeld }
    }

    /// - Throws: 409 `job_not_held`.
    func release(_ job: JobName, by session: StaffSession) async throws {
        let event = self.event("job.release", on: job, by: session)
        guard try await self.database.autocommit({ try await $0.release(job.rawValue, event) }) else {
            throw Problems.jobNotHeld
        }
    }

    /// Queues again what failed for good; returns how many.
    ///
    /// - Throws: 409 `job_has_no_retry` where nothing is kept that could be: a message forgets its text when it is over.
    func retry(_ job: JobName, by session: StaffSession) async throws -> Int {
        guard job.hasRetry else { throw Problems.jobHasNoRetry }
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            let count =
                switch job {
                case .exports: try await tx.retryExportJobs()
                case .imports: try await tx.retryImports()
                default:
                    try await tx.retryPosts(
                        on: ShanghaiDate(now).description, at: now, expiresAt: now.addingTimeInterval(86400))
                }
            try await tx.insert(self.event("job.retry", on: job, by: session, ["count": .integer(count)]))
            return count
        }
    }

    private func event(
        _ action: String, on job: JobName, by session: StaffSession, _ detail: [String: JSONOutput] = [:]
    ) -> AuditEvent {
        self.audit.event(
            action, on: job.rawValue, by: session.username, role: session.role.rawValue, detail: detail)
    }

    private static func json(_ state: JobState, of job: JobName, at now: Date) -> JSONOutput {
        .object([
            "name": .string(job.rawValue), "title": .string(job.title), "while_held": .string(job.whileHeld),
            "depth": .optional(state.depth), "dead": .optional(state.dead), "has_retry": .bool(job.hasRetry),
            "oldest_at": .optional(state.oldest.map { RFC3339.text($0) }),
            "oldest_age_seconds": .optional(state.oldest.map { max(0, Int(now.timeIntervalSince($0))) }),
            "ran_at": .optional(state.ranAt.map { RFC3339.text($0) }),
            "failed_at": .optional(state.failedAt.map { RFC3339.text($0) }), "failure": .optional(state.failure),
            "failures": .integer(state.failures), "held_at": .optional(state.heldAt.map { RFC3339.text($0) }),
            "held_by": .optional(state.heldBy),
        ])
    }
}

extension Problems {
    static let jobHeld = Problem(.conflict, "job_held", "这项工作已经停住了", english: "It is held already.")
    static let jobNotHeld = Problem(.conflict, "job_not_held", "这项工作没有停住", english: "It is not held.")
    static let jobHasNoRetry = Problem(
        .conflict, "job_has_no_retry", "这项工作没有可以重试的内容", english: "Nothing of it can be tried again.")
}
