import Foundation
import NIOCore
import Postgres

/// A call this process may ask for, its number still sealed.
struct LeasedCall: TableRow {
    static let columns = """
        c.id, c.attempt, s.username, l.id, l.phone_sealed,
        CASE WHEN c.number = 'second' THEN (SELECT n.phone_sealed FROM second_numbers n WHERE n.lead_id = l.id) END, c.number = 'second',
        c.expires_at
        """
    let id: UUID
    let attempt: Int
    let adviser: String
    let lead: UUID
    let phoneSealed: [UInt8]
    let secondSealed: [UInt8]?
    let isSecond: Bool
    /// When a phone that rings would surprise the adviser.
    let expiresAt: Date

    init(row: PostgresRow) throws {
        let (id, attempt, adviser, lead, phone, second, isSecond, expiresAt) = try row.decode(
            (UUID, Int32, String, UUID, ByteBuffer, ByteBuffer?, Bool, Date).self)
        self.id = id
        self.attempt = Int(attempt)
        self.adviser = adviser
        self.lead = lead
        self.phoneSealed = phone.bytes
        self.secondSealed = second?.bytes
        self.isSecond = isSecond
        self.expiresAt = expiresAt
    }
}

extension Transaction {
    func telephoneSecret() async throws -> (id: UUID, sealed: [UInt8])? {
        guard let row = try await self.rows("SELECT id, secret_sealed FROM telephone_secrets").first else { return nil }
        let (id, sealed) = try row.decode((UUID, ByteBuffer).self)
        return (id, sealed.bytes)
    }

    func setTelephoneSecret(_ id: UUID, _ sealed: [UInt8], at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO telephone_secrets (id, secret_sealed, made_at) VALUES (\(id), \(ByteBuffer(bytes: sealed)), \(now))
            ON CONFLICT (one) DO UPDATE SET id = excluded.id, secret_sealed = excluded.secret_sealed, made_at = excluded.made_at
            """)
    }

    /// Whether a call under the task's claim is on its way, of which something was heard after an instant.
    func hasLiveCall(of task: CallbackTask, heardAfter instant: Date) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM callback_claims c, \(unescaped: CallbackClaim.calls(of: "c"))
              AND c.task_id = \(task.id) AND c.claim_number = \(Int32(task.claimNumber))
              AND d.state IN ('requested', 'ringing', 'answered') AND greatest(d.requested_at, d.taken_at, d.reported_at) > \(instant) LIMIT 1
            """)
    }

    /// Asks for a call under a claim, extends it and tells the audit, all in one statement.
    ///
    /// - Returns: false when the claim is no longer the one that was read, or calls to the number are stopped.
    func dial(
        _ task: CallbackTask, _ call: UUID, _ number: DialledNumber, for adviser: UUID, at now: Date, until: Date,
        expiresAt: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH held AS (
                UPDATE callback_tasks t SET claimed_until = \(until)
                WHERE t.id = \(task.id) AND claim_number = \(Int32(task.claimNumber)) AND claim_kind = \(task.claimKind)
                  AND claimed_by = \(adviser) AND claimed_until > \(now)
                  AND (claim_kind = 'incoming' OR NOT EXISTS (SELECT FROM leads l WHERE l.id = \(task.phoneRow) AND \(unescaped: StoppedNumber.condition)))
                RETURNING t.id, claim_number
            ), named AS (
                UPDATE callback_claims c SET phone_lead_id = \(task.phoneRow)
                FROM held WHERE c.task_id = held.id AND c.claim_number = held.claim_number
            ), asked AS (
                INSERT INTO calls (id, task_id, claim_number, number, state, requested_at, send_at, expires_at)
                SELECT \(call), id, claim_number, \(number.rawValue), 'requested', \(now), \(now), \(expiresAt) FROM held
            ), \(auditing: event, when: "held")
            SELECT 1 FROM held
            """)
    }

    /// Leases calls that wait, each under the rules that it was asked for under: the claim is still held, the number not stopped.
    func leaseCalls(limit: Int, at now: Date, until: Date) async throws -> [LeasedCall] {
        try await self.all(
            """
            UPDATE calls c SET attempt = c.attempt + 1, send_at = NULL, lease_until = \(until)
            FROM callback_tasks t, callback_claims k, leads l, staff s
            WHERE c.id IN (SELECT id FROM calls WHERE send_at <= \(now) AND expires_at > \(now)
                           ORDER BY send_at, id LIMIT \(limit) FOR UPDATE SKIP LOCKED)
              AND t.id = c.task_id AND t.claim_number = c.claim_number AND t.claimed_until > \(now)
              AND k.task_id = c.task_id AND k.claim_number = c.claim_number AND k.adviser_id = t.claimed_by
              AND l.id = k.phone_lead_id AND l.erased_at IS NULL AND s.id = k.adviser_id
              AND (t.claim_kind = 'incoming' OR NOT \(unescaped: StoppedNumber.condition))
            RETURNING \(columnsOf: LeasedCall.self)
            """)
    }

    /// The system took it; from now on it counts, unless the system has said already that it failed.
    func finishCall(_ call: LeasedCall, takenAt now: Date) async throws {
        try await self.execute(
            """
            UPDATE calls SET lease_until = NULL, taken_at = \(now), failure = NULL,
                   dialled_at = CASE WHEN state = 'failed' THEN dialled_at ELSE coalesce(dialled_at, \(now)) END
            WHERE id = \(call.id) AND attempt = \(Int32(call.attempt)) AND lease_until IS NOT NULL
            """)
    }

    /// The system did not take it, or nobody knows; a report that came meanwhile knows better.
    ///
    /// - Parameters:
    ///   - retryAt: when it is asked again; nil for never.
    ///   - isOver: whether it certainly will not ring.
    func finishCall(_ call: LeasedCall, failure: String, retryAt: Date?, isOver: Bool) async throws {
        try await self.execute(
            """
            UPDATE calls SET lease_until = NULL, failure = \(failure),
                   send_at = CASE WHEN state = 'requested' THEN \(retryAt)::timestamptz END,
                   state = CASE WHEN state = 'requested' AND \(isOver) THEN 'failed' ELSE state END
            WHERE id = \(call.id) AND attempt = \(Int32(call.attempt)) AND lease_until IS NOT NULL
            """)
    }

    /// Gives up calls that waited too long to be asked for, that a process died over, and of which nothing was ever heard.
    func settleCalls(silentSince instant: Date, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE calls SET send_at = NULL, lease_until = NULL, failure = coalesce(failure, CASE WHEN send_at IS NULL THEN 'lost' ELSE 'expired' END),
                   state = CASE WHEN send_at IS NOT NULL OR requested_at <= \(instant) THEN 'failed' ELSE state END
            WHERE state = 'requested' AND taken_at IS NULL
              AND (send_at IS NOT NULL AND expires_at <= \(now) OR lease_until <= \(now)
                   OR send_at IS NULL AND lease_until IS NULL AND requested_at <= \(instant))
            """)
    }

    /// Takes what the telephone system says of a call: it only goes forward, the first word of each kind counts, and one of a
    /// call that we had given up is believed.
    func report(_ report: CallReport, recording: [UInt8]?, at now: Date) async throws -> String? {
        let status = report.status.rawValue
        return try await self.rows(
            """
            UPDATE calls c SET
                state = CASE WHEN c.state = 'requested' OR c.state = 'failed' AND c.reported_at IS NULL
                                OR c.state = 'ringing'
                                OR c.state = 'answered' AND \(status) IN ('ended', 'failed') THEN \(status) ELSE c.state END,
                ringing_at = coalesce(c.ringing_at, CASE WHEN \(status) = 'ringing' THEN r.at END),
                answered_at = coalesce(c.answered_at, CASE WHEN \(status) = 'answered' THEN r.at END),
                ended_at = coalesce(c.ended_at, CASE WHEN \(status) IN ('ended', 'failed') THEN r.at END),
                dialled_at = CASE WHEN \(status) <> 'failed' THEN coalesce(c.dialled_at, r.at)
                                  WHEN c.ringing_at IS NULL AND c.answered_at IS NULL AND c.state <> 'ended' THEN NULL
                                  ELSE c.dialled_at END,
                duration_seconds = coalesce(c.duration_seconds, \(report.durationSeconds.map { Int32($0) })),
                recording_reference_sealed = CASE WHEN c.erased_at IS NULL
                    THEN coalesce(c.recording_reference_sealed, \(recording.map { ByteBuffer(bytes: $0) })) END,
                failure = NULL, send_at = NULL, reported_at = \(now)
            FROM (SELECT id, greatest(requested_at, least(\(report.at)::timestamptz, \(now)::timestamptz)) AS at FROM calls WHERE id = \(report.call)) r
            WHERE c.id = r.id RETURNING c.state
            """
        ).first?.decode(String.self)
    }
}
