import Foundation
import NIOCore
import Postgres

/// What a lead's consent says about calling it again.
enum LeadConsent {
    /// Whether `leads l` withdrew what it agreed to, and has not agreed again.
    static let isWithdrawn = """
        (EXISTS (SELECT FROM consents w WHERE w.lead_id = l.id AND w.purpose = 'inquiry' AND w.withdrawn_at IS NOT NULL)
         AND NOT EXISTS (SELECT FROM consents g WHERE g.lead_id = l.id AND g.purpose = 'inquiry' AND g.withdrawn_at IS NULL))
        """

    /// Whether `leads l` may be called without asking us first.
    static let allowsCalls = """
        l.erased_at IS NULL AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index) AND NOT \(isWithdrawn)
        """
}

/// What stands in the way of opening a lead again; read with the lead and the task locked.
struct ReopenReading: TableRow {
    static let columns = """
        t.lead_id, t.state = 'closed', t.closed_reason IS NOT DISTINCT FROM 'cancelled_by_visitor', l.erased_at IS NOT NULL, l.merged_into IS NOT NULL,
        EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index), \(LeadConsent.isWithdrawn),
        (SELECT o.id FROM callback_tasks o WHERE o.lead_id = t.lead_id AND o.state <> 'closed')
        """
    let lead: UUID
    let isClosed: Bool
    let isTakenBack: Bool
    let isErased: Bool
    let isMerged: Bool
    let isStopped: Bool
    let isWithdrawn: Bool
    let open: UUID?

    init(row: PostgresRow) throws {
        (
            self.lead, self.isClosed, self.isTakenBack, self.isErased, self.isMerged, self.isStopped, self.isWithdrawn,
            self.open
        ) = try row.decode((UUID, Bool, Bool, Bool, Bool, Bool, Bool, UUID?).self)
    }
}

extension Transaction {
    func reopenReading(of task: UUID) async throws -> ReopenReading? {
        try await self.first(
            """
            SELECT \(columnsOf: ReopenReading.self) FROM callback_tasks t JOIN leads l ON l.id = t.lead_id WHERE t.id = \(task)
            """)
    }

    /// Opens another task for the lead of a closed one, in one statement with its history and the audit.
    ///
    /// It is due as an inquiry of now would be, or earlier where a promise is still unmet and ahead. The closed task stays as
    /// it is: statistics go on saying who closed it.
    ///
    /// - Returns: false when anything stands in the way.
    func reopen(
        _ closed: UUID, as task: UUID, _ promise: Promise, event id: UUID, note: [UInt8], by staff: UUID, at now: Date,
        _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH opened AS (
                INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional,
                                            next_attempt_at, opened_for, skill, preferred_window)
                SELECT \(task), l.id, i.id, 'open', \(now), \(now), coalesce(u.due_at, \(promise.dueAt)), coalesce(u.provisional, \(promise.provisional)),
                       greatest(\(now), \(unescaped: TaskJoin.rest(of: "l.id"))), 'reopened', i.skill, u.preferred_window
                FROM callback_tasks c JOIN leads l ON l.id = c.lead_id
                JOIN LATERAL (SELECT id, skill FROM inquiries WHERE lead_id = l.id AND NOT quarantined AND erased_at IS NULL
                              ORDER BY accepted_at DESC, id DESC LIMIT 1) i ON true
                LEFT JOIN LATERAL (SELECT p.due_at, p.provisional, p.preferred_window FROM inquiries p JOIN leads o ON o.id = p.lead_id
                                   WHERE (o.id = l.id OR o.merged_into = l.id) AND p.met_at IS NULL AND p.cancelled_at IS NULL AND NOT p.quarantined
                                     AND p.due_at > \(now) AND p.due_at < \(promise.dueAt) ORDER BY p.due_at LIMIT 1) u ON true
                WHERE c.id = \(closed) AND c.state = 'closed' AND c.closed_reason <> 'cancelled_by_visitor' AND l.merged_into IS NULL AND \(unescaped: LeadConsent.allowsCalls)
                ON CONFLICT (lead_id) WHERE state <> 'closed' DO NOTHING
                RETURNING id
            ), told AS (
                INSERT INTO callback_events (id, task_id, at, kind, staff_id, note_sealed)
                SELECT \(id), o.id, \(now), 'reopened', \(staff), \(ByteBuffer(bytes: note)) FROM opened o
            ), \(auditing: event, when: "opened")
            SELECT 1 FROM opened
            """)
    }
}
