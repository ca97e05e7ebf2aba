import Foundation
import Leads
import NIOCore
package import Postgres

extension Cadence.Attempt: TableRow {
    package static let columns = "at, disposition, reason"

    package init(row: PostgresRow) throws {
        let (at, disposition, reason) = try row.decode((Date, String, String?).self)
        guard let known = Disposition(rawValue: disposition) else { throw MissingRow() }
        self.init(at: at, disposition: known, reason: reason.flatMap { PoweredOffReason(rawValue: $0) })
    }
}

/// The first answer under an idempotency key.
struct FirstAnswer: TableRow {
    static let columns = "fingerprint, answer::text"
    let fingerprint: [UInt8]
    /// None for a result that was undone.
    let answer: String?

    init(row: PostgresRow) throws {
        let (fingerprint, answer) = try row.decode((ByteBuffer, String?).self)
        self.fingerprint = fingerprint.bytes
        // jsonb spells JSON with blanks; the first answer had none.
        self.answer = answer.map { text in
            (try? StrictJSON.read(Array(text.utf8))).map { JSONOutput($0).text } ?? text
        }
    }
}

/// What a result needs to know, read under the task's lock.
struct ResultReading: Sendable {
    var task: CallbackTask
    var claim: CallbackClaim?
    var attempts: [Cadence.Attempt]
    /// Counting attempts to reach this person since midnight, whichever task they belong to.
    var earlierToday: Int
    var first: FirstAnswer?
}

/// What a result writes to its task.
struct TaskChange: Sendable {
    var task: UUID
    var at: Date
    var disposition: String
    var nextAttemptAt: Date
    var counts = false
    var isContact = false
    var isQualified = false
    var closedReason: String?
    var callAgainAt: Date?
    /// An agreed time or an incoming call replaces the visitor's window.
    var replacesWindow = false
    var dueAt = Date.distantPast
    var metAt: Date?
    var owner: UUID?
    var ownerReason: String?
    var restsUntil: Date?

    init(task: UUID, at: Date, disposition: String, nextAttemptAt: Date) {
        self.task = task
        self.at = at
        self.disposition = disposition
        self.nextAttemptAt = nextAttemptAt
    }
}

extension Transaction {
    /// Marks the claim as revealed, extends it and tells the audit, all in one statement.
    ///
    /// - Returns: false when the claim is no longer the one that was read.
    func reveal(
        _ task: CallbackTask, to adviser: UUID, at now: Date, until: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH held AS (
                UPDATE callback_tasks t SET claimed_until = \(until)
                WHERE t.id = \(task.id) AND claim_number = \(Int32(task.claimNumber)) AND claim_kind = \(task.claimKind)
                  AND claimed_by = \(adviser) AND claimed_until > \(now)
                  AND (claim_kind = 'incoming' OR NOT EXISTS (SELECT FROM leads l WHERE l.id = \(task.phoneRow) AND \(unescaped: StoppedNumber.condition)))
                RETURNING t.id, claim_number
            ), revealed AS (
                UPDATE callback_claims c SET revealed_at = coalesce(c.revealed_at, \(now)), phone_lead_id = \(task.phoneRow)
                FROM held WHERE c.task_id = held.id AND c.claim_number = held.claim_number
            ), \(auditing: event, when: "held")
            SELECT 1 FROM held
            """)
    }

    /// Locks a task, so that its result and its expiry cannot both win, and reads what a result of the adviser needs, in one
    /// round trip: their claim of that number, else their newest; the counting attempts so far, newest first, and how many
    /// there were today; the first answer under the key.
    func lockForResult(
        of adviser: UUID, on task: UUID, claim number: Int?, key: String?, today: Date
    ) async throws -> ResultReading? {
        let number = number.map { Int32(clamping: $0) }
        let answers = try await self.pipeline([
            "SELECT 1 FROM callback_tasks WHERE id = \(task) FOR UPDATE",
            "SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables) WHERE t.id = \(task)",
            """
            SELECT \(columnsOf: CallbackClaim.self) FROM callback_claims c
            WHERE task_id = \(task) AND adviser_id = \(adviser) AND (\(number) IS NULL OR claim_number = \(number))
            ORDER BY claim_number DESC LIMIT 1
            """,
            """
            SELECT \(columnsOf: Cadence.Attempt.self) FROM call_attempts WHERE task_id = \(task) AND counts ORDER BY at DESC, id DESC LIMIT 100
            """,
            """
            SELECT \(columnsOf: FirstAnswer.self) FROM call_attempts
            WHERE task_id = \(task) AND adviser_id = \(adviser) AND idempotency_key = \(key)
              AND (answer IS NOT NULL OR refused = 'undone')
            """,
            """
            SELECT count(*) FROM callback_tasks t JOIN call_attempts a ON a.task_id = t.id
            WHERE t.lead_id = (SELECT lead_id FROM callback_tasks WHERE id = \(task)) AND a.counts AND a.at >= \(today)
            """,
        ])
        let tasks: [CallbackTask] = try Self.decode(answers[1])
        let claims: [CallbackClaim] = try Self.decode(answers[2])
        let attempts: [Cadence.Attempt] = try Self.decode(answers[3])
        let first: [FirstAnswer] = try Self.decode(answers[4])
        let earlierToday = try answers[5].first?.decode(Int.self) ?? 0
        return tasks.first.map {
            ResultReading(
                task: $0, claim: claims.first, attempts: attempts, earlierToday: earlierToday, first: first.first)
        }
    }

    /// Ends a claim in its history and on the task.
    func endClaim(_ task: UUID, number: Int, reason: String, note: [UInt8]?, at now: Date) async throws {
        try await self.execute(Self.endingClaim(task, number: number, reason: reason, note: note, at: now))
    }

    private static func endingClaim(
        _ task: UUID, number: Int, reason: String, note: [UInt8]?, at now: Date
    ) -> PostgresQuery {
        // Who gives a task back that was pushed to them does not keep it.
        let takesPushBack = reason == "released"
        return """
            WITH freed AS (
                UPDATE callback_tasks SET claimed_by = NULL, claim_kind = NULL, claimed_until = NULL,
                    owner_id = CASE WHEN \(takesPushBack) AND owner_reason = 'pushed' THEN NULL ELSE owner_id END,
                    owner_reason = CASE WHEN \(takesPushBack) AND owner_reason = 'pushed' THEN NULL ELSE owner_reason END
                WHERE id = \(task) AND claim_number = \(Int32(number))
            )
            UPDATE callback_claims SET ended_at = \(now), end_reason = \(reason),
                   release_note_sealed = coalesce(\(note.map { ByteBuffer(bytes: $0) }), release_note_sealed)
            WHERE task_id = \(task) AND claim_number = \(Int32(number)) AND (ended_at IS NULL OR end_reason = 'expired')
            """
    }

    /// Gives a task to somebody, whose time for it begins now, however long it has waited.
    func assignTask(_ task: UUID, to owner: UUID, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE callback_tasks SET owner_id = \(owner), owner_reason = 'assigned', next_attempt_at = greatest(next_attempt_at, \(now))
            WHERE id = \(task) AND state <> 'closed'
            """)
    }

    /// Writes a result: the claim's end, the task, the inquiries it meets, the attempt and the audit, in one round trip.
    func write(
        _ result: CallResult, _ effect: ResultEffect, _ change: TaskChange, on task: CallbackTask,
        by session: StaffSession, answer: String, _ event: AuditEvent
    ) async throws {
        var statements = [
            Self.keepingForUndo(task, by: session.staffID, at: change.at),
            Self.endingClaim(task.id, number: effect.claim.number, reason: "result", note: nil, at: change.at),
            Self.changing(change),
            Self.insertingAttempt(effect, task: task.id, result, adviser: session.staffID, change, answer: answer),
            Self.inserting(event),
        ]
        if effect.counts {
            statements.append(Self.meetingInquiries(of: task.leadID, acceptedUpTo: effect.boundary, at: change.at))
        }
        // Who was spoken to: meanwhile they, or another one of linked leads, may have asked anew.
        let lead = effect.claim.phoneLeadID ?? task.phoneRow
        if let isOnWeChat = result.isOnWeChat {
            let adding = Self.addingWeChat(of: lead, by: session.staffID, at: change.at)
            statements.append(isOnWeChat ? adding : Self.removingWeChat(of: task.leadID))
        }
        if result.disposition == .doNotCall {
            statements.append(
                Self.addingDoNotCall(lead: lead, of: task.id, by: session.username, at: effect.boundary))
        }
        _ = try await self.pipeline(statements)
    }

    private static func meetingInquiries(of lead: UUID, acceptedUpTo boundary: Date, at now: Date) -> PostgresQuery {
        """
        UPDATE inquiries i SET met_at = \(now) FROM leads l
        WHERE i.lead_id = l.id AND \(isOrMergedInto: lead) AND i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL AND i.accepted_at <= \(boundary)
        """
    }

    /// The earliest promise still unmet among inquiries accepted after an instant.
    func earliestUnmet(of lead: UUID, acceptedAfter boundary: Date) async throws -> Date? {
        let rows = try await self.rows(
            """
            SELECT min(i.due_at) FROM inquiries i JOIN leads l ON i.lead_id = l.id
            WHERE \(isOrMergedInto: lead) AND i.met_at IS NULL AND NOT i.quarantined AND i.cancelled_at IS NULL AND i.accepted_at > \(boundary)
            """)
        guard let row = rows.first else { return nil }
        return try row.decode(Date?.self)
    }

    private static func changing(_ change: TaskChange) -> PostgresQuery {
        """
        UPDATE callback_tasks SET
            last_disposition = \(change.disposition), last_attempt_at = \(change.at),
            attempts = attempts + \(Int32(change.counts ? 1 : 0)),
            first_attempt_at = CASE WHEN \(change.counts) THEN coalesce(first_attempt_at, \(change.at)) ELSE first_attempt_at END,
            first_contact_at = CASE WHEN \(change.isContact) THEN coalesce(first_contact_at, \(change.at)) ELSE first_contact_at END,
            first_qualified_at = CASE WHEN \(change.isQualified) THEN coalesce(first_qualified_at, \(change.at)) ELSE first_qualified_at END,
            next_attempt_at = \(change.nextAttemptAt), due_at = \(change.dueAt), met_at = \(change.metAt),
            call_again_at = CASE WHEN \(change.counts) THEN \(change.callAgainAt)::timestamptz ELSE call_again_at END,
            preferred_window = CASE WHEN \(change.replacesWindow) THEN NULL ELSE preferred_window END,
            owner_id = coalesce(\(change.owner), owner_id), owner_reason = coalesce(\(change.ownerReason), owner_reason),
            rests_until = coalesce(\(change.restsUntil), rests_until),
            state = CASE WHEN \(change.closedReason) IS NOT NULL THEN 'closed' WHEN \(change.counts) THEN 'open' ELSE state END,
            paused_reason = CASE WHEN \(change.closedReason) IS NULL AND NOT \(change.counts) THEN paused_reason END,
            paused_until = CASE WHEN \(change.closedReason) IS NULL AND NOT \(change.counts) THEN paused_until END,
            closed_reason = \(change.closedReason),
            closed_at = CASE WHEN \(change.closedReason) IS NULL THEN NULL ELSE \(change.at)::timestamptz END
        WHERE id = \(change.task)
        """
    }

    private static func insertingAttempt(
        _ effect: ResultEffect, task: UUID, _ result: CallResult, adviser: UUID, _ change: TaskChange, answer: String
    ) -> PostgresQuery {
        """
        INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, reason, item, reference, merge_into, note_sealed,
                                   call_again_at, counts, next_attempt_at, closed_reason, idempotency_key, fingerprint, answer, duration_seconds)
        VALUES (\(effect.id), \(task), \(Int32(effect.claim.number)), \(adviser), \(change.at), \(result.disposition.rawValue),
                \(result.reason), \(result.item), \(result.reference), \(result.mergeInto), \(effect.noteSealed.map { ByteBuffer(bytes: $0) }),
                \(result.callAgainAt), \(effect.counts), \(change.nextAttemptAt), \(change.closedReason), \(result.idempotencyKey),
                \(ByteBuffer(bytes: effect.fingerprint)), \(answer)::text::jsonb, \(result.duration.map { Int32($0) }))
        """
    }

    /// Keeps the note of a result that was refused, once however often it is sent; the task is locked.
    func insertRefusedAttempt(
        _ id: UUID, task: UUID, claim: CallbackClaim, _ result: CallResult, note: [UInt8], fingerprint: [UInt8],
        code: String, at now: Date
    ) async throws {
        try await self.execute(
            """
            INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, note_sealed, counts, refused, fingerprint)
            SELECT \(id), \(task), \(Int32(claim.number)), \(claim.adviserID), \(now), \(result.disposition.rawValue),
                   \(ByteBuffer(bytes: note)), false, \(code), \(ByteBuffer(bytes: fingerprint))
            WHERE NOT EXISTS (SELECT FROM call_attempts a
                              WHERE a.task_id = \(task) AND a.claim_number = \(Int32(claim.number)) AND a.adviser_id = \(claim.adviserID)
                                AND a.refused = \(code) AND a.fingerprint = \(ByteBuffer(bytes: fingerprint)))
            """)
    }

    /// Locks the lead of a task with those merged into it, and another one, before the task itself is locked: of two merges
    /// the other way round at once, the second finds its target merged.
    func lockLeads(of task: UUID, and target: UUID) async throws {
        try await self.execute(
            """
            SELECT 1 FROM leads l JOIN callback_tasks t ON t.id = \(task)
            WHERE l.id IN (t.lead_id, \(target)) OR l.merged_into = t.lead_id ORDER BY l.id FOR NO KEY UPDATE OF l
            """)
    }

    /// Points a lead, and whatever was merged into it, to another one; all are locked.
    ///
    /// - Returns: false when the target is merged itself.
    func link(lead: UUID, to target: UUID) async throws -> Bool {
        try await self.execute(
            """
            UPDATE leads l SET merged_into = \(target) WHERE \(isOrMergedInto: lead)
              AND EXISTS (SELECT FROM leads t WHERE t.id = \(target) AND t.merged_into IS NULL)
            RETURNING 1
            """)
    }

    /// Moves an unmet promise to the task of another lead, as a join does: the earlier deadline holds, and an agreed time
    /// is kept only if it lies before it.
    ///
    /// The target's task then serves whatever was accepted since the older of the two.
    func movePromise(of task: UUID, to target: UUID, newTask: UUID, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO callback_tasks AS t (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional,
                                             next_attempt_at, preferred_window, skill)
            SELECT \(newTask), \(target), latest_inquiry_id, 'open', accepted_at, newest_inquiry_at, due_at, provisional, \(now), preferred_window, skill
            FROM callback_tasks WHERE id = \(task)
            ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET
                state = 'open', paused_reason = NULL, paused_until = NULL, met_at = NULL, accepted_at = least(t.accepted_at, excluded.accepted_at),
                due_at = \(unescaped: TaskJoin.dueAt), provisional = \(unescaped: TaskJoin.provisional),
                call_again_at = CASE WHEN \(unescaped: TaskJoin.keepsAgreedTime) THEN t.call_again_at END,
                next_attempt_at = CASE WHEN \(unescaped: TaskJoin.keepsAgreedTime) THEN t.call_again_at
                                       ELSE greatest(least(t.next_attempt_at, \(now)), \(unescaped: TaskJoin.rest)) END
            """)
    }
}
