import Foundation
import Leads
import NIOCore
package import Postgres

extension CallbackTask: TableRow {
    package static let columns = """
        t.id, t.lead_id, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.call_again_at, t.preferred_window, t.attempts,
        t.claim_number, t.claimed_by, t.claim_kind, t.claimed_until, h.username, t.last_disposition, t.last_attempt_at, t.closed_at,
        t.closed_reason, l.phone_sealed, l.id, i.id, i.name_sealed,
        CASE WHEN t.opened_for = 'permit_renewal' AND t.newest_inquiry_at = t.accepted_at THEN 'permit_renewal' ELSE short_source(i.source) END,
        a.total, a.gap,
        \(StoppedNumber.condition), t.paused_reason, t.paused_until
        """

    /// Tasks with their newest inquiry, of somebody erased none: that inquiry's lead, its assessment or an adviser's later one,
    /// and who holds it.
    static let tables = """
        callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id AND i.erased_at IS NULL JOIN leads l ON l.id = i.lead_id
        \(NewestReview.join(lead: "t.lead_id"))
        LEFT JOIN assessments a ON a.id = coalesce(r.assessment_id, i.assessment_id) LEFT JOIN staff h ON h.id = t.claimed_by
        """

    package init(row: PostgresRow) throws {
        let c = row.makeRandomAccess()
        self.init(
            id: try c[0].decode(UUID.self), leadID: try c[1].decode(UUID.self), state: try c[2].decode(String.self),
            acceptedAt: try c[3].decode(Date.self), dueAt: try c[4].decode(Date.self),
            metAt: try c[5].decode(Date?.self),
            nextAttemptAt: try c[6].decode(Date.self), callAgainAt: try c[7].decode(Date?.self),
            window: try c[8].decode(String?.self).flatMap { PreferredWindow(rawValue: $0) },
            attempts: Int(try c[9].decode(Int32.self)),
            claimNumber: Int(try c[10].decode(Int32.self)), claimedBy: try c[11].decode(UUID?.self),
            claimKind: try c[12].decode(String?.self), claimedUntil: try c[13].decode(Date?.self),
            holder: try c[14].decode(String?.self),
            lastDisposition: try c[15].decode(String?.self), lastAttemptAt: try c[16].decode(Date?.self),
            closedAt: try c[17].decode(Date?.self), closedReason: try c[18].decode(String?.self),
            phoneSealed: try c[19].decode(ByteBuffer.self).bytes, phoneRow: try c[20].decode(UUID.self),
            inquiryID: try c[21].decode(UUID.self), nameSealed: try c[22].decode(ByteBuffer.self).bytes,
            source: try c[23].decode(String.self), total: try c[24].decode(Int32?.self).map { Int($0) },
            gap: try c[25].decode(Int32?.self).map { Int($0) }, isStopped: try c[26].decode(Bool.self),
            pausedReason: try c[27].decode(String?.self), pausedUntil: try c[28].decode(Date?.self))
    }
}

extension Problems {
    static let adviserUnknown = Problem(failures: [
        ValidationFailure("adviser_unknown", at: "/adviser", "没有这位在岗顾问", english: "No active adviser of that name.")
    ])
}

extension Transaction {
    /// Claims one task, unless somebody holds it; an ordinary claim is not made beside another one.
    ///
    /// - Parameter caller: the lead that is on the line, of an incoming call.
    func claimTask(
        _ id: UUID, from caller: UUID?, for adviser: UUID, at now: Date, until: Date
    ) async throws -> Bool {
        let kind = caller == nil ? "ordinary" : "incoming"
        return
            try await self.execute(
                """
                WITH picked AS (
                    SELECT id, claim_number, claimed_until FROM callback_tasks
                    WHERE id = \(id) AND state <> 'closed' AND (claimed_until IS NULL OR claimed_until <= \(now))
                      AND (\(caller != nil) OR NOT EXISTS (SELECT FROM callback_tasks o WHERE o.claimed_by = \(adviser) AND o.claim_kind = 'ordinary'))
                    FOR UPDATE
                ), lapsed AS (
                    UPDATE callback_claims c SET ended_at = p.claimed_until, end_reason = 'expired'
                    FROM picked p WHERE c.task_id = p.id AND c.claim_number = p.claim_number AND c.ended_at IS NULL
                ), claimed AS (
                    UPDATE callback_tasks t SET claimed_by = \(adviser), claim_kind = \(kind), claimed_until = \(until),
                           claim_number = t.claim_number + 1, \(takingPushFor: adviser)
                    FROM picked p WHERE t.id = p.id
                    RETURNING t.id, t.claim_number
                )
                INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, phone_lead_id)
                SELECT id, claim_number, \(adviser), \(kind), \(now), \(caller) FROM claimed
                RETURNING 1
                """)
    }

    /// Extends the adviser's live claim on one task.
    @discardableResult
    func extendClaim(on task: UUID, by adviser: UUID, at now: Date, until: Date) async throws -> Bool {
        try await self.execute(
            """
            UPDATE callback_tasks SET claimed_until = \(until)
            WHERE id = \(task) AND claimed_by = \(adviser) AND claimed_until > \(now) RETURNING 1
            """)
    }

    /// Makes the adviser's ordinary claim on a task an incoming call: the person it is about has rung.
    func turnIncoming(
        _ task: UUID, number: Int, from lead: UUID, of adviser: UUID, at now: Date, until: Date
    ) async throws {
        try await self.execute(
            """
            WITH turned AS (
                UPDATE callback_tasks SET claim_kind = 'incoming', claimed_until = \(until)
                WHERE id = \(task) AND claim_number = \(Int32(number)) AND claimed_by = \(adviser) AND claimed_until > \(now)
                RETURNING id, claim_number
            )
            UPDATE callback_claims c SET kind = 'incoming', phone_lead_id = \(lead) FROM turned t
            WHERE c.task_id = t.id AND c.claim_number = t.claim_number
            """)
    }

    func task(_ id: UUID) async throws -> CallbackTask? {
        try await self.first(
            "SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables) WHERE t.id = \(id)")
    }

    /// These tasks, in this order; those of somebody erased are left out.
    func tasks(_ ids: [UUID]) async throws -> [CallbackTask] {
        try await self.all(
            """
            SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables) WHERE t.id = ANY (\(ids))
            ORDER BY array_position(\(ids), t.id) LIMIT 1000
            """)
    }

    /// Locks a task until the transaction ends, so that its result and its expiry cannot both win.
    func lockTask(_ id: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM callback_tasks WHERE id = \(id) FOR UPDATE")
    }

    func openTask(ofLead lead: UUID) async throws -> UUID? {
        let rows = try await self.rows(
            """
            SELECT t.id FROM callback_tasks t JOIN leads l ON t.lead_id = \(unescaped: MergedLead.target)
            WHERE l.id = \(lead) AND t.state <> 'closed'
            """)
        return try rows.first?.decode(UUID.self)
    }

    /// Somebody who makes calls.
    ///
    /// - Throws: 422 `adviser_unknown`.
    func caller(named username: String) async throws -> StaffAccount {
        guard let account = try await self.staffAccount(username: username), account.isActive,
            account.role.may(.workCallbacks)
        else { throw Problems.adviserUnknown }
        return account
    }

    func leadID(phone index: [UInt8]) async throws -> UUID? {
        let bytes = ByteBuffer(bytes: index)
        let rows = try await self.rows(
            "SELECT id FROM leads WHERE phone_index = \(bytes) OR phone_index_next = \(bytes)")
        return try rows.first?.decode(UUID.self)
    }

    func leadExists(_ id: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM leads WHERE id = \(id) AND erased_at IS NULL")
    }

    /// Opens a task for somebody who calls and has none; their newest inquiry carries it, one in quarantine only for want of
    /// another.
    func openTask(_ id: UUID, ofLead lead: UUID, dueAt: Date, provisional: Bool, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, next_attempt_at, skill)
            SELECT \(id), \(unescaped: MergedLead.target), i.id, 'open', \(now), \(now), \(dueAt), \(provisional), \(now), i.skill
            FROM leads l JOIN LATERAL (SELECT id, skill FROM inquiries WHERE lead_id = l.id AND erased_at IS NULL ORDER BY quarantined, accepted_at DESC LIMIT 1) i ON true
            WHERE l.id = \(lead)
            ON CONFLICT (lead_id) WHERE state <> 'closed' DO NOTHING
            """)
    }
}
