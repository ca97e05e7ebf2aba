import Foundation
import Leads
import NIOCore
import Postgres

extension PrivacyRequestRow: TableRow {
    static let columns = "p.id, p.kind, p.lead_id, p.requested_at, p.finished_at, l.phone_sealed, p.corrects, p.case_id"

    init(row: PostgresRow) throws {
        let (id, kind, lead, requested, finished, phone, corrects, caseID) =
            try row.decode((UUID, String, UUID?, Date, Date, ByteBuffer?, [String], UUID?).self)
        guard let kind = PrivacyRequestKind(rawValue: kind) else { throw MissingRow() }
        self.init(
            id: id, kind: kind, leadID: lead, requestedAt: requested, finishedAt: finished,
            corrects: corrects.compactMap { Correction(rawValue: $0) }, phoneSealed: phone?.bytes, caseID: caseID)
    }
}

/// A sealed text and the row it belongs to.
struct SealedRow: TableRow {
    static let columns = "id, name_sealed"
    let id: UUID
    let sealed: [UInt8]

    init(row: PostgresRow) throws {
        let (id, sealed) = try row.decode((UUID, ByteBuffer).self)
        self.id = id
        self.sealed = sealed.bytes
    }
}

extension Transaction {
    /// The lead of a number, locked until the transaction ends: an inquiry of that number waits for it or is seen by it.
    ///
    /// Codes come first, as in a submit, so that the two cannot wait for each other.
    func lockLead(phone index: [UInt8]) async throws -> UUID? {
        let bytes = ByteBuffer(bytes: index)
        try await self.execute(
            "SELECT 1 FROM verification_challenges WHERE phone_index = \(bytes) ORDER BY id FOR UPDATE")
        let rows = try await self.rows(
            "SELECT id FROM leads WHERE phone_index = \(bytes) OR phone_index_next = \(bytes) FOR UPDATE")
        return try rows.first?.decode(UUID.self)
    }

    /// Writes a request down, unless as many of its kind as are allowed were done for the number since an instant.
    ///
    /// It counts by the pseudonym, so that a number we do not know is counted as well. To be called with the number's
    /// codes locked (`lockLead`): two at once are then counted one after the other.
    func insertPrivacyRequest(
        _ id: UUID, _ kind: PrivacyRequestKind, corrects: [Correction], pseudonym: [UInt8], lead: UUID?,
        under caseID: UUID?,
        at now: Date, atMost limit: Int?, since start: Date
    ) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO privacy_requests (id, kind, corrects, pseudonym, lead_id, requested_at, finished_at, case_id)
            SELECT \(id), \(kind.rawValue), \(corrects.map(\.rawValue))::text[], \(ByteBuffer(bytes: pseudonym)), \(lead), \(now), \(now), \(caseID)
            WHERE \(limit)::bigint IS NULL
               OR (SELECT count(*) FROM privacy_requests p WHERE p.pseudonym = \(ByteBuffer(bytes: pseudonym))
                     AND p.kind = \(kind.rawValue) AND p.requested_at > \(start)) < \(limit)::bigint
            RETURNING 1
            """)
    }

    /// When a request of that kind was done for a number, so many before its newest one.
    func privacyRequestTime(_ kind: PrivacyRequestKind, pseudonym: [UInt8], newestBut count: Int) async throws -> Date?
    {
        try await self.rows(
            """
            SELECT requested_at FROM privacy_requests WHERE pseudonym = \(ByteBuffer(bytes: pseudonym)) AND kind = \(kind.rawValue)
            ORDER BY requested_at DESC OFFSET \(count) LIMIT 1
            """
        ).first?.decode(Date.self)
    }

    func privacyRequest(_ id: UUID) async throws -> PrivacyRequestRow? {
        try await self.first(
            """
            SELECT \(columnsOf: PrivacyRequestRow.self) FROM privacy_requests p LEFT JOIN leads l ON l.id = p.lead_id
            WHERE p.id = \(id)
            """)
    }

    /// A page of requests, the newest first.
    func privacyRequests(after cursor: PrivacyCursor?, limit: Int) async throws -> [PrivacyRequestRow] {
        try await self.all(
            """
            SELECT \(columnsOf: PrivacyRequestRow.self) FROM privacy_requests p LEFT JOIN leads l ON l.id = p.lead_id
            WHERE \(cursor?.at)::timestamptz IS NULL OR (p.requested_at, p.id) < (\(cursor?.at)::timestamptz, \(cursor?.id)::uuid)
            ORDER BY p.requested_at DESC, p.id DESC LIMIT \(limit)
            """)
    }

    /// Nobody rings this number any more, whether we know it or not.
    ///
    /// - Returns: false when it was listed already.
    func addDoNotCall(phone index: [UInt8], by actor: String, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(ByteBuffer(bytes: index)), \(now), \(actor))
            ON CONFLICT (phone_index) DO NOTHING RETURNING 1
            """)
    }

    /// A listing that an undo would have taken back stays.
    func keepListed(phone index: [UInt8]) async throws {
        try await self.execute("UPDATE call_undos SET listed = NULL WHERE listed = \(ByteBuffer(bytes: index))")
    }

    /// What waits for this number and is no code will not be sent.
    func dropQueuedMessages(phone index: [UInt8], because failure: String, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'expired', failure = \(failure), finished_at = \(now), parameters_sealed = NULL
            WHERE phone_index = \(ByteBuffer(bytes: index)) AND state = 'queued' AND challenge_id IS NULL
            """)
    }

    func withdrawConsents(of lead: UUID, givenUpTo limit: Date, at now: Date) async throws {
        try await self.execute(
            "UPDATE consents SET withdrawn_at = \(now) WHERE lead_id = \(lead) AND given_at <= \(limit) AND withdrawn_at IS NULL"
        )
    }

    /// The names a lead gave, still sealed.
    func names(of lead: UUID) async throws -> [SealedRow] {
        try await self.all(
            "SELECT \(columnsOf: SealedRow.self) FROM inquiries WHERE lead_id = \(lead) AND erased_at IS NULL ORDER BY accepted_at, id"
        )
    }

    func setNames(_ sealed: [(id: UUID, bytes: [UInt8])], index: [UInt8]) async throws {
        try await self.execute(
            """
            UPDATE inquiries i SET name_sealed = n.sealed, name_index = \(ByteBuffer(bytes: index))
            FROM unnest(\(sealed.map(\.id))::uuid[], \(sealed.map { ByteBuffer(bytes: $0.bytes) })::bytea[]) AS n (id, sealed)
            WHERE i.id = n.id AND i.erased_at IS NULL
            """)
    }

    /// The newest inquiry of a lead and its assessment's answers.
    func newestAnswers(of lead: UUID) async throws -> (inquiry: UUID, answers: String?)? {
        let rows = try await self.rows(
            """
            SELECT i.id, a.answers::text FROM inquiries i LEFT JOIN assessments a ON a.id = i.assessment_id
            WHERE i.lead_id = \(lead) AND i.erased_at IS NULL ORDER BY i.accepted_at DESC, i.id DESC LIMIT 1
            """)
        guard let (inquiry, answers) = try rows.first?.decode((UUID, String?).self) else { return nil }
        return (inquiry, answers)
    }

    /// Gives an inquiry another assessment; the one before goes unless somebody else's inquiry has it too.
    func replaceAssessment(of inquiry: UUID, by assessment: UUID) async throws {
        let rows = try await self.rows("SELECT assessment_id FROM inquiries WHERE id = \(inquiry) FOR UPDATE")
        let old = try rows.first?.decode(UUID?.self)
        try await self.execute("UPDATE inquiries SET assessment_id = \(assessment) WHERE id = \(inquiry)")
        try await self.execute(
            """
            DELETE FROM assessments a WHERE a.id = \(old) AND NOT EXISTS (SELECT FROM inquiries i WHERE i.assessment_id = a.id)
            """)
    }
}
