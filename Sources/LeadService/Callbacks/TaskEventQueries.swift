import Foundation
import Leads
import NIOCore
import Postgres

/// Something that happened to a task beside claims and results.
struct TaskEvent: TableRow {
    static let columns = "e.id, e.at, e.kind, s.username, e.note_sealed"
    let id: UUID
    let at: Date
    let kind: String
    let by: String?
    let noteSealed: [UInt8]?

    static func notePlace(of id: UUID) -> SealedPlace { SealedPlace("callback_events", "note_sealed", id) }

    init(row: PostgresRow) throws {
        let (id, at, kind, by, note) = try row.decode((UUID, Date, String, String?, ByteBuffer?).self)
        (self.id, self.at, self.kind, self.by, self.noteSealed) = (id, at, kind, by, note?.bytes)
    }

    func json(_ dependencies: Dependencies, whole: Bool) throws -> [String: JSONOutput] {
        var members: [String: JSONOutput] = ["kind": .string(self.kind), "by": .optional(self.by)]
        if whole, let sealed = self.noteSealed {
            members["note"] = .string(try dependencies.shown { try $0.open(sealed, at: Self.notePlace(of: self.id)) })
        }
        return members
    }
}

/// One lead that was linked to another.
struct LinkedLead: TableRow {
    static let columns = "m.id, m.phone_sealed, i.id, i.name_sealed, a.at, a.username"
    let id: UUID
    let phoneSealed: [UInt8]
    let inquiry: UUID
    let nameSealed: [UInt8]
    /// When an adviser found it to be a duplicate, and who.
    let at: Date?
    let by: String?

    init(row: PostgresRow) throws {
        let (id, phone, inquiry, name, at, by) =
            try row.decode((UUID, ByteBuffer, UUID, ByteBuffer, Date?, String?).self)
        (self.id, self.phoneSealed, self.inquiry, self.nameSealed) = (id, phone.bytes, inquiry, name.bytes)
        (self.at, self.by) = (at, by)
    }

    func json(_ dependencies: Dependencies) throws -> [String: JSONOutput] {
        [
            "kind": .string("merged"), "by": .optional(self.by),
            "lead_id": .string(self.id.uuidString.lowercased()),
            "name_masked": .string(
                try dependencies.shown {
                    PersonName(
                        stored: try $0.open(self.nameSealed, at: SealedPlace("inquiries", "name_sealed", self.inquiry))
                    ).masked
                }),
            "phone_masked": .string(
                try dependencies.shown {
                    try PhoneNumber(
                        parsing: try $0.open(self.phoneSealed, at: SealedPlace("leads", "phone_sealed", self.id))
                    ).masked
                }),
        ]
    }
}

/// How an earlier task of the same lead ended.
struct CardEnding: TableRow {
    static let columns = "t.closed_at, t.closed_reason, t.last_disposition"
    let at: Date
    let reason: String
    let disposition: String?

    init(row: PostgresRow) throws {
        (self.at, self.reason, self.disposition) = try row.decode((Date, String, String?).self)
    }
}

/// The end of a permit as a card shows it.
struct CardPermit: TableRow {
    static let columns = "p.valid_until::text, s.username, p.recorded_at"
    let validUntil: String
    let by: String?
    let at: Date

    init(row: PostgresRow) throws {
        (self.validUntil, self.by, self.at) = try row.decode((String, String?, Date).self)
    }

    var json: JSONOutput {
        .object([
            "valid_until": .string(self.validUntil), "recorded_by": .optional(self.by),
            "recorded_at": .string(RFC3339.text(self.at)),
        ])
    }
}

/// What a card shows beside calls: how the lead came back, what it is linked with, when its permit ends.
struct CardLife: Sendable {
    var events: [TaskEvent]
    var links: [LinkedLead]
    var endings: [CardEnding]
    var permit: CardPermit?
    /// The end of a permit that the task is about.
    var permitDue: String?
}

extension Transaction {
    func insertTaskEvent(
        _ id: UUID, of task: UUID, _ kind: String, by staff: UUID?, note: [UInt8]? = nil, at now: Date
    ) async throws {
        try await self.execute(
            """
            INSERT INTO callback_events (id, task_id, at, kind, staff_id, note_sealed)
            VALUES (\(id), \(task), \(now), \(kind), \(staff), \(note.map { ByteBuffer(bytes: $0) }))
            """)
    }

    func cardLife(of task: CallbackTask) async throws -> CardLife {
        let events: [TaskEvent] = try await self.all(
            """
            SELECT \(columnsOf: TaskEvent.self) FROM callback_events e JOIN callback_tasks t ON t.id = e.task_id
            LEFT JOIN staff s ON s.id = e.staff_id WHERE t.lead_id = \(task.leadID) ORDER BY e.at DESC, e.id DESC LIMIT 100
            """)
        let links: [LinkedLead] = try await self.all(
            """
            SELECT \(columnsOf: LinkedLead.self) FROM leads m
            JOIN LATERAL (SELECT id, name_sealed FROM inquiries WHERE lead_id = m.id AND NOT quarantined AND erased_at IS NULL
                          ORDER BY accepted_at DESC, id DESC LIMIT 1) i ON true
            LEFT JOIN LATERAL (SELECT c.at, s.username FROM callback_tasks t JOIN call_attempts c ON c.task_id = t.id JOIN staff s ON s.id = c.adviser_id
                               WHERE t.lead_id = m.id AND c.disposition = 'duplicate' AND c.refused IS NULL ORDER BY c.at DESC LIMIT 1) a ON true
            WHERE (m.merged_into = \(task.leadID) OR m.id = \(task.leadID) AND m.merged_into IS NOT NULL) AND m.erased_at IS NULL
            ORDER BY m.id LIMIT 50
            """)
        let endings: [CardEnding] = try await self.all(
            """
            SELECT \(columnsOf: CardEnding.self) FROM callback_tasks t
            WHERE t.lead_id = \(task.leadID) AND t.state = 'closed' ORDER BY t.closed_at DESC LIMIT 50
            """)
        let permit: CardPermit? = try await self.first(
            """
            SELECT \(columnsOf: CardPermit.self) FROM lead_permits p LEFT JOIN staff s ON s.id = p.recorded_by
            WHERE p.lead_id = \(task.leadID)
            """)
        let due = try await self.rows(
            "SELECT valid_until::text FROM permit_calls WHERE task_id = \(task.id) ORDER BY valid_until DESC LIMIT 1")
        return CardLife(
            events: events, links: links, endings: endings, permit: permit,
            permitDue: try due.first?.decode(String.self))
    }
}
