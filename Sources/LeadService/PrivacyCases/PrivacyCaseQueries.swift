import Foundation
import Leads
import NIOCore
import Postgres

extension PrivacyCase: TableRow {
    static let columns = """
        c.id, c.kind, c.asked_by, c.channel, c.received_on::text, c.due_on::text, c.opened_at, o.username, c.outcome, c.closed_at,
        e.username, (SELECT count(*) FROM privacy_requests p WHERE p.case_id = c.id)
        """

    static let tables = "privacy_cases c JOIN staff o ON o.id = c.opened_by LEFT JOIN staff e ON e.id = c.closed_by"

    init(row: PostgresRow) throws {
        let (id, kind, petitioner, channel, received, due, openedAt, openedBy, outcome, closedAt, closedBy, requests) =
            try row.decode(
                (UUID, String, String, String, String, String, Date, String, String?, Date?, String?, Int).self)
        self.init(
            id: id, kind: kind, petitioner: petitioner, channel: channel,
            receivedOn: try ShanghaiDate(parsing: received), dueOn: try ShanghaiDate(parsing: due),
            openedAt: openedAt, openedBy: openedBy, outcome: outcome, closedAt: closedAt, closedBy: closedBy,
            requests: requests)
    }
}

/// The free text of a case, still sealed.
struct SealedCase: TableRow {
    static let columns = "note_sealed, reason_sealed"
    /// Gone with an erasure.
    let note: [UInt8]?
    let reason: [UInt8]?

    init(row: PostgresRow) throws {
        let (note, reason) = try row.decode((ByteBuffer?, ByteBuffer?).self)
        self.note = note?.bytes
        self.reason = reason?.bytes
    }
}

/// A case under which something is done.
struct LockedCase: TableRow {
    static let columns = "kind, pseudonym, closed_at IS NULL"
    let kind: PrivacyCaseKind?
    let pseudonym: [UInt8]
    let isOpen: Bool

    init(row: PostgresRow) throws {
        let (kind, pseudonym, isOpen) = try row.decode((String, ByteBuffer, Bool).self)
        self.kind = PrivacyCaseKind(rawValue: kind)
        self.pseudonym = pseudonym.bytes
        self.isOpen = isOpen
    }
}

/// An open case whose day is near or past.
struct DueCase: TableRow {
    static let columns = "id, due_on::text"
    let id: UUID
    let dueOn: ShanghaiDate

    init(row: PostgresRow) throws {
        let (id, due) = try row.decode((UUID, String).self)
        self.id = id
        self.dueOn = try ShanghaiDate(parsing: due)
    }
}

extension Transaction {
    func insertCase(
        _ id: UUID, _ draft: PrivacyCaseDraft, pseudonym: [UInt8], note: [UInt8], by staff: UUID, at now: Date,
        _ event: AuditEvent
    ) async throws {
        try await self.execute(
            """
            WITH opened AS (
                INSERT INTO privacy_cases (id, kind, asked_by, channel, pseudonym, note_sealed, received_on, opened_at, opened_by)
                VALUES (\(id), \(draft.kind.rawValue), \(draft.petitioner.rawValue), \(draft.channel.rawValue),
                        \(ByteBuffer(bytes: pseudonym)), \(ByteBuffer(bytes: note)), \(draft.receivedOn.description)::text::date,
                        \(now), \(staff))
                RETURNING id
            ), \(auditing: event, when: "opened")
            SELECT 1 FROM opened
            """)
    }

    /// A page of cases: the open ones by their deadline, the closed ones the newest first.
    func privacyCases(open: Bool, after cursor: UUID?, limit: Int) async throws -> [PrivacyCase] {
        if open {
            return try await self.all(
                """
                SELECT \(columnsOf: PrivacyCase.self) FROM \(unescaped: PrivacyCase.tables)
                WHERE c.closed_at IS NULL AND (\(cursor)::uuid IS NULL
                    OR (c.due_on, c.id) > (SELECT due_on, id FROM privacy_cases WHERE id = \(cursor)::uuid))
                ORDER BY c.due_on, c.id LIMIT \(limit)
                """)
        }
        return try await self.all(
            """
            SELECT \(columnsOf: PrivacyCase.self) FROM \(unescaped: PrivacyCase.tables)
            WHERE c.closed_at IS NOT NULL AND (\(cursor)::uuid IS NULL
                OR (c.closed_at, c.id) < (SELECT closed_at, id FROM privacy_cases WHERE id = \(cursor)::uuid))
            ORDER BY c.closed_at DESC, c.id DESC LIMIT \(limit)
            """)
    }

    /// One case with its texts.
    func privacyCase(_ id: UUID) async throws -> (PrivacyCase, SealedCase)? {
        let found: PrivacyCase? = try await self.first(
            "SELECT \(columnsOf: PrivacyCase.self) FROM \(unescaped: PrivacyCase.tables) WHERE c.id = \(id)")
        let texts: SealedCase? = try await self.first(
            "SELECT \(columnsOf: SealedCase.self) FROM privacy_cases WHERE id = \(id)")
        guard let found, let texts else { return nil }
        return (found, texts)
    }

    /// Locks a case and gives what it is about and the pseudonym of its number.
    func lockCase(_ id: UUID) async throws -> LockedCase? {
        try await self.first("SELECT \(columnsOf: LockedCase.self) FROM privacy_cases WHERE id = \(id) FOR UPDATE")
    }

    /// Closes a case; what was written in it goes if the person was erased since it was opened, by it or by a code.
    ///
    /// - Returns: false when it is closed, or there is none.
    func closeCase(
        _ id: UUID, _ outcome: CaseOutcome, reason: [UInt8]?, by staff: UUID, at now: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH closed AS (
                UPDATE privacy_cases SET outcome = \(outcome.rawValue), reason_sealed = \(reason.map { ByteBuffer(bytes: $0) }),
                       closed_at = \(now), closed_by = \(staff),
                       note_sealed = CASE WHEN EXISTS (SELECT FROM privacy_requests p WHERE p.pseudonym = privacy_cases.pseudonym
                                                       AND p.kind = 'erase' AND p.requested_at >= privacy_cases.opened_at)
                                          THEN NULL ELSE note_sealed END
                WHERE id = \(id) AND closed_at IS NULL RETURNING id
            ), \(auditing: event, when: "closed")
            SELECT 1 FROM closed
            """)
    }

    /// Forgets what was written in the closed cases of a number.
    func eraseCaseTexts(pseudonym: [UInt8]) async throws {
        try await self.execute(
            """
            UPDATE privacy_cases SET note_sealed = NULL, reason_sealed = NULL
            WHERE pseudonym = \(ByteBuffer(bytes: pseudonym)) AND closed_at IS NOT NULL
            """)
    }

    func caseExists(_ id: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM privacy_cases WHERE id = \(id)")
    }

    /// Open cases that are due by a day.
    func casesDue(by day: ShanghaiDate) async throws -> [DueCase] {
        try await self.all(
            """
            SELECT \(columnsOf: DueCase.self) FROM privacy_cases
            WHERE closed_at IS NULL AND due_on <= \(day.description)::text::date ORDER BY due_on, id LIMIT 1000
            """)
    }

    /// Lets go of cases that were closed before an instant.
    func deleteClosedCases(before: Date, limit: Int) async throws -> Int {
        try await self.rows(
            "DELETE FROM privacy_cases WHERE id IN (SELECT id FROM privacy_cases WHERE closed_at < \(before) LIMIT \(limit)) RETURNING 1"
        ).count
    }
}
