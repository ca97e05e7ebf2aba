import Foundation
import NIOCore
import Postgres

extension CardInquiry: TableRow {
    static let columns =
        "i.id, i.name_sealed, i.remark_sealed, i.extra_sealed, i.preferred_window, i.source::text, i.accepted_at, i.due_at, i.met_at, i.postponed_to"

    init(row: PostgresRow) throws {
        let (id, name, remark, extra, window, source, accepted, due, met, postponed) =
            try row.decode((UUID, ByteBuffer, ByteBuffer?, ByteBuffer?, String?, String, Date, Date, Date?, Date?).self)
        self.init(
            id: id, nameSealed: name.bytes, remarkSealed: remark?.bytes, extraSealed: extra?.bytes, window: window,
            source: source,
            acceptedAt: accepted, dueAt: due,
            metAt: met, postponedTo: postponed)
    }
}

extension CardConsent: TableRow {
    static let columns = """
        c.purpose, c.notice_version, c.given_at, c.withdrawn_at, c.id, c.basis, (SELECT s.username FROM staff s WHERE s.id = c.recorded_by),
        c.evidence_sealed
        """

    init(row: PostgresRow) throws {
        let (purpose, notice, given, withdrawn, id, basis, recordedBy, evidence) =
            try row.decode((String, String, Date, Date?, UUID, String?, String?, ByteBuffer?).self)
        self.init(
            purpose: purpose, noticeVersion: notice, givenAt: given, withdrawnAt: withdrawn, id: id, basis: basis,
            recordedBy: recordedBy, evidenceSealed: evidence?.bytes)
    }
}

extension CardClaim: TableRow {
    static let columns =
        "c.task_id, s.username, c.kind, c.claimed_at, c.began_at, c.revealed_at, c.ended_at, c.end_reason, c.release_note_sealed"

    init(row: PostgresRow) throws {
        let (task, by, kind, claimed, began, revealed, ended, reason, note) =
            try row.decode((UUID, String, String, Date, Date?, Date?, Date?, String?, ByteBuffer?).self)
        self.init(
            taskID: task, by: by, kind: kind, claimedAt: claimed, beganAt: began, revealedAt: revealed, endedAt: ended,
            endReason: reason,
            releaseNoteSealed: note?.bytes)
    }
}

extension CardAttempt: TableRow {
    static let columns = """
        c.id, s.username, c.at, c.disposition, c.reason, c.item, c.reference, c.note_sealed, c.call_again_at, c.counts, c.refused IS NOT NULL,
        coalesce(nullif((SELECT sum(d.duration_seconds) FROM callback_claims k, \(CallbackClaim.calls(of: "k"))
                           AND k.task_id = c.task_id AND k.claim_number = c.claim_number), 0)::integer, c.duration_seconds),
        c.refused IS NOT DISTINCT FROM 'undone'
        """

    init(row: PostgresRow) throws {
        let (id, by, at, disposition, reason, item, reference, note, again, counts, refused, duration, undone) =
            try row.decode(
                (UUID, String, Date, String, String?, String?, String?, ByteBuffer?, Date?, Bool, Bool, Int32?, Bool)
                    .self)
        self.init(
            id: id, by: by, at: at, disposition: disposition, reason: reason, item: item, reference: reference,
            noteSealed: note?.bytes,
            callAgainAt: again, counts: counts, isRefused: refused, duration: duration.map { Int($0) }, isUndone: undone
        )
    }
}

extension CardAssessment: TableRow {
    // After the columns of the assessment itself, which are read by their position.
    static let columns =
        AssessedAnswers.columns + """
            , created_at, (SELECT s.username FROM assessment_reviews r JOIN staff s ON s.id = r.reviewed_by WHERE r.assessment_id = assessments.id),
            (SELECT r.note_sealed FROM assessment_reviews r WHERE r.assessment_id = assessments.id)
            """

    init(row: PostgresRow) throws {
        let columns = row.makeRandomAccess()
        let own = columns.count - 3
        self.init(
            assessed: try AssessedAnswers(row: row), at: try columns[own].decode(Date.self),
            reviewedBy: try columns[own + 1].decode(String?.self),
            noteSealed: try columns[own + 2].decode(ByteBuffer?.self)?.bytes)
    }
}

/// One adviser as the console's lists name them.
struct Colleague: TableRow {
    static let columns = "username, display_name, role"
    let username: String
    let displayName: String
    let role: String

    init(row: PostgresRow) throws {
        (self.username, self.displayName, self.role) = try row.decode((String, String, String).self)
    }
}

extension Transaction {
    func cardInquiries(of lead: UUID) async throws -> [CardInquiry] {
        try await self.all(
            """
            SELECT \(columnsOf: CardInquiry.self) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            WHERE \(isOrMergedInto: lead) AND NOT i.quarantined AND i.erased_at IS NULL ORDER BY i.accepted_at DESC LIMIT 50
            """)
    }

    func cardConsents(of lead: UUID) async throws -> [CardConsent] {
        try await self.all(
            """
            SELECT \(columnsOf: CardConsent.self) FROM consents c JOIN leads l ON l.id = c.lead_id
            WHERE \(isOrMergedInto: lead) AND l.erased_at IS NULL ORDER BY c.given_at DESC, c.id LIMIT 50
            """)
    }

    /// Claims of all tasks of a task's lead.
    func cardClaims(of task: UUID) async throws -> [CardClaim] {
        try await self.all(
            """
            SELECT \(columnsOf: CardClaim.self) FROM callback_claims c JOIN staff s ON s.id = c.adviser_id
            WHERE c.task_id IN (SELECT o.id FROM callback_tasks o JOIN callback_tasks t ON t.lead_id = o.lead_id WHERE t.id = \(task))
            ORDER BY c.claimed_at DESC, c.claim_number DESC LIMIT 100
            """)
    }

    /// Results of all tasks of a task's lead.
    func cardAttempts(of task: UUID) async throws -> [CardAttempt] {
        try await self.all(
            """
            SELECT \(columnsOf: CardAttempt.self) FROM call_attempts c JOIN staff s ON s.id = c.adviser_id
            WHERE c.task_id IN (SELECT o.id FROM callback_tasks o JOIN callback_tasks t ON t.lead_id = o.lead_id WHERE t.id = \(task))
            ORDER BY c.at DESC, c.id DESC LIMIT 100
            """)
    }

    func cardAssessments(of lead: UUID) async throws -> [CardAssessment] {
        try await self.all(
            """
            SELECT \(columnsOf: CardAssessment.self) FROM assessments
            WHERE id IN (SELECT i.assessment_id FROM inquiries i JOIN leads l ON l.id = i.lead_id
                         WHERE \(isOrMergedInto: lead) AND NOT i.quarantined
                         UNION ALL
                         SELECT r.assessment_id FROM assessment_reviews r JOIN leads l ON l.id = r.lead_id WHERE \(isOrMergedInto: lead))
            ORDER BY created_at DESC, id DESC LIMIT 50
            """)
    }

    func colleagues() async throws -> [Colleague] {
        try await self.all(
            "SELECT \(columnsOf: Colleague.self) FROM staff WHERE active ORDER BY display_name, username LIMIT 500")
    }
}
