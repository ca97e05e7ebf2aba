import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

/// Somebody of the staff with a session that outlasts what the test's clock does.
struct Colleague: Sendable {
    var id: UUID
    var username: String
    var token: String
}

/// A task to be written straight to the tables, times relative to the clock.
struct TaskSeed: Sendable {
    var phone = "13800000001"
    var name = "欧阳晓"
    var acceptedAgo: TimeInterval = 3600
    /// The default is the deadline of the clock's first day: the next one at 18:00.
    var dueIn: TimeInterval = 31.5 * 3600
    var nextAttemptIn: TimeInterval = -60
    var window: String?
    var isMet = false
    var state = "open"
    var owner: UUID?
    var ownerReason: String?
    var callAgainIn: TimeInterval?
    var source = #"{"utm":{"source":"article"}}"#
    /// Kept as it is, whatever a form would have made of it.
    var remark: String?
}

/// What `TestService.seed` wrote.
struct SeededTask: Sendable {
    var id: UUID
    var lead: UUID
    var inquiry: UUID
    var phone: String

    var path: String { "/api/v1/callbacks/\(self.id.uuidString.lowercased())" }
}

extension TestService {
    /// Adds somebody with an open session, without the work of a password.
    func colleague(_ username: String, _ role: Role = .adviser, days: Double = 30) async throws -> Colleague {
        let id = self.dependencies.makeID()
        let token = Base64URL.encode(self.dependencies.randomBytes(32))
        let hash = ByteBuffer(bytes: Array(SHA256.hash(data: Data(token.utf8))))
        let (now, later) = (self.clock.now, self.clock.now.addingTimeInterval(days * 86400))
        try await self.services.database.transaction { tx in
            try await tx.execute(
                """
                INSERT INTO staff (id, username, display_name, role, password_hash, must_change_password, created_at)
                VALUES (\(id), \(username), \(username), \(role.rawValue), 'none', false, \(now))
                """)
            try await tx.execute(
                """
                INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at, step_up_at)
                VALUES (\(id), \(hash), \(id), \(now), \(later), \(later), \(now))
                """)
        }
        return Colleague(id: id, username: username, token: token)
    }

    /// Writes a lead with one inquiry and its task.
    func seed(_ seed: TaskSeed = TaskSeed()) async throws -> SeededTask {
        let (lead, inquiry, task) = (self.dependencies.makeID(), self.dependencies.makeID(), self.dependencies.makeID())
        let phone = try PhoneNumber(parsing: seed.phone)
        let name = try PersonName(parsing: seed.name)
        func sealed(_ text: String, _ table: String, _ column: String, _ row: UUID) throws -> ByteBuffer {
            ByteBuffer(bytes: try self.keys.seal(text, at: SealedPlace(table, column, row)))
        }
        let phoneSealed = try sealed(phone.e164, "leads", "phone_sealed", lead)
        let nameSealed = try sealed(name.text, "inquiries", "name_sealed", inquiry)
        let remarkSealed = try seed.remark.map { try sealed($0, "inquiries", "remark_sealed", inquiry) }
        let phoneIndex = ByteBuffer(bytes: self.keys.index(of: phone))
        let lastFour = ByteBuffer(bytes: self.keys.index(ofLastFour: phone.lastFour))
        let nameIndex = ByteBuffer(bytes: self.keys.index(of: name))
        let now = self.clock.now
        let (accepted, due) = (now.addingTimeInterval(-seed.acceptedAgo), now.addingTimeInterval(seed.dueIn))
        let met = seed.isMet ? now : nil
        try await self.services.database.transaction { tx in
            try await tx.execute(
                """
                INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                VALUES (\(lead), \(phoneIndex), \(Int16(1)), \(phoneSealed), \(lastFour), \(accepted))
                """)
            try await tx.execute(
                """
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, preferred_window, source, accepted_at, due_at,
                                       provisional, met_at)
                VALUES (\(inquiry), \(lead), \(nameSealed), \(nameIndex), \(remarkSealed), \(seed.window), \(seed.source)::text::jsonb,
                        \(accepted), \(due), false, \(met))
                """)
            try await tx.execute(
                """
                INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, paused_reason, paused_until, accepted_at, newest_inquiry_at, due_at,
                                            provisional, met_at, next_attempt_at, call_again_at, preferred_window, owner_id, owner_reason)
                VALUES (\(task), \(lead), \(inquiry), \(seed.state), \(seed.state == "paused" ? "other" : nil),
                        \(seed.state == "paused" ? now.addingTimeInterval(86400) : nil), \(accepted), \(accepted), \(due),
                        false, \(met), \(now.addingTimeInterval(seed.nextAttemptIn)), \(seed.callAgainIn.map { now.addingTimeInterval($0) }),
                        \(seed.window), \(seed.owner), \(seed.ownerReason))
                """)
        }
        return SeededTask(id: task, lead: lead, inquiry: inquiry, phone: seed.phone)
    }

    /// The first column of the first row, as text.
    func column(_ query: PostgresQuery) async throws -> String? {
        let rows = try await self.services.database.autocommit { session in try await session.rows(query) }
        guard let row = rows.first else { return nil }
        return try row.decode(String?.self)
    }

    func claim(_ colleague: Colleague, _ body: String? = nil) async throws -> Answer {
        try await self.call(.post, "/api/v1/callbacks/claim", body, token: colleague.token)
    }

    func reveal(_ task: SeededTask, _ colleague: Colleague) async throws -> Answer {
        try await self.call(.post, task.path + "/reveal", #"{"purpose":"callback"}"#, token: colleague.token)
    }

    /// Records a result; each further member has a comma in front.
    func record(
        _ disposition: String, on task: SeededTask, _ colleague: Colleague, more: String = "", headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await self.call(
            .post, task.path + "/attempts", #"{"disposition":"\#(disposition)"\#(more)}"#, token: colleague.token,
            headers: headers)
    }

    /// Claims what is next, reveals it and records a result.
    @discardableResult
    func workThrough(
        _ disposition: String, on task: SeededTask, _ colleague: Colleague, more: String = ""
    ) async throws -> Answer {
        let claimed = try await self.claim(colleague)
        try #require(claimed["id"].string == task.id.uuidString.lowercased(), "\(claimed.text)")
        try #require(try await self.reveal(task, colleague).status == 200)
        return try await self.record(disposition, on: task, colleague, more: more)
    }

    func list(_ view: String, _ colleague: Colleague, more: String = "") async throws -> Answer {
        try await self.call(.get, "/api/v1/callbacks?view=\(view)\(more)", token: colleague.token)
    }

    /// The task's row as it stands.
    func task(_ id: UUID, _ column: String) async throws -> String? {
        try await self.column(
            PostgresQuery(unsafeSQL: "SELECT (\(column))::text FROM callback_tasks WHERE id = '\(id.uuidString)'"))
    }
}

/// A UUID as our JSON writes it.
