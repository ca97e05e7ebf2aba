import Foundation
import NIOCore
import Postgres

/// A message this process may send, still sealed.
struct LeasedMessage: TableRow {
    static let columns = """
        id, attempt, retries, template, challenge_id, phone_sealed, parameters_sealed,
        ARRAY(SELECT o.gateway
              FROM verification_challenges c
              JOIN verification_challenges e ON e.phone_index = c.phone_index AND e.id <> c.id AND e.consumed_at IS NULL
                  AND e.issued_at > c.issued_at - interval '30 minutes' AND e.issued_at < c.issued_at
              JOIN messages o ON o.challenge_id = e.id
              WHERE c.id = messages.challenge_id AND o.gateway IS NOT NULL
              GROUP BY o.gateway ORDER BY max(e.issued_at)),
        inquiry_id, (SELECT CASE WHEN messages.template = 'late_notice' THEN i.postponed_to ELSE i.due_at END FROM inquiries i WHERE i.id = messages.inquiry_id)
        """
    let id: UUID
    let attempt: Int
    let retries: Int
    let template: String
    let challenge: UUID?
    let phoneSealed: [UInt8]
    let parametersSealed: [UInt8]
    /// The gateways whose code for the number was not used within the last half hour, the one longest ago first: somebody
    /// who asks again did not get it, whatever the carrier says.
    let doubtful: [String]
    /// What a confirmation confirms or a late notice is about, and the time that it says.
    let inquiry: (id: UUID, dueAt: Date)?

    init(row: PostgresRow) throws {
        let (id, attempt, retries, template, challenge, phone, parameters, doubtful, inquiry, dueAt) = try row.decode(
            (UUID, Int32, Int16, String, UUID?, ByteBuffer, ByteBuffer, [String], UUID?, Date?).self)
        self.id = id
        self.attempt = Int(attempt)
        self.retries = Int(retries)
        self.template = template
        self.challenge = challenge
        self.phoneSealed = phone.bytes
        self.parametersSealed = parameters.bytes
        self.doubtful = doubtful
        self.inquiry = inquiry.flatMap { id in dueAt.map { (id, $0) } }
    }
}

extension PostgresQuery.StringInterpolation {
    /// Adds to the attempt log what each gateway answered, in the order in which they were asked: whoever holds the message now.
    fileprivate mutating func appendInterpolation(logging attempts: [GatewayAttempt], of message: UUID, attempt: Int) {
        self.appendLiteral(
            "INSERT INTO gateway_attempts (message_id, attempt, position, gateway, operator, outcome, vendor_code, duration_ms, at) SELECT m.id, "
        )
        self.appendInterpolation(attempt)
        self.appendLiteral(
            ", t.n, t.gateway, t.operator, t.outcome, nullif(t.code, ''), t.ms, t.at FROM messages m, unnest(")
        self.appendInterpolation(attempts.map(\.gateway))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(attempts.map(\.networkOperator))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(attempts.map(\.outcome))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(attempts.map { $0.code ?? "" })
        self.appendLiteral("::text[], ")
        self.appendInterpolation(attempts.map(\.milliseconds))
        self.appendLiteral("::bigint[], ")
        self.appendInterpolation(attempts.map(\.at))
        self.appendLiteral(
            "::timestamptz[]) WITH ORDINALITY AS t (gateway, operator, outcome, code, ms, at, n) WHERE m.id = ")
        self.appendInterpolation(message)
    }
}

extension Transaction {
    /// Marks messages as `sending` under a lease and a new attempt number.
    ///
    /// A number on the do-not-call list gets the codes it asks for and nothing else, and an inquiry that nobody will call for
    /// any more is not confirmed.
    func leaseMessages(limit: Int, at now: Date, until: Date) async throws -> [LeasedMessage] {
        try await self.all(
            """
            UPDATE messages SET state = 'sending', attempt = attempt + 1, lease_until = \(until)
            WHERE id IN (SELECT id FROM messages m WHERE state = 'queued' AND send_at <= \(now) AND expires_at > \(now)
                           AND (challenge_id IS NOT NULL OR NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = m.phone_index))
                           AND (inquiry_id IS NULL OR EXISTS (SELECT FROM inquiries i WHERE i.id = m.inquiry_id AND i.cancelled_at IS NULL
                                                                AND i.met_at IS NULL AND i.erased_at IS NULL AND NOT i.quarantined))
                         ORDER BY send_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING \(columnsOf: LeasedMessage.self)
            """)
    }

    /// Writes which gateway is about to get a message, under the attempt's number.
    ///
    /// - Returns: false when the message is not this attempt's any more.
    func noteGateway(_ gateway: String, operator network: String, of id: UUID, attempt: Int) async throws -> Bool {
        try await self.execute(
            """
            UPDATE messages SET gateway = \(gateway), operator = \(network)
            WHERE id = \(id) AND attempt = \(attempt) AND state = 'sending' RETURNING 1
            """)
    }

    /// Writes what became of a message, under the attempt's number, and what each gateway answered; the text is forgotten.
    func finishMessage(
        _ id: UUID, attempt: Int, with result: MessageResult, _ attempts: [GatewayAttempt], at now: Date
    ) async throws {
        try await self.execute(
            """
            WITH answers AS (\(logging: attempts, of: id, attempt: attempt))
            UPDATE messages
            SET state = \(result.state), gateway = \(result.gateway), vendor_id = \(result.vendorID), failure = \(result.failure),
                phone_index = \(result.phoneIndex.map { ByteBuffer(bytes: $0) }), operator = \(result.networkOperator),
                segments = \(result.segments.map { Int16($0) }), query_at = \(result.queryAt),
                finished_at = \(now), lease_until = NULL, parameters_sealed = NULL
            WHERE id = \(id) AND attempt = \(attempt) AND state = 'sending'
            """)
    }

    /// Puts a message back that nobody took, under the attempt's number, and writes what each gateway answered.
    func postponeMessage(
        _ id: UUID, attempt: Int, isRetry: Bool, until: Date, _ attempts: [GatewayAttempt]
    ) async throws {
        try await self.execute(
            """
            WITH answers AS (\(logging: attempts, of: id, attempt: attempt))
            UPDATE messages SET state = 'queued', gateway = NULL, operator = NULL, lease_until = NULL, send_at = \(until), retries = retries + \(isRetry ? 1 : 0)::smallint
            WHERE id = \(id) AND attempt = \(attempt) AND state = 'sending'
            """)
    }

    /// A message whose sender died is unknown: it may have been sent, so it is not sent again; who was about to get it is asked.
    ///
    /// - Parameter gateways: those that say what became of a message.
    func settleAbandonedMessages(at now: Date, asking gateways: [String]) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'unknown', failure = 'abandoned', finished_at = \(now), lease_until = NULL, parameters_sealed = NULL,
                query_at = CASE WHEN gateway = ANY (\(gateways)::text[]) THEN \(now)::timestamptz END
            WHERE state = 'sending' AND lease_until < \(now)
            """)
    }

    /// A message that has expired is not worth sending; which gateway refused it last, and why, is kept with it.
    func expireMessages(at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'expired', finished_at = \(now), parameters_sealed = NULL,
                (gateway, operator, failure) = (SELECT a.gateway, a.operator, coalesce(a.vendor_code, a.outcome) FROM gateway_attempts a
                                                WHERE a.message_id = messages.id ORDER BY a.attempt DESC, a.position DESC LIMIT 1)
            WHERE state = 'queued' AND expires_at <= \(now)
            """)
    }
}
